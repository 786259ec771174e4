import { DcGearMotor } from './dc-gear-motor'

const GRAVITY = 9.80665 // m/s², standard

export interface DifferentialRoverParameters {
    /** All of it, kg */
    readonly mass: number
    /** About the vertical through the middle of the axle, kg·m² */
    readonly yawInertia: number
    /** m */
    readonly wheelRadius: number
    /** Of one wheel about its axle, kg·m² */
    readonly wheelInertia: number
    /** Between the wheels' contact points, m */
    readonly trackWidth: number
    /** Rolling resistance over weight */
    readonly rollingResistance: number
    /** Where the IMU sits: x forward, y left, from the middle of the axle, m. Its axes are the body's. */
    readonly imuPosition: readonly [number, number]
}

/**
 * A small rover: 2.5 kg with battery, 0.25 m by 0.20 m (yaw inertia of such a plate, m (l² + w²) / 12), 80 mm wheels of
 * 36 g (m r² / 2), rubber on a hard floor. Estimates, none measured: state your own.
 */
export const SMALL_ROVER: DifferentialRoverParameters = {
    mass: 2.5,
    yawInertia: 0.0214,
    wheelRadius: 0.04,
    wheelInertia: 2.9e-5,
    trackWidth: 0.24,
    rollingResistance: 0.015,
    imuPosition: [0.03, 0],
}

/** What {@link DifferentialRover.writeState} writes, in order. */
export const ROVER_STATE = [
    'time',
    'x',
    'y',
    'heading',
    'leftAngle',
    'rightAngle',
    'leftVelocity',
    'rightVelocity',
    'leftCurrent',
    'rightCurrent',
    'leftTorque',
    'rightTorque',
    'acceleration',
    'yawAcceleration',
    'leftDrive',
    'rightDrive',
    'leftBraking',
    'rightBraking',
    'leftSupply',
    'rightSupply',
] as const

/** What an IMU on the body feels; arrays are kept and overwritten. */
export interface RoverMotion {
    /** m/s² */
    readonly specificForce: Float64Array
    /** rad/s */
    readonly angularVelocity: Float64Array
}

/**
 * A body on two driven wheels and frictionless casters, on level ground. Positive wheel speed drives forward; x forward, y
 * left, heading counter-clockwise.
 *
 * Both wheels push one body, so they feel each other through its mass and yaw inertia: with v = r (ω_l + ω_r) / 2 and
 * ψ' = r (ω_r - ω_l) / b, the kinetic energy gives the mass matrix [[J + a, c], [c, J + a]], a = m r²/4 + I r²/b²,
 * c = m r²/4 - I r²/b², J the inertia of wheel and rotor at the wheel. Each step solves those two equations with
 * the trapezoidal rule, and treats each wheel's friction (motor, gears, rolling) as one dry friction that can hold it at rest.
 *
 * Left out: wheel slip (see {@link peakTraction}), tyre scrub, pitch, and a centre of mass off the axle.
 */
export class DifferentialRover {
    /** m */
    x = 0
    y = 0
    /** rad, continuous over turns */
    heading = 0
    /** m/s² along x, and rad/s², of the last step */
    acceleration = 0
    yawAcceleration = 0
    /**
     * Largest force asked of a wheel's contact so far, over its share of the weight (half; the casters' share makes it worse).
     * Above the friction coefficient, 0.6 to 0.8 for rubber on a floor, a real wheel would have slipped.
     */
    peakTraction = 0

    /** Called before each step with its start time, s: the place to set the motors' inputs. */
    beforeStep: ((time: number) => void) | undefined
    /** Called after each step with its end time, s: the place to let sensors sample. */
    afterStep: ((time: number) => void) | undefined

    /** The mass matrix without the motors, over the step: J + a and c, N·m·s/rad. */
    private readonly share: number
    private readonly cross: number
    /** Rolling resistance of one wheel, N·m */
    private readonly rolling: number
    private steps = 0
    private nextLeft = 0
    private nextRight = 0
    private readonly motionNow: RoverMotion = {
        specificForce: new Float64Array([0, 0, GRAVITY]),
        angularVelocity: new Float64Array(3),
    }

    constructor(
        readonly left: DcGearMotor,
        readonly right: DcGearMotor,
        readonly parameters: DifferentialRoverParameters = SMALL_ROVER,
        /** s; 1 ms or less */
        readonly stepTime = 0.001,
    ) {
        for (const key of ['mass', 'yawInertia', 'wheelRadius', 'trackWidth'] as const) {
            if (!(parameters[key] > 0)) throw new RangeError(`rover ${key} ${parameters[key]} is not above 0`)
        }
        const { mass, yawInertia, wheelRadius: r, wheelInertia, trackWidth: b } = parameters
        const straight = (mass * r * r) / 4
        const turning = (yawInertia * r * r) / (b * b)
        this.share = (wheelInertia + straight + turning) / stepTime
        this.cross = (straight - turning) / stepTime
        this.rolling = (parameters.rollingResistance * mass * GRAVITY * r) / 2
        if (!(stepTime > 0 && stepTime <= 0.001)) throw new RangeError(`stepTime ${stepTime} s is not 0 to 0.001`)
    }

    /** Time the rover has reached, s. */
    get time(): number {
        return this.steps * this.stepTime
    }

    /** Forward speed, m/s. */
    get velocity(): number {
        return (this.parameters.wheelRadius * (this.left.velocity + this.right.velocity)) / 2
    }

    /** rad/s, counter-clockwise */
    get yawRate(): number {
        return (this.parameters.wheelRadius * (this.right.velocity - this.left.velocity)) / this.parameters.trackWidth
    }

