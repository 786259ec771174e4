// ICM-20948 nine-axis sensor, TDK InvenSense DS-000189 Rev 1.3. What could not be read in a primary source is named in
// devices/imus/icm20948.ts.
import type { I2cDevice } from '../i2c/i2c-device'
import type { I2cSegment } from '../i2c/i2c-segment'
import type { Random } from '../random'
import { Ak09916 } from './ak09916'
import { type ImuMotion, STANDARD_GRAVITY } from './lsm6dsox'

const DEGREES_PER_RAD = 180 / Math.PI
const AXES = 3
const BANKS = 4

/** Bank 0. */
enum Bank0 {
    WHO_AM_I = 0x00,
    USER_CTRL = 0x03,
    LP_CONFIG = 0x05,
    PWR_MGMT_1 = 0x06,
    PWR_MGMT_2 = 0x07,
    INT_PIN_CFG = 0x0f,
    INT_ENABLE = 0x10,
    INT_ENABLE_1 = 0x11,
    INT_STATUS_1 = 0x1a,
    ACCEL_XOUT_H = 0x2d,
    GYRO_XOUT_H = 0x33,
    TEMP_OUT_H = 0x39,
    REG_BANK_SEL = 0x7f,
}
/** Bank 2. */
enum Bank2 {
    GYRO_SMPLRT_DIV = 0x00,
    GYRO_CONFIG_1 = 0x01,
    ACCEL_SMPLRT_DIV_1 = 0x10,
    ACCEL_SMPLRT_DIV_2 = 0x11,
    ACCEL_CONFIG = 0x14,
}

const WHO_AM_I_VALUE = 0xea
const SLEEP = 0x40
const DEVICE_RESET = 0x80
const BYPASS_EN = 0x02
const DATA_RDY = 0x01
/** How long DEVICE_RESET reads as 1, s. The datasheet names 100 ms at most until registers can be used (section 3.4). */
const RESET_TIME = 0.05
/** Base of the sample rate with the filter on, Hz (section 10.1). */
const BASE_RATE = 1125
/** -3 dB bandwidths by GYRO_DLPFCFG and ACCEL_DLPFCFG, Hz (tables 16 and 18). */
const RATE_BANDWIDTH = [196.6, 151.8, 119.5, 51.2, 23.9, 11.6, 5.7, 361.4]
const ACCELERATION_BANDWIDTH = [246, 246, 111.4, 50.4, 23.9, 11.5, 5.7, 473]
/** By FS_SEL (tables 1 and 2). */
const COUNTS_PER_DEG_PER_SEC = [131, 65.5, 32.8, 16.4]
const COUNTS_PER_G = [16384, 8192, 4096, 2048]
/** °/s/√Hz, g/√Hz; initial zero ±5 °/s and ±50 mg (tables 1 and 2). */
const RATE_NOISE_DENSITY = 0.015
const ACCELERATION_NOISE_DENSITY = 230e-6
const ZERO_RATE_OUTPUT = 5
const ZERO_G_OUTPUT = 0.05
/** What may be written in each bank; all of it can be read back. The rest is read-only, or reserved. */
const WRITABLE: readonly (readonly number[])[] = [
    [
        Bank0.USER_CTRL,
        Bank0.LP_CONFIG,
        Bank0.PWR_MGMT_1,
        Bank0.PWR_MGMT_2,
        Bank0.INT_PIN_CFG,
        Bank0.INT_ENABLE,
        Bank0.INT_ENABLE_1,
    ],
    [],
    [
        Bank2.GYRO_SMPLRT_DIV,
        Bank2.GYRO_CONFIG_1,
        Bank2.ACCEL_SMPLRT_DIV_1,
        Bank2.ACCEL_SMPLRT_DIV_2,
        Bank2.ACCEL_CONFIG,
    ],
    [],
]

export interface Icm20948Options {
    /** Called once for each new sample; may return the same object every time. */
    motion: () => ImuMotion
    /** Magnetic field along the gyroscope's axes, T. Default: none. */
    field?: () => ArrayLike<number>
    /** Simulated time, s */
    now: () => number
    /** Noise and offsets; without it the chip is ideal. */
    random?: Random
    /** 7-bit address, for messages only: 0x68 or 0x69. Default 0x68. */
    address?: number
    /** Told of accesses that the datasheet does not allow, and of functions that are not modelled. */
    warn?: (message: string) => void
}

