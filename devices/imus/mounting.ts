import { DriverError } from '../../src/hal/driver-error'
import type { Mounting } from '../../src/hal/mounting'

/** A mounting as numbers: robot axis i is `sign[i]` times the chip's axis `source[i]`. */
export class MountedAxes {
    readonly source: number[] = []
    readonly sign: number[] = []

    /** @throws DriverError naming the mounting, when it is none that a chip can have */
    constructor(mounting: Mounting) {
        for (const axis of [mounting.x, mounting.y, mounting.z]) {
            const negative = axis.length === 2 && axis[0] === '-'
            const source = 'xyz'.indexOf(axis[axis.length - 1])
            if (source < 0 || (!negative && axis.length !== 1))
                this.refuse(mounting, 'an axis is x, y, z, -x, -y or -z')
            this.source.push(source)
            this.sign.push(negative ? -1 : 1)
        }
        const [a, b, c] = this.source
        if (a === b || b === c || a === c) this.refuse(mounting, 'each axis of the chip belongs to one of the robot')
        // Turned in order (x y z, y z x, z x y) the axes are right-handed as they are, else mirrored.
        const order = (b - a + 3) % 3 === 1 ? 1 : -1
        if (order * this.sign[0] * this.sign[1] * this.sign[2] !== 1) {
            this.refuse(mounting, 'these axes are left-handed; one of the signs is wrong')
        }
    }

    private refuse(mounting: Mounting, detail: string): never {
        const { x, y, z } = mounting
        throw new DriverError('imu', 'config', 'mounting { x: ' + x + ', y: ' + y + ', z: ' + z + ' }: ' + detail)
    }
}

/** What a mounted IMU asks of its driver; all of `devices/imus` have it. */
export interface InertialSensor {
    /** Signed 16-bit little-endian: gyroscope X Y Z, accelerometer X Y Z. */
    readonly frame: Buffer
    readonly angularVelocityPerCount: number
    readonly accelerationPerCount: number
    sample(): boolean
}

/**
 * An IMU whose axes are not the robot's, or whose bias is known: its `frame` has the robot's axes, without the bias. It costs 0.65 ms a
 * tick on an RP2040, so an IMU that sits as the robot's axes run is used without it. A BNO055 turns its axes by itself.
 */
export class MountedImu implements InertialSensor {
    /** As the sensor's, along the robot's axes. */
    readonly frame = Buffer.alloc(12)
    readonly angularVelocityPerCount: number
    readonly accelerationPerCount: number
    /** Where in the sensor's frame each axis of ours comes from, its sign, and what it reads at rest, counts. */
    private readonly from: number[] = []
    private readonly sign: number[] = []
    private readonly rateZero: number[] = []
    private readonly accelerationZero: number[] = []

    /**
     * @param angularVelocityBias what the gyroscope reads at rest along the chip's axes, rad/s
     * @param accelerationBias what the accelerometer reads too much along the chip's axes, m/s²
     * @throws DriverError
     */
    constructor(
        private readonly sensor: InertialSensor,
        mounting: Mounting,
        angularVelocityBias: readonly number[] = [0, 0, 0],
        accelerationBias: readonly number[] = [0, 0, 0],
    ) {
        this.angularVelocityPerCount = sensor.angularVelocityPerCount
        this.accelerationPerCount = sensor.accelerationPerCount
        const axes = new MountedAxes(mounting)
        for (let i = 0; i < 3; i++) {
            const source = axes.source[i]
            this.from.push(2 * source)
            this.sign.push(axes.sign[i])
            this.rateZero.push(Math.round(angularVelocityBias[source] / this.angularVelocityPerCount))
            this.accelerationZero.push(Math.round(accelerationBias[source] / this.accelerationPerCount))
        }
    }

    /** Samples the sensor and turns what it read. @returns false when its sample was dropped; `frame` then keeps the last @inline */
    sample(): boolean {
        const { sensor, frame, from, sign, rateZero, accelerationZero } = this
        if (!sensor.sample()) return false
        const raw = sensor.frame
        // A value beyond 16 bits is stored as the largest: -32768 turned round is 32767. One line a loop, to be written out.
        for (let i = 0; i < 3; i++) frame.setAt(2 * i, 'i16', sign[i] * (raw.getAt(from[i], 'i16') - rateZero[i]))
        const zero = accelerationZero
        for (let i = 0; i < 3; i++) frame.setAt(2 * i + 6, 'i16', sign[i] * (raw.getAt(from[i] + 6, 'i16') - zero[i]))
        return true
    }
}
