// LSM6DSOX iNEMO inertial module: ST datasheet DS12814, Rev 4. Numbers and their tables: lsm6dsox-registers.ts.
import type { I2cDevice } from '../i2c/i2c-device'
import type { Random } from '../random'
import * as chip from './lsm6dsox-registers'
import { Control3, Lsm6dsoxRegister as Register, StatusBit } from './lsm6dsox-registers'

/** m/s² per g (standard gravity, exact). */
export const STANDARD_GRAVITY = 9.80665
const DEGREES_PER_RAD = 180 / Math.PI
const AXES = 3
const READ = 1
const WRITE = 2

/** What the chip feels, along its own axes. */
export interface ImuMotion {
    /** m/s², that is acceleration minus gravity: +9.81 upwards at rest */
    specificForce: ArrayLike<number>
    /** rad/s */
    angularVelocity: ArrayLike<number>
}

export interface Lsm6dsoxOptions {
    /** Called once for each new sample; may return the same object every time. */
    motion: () => ImuMotion
    /** Simulated time, s */
    now: () => number
    /** Noise and offsets; without it the chip is ideal. */
    random?: Random
    /** Die temperature, °C. Default 25. */
    temperature?: () => number
    /** 7-bit address, for messages only: 0x6a or 0x6b by pin SA0. Default 0x6a. */
    address?: number
    /** Told of accesses that the datasheet does not allow, and of functions that are not modelled. */
    warn?: (message: string) => void
}

/**
 * Six-axis IMU. Each sensor samples at its output data rate, from the moment the rate is set; between samples its outputs
 * stand. A sample is taken at the first call after its instant: call {@link advance} after every step of the plant, or
 * it will be as late as the next read.
 *
 * Not modelled: FIFO, interrupts, filters' delay, self-test, sensor hub, embedded functions, turn-on time, spread of
 * sensitivity.
 */
export class Lsm6dsox implements I2cDevice {
    private readonly motion: () => ImuMotion
    private readonly now: () => number
    private readonly random: Random | undefined
    private readonly temperature: () => number
    private readonly warn: (message: string) => void
    private readonly name: string

    private readonly access = new Uint8Array(128)
    private readonly registers = new Uint8Array(128)
    /** The samples, which reach the output registers at once, or with BDU when a half-read pair is done. */
    private readonly fresh = new Int16Array(1 + 2 * AXES)
    /** With BDU: which half of each pair (temperature, gyroscope, accelerometer) has been read alone, 1 low, 2 high. */
    private readonly halfRead = new Uint8Array(1 + 2 * AXES)
    /** g and degrees/s: offset at 25 °C and its slope for each axis. */
    private readonly offset = new Float64Array(2 * AXES)
    private readonly drift = new Float64Array(2 * AXES)
    private pointer = 0
    private accelerometerNext = Infinity
    private accelerometerPeriod = Infinity
    private rateNext = Infinity
    private ratePeriod = Infinity
    private temperatureNext = Infinity
    private bootedAt = 0
    private resetAt = 0

    constructor(options: Lsm6dsoxOptions) {
        this.motion = options.motion
        this.now = options.now
        this.random = options.random
        this.temperature = options.temperature ?? (() => chip.TEMPERATURE_ZERO)
        this.warn = options.warn ?? (() => {})
        this.name = `LSM6DSOX@0x${(options.address ?? 0x6a).toString(16)}`
        for (const [first, last, writable] of chip.REGISTER_RUNS) {
            this.access.fill(writable ? READ | WRITE : READ, first, last + 1)
        }
        for (let i = 0; i < AXES; i++) {
            this.offset[i] = this.spread(chip.ZERO_RATE_LEVEL)
            this.offset[AXES + i] = this.spread(chip.ZERO_G_OFFSET)
            this.drift[i] = this.spread(chip.ZERO_RATE_DRIFT)
            this.drift[AXES + i] = this.spread(chip.ZERO_G_DRIFT)
        }
        this.reset()
    }

    reset(): void {
        this.registers.fill(0)
        for (const [register, value] of chip.RESET_VALUES) this.registers[register] = value
        this.fresh.fill(0)
        this.halfRead.fill(0)
        this.pointer = 0
        this.accelerometerPeriod = this.accelerometerNext = Infinity
        this.ratePeriod = this.rateNext = Infinity
        this.temperatureNext = Infinity
        this.bootedAt = this.resetAt = 0
    }

    /** Simulated time of the next sample, s; Infinity while both sensors are off. */
    get nextSample(): number {
        return Math.min(this.accelerometerNext, this.rateNext)
    }