/**
 * Gyroscope and accelerometer, renewed together at the gyroscope's rate from the moment the part wakes or its rate is set. The
 * magnetometer is a part of its own, which {@link attachTo} puts on the bus while BYPASS_EN is set. Not modelled: low-power modes, FIFO,
 * DMP, I2C master, self-test, the interrupt pin, another rate for the accelerometer, filters' delay, temperature.
 */
export class Icm20948 implements I2cDevice {
    /** The magnetometer in the package. */
    readonly magnetometer: Ak09916
    private readonly motion: () => ImuMotion
    private readonly now: () => number
    private readonly random: Random | undefined
    private readonly warn: (message: string) => void
    private readonly name: string
    private readonly banks = Array.from({ length: BANKS }, () => new Uint8Array(128))
    /** °/s and g: gyroscope first. */
    private readonly offset = new Float64Array(2 * AXES)
    private bank = 0
    private pointer = 0
    private next = Infinity
    private period = Infinity
    private resetEnds = -Infinity

    constructor(options: Icm20948Options) {
        this.motion = options.motion
        this.now = options.now
        this.random = options.random
        this.warn = options.warn ?? (() => {})
        this.name = `ICM20948@0x${(options.address ?? 0x68).toString(16)}`
        this.magnetometer = new Ak09916({
            field: options.field ?? (() => [0, 0, 0]),
            now: options.now,
            random: options.random?.fork('magnetometer'),
            connected: () => (this.banks[0][Bank0.INT_PIN_CFG] & BYPASS_EN) !== 0,
            warn: options.warn,
        })
        for (let i = 0; i < AXES; i++) {
            this.offset[i] = this.spread(ZERO_RATE_OUTPUT)
            this.offset[AXES + i] = this.spread(ZERO_G_OUTPUT)
        }
        this.reset()
    }

    /** Puts the part and its magnetometer on a bus. */
    attachTo(bus: I2cSegment, address = 0x68): void {
        bus.attach(address, this)
        bus.attach(Ak09916.ADDRESS, this.magnetometer)
    }

    /** Power-on: asleep (section 8.4), outputs zero, bank 0. */
    reset(): void {
        for (const bank of this.banks) bank.fill(0)
        this.banks[0][Bank0.WHO_AM_I] = WHO_AM_I_VALUE
        this.banks[0][Bank0.LP_CONFIG] = 0x40
        this.banks[0][Bank0.PWR_MGMT_1] = SLEEP | 0x01
        this.banks[2][Bank2.GYRO_CONFIG_1] = 0x01
        this.banks[2][Bank2.ACCEL_CONFIG] = 0x01
        this.bank = 0
        this.pointer = 0
        this.next = this.period = Infinity
        this.resetEnds = -Infinity
    }

    /** Takes the sample that is due. Cheap when none is. */
    advance(): void {
        const now = this.now()
        this.magnetometer.advance()
        if (now < this.next) return
        this.sample(this.motion())
        this.next += this.period * (Math.floor((now - this.next) / this.period) + 1)
    }

    /** First byte: register; the rest is written from there on (section 6.3). */
    write(bytes: Uint8Array): boolean {
        this.advance()
        if (bytes.length > 0) this.pointer = bytes[0] & 0x7f
        for (let i = 1; i < bytes.length; i++) {
            this.writeRegister(this.pointer, bytes[i])
            this.pointer = (this.pointer + 1) & 0x7f
        }
        return true
    }

    /** A burst comes from one sample (section 4.15). */
    read(into: Uint8Array): boolean {
        this.advance()
        for (let i = 0; i < into.length; i++) {
            into[i] = this.readRegister(this.pointer)
            this.pointer = (this.pointer + 1) & 0x7f
        }
        return true
    }

    private readRegister(register: number): number {
        if (register === Bank0.REG_BANK_SEL) return this.bank << 4
        const value = this.banks[this.bank][register]
        if (this.bank !== 0) return value
        if (register === Bank0.INT_STATUS_1) this.banks[0][register] = 0
        if (register === Bank0.PWR_MGMT_1 && this.now() < this.resetEnds) return value | DEVICE_RESET
        return value
    }

