// MPU-6050: InvenSense product specification PS-MPU-6000A-00 Rev 3.4 ("PS") and register map RM-MPU-6000A-00 Rev 4.2
// ("RM"). Numbers and their tables: mpu6050-registers.ts.
import type { I2cDevice } from '../i2c/i2c-device'
import type { Random } from '../random'
import { type ImuMotion, STANDARD_GRAVITY } from './lsm6dsox'
import * as chip from './mpu6050-registers'
import { Mpu6050Register as Register, Power1 } from './mpu6050-registers'

const DEGREES_PER_RAD = 180 / Math.PI
const AXES = 3
const READ = 1
const WRITE = 2

export interface Mpu6050Options {
    /** Called once for each new sample; may return the same object every time. */
    motion: () => ImuMotion
    /** Simulated time, s */
    now: () => number
    /** Noise and offsets; without it the chip is ideal. */
    random?: Random
    /** Die temperature, °C. Default 25. */
    temperature?: () => number
    /** 7-bit address, for messages only: 0x68 or 0x69 by pin AD0. Default 0x68. */
    address?: number
    /** Told of accesses that the datasheet does not allow, and of functions that are not modelled. */
    warn?: (message: string) => void
}

/**
 * Six-axis IMU. All outputs are renewed together at the sample rate, from the moment the part wakes or its rate is set;
 * between samples, and asleep, they stand. A sample is taken at the first call after its instant: call {@link advance}
 * after every step of the plant, or it will be as late as the next read.
 *
 * Not modelled: the filters' delay, that the accelerometer renews at most 1000 times a second, FIFO, cycle mode, standby
 * of single axes, the interrupt pin, self-test, the auxiliary bus, start-up time, spread of sensitivity.
 */
export class Mpu6050 implements I2cDevice {
    private readonly motion: () => ImuMotion
    private readonly now: () => number
    private readonly random: Random | undefined
    private readonly temperature: () => number
    private readonly warn: (message: string) => void
    private readonly name: string

    private readonly access = new Uint8Array(128)
    private readonly registers = new Uint8Array(128)
    /** degrees/s and g: offset at 25 °C and its slope for each axis, gyroscope first. */
    private readonly offset = new Float64Array(2 * AXES)
    private readonly drift = new Float64Array(2 * AXES)
    private pointer = 0
    private next = Infinity
    private period = Infinity
    private resetEnds = -Infinity

    constructor(options: Mpu6050Options) {
        this.motion = options.motion
        this.now = options.now
        this.random = options.random
        this.temperature = options.temperature ?? (() => chip.REFERENCE_TEMPERATURE)
        this.warn = options.warn ?? (() => {})
        this.name = `MPU6050@0x${(options.address ?? 0x68).toString(16)}`
        for (const [first, last, readable, writable] of chip.REGISTER_RUNS) {
            this.access.fill((readable ? READ : 0) | (writable ? WRITE : 0), first, last + 1)
        }
        for (let i = 0; i < AXES; i++) {
            this.offset[i] = this.spread(chip.ZERO_RATE_OUTPUT)
            this.offset[AXES + i] = this.spread(chip.ZERO_G_OUTPUT[i])
            this.drift[i] = this.spread(chip.ZERO_RATE_DRIFT)
            this.drift[AXES + i] = this.spread(chip.ZERO_G_DRIFT[i])
        }
        this.reset()
    }

    /** Power-on: asleep, outputs zero (RM, section 3). */
    reset(): void {
        this.registers.fill(0)
        this.registers[Register.PWR_MGMT_1] = Power1.SLEEP
        this.registers[Register.WHO_AM_I] = chip.WHO_AM_I_VALUE
        this.pointer = 0
        this.next = this.period = Infinity
        this.resetEnds = -Infinity
    }

    /** Simulated time of the next sample, s; Infinity while asleep. */
    get nextSample(): number {
        return this.next
    }

    /** Takes the sample that is due. Cheap when none is. */
    advance(): void {
        const now = this.now()
        if (now < this.next) return
        this.sample(this.motion())
        this.next += this.period * (Math.floor((now - this.next) / this.period) + 1)
    }

    /** First byte: register; the rest is written from there on (PS, "I2C Communications Protocol"). */
    write(bytes: Uint8Array): boolean {
        this.advance()
        if (bytes.length > 0) this.pointer = bytes[0] & 0x7f
        for (let i = 1; i < bytes.length; i++) {
            this.writeRegister(this.pointer, bytes[i])
            this.pointer = (this.pointer + 1) & 0x7f
        }
        return true
    }