    /** Takes the samples that are due. Cheap when none is. */
    advance(): void {
        const now = this.now()
        if (now < this.accelerometerNext && now < this.rateNext && now < this.temperatureNext) return
        const motion = now >= this.nextSample ? this.motion() : undefined
        if (motion !== undefined && now >= this.rateNext) {
            this.sampleRate(motion)
            this.rateNext = following(this.rateNext, this.ratePeriod, now)
        }
        if (motion !== undefined && now >= this.accelerometerNext) {
            this.sampleAcceleration(motion)
            this.accelerometerNext = following(this.accelerometerNext, this.accelerometerPeriod, now)
        }
        if (now >= this.temperatureNext) {
            const counts = (this.temperature() - chip.TEMPERATURE_ZERO) * chip.TEMPERATURE_SENSITIVITY
            this.publish(0, saturate(counts))
            this.registers[Register.STATUS_REG] |= StatusBit.TDA
            this.temperatureNext = following(this.temperatureNext, 1 / chip.TEMPERATURE_RATE, now)
        }
    }

    /** First byte: register; the rest is written from there on (I2C operation: sub-address). */
    write(bytes: Uint8Array): boolean {
        this.advance()
        if (bytes.length > 0) this.pointer = bytes[0] & 0x7f
        for (let i = 1; i < bytes.length; i++) {
            this.writeRegister(this.pointer, bytes[i])
            this.step()
        }
        return true
    }

    read(into: Uint8Array): boolean {
        this.advance()
        for (let i = 0; i < into.length; i++) {
            into[i] = this.readRegister(this.pointer)
            this.step()
        }
        return true
    }

    /** IF_INC (CTRL3_C) decides whether the register address moves on within a multi-byte access. */
    private step(): void {
        if ((this.registers[Register.CTRL3_C] & Control3.IF_INC) !== 0) this.pointer = (this.pointer + 1) & 0x7f
    }

    private readRegister(register: number): number {
        if ((this.access[register] & READ) === 0) {
            this.complain('reads reserved register', register)
            return 0
        }
        if (register === Register.CTRL3_C) return this.registers[register] | this.busyBits()
        const value = this.registers[register]
        if (register >= Register.OUT_TEMP_L && register <= Register.OUTZ_H_A) this.outputRead(register)
        return value
    }

    private busyBits(): number {
        const now = this.now()
        return (now < this.resetAt ? Control3.SW_RESET : 0) | (now < this.bootedAt ? Control3.BOOT : 0)
    }

    /**
     * Reading an upper half clears the sensor's data-ready bit (AN5272, status register); with BDU the pair is held from the
     * first half read to the second (BDU in CTRL3_C).
     */
    private outputRead(register: number): void {
        const pair = (register - Register.OUT_TEMP_L) >> 1
        const half = (register & 1) === 0 ? 1 : 2
        if (half === 2) {
            const bit = pair === 0 ? StatusBit.TDA : pair <= AXES ? StatusBit.GDA : StatusBit.XLDA
            this.registers[Register.STATUS_REG] &= ~bit
        }
        if ((this.registers[Register.CTRL3_C] & Control3.BDU) === 0) return
        const before = this.halfRead[pair]
        if (before === 0 || before === half) this.halfRead[pair] = half
        else {
            this.halfRead[pair] = 0
            this.show(pair)
        }
    }

    private writeRegister(register: number, value: number): void {
        if ((this.access[register] & WRITE) === 0) {
            this.complain(
                this.access[register] === 0 ? 'writes reserved register' : 'writes read-only register',
                register,
            )
            return
        }
        if (register === Register.CTRL3_C) {
            this.writeControl3(value)
            return
        }
        this.registers[register] = value
        if (register === Register.CTRL1_XL) this.startAccelerometer(value)
        else if (register === Register.CTRL2_G) this.startGyroscope(value)
        else if (!isModelled(register) && value !== 0)
            this.complain('uses a function that is not modelled, register', register)
    }

    private writeControl3(value: number): void {
        if ((value & Control3.SW_RESET) !== 0) {
            this.reset()
            this.resetAt = this.now() + chip.RESET_TIME
            return
        }
        if ((value & Control3.BOOT) !== 0) this.bootedAt = this.now() + chip.BOOT_TIME
        this.registers[Register.CTRL3_C] = value & ~(Control3.BOOT | Control3.SW_RESET)
        if ((value & Control3.BDU) === 0) {
            this.halfRead.fill(0)
            for (let pair = 0; pair < this.fresh.length; pair++) this.show(pair)
        }
    }

