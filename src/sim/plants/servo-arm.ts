import { HobbyServo } from './hobby-servo'

const GRAVITY = 9.80665
/** s */
const STEP = 1e-3

/** An arm of three joints: a base that turns about the vertical, a shoulder and an elbow above it. SI units. */
export interface ServoArmParameters {
    /** Upper arm with the elbow's servo: length, mass, and how far from the shoulder its centre is. */
    readonly upperLength: number
    readonly upperMass: number
    readonly upperCentre: number
    /** Forearm with the gripper and what it holds. */
    readonly foreMass: number
    readonly foreCentre: number
    /** What each servo turns, kg·m². */
    readonly inertia: readonly [number, number, number]
    /** Supply: V without load, Ω. */
    readonly supplyVoltage: number
    readonly supplyResistance: number
}

/** An estimate; no such arm was built. The inertias are those of the home position. */
export const SMALL_ARM: ServoArmParameters = {
    upperLength: 0.12,
    upperMass: 0.12,
    upperCentre: 0.08,
    foreMass: 0.09,
    foreCentre: 0.08,
    inertia: [1.2e-3, 3e-3, 6e-4],
    supplyVoltage: 6,
    supplyResistance: 0.05,
}

/**
 * Three hobby servos and what they carry. At 0 the upper arm stands upright and the forearm lies level; shoulder and elbow turn
 * positive forward and down. Gravity follows the posture. Not modelled: how the joints' motions push each other, and that
 * inertias change with the posture; the servos' rotors are most of what they turn.
 */
export class ServoArm {
    readonly servos: readonly [HobbyServo, HobbyServo, HobbyServo]
    time = 0
    /** At the servos, V, and through the shunt, A. */
    voltage: number
    current = 0
    sourceVoltage: number
    beforeStep: ((time: number) => void) | undefined
    afterStep: ((time: number) => void) | undefined
    private readonly load = [0, 0, 0]

    constructor(readonly parameters: ServoArmParameters = SMALL_ARM) {
        const servo = (i: number) => new HobbyServo(undefined, parameters.inertia[i])
        this.servos = [servo(0), servo(1), servo(2)]
        this.voltage = this.sourceVoltage = parameters.supplyVoltage
    }

    advanceTo(to: number): void {
        while (this.time + STEP <= to + 1e-9) {
            this.beforeStep?.(this.time)
            this.step()
            this.afterStep?.(this.time)
        }
    }

    /** What gravity turns each joint by, N·m, positive as the joint. */
    gravity(target: number[]): void {
        const { upperLength, upperMass, upperCentre, foreMass, foreCentre } = this.parameters
        const shoulder = this.servos[1].motor.angle
        const fore = GRAVITY * foreMass * foreCentre * Math.cos(shoulder + this.servos[2].motor.angle)
        target[0] = 0
        target[1] = GRAVITY * (upperMass * upperCentre + foreMass * upperLength) * Math.sin(shoulder) + fore
        target[2] = fore
    }

    /** Written state: time, then angle, speed and winding current of each joint, then supply. @returns how many */
    writeState(target: Float64Array): number {
        let n = 0
        target[n++] = this.time
        for (const { motor } of this.servos) {
            target[n++] = motor.angle
            target[n++] = motor.velocity
            target[n++] = motor.current
        }
        target[n++] = this.voltage
        target[n++] = this.current
        return n
    }

    private step(): void {
        this.gravity(this.load)
        this.voltage = Math.max(0, this.sourceVoltage - this.parameters.supplyResistance * this.current)
        this.current = 0
        this.servos.forEach((servo, i) => {
            servo.motor.supplyVoltage = this.voltage
            servo.step(STEP, -this.load[i])
            this.current += servo.supplyCurrent
        })
        this.time += STEP
    }
}
