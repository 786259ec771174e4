import * as ds from '@devicescript/core'
import { startServer } from '@devicescript/server'
import { Lsm6dsox, type Lsm6dsoxConfig } from '../../../devices/imus/lsm6dsox'
import { Mpu6050, type Mpu6050Config } from '../../../devices/imus/mpu6050'
import type { Clock } from '../../hal/clock'
import { clock, i2c } from '../board'
import { type SensorOptions, StreamingServer } from './streaming-server'

/** Between two samples, ms. */
const SAMPLE_MS = 20
/** m/s² of one g, by definition. */
const STANDARD_GRAVITY = 9.80665
const DEGREES = 180 / Math.PI
/**
 * DeviceScript 2.16.4 keeps the format of a register with several fields in 8 bits, of which 4 are the shift. These two have i12.20,
 * and so it packs them with a shift of 4 where 20 is meant. With this the bytes are what Jacdac specifies, and its tools and other
 * boards read them right; but DeviceScript's own client unpacks them, as those of any Jacdac accelerometer, this much too large.
 */
const SHIFT_CUT = 0x10000

/** A six-axis sensor of `devices/imus`. */
interface InertialSensor {
    readonly valid: boolean
    readonly angularVelocityPerCount: number
    readonly accelerationPerCount: number
    init(clock: Clock): Promise<void>
    sample(): boolean
    raw(axis: number): number
}

/** What the two services are called and how often they report. Axes are the chip's. */
export interface InertialOptions extends SensorOptions {
    accelerometerName?: string
    gyroscopeName?: string
}

type Vector = [number, number, number]

class VectorServer extends StreamingServer<Vector> {
    constructor(
        spec: ds.ServiceSpec,
        read: () => Vector | undefined,
        private readonly range: number,
        options?: SensorOptions,
    ) {
        super(
            spec,
            () => {
                const vector = read()
                return vector ? [vector[0] * SHIFT_CUT, vector[1] * SHIFT_CUT, vector[2] * SHIFT_CUT] : undefined
            },
            options,
        )
    }

    readingRange(): number {
        return this.range
    }

    supportedRanges(): number[] {
        return [this.range]
    }
}

/**
 * Starts an LSM6DSOX as the Jacdac services accelerometer (g) and gyroscope (°/s).
 *
 * @throws DriverError
 */
export async function startLsm6dsox(config?: Lsm6dsoxConfig & InertialOptions) {
    const { accelerationRangeG, angularRateRangeDegPerSec } = config || {}
    return await startInertial(
        new Lsm6dsox(i2c, config || {}),
        accelerationRangeG || 4,
        angularRateRangeDegPerSec || 1000,
        config,
    )
}

/**
 * Starts an MPU-6050 as the Jacdac services accelerometer (g) and gyroscope (°/s).
 *
 * @throws DriverError
 */
export async function startMpu6050(config?: Mpu6050Config & InertialOptions) {
    const { accelerationRangeG, angularRateRangeDegPerSec } = config || {}
    return await startInertial(
        new Mpu6050(i2c, config || {}),
        accelerationRangeG || 4,
        angularRateRangeDegPerSec || 1000,
        config,
    )
}

/**
 * Starts any six-axis sensor of `devices/imus`, as the services and as functions for this program.
 *
 * @throws DriverError
 * @param accelerationRange g
 * @param rateRange °/s
 */
export async function startInertial(
    sensor: InertialSensor,
    accelerationRange: number,
    rateRange: number,
    options?: InertialOptions,
) {
    await sensor.init(clock)
    setInterval(() => {
        sensor.sample()
    }, SAMPLE_MS)
    const vector = (first: number, scale: number): Vector | undefined =>
        sensor.valid
            ? [sensor.raw(first) * scale, sensor.raw(first + 1) * scale, sensor.raw(first + 2) * scale]
            : undefined
    const acceleration = sensor.accelerationPerCount / STANDARD_GRAVITY
    const rate = sensor.angularVelocityPerCount * DEGREES
    const { accelerometerName, gyroscopeName } = options || {}
    const accelerometer = new ds.Accelerometer(
        startServer(
            new VectorServer(ds.Accelerometer.spec, () => vector(3, acceleration), accelerationRange, options),
            {
                roleName: accelerometerName,
            },
        ),
    )
    const gyroscope = new ds.Gyroscope(
        startServer(new VectorServer(ds.Gyroscope.spec, () => vector(0, rate), rateRange, options), {
            roleName: gyroscopeName,
        }),
    )
    return {
        accelerometer,
        gyroscope,
        /** Newest specific force, g; undefined when there is no good sample. In this program read this, not the client. */
        acceleration: () => vector(3, acceleration),
        /** Newest angular velocity, °/s; likewise. */
        angularVelocity: () => vector(0, rate),
    }
}
