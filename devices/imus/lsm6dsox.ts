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
import type { Clock } from '../../src/hal/clock'
import { DriverError, type DriverErrorCode } from '../../src/hal/driver-error'
import type { I2cBus } from '../../src/hal/i2c-bus'

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
const ACCELERATION_RANGES = [
    { range: 2, bits: 0x00, milliG: 0.061 },
    { range: 4, bits: 0x08, milliG: 0.122 },
    { range: 8, bits: 0x0c, milliG: 0.244 },
    { range: 16, bits: 0x04, milliG: 0.488 },
]

/** Full scales in °/s, their FS_G and FS_125 bits in CTRL2_G, and G_So in m°/s per count (same table). */
const ANGULAR_RATE_RANGES = [
    { range: 125, bits: 0x02, milliDegrees: 4.375 },
    { range: 250, bits: 0x00, milliDegrees: 8.75 },
    { range: 500, bits: 0x04, milliDegrees: 17.5 },
    { range: 1000, bits: 0x08, milliDegrees: 35 },
    { range: 2000, bits: 0x0c, milliDegrees: 70 },
]

/** Standard gravity, m/s². */
const STANDARD_GRAVITY = 9.80665

/** Signed count of an output register pair (two's complement, low byte first). */
export function rawFromBytes(low: number, high: number): number {
    return ((high << 24) >> 16) | low
}

/** m/s² per count in a full scale of `rangeG` g; 0 for a full scale that does not exist. */
export function accelerationScale(rangeG: number): number {
    for (const row of ACCELERATION_RANGES) if (row.range === rangeG) return (row.milliG / 1000) * STANDARD_GRAVITY
    return 0
}

/** rad/s per count in a full scale of `rangeDegreesPerSecond` °/s; 0 for a full scale that does not exist. */
export function angularVelocityScale(rangeDegreesPerSecond: number): number {
    for (const row of ANGULAR_RATE_RANGES) {
        if (row.range === rangeDegreesPerSecond) return (row.milliDegrees / 1000) * (Math.PI / 180)
    }
    return 0
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
        const rate = this.dataRateBits()
        const control1 = rate | this.accelerationBits()
        const control2 = rate | this.angularRateBits()
        if (!(this.frozenLimit >= 2)) this.fail('config', 'frozenLimit ' + this.frozenLimit + ', allowed 2 or more')
        this.identify()
        await this.reset(clock)
        this.write(Register.CTRL3_C, BDU | IF_INC)
        this.write(Register.CTRL1_XL, control1)
        this.write(Register.CTRL2_G, control2)
        const control = this.read(Register.CTRL1_XL, 3)
        if (control[0] !== control1 || control[1] !== control2 || control[2] !== (BDU | IF_INC)) {
            this.fail('bus', 'control registers do not hold what was written')
        }
        await clock.sleep(TURN_ON_MS)
        await this.waitForData(clock)
        this.repeats = 0
        if (!this.sample()) this.fail('bus', 'first sample failed')
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
            this.errors++
            this.valid = false
            return false
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
        return rawFromBytes(this.frame[2 * axis], this.frame[2 * axis + 1])
    }

    private dataRateBits(): number {
        for (let i = 0; i < DATA_RATES.length; i++) if (DATA_RATES[i] === this.dataRateHz) return (i + 1) << 4
        return this.fail('config', 'dataRateHz ' + this.dataRateHz + ', allowed ' + DATA_RATES.join(', '))
    }

    private accelerationBits(): number {
        for (const row of ACCELERATION_RANGES) if (row.range === this.accelerationRangeG) return row.bits
        return this.fail('config', 'accelerationRangeG ' + this.accelerationRangeG + ', allowed 2, 4, 8, 16')
    }

    private angularRateBits(): number {
        for (const row of ANGULAR_RATE_RANGES) if (row.range === this.angularRateRange) return row.bits
        const allowed = '125, 250, 500, 1000, 2000'
        return this.fail('config', 'angularRateRangeDegPerSec ' + this.angularRateRange + ', allowed ' + allowed)
    }

    private identify(): void {
        const pointer = Buffer.alloc(1)
        pointer[0] = Register.WHO_AM_I
        const answer = Buffer.alloc(1)
        if (this.bus.transfer(this.address, pointer, answer) !== 0) this.fail('not-found', 'no acknowledge')
        if (answer[0] !== IDENTITY) this.fail('wrong-part', 'WHO_AM_I is ' + answer[0] + ', not ' + IDENTITY)
    }

    /** AN5272: both sensors powered down, then SW_RESET, which clears itself. */
    private async reset(clock: Clock): Promise<void> {
        this.write(Register.CTRL1_XL, 0)
        this.write(Register.CTRL2_G, 0)
        this.write(Register.CTRL3_C, IF_INC | SW_RESET)
        for (let i = 0; i < RESET_TRIES; i++) {
            await clock.sleep(1)
            if ((this.read(Register.CTRL3_C, 1)[0] & SW_RESET) === 0) return
        }
        this.fail('not-ready', 'software reset does not end')
    }

    private async waitForData(clock: Clock): Promise<void> {
        for (let i = 0; i < DATA_TRIES; i++) {
            if ((this.read(Register.STATUS_REG, 1)[0] & DATA_AVAILABLE) === DATA_AVAILABLE) return
            await clock.sleep(1)
        }
        this.fail('not-ready', 'no data')
    }

    private write(register: Register, value: number): void {
        const bytes = Buffer.alloc(2)
        bytes[0] = register
        bytes[1] = value
        if (this.bus.transfer(this.address, bytes, undefined) !== 0) this.fail('bus', 'write not acknowledged')
    }

    private read(register: Register, length: number): Buffer {
        const pointer = Buffer.alloc(1)
        pointer[0] = register
        const bytes = Buffer.alloc(length)
        if (this.bus.transfer(this.address, pointer, bytes) !== 0) this.fail('bus', 'read not acknowledged')
        return bytes
    }

    private fail(code: DriverErrorCode, detail: string): never {
        throw new DriverError('LSM6DSOX@0x' + Buffer.from([this.address]).toString('hex'), code, detail)
    }
}
