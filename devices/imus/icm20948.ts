// ICM-20948 nine-axis sensor, TDK InvenSense DS-000189 Rev 1.3: gyroscope, accelerometer and, behind its own I2C address, the
// magnetometer AK09916. Read in public copies: sections 3.3, 4.7 to 4.9, 6.3, 8.3, 8.4, 12 and 13. Filters (tables 16 and 18),
// sensitivities (tables 1 and 2) and bank 2 (section 10) are from memory, checked against published drivers.
//
// - Its registers lie in four banks. The tick stays in bank 0, which `init` leaves selected.
// - A sample is one transaction of the 12 bytes 0x2D to 0x38 (accelerometer X Y Z, gyroscope X Y Z, high byte first): about 0.35 ms
//   of bus at 400 kHz. `frame` has telemetry's order, gyroscope first and low byte first.
// - A sensor that stopped goes on sending its last values. Real noise changes at least one of the six from sample to sample, so
//   `frozenLimit` equal samples in a row count as a failure. A part that was reset (a dip of its supply) sleeps (8.4), with outputs
//   of zero: dropped at once.
// - The magnetometer is wired through (INT_PIN_CFG, BYPASS_EN) and read in a transaction of its own, 100 values a second at most:
//   `sampleField`, for housekeeping rather than the tick. A value is taken once (DRDY), and not when HOFL says that the field is
//   too strong (13.4). Its zero is off by up to 2000 counts, 300 µT (table 3): six times the earth's field.
// - Axes are the chip's; of the magnetometer, Y and Z point the other way than the gyroscope's (section 5): `field` has them turned.
//   No bias is removed here: `MountedImu`.
import { signed16 } from '../../src/hal/bytes'
import type { Clock } from '../../src/hal/clock'
import { again, type I2cBus } from '../../src/hal/i2c-bus'
import { DeviceRegisters } from '../device-registers'
import {
    INVENSENSE_DEG_PER_SEC,
    INVENSENSE_G,
    invensenseAccelerationScale,
    invensenseAngularVelocityScale,
} from './imu'

/** Bank 0, section 7.1; REG_BANK_SEL is in every bank. */
export enum Register {
    WHO_AM_I = 0x00,
    PWR_MGMT_1 = 0x06,
    INT_PIN_CFG = 0x0f,
    INT_ENABLE_1 = 0x11,
    INT_STATUS_1 = 0x1a,
    ACCEL_XOUT_H = 0x2d,
    REG_BANK_SEL = 0x7f,
}

/** Bank 2, section 7.3. */
export enum Bank2 {
    GYRO_SMPLRT_DIV = 0x00,
    ACCEL_SMPLRT_DIV_1 = 0x10,
    ACCEL_CONFIG = 0x14,
}

/** The magnetometer's registers, table 20. */
export enum Magnetometer {
    WIA2 = 0x01,
    ST1 = 0x10,
    CNTL2 = 0x31,
    CNTL3 = 0x32,
}

/** Address with AD0 low; 0x69 with AD0 high (section 6.2). */
export const ICM20948_ADDRESS = 0x68
/** The magnetometer's, whatever AD0 is. */
export const AK09916_ADDRESS = 0x0c

/** WHO_AM_I (section 8.1) and WIA2 (13.1). */
export const IDENTITY = 0xea
const MAGNETOMETER_IDENTITY = 0x09
// PWR_MGMT_1 (section 8.4): reset; awake, with the best clock there is.
const DEVICE_RESET = 0x80
const AWAKE_BEST_CLOCK = 0x01
/** INT_PIN_CFG: the auxiliary bus is connected to the other. */
const BYPASS_EN = 0x02
/** RAW_DATA_0_RDY_EN in INT_ENABLE_1 and RAW_DATA_0_RDY_INT in INT_STATUS_1. */
const DATA_READY = 0x01
const BANK_2 = 0x20
/** The filter is on: FCHOICE in GYRO_CONFIG_1 and ACCEL_CONFIG. */
const FILTER_ON = 0x01
// Magnetometer: soft reset (13.6), continuous measurement mode 4 of 100 Hz (13.5); data ready (13.2) and overflow (13.4).
const SRST = 0x01
const CONTINUOUS_100_HZ = 0x08
const DRDY = 0x01
const HOFL = 0x08

