import * as ds from '@devicescript/core'
import { startServer } from '@devicescript/server'
import { Bno055, type Bno055Config } from '../../../devices/imus/bno055'
import { Icm20948, type Icm20948Config } from '../../../devices/imus/icm20948'
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

/** Between two samples of a magnetic field, ms, and after how many of them without a new one it is not good any more. */
const FIELD_MS = 50
const FIELD_MISSES = 3
const NANOTESLA = 1e9
/** Ranges that the BNO055's fusion sets: g, °/s (table 3-7). */
const BNO055_ACCELERATION_RANGE = 4
const BNO055_RATE_RANGE = 2000

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
 * Starts an ICM-20948 as the Jacdac services accelerometer (g), gyroscope (°/s) and magnetometer (nT), all along the gyroscope's axes.
 *
 * @throws DriverError
 */
export async function startIcm20948(config?: Icm20948Config & InertialOptions & { magnetometerName?: string }) {
    const { accelerationRangeG, angularRateRangeDegPerSec, magnetometer, magnetometerName } = config || {}
    const sensor = new Icm20948(i2c, config || {})
    const services = await startInertial(sensor, accelerationRangeG || 4, angularRateRangeDegPerSec || 1000, config)
    let misses = FIELD_MISSES
    const field = (): Vector | undefined => {
        const [x, y, z] = sensor.field
        return misses < FIELD_MISSES
            ? [Math.round(x * NANOTESLA), Math.round(y * NANOTESLA), Math.round(z * NANOTESLA)]
            : undefined
    }
    if (magnetometer === false) return { ...services, magnetometer: undefined, field }
    setInterval(() => {
        misses = sensor.sampleField() ? 0 : misses + 1
    }, FIELD_MS)
    const server = new StreamingServer<Vector>(ds.Magnetometer.spec, field, config)
    return {
        ...services,
        magnetometer: new ds.Magnetometer(startServer(server, { roleName: magnetometerName })),
        /** Newest magnetic field, nT; undefined when there is no good one. */
        field,
    }
}

/**
 * Starts a BNO055 as the Jacdac services accelerometer (g) and gyroscope (°/s), along the robot's axes when `mounting` says how it sits.
 * Jacdac has no service for an orientation: this program reads it with `orientation()`.
 *
 * @throws DriverError
 */
export async function startBno055(config?: Bno055Config & InertialOptions) {
    const sensor = new Bno055(i2c, config || {})
    const services = await startInertial(sensor, BNO055_ACCELERATION_RANGE, BNO055_RATE_RANGE, config)
    return {
        ...services,
        /** The orientation now, a unit quaternion w, x, y, z; undefined when it cannot be read. */
        orientation: () => (sensor.sampleOrientation() ? sensor.orientation : undefined),
    }
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
