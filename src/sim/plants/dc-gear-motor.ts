/** What a gear motor is made of. Friction and inertia are those of the motor's own shaft, before the gears. */
export interface DcGearMotorParameters {
    /** Winding and brushes, Ω */
    readonly resistance: number
    /** N·m/A, which is also the back-EMF constant, V·s/rad */
    readonly torqueConstant: number
    /** Motor turns for one turn of the output */
    readonly gearRatio: number
    /** Part of the power that the gears pass on, either way, 0 to 1 */
    readonly gearEfficiency: number
    /** kg·m² */
    readonly rotorInertia: number
    /** Sliding friction, N·m */
    readonly coulombFriction: number
    /** Friction to overcome from rest, N·m; at least the sliding friction */
    readonly staticFriction: number
    /** Speed at which half of the difference between the two is gone (Stribeck), rad/s */
    readonly stribeckVelocity: number
    /** N·m·s/rad */
    readonly viscousFriction: number
    /** Play of the gears, seen at the output, rad */
    readonly backlash: number
}

/** The figures that motor makers publish, measured at the output shaft. */
export interface GearMotorDatasheet {
    /** V */
    readonly voltage: number
    /** rad/s */
    readonly freeSpeed: number
    /** A */
    readonly freeCurrent: number
    /** N·m */
    readonly stallTorque: number
    /** A */
    readonly stallCurrent: number
    readonly gearRatio: number
    /** kg·m², of the rotor */
    readonly rotorInertia: number
    /** Part of the no-load friction that does not grow with speed. Not published; default 0.7: brushes and gears. */
    readonly coulombShare?: number
    /** Static over sliding friction. Not published; default 1.5. */
    readonly staticRatio?: number
    /** rad, default 0 */
    readonly backlash?: number
}

/**
 * Parameters from published figures: resistance from stall (R = V / I_stall), torque constant from no load
 * (k = (V - I_0 R) / (N ω_0)), friction from the no-load current (τ = k I_0), gear efficiency from what is left of
 * the stall torque (η = T_stall / (N (k I_stall - τ_coulomb))). The Stribeck speed, 0.2 % of the free speed, is an
 * assumption too.
 */
export function parametersFromDatasheet(sheet: GearMotorDatasheet): DcGearMotorParameters {
    const resistance = sheet.voltage / sheet.stallCurrent
    const rotorSpeed = sheet.freeSpeed * sheet.gearRatio
    const torqueConstant = (sheet.voltage - sheet.freeCurrent * resistance) / rotorSpeed
    const friction = torqueConstant * sheet.freeCurrent
    const coulombFriction = friction * (sheet.coulombShare ?? 0.7)
    return {
        resistance,
        torqueConstant,
        gearRatio: sheet.gearRatio,
        gearEfficiency: sheet.stallTorque / (sheet.gearRatio * (torqueConstant * sheet.stallCurrent - coulombFriction)),
        rotorInertia: sheet.rotorInertia,
        coulombFriction,
        staticFriction: coulombFriction * (sheet.staticRatio ?? 1.5),
        stribeckVelocity: 0.002 * rotorSpeed,
        viscousFriction: (friction - coulombFriction) / rotorSpeed,
        backlash: sheet.backlash ?? 0,
    }
}

/**
 * Pololu 50:1 metal gearmotor 37D, 12 V, items 4743 and 4753. "37D Metal Gearmotors", Pololu, Rev 1.2, performance summary:
 * 200 rpm and 0.2 A free, 210 kg·mm and 5.5 A stalled (extrapolated). The rotor's inertia is not published: 3e-6 kg·m²
 * is that of 60 g of iron and copper of 10 mm radius (m r² / 2).
 */
export const POLOLU_37D_50: GearMotorDatasheet = {
    voltage: 12,
    freeSpeed: (200 / 60) * 2 * Math.PI,
    freeCurrent: 0.2,
    stallTorque: 0.21 * 9.80665,
    stallCurrent: 5.5,
    gearRatio: 50,
    rotorInertia: 3e-6,
}

/** The same with 30:1 gears, items 4742 and 4752: 330 rpm free, 140 kg·mm stalled. */
export const POLOLU_37D_30: GearMotorDatasheet = {
    ...POLOLU_37D_50,
    freeSpeed: (330 / 60) * 2 * Math.PI,
    stallTorque: 0.14 * 9.80665,
    gearRatio: 30,
}

/**
 * A brushed DC motor with gears, driven by an H-bridge. Speeds, torques and angles are those of the output shaft.
 *
 * The winding's inductance is left out (its time constant, about 1 ms, is far below the mechanical one), and so are the
 * bridge's resistance and warming. Gear losses go with the power that passes, whichever way: T_out = N η T_in when the
 * motor drives, N T_in / η when the load drives. Backlash is kinematic: within the play the output stands while the
 * motor turns, as it does when friction holds the load; the load's inertia is felt all the same.
 */
export class DcGearMotor {
    /** Input: -1 to 1 of the supply, averaged over the PWM; between pulses the bridge shorts the motor. */
    drive = 0
    /** Input, felt while `drive` is 0: 0 open, 1 shorted, between: part of the time shorted. */
    braking = 0
    /** Input: V */
    supplyVoltage = 12
    /** Fault: something holds the shaft, and it does not turn. */
    jammed = false
    /** Fault: something rubs on the shaft with this dry friction, N·m. */
    drag = 0
    /** Fault when false: a lead is broken, and no current flows. */
    connected = true

    /** Output shaft, rad */
    angle = 0
    /** rad/s; the motor side's when there is backlash */
    velocity = 0
    /** Through the winding, A */
    current = 0
    /** To the load, N·m */
    shaftTorque = 0

