// MPU-6050 three-axis gyroscope and accelerometer, InvenSense product specification PS-MPU-6000A-00 Rev 3.4 ("PS") and
// register map RM-MPU-6000A-00 Rev 4.2 ("RM").
//
// - A sample is one transaction of the 14 bytes 0x3B to 0x48 (accelerometer X Y Z, temperature, gyroscope X Y Z, high
//   byte first): about 0.4 ms of bus at 400 kHz. A burst comes from one sample of the chip (RM, registers 59 to 64).
//   `frame` has telemetry's order, gyroscope first and low byte first. Twelve copies of a byte do that: 80 operations,
//   0.2 ms on an RP2040. Swapping words of four bytes with masks counts 5 operations less, but seven of them would be
//   `getAt` and `setAt`, which take longer than others there (a pair of them 45 to 70 µs): no gain.
// - A sensor that stopped goes on sending its last values. Real noise changes at least one of the six from sample to
//   sample, so `frozenLimit` equal samples in a row count as a failure. A sample rate below the loop's repeats samples:
//   then choose the limit above the repetition.
// - A part that was reset (a dip of its supply) sleeps, with all outputs zero (RM, register map): dropped at once.
// - Axes are the chip's (PS, "Orientation of Axes"); no bias is removed here. It is large: ±20 °/s (PS, 6.1).
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

/** Register map, RM section 3. */
export enum Register {
    SMPLRT_DIV = 0x19,
    INT_ENABLE = 0x38,
    INT_STATUS = 0x3a,
    ACCEL_XOUT_H = 0x3b,
    PWR_MGMT_1 = 0x6b,
    WHO_AM_I = 0x75,
}

/** Address with AD0 low; 0x69 with AD0 high (PS, "I2C Interface"). */
export const MPU6050_ADDRESS = 0x68

/** WHO_AM_I is fixed to this, whatever AD0 is (RM, register 117). */
export const IDENTITY = 0x68
// PWR_MGMT_1 (RM, register 107): reset; awake, clocked by the X gyroscope's PLL, which RM recommends over the oscillator.
const DEVICE_RESET = 0x80
const AWAKE_PLL_GYRO_X = 0x01
/** DATA_RDY_EN in INT_ENABLE and DATA_RDY_INT in INT_STATUS (RM, registers 56 and 58). */
const DATA_READY = 0x01

/** Wait after a reset, ms: what RM (register 107) asks for on SPI; it names no time for I²C. */
const RESET_MS = 100
/** Tries after that, 1 ms apart, for the reset bit to clear. */
const RESET_TRIES = 10
/** Wait after the gyroscope is powered, ms (PS, 6.1: 30 ms until within 1 °/s; margin for the slowest filter, 19 ms). */
const TURN_ON_MS = 100
/** Tries, 1 ms apart, for the first data: more than the slowest sample rate's period (divider 256: 256 ms). */
const DATA_TRIES = 300

/** Gyroscope's bandwidth, Hz, as DLPF_CFG 1 to 6 code it (RM, register 26); the sample rate's base is then 1 kHz. */
const BANDWIDTHS = [188, 98, 42, 20, 10, 5]

export interface Mpu6050Config {
    /** 7-bit I2C address, 0x68 (default) or 0x69. */
    address?: number
    /** Samples a second are 1000 / this: a whole number from 1 to 256; 5 (200 Hz) by default. */
    sampleDivider?: number
    /**
     * Gyroscope's bandwidth, Hz: 188, 98, 42 (default), 20, 10 or 5, which delay it by 1.9, 2.8, 4.8, 8.3, 13.4 or 18.6
     * ms. The accelerometer's is about the same (RM, register 26).
     */
    bandwidthHz?: number
    /** Accelerometer's full scale, g: 2, 4 (default), 8 or 16. */
    accelerationRangeG?: number
    /** Gyroscope's full scale, °/s: 250, 500, 1000 (default) or 2000. */
    angularRateRangeDegPerSec?: number
    /** Equal samples in a row from which on the sensor counts as stopped, 2 or more; 8 by default. Noticed at most one later. */
    frozenLimit?: number
}

/** Six-axis inertial sensor. */
export class Mpu6050 {
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

    private readonly part: DeviceRegisters
    private readonly address: number
    private readonly sampleDivider: number
    private readonly bandwidthHz: number
    private readonly accelerationRangeG: number
    private readonly angularRateRange: number
    private readonly frozenLimit: number
    private readonly pointer = Buffer.alloc(1)
    /** Accelerometer, temperature, gyroscope, as the chip sends them. */
    private readonly bytes = Buffer.alloc(14)
    /** Accelerometer X Y, Z and temperature, gyroscope X Y, Z of the last sample, to notice that it repeats. */
    private first = 0
    private second = 0
    private third = 0
    private fourth = 0