/** Wait after a reset, ms: start-up time for register access is 100 ms at most (section 3.4). */
const RESET_MS = 100
/** Tries after that, 1 ms apart, for the reset bit to clear. */
const RESET_TRIES = 10
/** Wait after the gyroscope is powered, ms (35 ms: section 3.1; margin for the slowest filter). */
const TURN_ON_MS = 100
/** Tries, 1 ms apart, for the first data: more than the slowest sample rate's period (divider 256: 228 ms). */
const DATA_TRIES = 300
/** The magnetometer measures in 8.2 ms at most (section 3.3); wait for its first value, ms. */
const FIELD_TRIES = 30

/** Gyroscope's bandwidth, Hz, rounded, as GYRO_DLPFCFG 0 to 6 code it; ACCEL_DLPFCFG is about the same from 2 on. */
const BANDWIDTHS = [197, 152, 120, 51, 24, 12, 6]

/** T for a count of the magnetometer (table 3). */
const TESLA_PER_COUNT = 0.15e-6

export interface Icm20948Config {
    /** 7-bit I2C address, 0x68 (default) or 0x69. */
    address?: number
    /** Samples a second are 1125 / this: a whole number from 1 to 256; 5 (225 Hz) by default. */
    sampleDivider?: number
    /** Gyroscope's bandwidth, Hz: 197, 152, 120, 51 (default), 24, 12 or 6. */
    bandwidthHz?: number
    /** Accelerometer's full scale, g: 2, 4 (default), 8 or 16. */
    accelerationRangeG?: number
    /** Gyroscope's full scale, °/s: 250, 500, 1000 (default) or 2000. */
    angularRateRangeDegPerSec?: number
    /** Whether the magnetometer is used; true by default. */
    magnetometer?: boolean
    /** Equal samples in a row from which on the sensor counts as stopped, 2 or more; 8 by default. Noticed at most one later. */
    frozenLimit?: number
}

/** Nine-axis sensor. */
export class Icm20948 {
    /** False until a sample succeeded, and after each one that was dropped. */
    valid = false
    /** Newest good sample: gyroscope X Y Z, accelerometer X Y Z, signed 16-bit little-endian. */
    readonly frame = Buffer.alloc(12)
    /** rad/s per count of {@link raw} 0 to 2. */
    readonly angularVelocityPerCount: number
    /** m/s² per count of {@link raw} 3 to 5. */
    readonly accelerationPerCount: number
    /** Samples dropped: no acknowledge, the sensor stopped, or it was reset. */
    errors = 0
    /** Samples in a row that were equal to the one before. */
    repeats = 0
    /** Newest good magnetic field along the gyroscope's X, Y, Z, T. */
    readonly field = [0, 0, 0]
    /** Samples of the field that were dropped: no acknowledge, or overflow. */
    fieldErrors = 0

    private readonly part: DeviceRegisters
    private readonly compass: DeviceRegisters
    private readonly address: number
    private readonly sampleDivider: number
    private readonly bandwidthHz: number
    private readonly accelerationRangeG: number
    private readonly angularRateRange: number
    private readonly magnetometer: boolean
    private readonly frozenLimit: number
    private readonly pointer = Buffer.alloc(1)
    /** Accelerometer, gyroscope, as the chip sends them. */
    private readonly bytes = Buffer.alloc(12)
    private readonly fieldPointer = Buffer.alloc(1)
    /** ST1, X, Y, Z, a byte that means nothing, ST2 (table 20). */
    private readonly fieldBytes = Buffer.alloc(9)
    /** The last sample, to notice that it repeats. */
    private first = 0
    private second = 0
    private third = 0