    // The motor as the load sees it in the coming step: torque - damping ω - friction direction = inertia ω' + shaft torque.
    /** Which way it turns: -1, 1, or 0 while it rests. */
    direction = 0
    /** N·m */
    torque = 0
    /** N·m·s/rad */
    damping = 0
    /** kg·m² */
    inertia = 0
    /** N·m */
    friction = 0

    /** Angle of the motor side of the play, rad */
    private innerAngle = 0

    constructor(
        readonly parameters: DcGearMotorParameters = parametersFromDatasheet(POLOLU_37D_50),
        /** Of what the shaft turns, for {@link step}, kg·m² */
        readonly loadInertia = 0,
    ) {
        for (const key of ['resistance', 'torqueConstant', 'gearRatio', 'gearEfficiency', 'rotorInertia'] as const) {
            if (!(parameters[key] > 0)) throw new RangeError(`motor ${key} ${parameters[key]} is not above 0`)
        }
        if (parameters.gearEfficiency > 1)
            throw new RangeError(`gearEfficiency ${parameters.gearEfficiency} is above 1`)
        if (parameters.staticFriction < parameters.coulombFriction) {
            throw new RangeError(`staticFriction ${parameters.staticFriction} is below coulombFriction`)
        }
    }

    /** Moves on by `dt` (s) with the load's own inertia, against `loadTorque` (N·m, positive holds back forward motion). */
    step(dt: number, loadTorque = 0): void {
        this.prepare()
        this.release(loadTorque, 0)
        const before = this.velocity
        let after = 0
        if (this.direction !== 0) {
            const mass = (this.inertia + this.loadInertia) / dt
            const pull = this.torque - loadTorque - this.direction * this.friction
            // The trapezoidal rule. Friction stops, it never reverses; the next step says whether the motor leaves zero.
            after = (before * (mass - this.damping / 2) + pull) / (mass + this.damping / 2)
            if (after * this.direction < 0) after = 0
        }
        this.settle(after, dt)
        this.shaftTorque = loadTorque + (this.loadInertia * (after - before)) / dt
    }

    /** What it gives stalled and fully driven by a supply of so many V, N·m. */
    stallTorque(supplyVoltage: number): number {
        const { torqueConstant, resistance, coulombFriction, gearRatio, gearEfficiency } = this.parameters
        return gearRatio * gearEfficiency * ((torqueConstant * supplyVoltage) / resistance - coulombFriction)
    }

    /** Computes the coefficients of the coming step from inputs and state. At rest see {@link release}. */
    prepare(): void {
        this.direction = this.jammed ? 0 : Math.sign(this.velocity)
        if (this.direction === 0) return
        // Who drives whom is taken from the last step; where that changes the torque is zero, so nothing jumps.
        this.couple(this.shaftTorque * this.direction + this.drag >= 0)
    }

    /**
     * Lets a motor at rest start if it must. Forward it can give its torque less static friction through the gears,
     * N η (τ - τ_s); backward the load must overcome both, N (τ + τ_s) / η (τ positive; where the parenthesis is
     * negative, the other direction of power takes the other efficiency). Between the two it rests.
     *
     * @param load N·m that the shaft must give for the load to rest
     * @param drag N·m of dry friction of the load itself
     * @returns whether it started
     */
    release(load: number, drag: number): boolean {
        if (this.direction !== 0 || this.jammed) return false
        const p = this.parameters
        const rotor = this.closed() * (p.torqueConstant / p.resistance) * this.drive * this.supplyVoltage
        const ahead = rotor - p.staticFriction
        const back = rotor + p.staticFriction
        const { gearRatio: ratio, gearEfficiency: efficiency } = p
        drag += this.drag
        if (load + drag < ratio * ahead * (ahead > 0 ? efficiency : 1 / efficiency)) {
            this.direction = 1
            this.couple(ahead > 0)
        } else if (load - drag > ratio * back * (back > 0 ? 1 / efficiency : efficiency)) {
            this.direction = -1
            this.couple(back < 0)
        } else return false
        return true
    }

    /** @param driving whether power goes from motor to load */
    private couple(driving: boolean): void {
        const p = this.parameters
        const gear = driving ? p.gearRatio * p.gearEfficiency : p.gearRatio / p.gearEfficiency
        const perVolt = (this.closed() * p.torqueConstant) / p.resistance
        this.torque = gear * perVolt * this.drive * this.supplyVoltage
        this.damping = gear * p.gearRatio * (perVolt * p.torqueConstant + p.viscousFriction)
        this.inertia = gear * p.gearRatio * p.rotorInertia
        const slip = (this.velocity * p.gearRatio) / p.stribeckVelocity
        this.friction =
            gear * (p.coulombFriction + (p.staticFriction - p.coulombFriction) / (1 + slip * slip)) + this.drag
    }

    /** Part of the time that the winding's circuit is closed. */
    private closed(): number {
        if (!this.connected) return 0
        return this.drive !== 0 ? 1 : this.braking
    }

    /**
     * Takes the speed that the step ended with.
     *
     * @returns how far the output turned, rad
     */
    settle(velocity: number, dt: number): number {
        const p = this.parameters
        let travel = ((this.velocity + velocity) / 2) * dt
        this.velocity = velocity
        this.current =
            (this.closed() * (this.drive * this.supplyVoltage - p.torqueConstant * p.gearRatio * velocity)) /
            p.resistance
        if (p.backlash > 0) {
            this.innerAngle += travel
            const gap = this.innerAngle - this.angle
            travel = Math.max(gap - p.backlash / 2, Math.min(gap + p.backlash / 2, 0))
        }
        this.angle += travel
        return travel
    }
}