    constructor(
        private readonly bus: I2cBus,
        config: Mpu6050Config = {},
    ) {
        this.address = config.address ?? MPU6050_ADDRESS
        this.sampleDivider = config.sampleDivider ?? 5
        this.bandwidthHz = config.bandwidthHz ?? 42
        this.accelerationRangeG = config.accelerationRangeG ?? 4
        this.angularRateRange = config.angularRateRangeDegPerSec ?? 1000
        this.frozenLimit = config.frozenLimit ?? 8
        this.accelerationPerCount = invensenseAccelerationScale(this.accelerationRangeG)
        this.angularVelocityPerCount = invensenseAngularVelocityScale(this.angularRateRange)
        this.part = new DeviceRegisters(bus, 'MPU6050', this.address)
        this.pointer[0] = Register.ACCEL_XOUT_H
    }

    /**
     * Identifies the part, resets and configures it, waits for its first data and takes the first sample.
     *
     * @throws DriverError
     */
    async init(clock: Clock): Promise<void> {
        this.valid = false
        const settings = this.settings()
        this.identify()
        await this.reset(clock)
        this.part.write(Register.PWR_MGMT_1, [AWAKE_PLL_GYRO_X])
        this.part.write(Register.SMPLRT_DIV, settings)
        this.part.write(Register.INT_ENABLE, [DATA_READY])
        const held = this.part.read(Register.SMPLRT_DIV, settings.length)
        for (let i = 0; i < settings.length; i++) {
            if (held[i] !== settings[i]) this.part.fail('bus', 'settings do not hold what was written')
        }
        if (this.part.read(Register.PWR_MGMT_1, 1)[0] !== AWAKE_PLL_GYRO_X)
            this.part.fail('not-ready', 'does not wake up')
        await clock.sleep(TURN_ON_MS)
        await this.part.until(clock, Register.INT_STATUS, DATA_READY, DATA_READY, DATA_TRIES, 'no data')
        this.repeats = 0
        if (!this.sample()) this.part.fail('bus', 'first sample failed')
    }

    /**
     * Reads all six axes. One transaction.
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
        f[0] = b[9]
        f[1] = b[8]
        f[2] = b[11]
        f[3] = b[10]
        f[4] = b[13]
        f[5] = b[12]
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
        const fourth = this.bytes.getAt(12, 'u16')
        const equal = second === this.second && third === this.third && fourth === this.fourth
        if (equal && first === this.first) this.repeats++
        else this.repeats = 0
        this.first = first
        this.second = second
        this.third = third
        this.fourth = fourth
        if (first === 0 && second === 0 && third === 0 && fourth === 0) return true
        // The first of the equal samples was not a repetition.
        return this.repeats + 1 >= this.frozenLimit
    }

    /** Newest good count of an axis: 0 to 2 the gyroscope's x, y, z, 3 to 5 the accelerometer's. */
    raw(axis: number): number {
        return signed16(this.frame[2 * axis + 1], this.frame[2 * axis])
    }

    /** SMPLRT_DIV, CONFIG, GYRO_CONFIG, ACCEL_CONFIG (RM, registers 25 to 28). */
    private settings(): number[] {
        const divider = this.sampleDivider
        // Written so that NaN is refused, too.
        if (!(divider >= 1 && divider <= 256 && (divider | 0) === divider)) {
            this.part.fail('config', 'sampleDivider ' + divider + ', allowed whole numbers from 1 to 256')
        }
        if (!(this.frozenLimit >= 2))
            this.part.fail('config', 'frozenLimit ' + this.frozenLimit + ', allowed 2 or more')
        return [
            divider - 1,
            1 + this.part.code('bandwidthHz', this.bandwidthHz, BANDWIDTHS),
            this.part.code('angularRateRangeDegPerSec', this.angularRateRange, INVENSENSE_DEG_PER_SEC) << 3,
            this.part.code('accelerationRangeG', this.accelerationRangeG, INVENSENSE_G) << 3,
        ]
    }

    private identify(): void {
        const identity = this.part.read(Register.WHO_AM_I, 1, 'not-found')[0]
        if (identity !== IDENTITY) this.part.fail('wrong-part', 'WHO_AM_I is ' + identity + ', not ' + IDENTITY)
    }

    /** DEVICE_RESET clears itself; the part sleeps then. */
    private async reset(clock: Clock): Promise<void> {
        this.part.write(Register.PWR_MGMT_1, [DEVICE_RESET])
        await clock.sleep(RESET_MS)
        await this.part.until(clock, Register.PWR_MGMT_1, DEVICE_RESET, 0, RESET_TRIES, 'reset does not end')
    }
}