    constructor(
        private readonly bus: I2cBus,
        config: Icm20948Config = {},
    ) {
        this.address = config.address ?? ICM20948_ADDRESS
        this.sampleDivider = config.sampleDivider ?? 5
        this.bandwidthHz = config.bandwidthHz ?? 51
        this.accelerationRangeG = config.accelerationRangeG ?? 4
        this.angularRateRange = config.angularRateRangeDegPerSec ?? 1000
        this.magnetometer = config.magnetometer ?? true
        this.frozenLimit = config.frozenLimit ?? 8
        this.accelerationPerCount = invensenseAccelerationScale(this.accelerationRangeG)
        this.angularVelocityPerCount = invensenseAngularVelocityScale(this.angularRateRange)
        this.part = new DeviceRegisters(bus, 'ICM20948', this.address)
        this.compass = new DeviceRegisters(bus, 'AK09916', AK09916_ADDRESS)
        this.pointer[0] = Register.ACCEL_XOUT_H
        this.fieldPointer[0] = Magnetometer.ST1
    }

    /**
     * Identifies the part, resets and configures it and its magnetometer, waits for first data and takes the first sample.
     *
     * @throws DriverError
     */
    async init(clock: Clock): Promise<void> {
        this.valid = false
        const { part } = this
        const filter = this.filterBits()
        const gyroscope =
            filter | (part.code('angularRateRangeDegPerSec', this.angularRateRange, INVENSENSE_DEG_PER_SEC) << 1)
        const accelerometer = filter | (part.code('accelerationRangeG', this.accelerationRangeG, INVENSENSE_G) << 1)
        // A program that was interrupted may have left another bank selected. On an MPU-6050 there is no such register.
        this.selectBank(0, 'not-found')
        const identity = part.read(Register.WHO_AM_I, 1)[0]
        if (identity !== IDENTITY) part.fail('wrong-part', 'WHO_AM_I is ' + identity + ', not ' + IDENTITY)
        await this.reset(clock)
        part.write(Register.PWR_MGMT_1, [AWAKE_BEST_CLOCK])
        this.selectBank(BANK_2)
        part.set(Bank2.GYRO_SMPLRT_DIV, [this.sampleDivider - 1, gyroscope])
        part.set(Bank2.ACCEL_SMPLRT_DIV_1, [0, this.sampleDivider - 1])
        part.set(Bank2.ACCEL_CONFIG, [accelerometer])
        this.selectBank(0)
        part.set(Register.INT_ENABLE_1, [DATA_READY])
        if (part.read(Register.PWR_MGMT_1, 1)[0] !== AWAKE_BEST_CLOCK) part.fail('not-ready', 'it does not wake')
        await clock.sleep(TURN_ON_MS)
        await this.part.until(clock, Register.INT_STATUS_1, DATA_READY, DATA_READY, DATA_TRIES, 'no data')
        if (this.magnetometer) await this.startMagnetometer(clock)
        this.repeats = 0
        if (!this.sample()) part.fail('bus', 'first sample failed')
    }

    /**
     * Reads gyroscope and accelerometer. One transaction.
     *
     * @returns {@link valid}
     *
     * @inline
     */
    sample(): boolean {
        const b = this.bytes
        if (this.bus.transfer(this.address, this.pointer, b) !== 0) {
            if (again(this.bus, this.address, this.pointer, b) !== 0) {
                this.errors++
                this.valid = false
                return false
            }
        }
        // A running sensor's noise changes these four bytes nearly every time; only when it did not, look at the rest.
        const first = b.getAt(0, 'u32')
        if (first !== this.first && first !== 0) {
            this.first = first
            this.repeats = 0
        } else if (this.isFrozen(first)) {
            this.errors++
            this.valid = false
            return false
        }
        const f = this.frame
        f[0] = b[7]
        f[1] = b[6]
        f[2] = b[9]
        f[3] = b[8]
        f[4] = b[11]
        f[5] = b[10]
        f[6] = b[1]
        f[7] = b[0]
        f[8] = b[3]
        f[9] = b[2]
        f[10] = b[5]
        f[11] = b[4]
        this.valid = true
        return true
    }

