// LSM6DSOX 3D accelerometer and 3D gyroscope, STMicroelectronics datasheet DS12814; usage in application note AN5272.
//
// - A sample is one transaction of the 12 bytes 0x22 to 0x2D (gyroscope X Y Z, accelerometer X Y Z, little-endian):
//   about 0.35 ms of bus at 400 kHz. Starting at STATUS_REG (0x1E) would tell whether they are new, for four more
//   bytes (0.09 ms, a quarter more) in every tick; with an output data rate above the loop's they always are. BDU
//   keeps the halves of a value together.
// - A sensor that stopped (lost its configuration, hung) goes on sending its last values. Real noise changes at least
//   one of the six from sample to sample, so `frozenLimit` equal frames in a row count as a failure. A data rate below
//   the loop's repeats frames: then choose the limit above the repetition.
// - Axes are the chip's (Figure 1); no bias is removed here.
import { signed16 } from '../../src/hal/bytes'
import type { Clock } from '../../src/hal/clock'
import { again, type I2cBus } from '../../src/hal/i2c-bus'
import { DeviceRegisters } from '../device-registers'
import { STANDARD_GRAVITY } from './imu'

/** Register map, datasheet table "Registers address map". */
export enum Register {
    WHO_AM_I = 0x0f,
    CTRL1_XL = 0x10,
    CTRL2_G = 0x11,
    CTRL3_C = 0x12,
    STATUS_REG = 0x1e,
    OUTX_L_G = 0x22,
}

/** Address with SA0 low; 0x6B with SA0 high (datasheet, "I²C operation"). */
export const LSM6DSOX_ADDRESS = 0x6a

/** WHO_AM_I is fixed to this. */
export const IDENTITY = 0x6c
/** CTRL3_C: software reset; block data update; register address increments. */
const SW_RESET = 0x01
const BDU = 0x40
const IF_INC = 0x04
/** STATUS_REG: accelerometer and gyroscope data available. */
const DATA_AVAILABLE = 0x03

/** Tries, 1 ms apart, for the software reset to end (AN5272: 50 µs). */
const RESET_TRIES = 10
/** Wait after the gyroscope is powered, ms (AN5272: 70 ms to turn on; margin for the filter to settle). */
const TURN_ON_MS = 100
/** Tries, 1 ms apart, for the first data: more than the slowest allowed data rate's period (12.5 Hz: 80 ms). */
const DATA_TRIES = 100

/** Data rates, Hz, as ODR_XL and ODR_G 1 to 10 code them (CTRL1_XL, CTRL2_G), in high-performance mode. */
const DATA_RATES = [12.5, 26, 52, 104, 208, 416, 833, 1666, 3332, 6664]

/**
 * Full scales in g, their FS_XL bits in CTRL1_XL, and LA_So in mg per count (datasheet, "Mechanical characteristics").
 */
const ACCELERATION_RANGES = [2, 4, 8, 16]
const ACCELERATION_BITS = [0x00, 0x08, 0x0c, 0x04]
const MILLI_G = [0.061, 0.122, 0.244, 0.488]

/** Full scales in °/s, their FS_G and FS_125 bits in CTRL2_G, and G_So in m°/s per count (same table). */
const ANGULAR_RATE_RANGES = [125, 250, 500, 1000, 2000]
const ANGULAR_RATE_BITS = [0x02, 0x00, 0x04, 0x08, 0x0c]
const MILLI_DEGREES = [4.375, 8.75, 17.5, 35, 70]

/** m/s² per count in a full scale of `rangeG` g; 0 for a full scale that does not exist. */
export function accelerationScale(rangeG: number): number {
    const code = ACCELERATION_RANGES.indexOf(rangeG)
    return code < 0 ? 0 : (MILLI_G[code] / 1000) * STANDARD_GRAVITY
}

/** rad/s per count in a full scale of `rangeDegreesPerSecond` °/s; 0 for a full scale that does not exist. */
export function angularVelocityScale(rangeDegreesPerSecond: number): number {
    const code = ANGULAR_RATE_RANGES.indexOf(rangeDegreesPerSecond)
    return code < 0 ? 0 : (MILLI_DEGREES[code] / 1000) * (Math.PI / 180)
}

export interface Lsm6dsoxConfig {
    /** 7-bit I2C address, 0x6A (default) or 0x6B. */
    address?: number
    /** Output data rate of both sensors, Hz: 12.5, 26, 52, 104, 208 (default), 416, 833, 1666, 3332 or 6664. */
    dataRateHz?: number
    /** Accelerometer's full scale, g: 2, 4 (default), 8 or 16. */
    accelerationRangeG?: number
    /** Gyroscope's full scale, °/s: 125, 250, 500, 1000 (default) or 2000. */
    angularRateRangeDegPerSec?: number
    /** Equal frames in a row from which on the sensor counts as stopped, 2 or more; 8 by default. Noticed at most one later. */
    frozenLimit?: number
}