    private startAccelerometer(value: number): void {
        const rate = chip.OUTPUT_DATA_RATE[value >> 4] ?? 0
        this.accelerometerPeriod = rate === 0 ? Infinity : 1 / rate
        this.accelerometerNext = this.now() + this.accelerometerPeriod
        this.startTemperature()
    }

    private startGyroscope(value: number): void {
        const code = value >> 4
        const rate = code === chip.ACCELEROMETER_ONLY_RATE ? 0 : (chip.OUTPUT_DATA_RATE[code] ?? 0)
        this.ratePeriod = rate === 0 ? Infinity : 1 / rate
        this.rateNext = this.now() + this.ratePeriod
        this.startTemperature()
    }

    private startTemperature(): void {
        if (this.nextSample === Infinity) this.temperatureNext = Infinity
        else if (this.temperatureNext === Infinity) this.temperatureNext = this.now() + 1 / chip.TEMPERATURE_RATE
    }

    private sampleAcceleration(motion: ImuMotion): void {
        const control = this.registers[Register.CTRL1_XL]
        const scale = (control >> 2) & 3
        // XL_HM_MODE, CTRL6_C bit 4: 1 turns the high-performance mode off.
        const noise =
            (this.registers[Register.CTRL6_C] & 0x10) !== 0
                ? chip.ACCELERATION_NOISE_LOW_POWER[scale]
                : chip.ACCELERATION_NOISE_DENSITY[scale] * Math.sqrt(chip.OUTPUT_DATA_RATE[control >> 4] / 2)
        this.sample(AXES, motion.specificForce, 1 / STANDARD_GRAVITY, chip.ACCELERATION_SENSITIVITY[scale], noise)
        this.registers[Register.STATUS_REG] |= StatusBit.XLDA
    }

    private sampleRate(motion: ImuMotion): void {
        const control = this.registers[Register.CTRL2_G]
        const sensitivity =
            (control & 0x02) !== 0 ? chip.RATE_SENSITIVITY_125 : chip.RATE_SENSITIVITY[(control >> 2) & 3]
        // G_HM_MODE, CTRL7_G bit 7: 1 turns the high-performance mode off.
        const noise =
            (this.registers[Register.CTRL7_G] & 0x80) !== 0
                ? chip.RATE_NOISE_LOW_POWER
                : chip.RATE_NOISE_DENSITY * Math.sqrt(chip.RATE_BANDWIDTH[control >> 4])
        this.sample(0, motion.angularVelocity, DEGREES_PER_RAD, sensitivity, noise)
        this.registers[Register.STATUS_REG] |= StatusBit.GDA
    }

    private sample(first: number, values: ArrayLike<number>, unit: number, sensitivity: number, noise: number): void {
        const warmer = this.temperature() - chip.TEMPERATURE_ZERO
        for (let i = 0; i < AXES; i++) {
            let value = values[i] * unit + this.offset[first + i] + this.drift[first + i] * warmer
            if (this.random !== undefined) value += this.random.gaussian(0, noise)
            this.publish(1 + first + i, saturate(value / sensitivity))
        }
    }

    private publish(pair: number, counts: number): void {
        this.fresh[pair] = counts
        if (this.halfRead[pair] === 0) this.show(pair)
    }

    private show(pair: number): void {
        this.registers[Register.OUT_TEMP_L + 2 * pair] = this.fresh[pair] & 0xff
        this.registers[Register.OUT_TEMP_L + 2 * pair + 1] = (this.fresh[pair] >> 8) & 0xff
    }

    private spread(typical: number): number {
        return this.random === undefined ? 0 : this.random.uniform(-typical, typical)
    }

    private complain(what: string, register: number): void {
        this.warn(`${this.name}: the program ${what} 0x${register.toString(16).padStart(2, '0')}`)
    }
}

/** 16-bit two's complement; what is beyond full scale stays at its end. */
function saturate(counts: number): number {
    return Math.max(-32768, Math.min(32767, Math.round(counts)))
}

/** First instant of the grid `next`, `next + period`, … that is after `now`. */
function following(next: number, period: number, now: number): number {
    return next + period * (Math.floor((now - next) / period) + 1)
}

/** CTRL4_C and CTRL9_XL hold switches that do not change what is read here; CTRL6_C, CTRL7_G set the noise. */
function isModelled(register: number): boolean {
    return (
        register === Register.CTRL4_C ||
        register === Register.CTRL6_C ||
        register === Register.CTRL7_G ||
        register === Register.CTRL9_XL
    )
}