    /** A burst comes from one sample: outputs are not renewed while the bus reads them (RM, registers 59 to 64). */
    read(into: Uint8Array): boolean {
        this.advance()
        for (let i = 0; i < into.length; i++) {
            into[i] = this.readRegister(this.pointer)
            this.pointer = (this.pointer + 1) & 0x7f
        }
        return true
    }

    private readRegister(register: number): number {
        if ((this.access[register] & READ) === 0) {
            this.complain('reads reserved or write-only register', register)
            return 0
        }
        const value = this.registers[register]
        if (register === Register.INT_STATUS) this.registers[register] = 0
        if (register === Register.PWR_MGMT_1 && this.resetting()) return value | Power1.DEVICE_RESET
        return value
    }

    private writeRegister(register: number, value: number): void {
        if ((this.access[register] & WRITE) === 0) {
            this.complain('writes reserved or read-only register', register)
            return
        }
        if (this.resetting()) {
            this.complain('writes during reset, which is lost, register', register)
            return
        }
        if (register === Register.PWR_MGMT_1 && (value & Power1.DEVICE_RESET) !== 0) {
            const pointer = this.pointer
            this.reset()
            this.pointer = pointer
            this.resetEnds = this.now() + chip.RESET_TIME
            return
        }
        this.registers[register] = value
        if (register === Register.PWR_MGMT_1 || register === Register.SMPLRT_DIV || register === Register.CONFIG) {
            this.schedule()
        }
        if ((value & chip.notModelled(register)) !== 0) {
            this.complain('uses a function that is not modelled, register', register)
        }
    }

    private resetting(): boolean {
        return this.now() < this.resetEnds
    }

    /** Sample rate: the gyroscope's output rate over 1 + SMPLRT_DIV (RM, register 25). */
    private schedule(): void {
        const asleep = (this.registers[Register.PWR_MGMT_1] & Power1.SLEEP) !== 0
        const rate = chip.outputRate(this.filter)
        this.period = asleep ? Infinity : (1 + this.registers[Register.SMPLRT_DIV]) / rate
        this.next = this.now() + this.period
    }

    /** DLPF_CFG. */
    private get filter(): number {
        return this.registers[Register.CONFIG] & 0x07
    }

    private sample(motion: ImuMotion): void {
        const warmer = this.temperature() - chip.REFERENCE_TEMPERATURE
        const perRate = chip.COUNTS_PER_DEG_PER_SEC[(this.registers[Register.GYRO_CONFIG] >> 3) & 3]
        const perG = chip.COUNTS_PER_G[(this.registers[Register.ACCEL_CONFIG] >> 3) & 3]
        const rateNoise = chip.RATE_NOISE_DENSITY * Math.sqrt(chip.RATE_BANDWIDTH[this.filter])
        const accelerationNoise = chip.ACCELERATION_NOISE_DENSITY * Math.sqrt(chip.ACCELERATION_BANDWIDTH[this.filter])
        for (let i = 0; i < AXES; i++) {
            const rate = motion.angularVelocity[i] * DEGREES_PER_RAD + this.offset[i] + this.drift[i] * warmer
            this.show(Register.GYRO_XOUT_H + 2 * i, (rate + this.noise(rateNoise)) * perRate)
            const force = motion.specificForce[i] / STANDARD_GRAVITY
            const g = force + this.offset[AXES + i] + this.drift[AXES + i] * warmer
            this.show(Register.ACCEL_XOUT_H + 2 * i, (g + this.noise(accelerationNoise)) * perG)
        }
        if ((this.registers[Register.PWR_MGMT_1] & Power1.TEMP_DIS) === 0) {
            this.show(Register.TEMP_OUT_H, chip.temperatureCounts(this.temperature()))
        }
        // INT_STATUS tells of interrupts that were generated; INT_ENABLE decides which are (RM, registers 56 and 58).
        this.registers[Register.INT_STATUS] |= this.registers[Register.INT_ENABLE] & chip.DATA_RDY
    }

    /** High byte first; what is beyond full scale stays at its end. */
    private show(register: number, counts: number): void {
        const value = Math.max(-32768, Math.min(32767, Math.round(counts)))
        this.registers[register] = (value >> 8) & 0xff
        this.registers[register + 1] = value & 0xff
    }

    private noise(deviation: number): number {
        return this.random === undefined ? 0 : this.random.gaussian(0, deviation)
    }

    private spread(tolerance: number): number {
        return this.random === undefined ? 0 : this.random.uniform(-tolerance, tolerance)
    }

    private complain(what: string, register: number): void {
        this.warn(`${this.name}: the program ${what} 0x${register.toString(16).padStart(2, '0')}`)
    }
}
