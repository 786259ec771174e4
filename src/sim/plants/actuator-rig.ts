import type { Random } from '../random'
import { DcGearMotor, type DcGearMotorParameters } from './dc-gear-motor'
import type { Defect } from './motor-draw'

/** A motor bolted to a bench, with a load on its shaft, an encoder behind a coupling, and a power supply. */
export interface ActuatorRigParameters {
    readonly motor: DcGearMotorParameters
    /** kg·m² */
    readonly loadInertia: number
    /** Of the supply with nothing drawn, V */
    readonly supplyVoltage: number
    /** Of supply and leads, Ω */
    readonly supplyResistance: number
    /** What the electronics take, A */
    readonly quiescentCurrent: number
    /** Encoder turns for a turn of the shaft, signed. */
    readonly encoderRatio: number
    /** Sign of the motor's leads. */
    readonly motorSign: 1 | -1
    /** Play between shaft and encoder, rad */
    readonly couplingPlay: number
    /** The encoder has one of its two signals only. */
    readonly phaseMissing: boolean
    /** A lead is off: no current. */
    readonly open: boolean
    /** The shaft is held. */
    readonly jammed: boolean
}

export function healthyRig(motor: DcGearMotorParameters): ActuatorRigParameters {
    return {
        motor,
        loadInertia: 5e-4,
        supplyVoltage: 12,
        supplyResistance: 0.1,
        quiescentCurrent: 0.012,
        encoderRatio: 1,
        motorSign: 1,
        couplingPlay: 0,
        phaseMissing: false,
        open: false,
        jammed: false,
    }
}

/** A bench supply and a load as they may be. */
export function drawRig(rig: ActuatorRigParameters, random: Random): ActuatorRigParameters {
    return {
        ...rig,
        loadInertia: rig.loadInertia * random.uniform(0.5, 1.5),
        supplyVoltage: rig.supplyVoltage * random.uniform(0.97, 1.03),
        supplyResistance: random.uniform(0.05, 0.2),
        quiescentCurrent: rig.quiescentCurrent * random.uniform(0.7, 1.3),
    }
}

/** The same rig with one thing wrong; how wrong is drawn. */
export function spoil(rig: ActuatorRigParameters, defect: Defect, random: Random): ActuatorRigParameters {
    const { motor } = rig
    switch (defect) {
        case 'motor-reversed':
            return { ...rig, motorSign: -1 }
        case 'encoder-reversed':
            return { ...rig, encoderRatio: -rig.encoderRatio }
        case 'phase-missing':
            return { ...rig, phaseMissing: true }
        case 'loose-coupling':
            return { ...rig, couplingPlay: random.uniform(0.25, 0.9) }
        case 'wrong-counts':
            return { ...rig, encoderRatio: rig.encoderRatio * [0.25, 0.5, 2, 4][Math.floor(random.uniform(0, 4))] }
        case 'wrong-gear-ratio': {
            // Neighbours in the maker's list: 30:1, 70:1 and 100:1 instead of 50:1.
            const factor = [0.6, 1.4, 2][Math.floor(random.uniform(0, 3))]
            return { ...rig, motor: { ...motor, gearRatio: motor.gearRatio * factor } }
        }
        case 'dead-motor':
            return { ...rig, open: true }
        case 'jammed-motor':
            return { ...rig, jammed: true }
        case 'weak-supply':
            return random.uniform() < 0.5
                ? { ...rig, supplyResistance: random.uniform(1.2, 2.5) }
                : { ...rig, supplyVoltage: random.uniform(7, 9.5) }
    }
}

/** Steps the rig. Inputs as of {@link DcGearMotor}: drive and braking, in the driver's sign. */
export class ActuatorRig {
    /** -1 to 1 of the supply */
    drive = 0
    braking = 0
    /** At the driver's supply pins, V */
    voltage: number
    /** From the supply, A */
    supplyCurrent: number
    readonly motor: DcGearMotor
    private encoderShaft = 0
    private steps = 0

    /** Called before each step with its start time, s, and after it with its end time. */
    beforeStep: ((time: number) => void) | undefined
    afterStep: ((time: number) => void) | undefined
    /** V, in place of the parameter's */
    sourceVoltage: number

    constructor(
        readonly parameters: ActuatorRigParameters,
        /** s */
        readonly stepTime = 0.0005,
    ) {
        this.motor = new DcGearMotor(parameters.motor, parameters.loadInertia)
        this.sourceVoltage = parameters.supplyVoltage
        this.voltage = parameters.supplyVoltage
        this.supplyCurrent = parameters.quiescentCurrent
    }

    /** s */
    get time(): number {
        return this.steps * this.stepTime
    }

    /** True angle of the output shaft, rad. */
    get angle(): number {
        return this.motor.angle
    }

    /** What the encoder's magnet shows, rad. */
    get encoderAngle(): number {
        const { encoderRatio, phaseMissing } = this.parameters
        const angle = this.encoderShaft * encoderRatio
        // What is left of the other signal, 2 %, decides nothing but how sharply the reading flips.
        return phaseMissing ? Math.atan2(Math.sin(angle), 0.02) : angle
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

    private step(): void {
        const { motor, parameters: p } = this
        // The voltage of the step before decides the current of this one: far slower than the supply's own time constants.
        motor.supplyVoltage = p.open ? 0 : this.voltage
        motor.drive = p.open ? 0 : this.drive * p.motorSign
        motor.braking = p.open ? 0 : this.braking
        if (p.jammed) {
            motor.current = (motor.drive * motor.supplyVoltage) / p.motor.resistance
        } else motor.step(this.stepTime)
        this.supplyCurrent = p.quiescentCurrent + motor.drive * motor.current
        // A bench supply takes nothing back.
        this.voltage = this.sourceVoltage - p.supplyResistance * Math.max(0, this.supplyCurrent)
        const gap = motor.angle - this.encoderShaft
        const half = p.couplingPlay / 2
        this.encoderShaft += Math.max(gap - half, Math.min(gap + half, 0))
        this.steps++
    }
}