    /** Runs whole steps up to `time`, s. */
    advanceTo(time: number): void {
        const goal = Math.floor(time / this.stepTime + 1e-6)
        while (this.steps < goal) {
            this.beforeStep?.(this.time)
            this.step()
            this.afterStep?.(this.time)
        }
    }

    /** One step of {@link stepTime}. */
    step(): void {
        const { left, right, stepTime: dt } = this
        const { wheelRadius: r, trackWidth: b, mass, yawInertia } = this.parameters
        const leftBefore = left.velocity
        const rightBefore = right.velocity
        this.solve()
        const leftChange = (this.nextLeft - leftBefore) / dt
        const rightChange = (this.nextRight - rightBefore) / dt
        const leftTravel = left.settle(this.nextLeft, dt)
        const rightTravel = right.settle(this.nextRight, dt)

        this.acceleration = (r * (leftChange + rightChange)) / 2
        this.yawAcceleration = (r * (rightChange - leftChange)) / b
        this.feelGround(leftChange, rightChange, mass * this.acceleration, yawInertia * this.yawAcceleration)
        const turn = (r * (rightTravel - leftTravel)) / b
        const way = (r * (leftTravel + rightTravel)) / 2
        const course = this.heading + turn / 2
        this.x += way * Math.cos(course)
        this.y += way * Math.sin(course)
        this.heading += turn
        this.steps++
    }

    /**
     * What the IMU feels: at p in the body frame, a = (v' - ψ'' p_y - ψ'² p_x, v ψ' + ψ'' p_x - ψ'² p_y), minus gravity.
     * The same object every time.
     */
    motion(): RoverMotion {
        const [px, py] = this.parameters.imuPosition
        const rate = this.yawRate
        const force = this.motionNow.specificForce
        force[0] = this.acceleration - this.yawAcceleration * py - rate * rate * px
        force[1] = this.velocity * rate + this.yawAcceleration * px - rate * rate * py
        force[2] = GRAVITY
        this.motionNow.angularVelocity[2] = rate
        return this.motionNow
    }

    /** Writes the values named in {@link ROVER_STATE}. @returns how many */
    writeState(target: Float64Array): number {
        const { left, right } = this
        target[0] = this.time
        target[1] = this.x
        target[2] = this.y
        target[3] = this.heading
        target[4] = left.angle
        target[5] = right.angle
        target[6] = left.velocity
        target[7] = right.velocity
        target[8] = left.current
        target[9] = right.current
        target[10] = left.shaftTorque
        target[11] = right.shaftTorque
        target[12] = this.acceleration
        target[13] = this.yawAcceleration
        target[14] = left.drive
        target[15] = right.drive
        target[16] = left.braking
        target[17] = right.braking
        target[18] = left.supplyVoltage
        target[19] = right.supplyVoltage
        return ROVER_STATE.length
    }

    /** Wheel speeds at the end of the step, to nextLeft and nextRight. */
    private solve(): void {
        const { left, right, cross, rolling } = this
        left.prepare()
        right.prepare()
        // A wheel at rest may start; what it must hold depends on the other, whose start may make it start too.
        for (let pass = 0; pass < 2 && (left.direction === 0 || right.direction === 0); pass++) {
            const leftLoad = cross * (this.alone(right) - right.velocity)
            const rightLoad = cross * (this.alone(left) - left.velocity)
            const leftStarts = left.release(leftLoad, rolling)
            if (!right.release(rightLoad, rolling) && !leftStarts) break
        }
        if (left.direction === 0 || right.direction === 0) {
            this.nextLeft = this.alone(left)
            this.nextRight = this.alone(right)
        } else {
            const leftSide = this.share + left.inertia / this.stepTime + left.damping / 2
            const rightSide = this.share + right.inertia / this.stepTime + right.damping / 2
            const leftPull = this.pull(left) + cross * right.velocity
            const rightPull = this.pull(right) + cross * left.velocity
            const determinant = leftSide * rightSide - cross * cross
            this.nextLeft = (leftPull * rightSide - cross * rightPull) / determinant
            this.nextRight = (leftSide * rightPull - cross * leftPull) / determinant
        }
        // Friction stops a wheel, it never reverses it; the next step decides whether it leaves zero.
        if (this.nextLeft * left.direction < 0) this.nextLeft = 0
        if (this.nextRight * right.direction < 0) this.nextRight = 0
    }

    /** Right-hand side of a wheel's own row. */
    private pull(motor: DcGearMotor): number {
        const own = this.share + motor.inertia / this.stepTime - motor.damping / 2
        return own * motor.velocity + motor.torque - motor.direction * (motor.friction + this.rolling)
    }

    /** Where a wheel's speed ends when the other rests throughout. */
    private alone(motor: DcGearMotor): number {
        if (motor.direction === 0) return 0
        return this.pull(motor) / (this.share + motor.inertia / this.stepTime + motor.damping / 2)
    }

    /** Forces at the contacts, from the body's motion; what the wheels and rotors take is inside the motors. */
    private feelGround(leftChange: number, rightChange: number, force: number, moment: number): void {
        const { wheelRadius: r, trackWidth: b, mass, wheelInertia } = this.parameters
        const leftForce = force / 2 - moment / b
        const rightForce = force / 2 + moment / b
        this.left.shaftTorque = leftForce * r + wheelInertia * leftChange + this.rolling * Math.sign(this.nextLeft)
        this.right.shaftTorque = rightForce * r + wheelInertia * rightChange + this.rolling * Math.sign(this.nextRight)
        const largest = Math.max(Math.abs(leftForce), Math.abs(rightForce)) / ((mass * GRAVITY) / 2)
        if (largest > this.peakTraction) this.peakTraction = largest
    }
}