    private writeRegister(register: number, value: number): void {
        if (register === Bank0.REG_BANK_SEL) {
            if ((value & 0xcf) !== 0) this.complain(`selects bank 0x${value.toString(16)}`)
            this.bank = (value >> 4) & 3
            return
        }
        if (!WRITABLE[this.bank].includes(register)) {
            this.complain(
                `writes register 0x${register.toString(16)} of bank ${this.bank}, which is not modelled or read-only`,
            )
            return
        }
        if (this.now() < this.resetEnds) {
            this.complain(`writes register 0x${register.toString(16)} during reset, which is lost`)
            return
        }
        if (this.bank === 0 && register === Bank0.PWR_MGMT_1 && (value & DEVICE_RESET) !== 0) {
            this.reset()
            this.pointer = register
            this.resetEnds = this.now() + RESET_TIME
            return
        }
        this.banks[this.bank][register] = value
        this.check(register, value)
        if (this.bank === 2 || register === Bank0.PWR_MGMT_1) this.schedule()
    }

    /** Warns of what is asked for and not modelled. */
    private check(register: number, value: number): void {
        if (this.bank === 0 && register === Bank0.USER_CTRL && value !== 0)
            this.complain('uses FIFO, DMP or I2C master')
        if (this.bank === 0 && register === Bank0.PWR_MGMT_2 && value !== 0) this.complain('switches axes off')
        if (this.bank === 2 && register !== Bank2.GYRO_SMPLRT_DIV) {
            const filters = register === Bank2.GYRO_CONFIG_1 || register === Bank2.ACCEL_CONFIG
            if (filters && (value & 1) === 0) this.complain('switches a filter off')
        }
    }

    private schedule(): void {
        const asleep = (this.banks[0][Bank0.PWR_MGMT_1] & SLEEP) !== 0
        this.period = asleep ? Infinity : (1 + this.banks[2][Bank2.GYRO_SMPLRT_DIV]) / BASE_RATE
        this.next = this.now() + this.period
    }

    private sample(motion: ImuMotion): void {
        const [gyroscope, accelerometer] = [this.banks[2][Bank2.GYRO_CONFIG_1], this.banks[2][Bank2.ACCEL_CONFIG]]
        const perRate = COUNTS_PER_DEG_PER_SEC[(gyroscope >> 1) & 3]
        const perG = COUNTS_PER_G[(accelerometer >> 1) & 3]
        const rateNoise = RATE_NOISE_DENSITY * Math.sqrt(RATE_BANDWIDTH[(gyroscope >> 3) & 7])
        const accelerationNoise =
            ACCELERATION_NOISE_DENSITY * Math.sqrt(ACCELERATION_BANDWIDTH[(accelerometer >> 3) & 7])
        for (let i = 0; i < AXES; i++) {
            const rate = motion.angularVelocity[i] * DEGREES_PER_RAD + this.offset[i] + this.noise(rateNoise)
            this.show(Bank0.GYRO_XOUT_H + 2 * i, rate * perRate)
            const force = motion.specificForce[i] / STANDARD_GRAVITY
            this.show(
                Bank0.ACCEL_XOUT_H + 2 * i,
                (force + this.offset[AXES + i] + this.noise(accelerationNoise)) * perG,
            )
        }
        this.banks[0][Bank0.INT_STATUS_1] |= this.banks[0][Bank0.INT_ENABLE_1] & DATA_RDY
    }

    /** High byte first; what is beyond full scale stays at its end. */
    private show(register: number, counts: number): void {
        const value = Math.max(-32768, Math.min(32767, Math.round(counts)))
        this.banks[0][register] = (value >> 8) & 0xff
        this.banks[0][register + 1] = value & 0xff
    }

    private noise(deviation: number): number {
        return this.random === undefined ? 0 : this.random.gaussian(0, deviation)
    }

    private spread(tolerance: number): number {
        return this.random === undefined ? 0 : this.random.uniform(-tolerance, tolerance)
    }

    private complain(what: string): void {
        this.warn(`${this.name}: the program ${what}`)
    }
}