    /** Counts samples of which nothing changed, and knows the zeros of a part that was reset. */
    private isFrozen(first: number): boolean {
        const second = this.bytes.getAt(4, 'u32')
        const third = this.bytes.getAt(8, 'u32')
        if (first === this.first && second === this.second && third === this.third) this.repeats++
        else this.repeats = 0
        this.first = first
        this.second = second
        this.third = third
        if (first === 0 && second === 0 && third === 0) return true
        // The first of the equal samples was not a repetition.
        return this.repeats + 1 >= this.frozenLimit
    }

    /**
     * Reads the magnetometer. One transaction.
     *
     * @returns whether {@link field} is new; false also when there is no new value yet
     */
    sampleField(): boolean {
        const b = this.fieldBytes
        if (this.bus.transfer(AK09916_ADDRESS, this.fieldPointer, b) !== 0) {
            if (again(this.bus, AK09916_ADDRESS, this.fieldPointer, b) !== 0) {
                this.fieldErrors++
                return false
            }
        }
        if ((b[0] & DRDY) === 0) return false
        if ((b[8] & HOFL) !== 0) {
            this.fieldErrors++
            return false
        }
        this.field[0] = signed16(b[2], b[1]) * TESLA_PER_COUNT
        this.field[1] = -signed16(b[4], b[3]) * TESLA_PER_COUNT
        this.field[2] = -signed16(b[6], b[5]) * TESLA_PER_COUNT
        return true
    }

    /** Newest good count of an axis: 0 to 2 the gyroscope's x, y, z, 3 to 5 the accelerometer's. */
    raw(axis: number): number {
        return signed16(this.frame[2 * axis + 1], this.frame[2 * axis])
    }

    /** DLPFCFG and FCHOICE of GYRO_CONFIG_1 and ACCEL_CONFIG; checks the numbers that stand in no table. */
    private filterBits(): number {
        const { part, sampleDivider } = this
        // Written so that NaN is refused, too.
        if (!(sampleDivider >= 1 && sampleDivider <= 256 && (sampleDivider | 0) === sampleDivider)) {
            part.fail('config', 'sampleDivider ' + sampleDivider + ', allowed whole numbers from 1 to 256')
        }
        if (!(this.frozenLimit >= 2)) part.fail('config', 'frozenLimit ' + this.frozenLimit + ', allowed 2 or more')
        return (part.code('bandwidthHz', this.bandwidthHz, BANDWIDTHS) << 3) | FILTER_ON
    }

    private selectBank(bank: number, code: 'not-found' | 'bus' = 'bus'): void {
        this.part.write(Register.REG_BANK_SEL, [bank], code)
    }

    /** DEVICE_RESET clears itself; the part sleeps then. */
    private async reset(clock: Clock): Promise<void> {
        this.part.write(Register.PWR_MGMT_1, [DEVICE_RESET])
        await clock.sleep(RESET_MS)
        await this.part.until(clock, Register.PWR_MGMT_1, DEVICE_RESET, 0, RESET_TRIES, 'reset does not end')
    }

    private async startMagnetometer(clock: Clock): Promise<void> {
        const { compass } = this
        this.part.set(Register.INT_PIN_CFG, [BYPASS_EN])
        const identity = compass.read(Magnetometer.WIA2, 1, 'not-found')[0]
        if (identity !== MAGNETOMETER_IDENTITY) {
            compass.fail('wrong-part', 'WIA2 is ' + identity + ', not ' + MAGNETOMETER_IDENTITY)
        }
        compass.write(Magnetometer.CNTL3, [SRST])
        await clock.sleep(1)
        compass.set(Magnetometer.CNTL2, [CONTINUOUS_100_HZ])
        for (let i = 0; i < FIELD_TRIES; i++) {
            await clock.sleep(1)
            if (this.sampleField()) return
        }
        compass.fail('not-ready', this.fieldErrors > 0 ? 'magnetic field too strong' : 'no data')
    }
}