/** Six-axis inertial sensor. */
export class Lsm6dsox {
    /** False until a sample succeeded, and after each one that was dropped. */
    valid = false
    /**
     * Newest 12 bytes as read: gyroscope X Y Z, accelerometer X Y Z, signed 16-bit little-endian. Means nothing while
     * not {@link valid}.
     */
    readonly frame = Buffer.alloc(12)
    /** rad/s per count of {@link raw} 0 to 2. */
    readonly angularVelocityPerCount: number
    /** m/s² per count of {@link raw} 3 to 5. */
    readonly accelerationPerCount: number
    /** Samples dropped: no acknowledge, or the sensor stopped. */
    errors = 0
    /** Frames in a row that were equal to the one before. */
    repeats = 0

    private readonly address: number
    private readonly dataRateHz: number
    private readonly accelerationRangeG: number
    private readonly angularRateRange: number
    private readonly frozenLimit: number
    private readonly framePointer = Buffer.alloc(1)
    /** The last frame, to notice that it repeats. */
    private first = 0
    private second = 0
    private third = 0

    constructor(
        private readonly bus: I2cBus,
        config: Lsm6dsoxConfig = {},
    ) {
        this.address = config.address ?? LSM6DSOX_ADDRESS
        this.dataRateHz = config.dataRateHz ?? 208
        this.accelerationRangeG = config.accelerationRangeG ?? 4
        this.angularRateRange = config.angularRateRangeDegPerSec ?? 1000
        this.frozenLimit = config.frozenLimit ?? 8
        this.accelerationPerCount = accelerationScale(this.accelerationRangeG)
        this.angularVelocityPerCount = angularVelocityScale(this.angularRateRange)
        this.framePointer[0] = Register.OUTX_L_G
    }

    /**
     * Identifies the part, resets and configures it, waits for its first data and takes the first sample.
     *
     * @throws DriverError
     */
    async init(clock: Clock): Promise<void> {
        this.valid = false
        // Not kept: the collector would have to mark it for ever.
        const part = new DeviceRegisters(this.bus, 'LSM6DSOX', this.address)
        const rate = (1 + part.code('dataRateHz', this.dataRateHz, DATA_RATES)) << 4
        const acceleration = part.code('accelerationRangeG', this.accelerationRangeG, ACCELERATION_RANGES)
        const control1 = rate | ACCELERATION_BITS[acceleration]
        const angularRate = part.code('angularRateRangeDegPerSec', this.angularRateRange, ANGULAR_RATE_RANGES)
        const control2 = rate | ANGULAR_RATE_BITS[angularRate]
        if (!(this.frozenLimit >= 2)) part.fail('config', 'frozenLimit ' + this.frozenLimit + ', allowed 2 or more')
        const identity = part.read(Register.WHO_AM_I, 1, 'not-found')[0]
        if (identity !== IDENTITY) part.fail('wrong-part', 'WHO_AM_I is ' + identity + ', not ' + IDENTITY)
        // AN5272: both sensors powered down, then SW_RESET, which clears itself.
        part.write(Register.CTRL1_XL, [0])
        part.write(Register.CTRL2_G, [0])
        part.write(Register.CTRL3_C, [IF_INC | SW_RESET])
        await clock.sleep(1)
        await part.until(clock, Register.CTRL3_C, SW_RESET, 0, RESET_TRIES, 'software reset does not end')
        part.write(Register.CTRL3_C, [BDU | IF_INC])
        part.write(Register.CTRL1_XL, [control1])
        part.write(Register.CTRL2_G, [control2])
        const control = part.read(Register.CTRL1_XL, 3)
        if (control[0] !== control1 || control[1] !== control2 || control[2] !== (BDU | IF_INC)) {
            part.fail('bus', 'control registers do not hold what was written')
        }
        await clock.sleep(TURN_ON_MS)
        await part.until(clock, Register.STATUS_REG, DATA_AVAILABLE, DATA_AVAILABLE, DATA_TRIES, 'no data')
        this.repeats = 0
        if (!this.sample()) part.fail('bus', 'first sample failed')
    }

    /**
     * Reads all six axes. One transaction.
     *
     * @returns {@link valid}
     *
     * @inline
     */
    sample(): boolean {
        const f = this.frame
        if (this.bus.transfer(this.address, this.framePointer, f) !== 0) {
            if (again(this.bus, this.address, this.framePointer, f) !== 0) {
                this.errors++
                this.valid = false
                return false
            }
        }
        // A running sensor's noise changes these four bytes nearly every time; only when it did not, look at the rest.
        const first = f.getAt(0, 'u32')
        if (first !== this.first) {
            this.first = first
            this.repeats = 0
        } else if (this.isFrozen()) {
            this.errors++
            this.valid = false
            return false
        }
        this.valid = true
        return true
    }

    /** Counts frames of which nothing changed. */
    private isFrozen(): boolean {
        const second = this.frame.getAt(4, 'u32')
        const third = this.frame.getAt(8, 'u32')
        if (second === this.second && third === this.third) this.repeats++
        else this.repeats = 0
        this.second = second
        this.third = third
        // The first of the equal frames was not a repetition.
        return this.repeats + 1 >= this.frozenLimit
    }

    /** Newest count of an axis: 0 to 2 the gyroscope's x, y, z, 3 to 5 the accelerometer's. */
    raw(axis: number): number {
        return signed16(this.frame[2 * axis + 1], this.frame[2 * axis])
    }
}
