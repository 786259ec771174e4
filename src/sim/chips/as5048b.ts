// AS5048B 14-bit magnetic rotary encoder: ams datasheet [v1-06] 2014-Jun-05.
import type { I2cDevice } from '../i2c/i2c-device'
import type { Random } from '../random'

/** Register map, "I²C Register Map". */
export enum As5048bRegister {
    PROGRAMMING_CONTROL = 0x03,
    SLAVE_ADDRESS = 0x15,
    ZERO_POSITION_HIGH = 0x16,
    ZERO_POSITION_LOW = 0x17,
    AGC = 0xfa,
    DIAGNOSTICS = 0xfb,
    MAGNITUDE_HIGH = 0xfc,
    MAGNITUDE_LOW = 0xfd,
    ANGLE_HIGH = 0xfe,
    ANGLE_LOW = 0xff,
}

const COUNTS = 16384
const COUNTS_PER_RAD = COUNTS / (2 * Math.PI)

/** Diagnostics, register 0xFB and "Diagnostic Functions". COMP low: strong field; COMP high: weak field. */
enum Diagnostic {
    OCF = 0x01,
    COF = 0x02,
    COMP_LOW = 0x04,
    COMP_HIGH = 0x08,
}

/** Magnetic input field, mT ("Magnetic Characteristics"). Outside it the gain is at its end. */
const WEAKEST_FIELD = 30
const STRONGEST_FIELD = 70
/** Below this no angle is to be found, mT. The datasheet gives no figure. */
const NO_FIELD = 1
/** CORDIC magnitude while the gain control keeps up. The datasheet gives no figure; only its falling off matters. */
const MAGNITUDE_IN_RANGE = 4000
/** RMS of the angle, and as much of the magnitude: 0.06° ("System Specifications"). */
const NOISE_COUNTS = (0.06 / 360) * COUNTS
/** Sampling rate, typical, Hz, and power-up time, at most, s ("System Specifications"). */
const SAMPLE_RATE = 11_250
const POWER_UP_TIME = 10e-3

export interface As5048bOptions {
    /** Shaft angle, rad, any number of turns. */
    angle: () => number
    /** Simulated time, s */
    now: () => number
    /** Noise; without it the chip measures without noise. */
    random?: Random
    /** Flux density at the chip, mT; 30 to 70 is what the datasheet asks for. Default 50. */
    field?: number
    /** 7-bit address, for messages only: 0x40 to 0x43 by pins A1 and A2. Default 0x40. */
    address?: number
    /** Told of accesses that the datasheet does not allow, and of functions that are not modelled. */
    warn?: (message: string) => void
}

/**
 * Magnetic angle sensor. One measurement serves a whole read, so diagnostics, magnitude and angle belong together. Not
 * modelled: propagation delay (100 µs), burning the one-time memory, another address by register 0x15, the PWM output.
 */
export class As5048b implements I2cDevice {
    /** Flux density at the chip, mT; set it to 0 to take the magnet away. */
    field: number
    /** A field out of the CORDIC's range: COF is set, angle and magnitude keep their last valid values. */
    overflow = false
    private readonly angle: () => number
    private readonly now: () => number
    private readonly random: Random | undefined
    private readonly warn: (message: string) => void
    private readonly name: string

    private pointer = 0
    private zero = 0
    private poweredAt: number
    private sampleIndex = -1
    private raw = 0
    private magnitude = 0

    constructor(options: As5048bOptions) {
        this.angle = options.angle
        this.now = options.now
        this.random = options.random
        this.field = options.field ?? 50
        this.warn = options.warn ?? (() => {})
        this.name = `AS5048B@0x${(options.address ?? 0x40).toString(16)}`
        // Stands powered when the simulation begins.
        this.poweredAt = -Infinity
    }

    /** Power-up: the zero position is what was burned, that is 0; the offset compensation begins anew. */
    reset(): void {
        this.pointer = 0
        this.zero = 0
        this.poweredAt = this.now()
        this.sampleIndex = -1
        this.raw = 0
        this.magnitude = 0
    }

    /** First byte: register; the rest is written from there on. */
    write(bytes: Uint8Array): boolean {
        if (bytes.length > 0) this.pointer = bytes[0]
        for (let i = 1; i < bytes.length; i++) {
            this.writeRegister(this.pointer, bytes[i])
            this.pointer = (this.pointer + 1) & 0xff
        }
        return true
    }

    read(into: Uint8Array): boolean {
        this.measure()
        for (let i = 0; i < into.length; i++) {
            into[i] = this.readRegister(this.pointer)
            this.pointer = (this.pointer + 1) & 0xff
        }
        return true
    }

    private readRegister(register: number): number {
        const angle = (this.raw - this.zero + COUNTS) % COUNTS
        switch (register) {
            case As5048bRegister.PROGRAMMING_CONTROL:
            case As5048bRegister.SLAVE_ADDRESS:
                return 0
            case As5048bRegister.ZERO_POSITION_HIGH:
                return this.zero >> 6
            case As5048bRegister.ZERO_POSITION_LOW:
                return this.zero & 0x3f
            case As5048bRegister.AGC:
                return this.compensated ? this.gain() : 0
            case As5048bRegister.DIAGNOSTICS:
                return this.diagnostics()
            case As5048bRegister.MAGNITUDE_HIGH:
                return this.magnitude >> 6
            case As5048bRegister.MAGNITUDE_LOW:
                return this.magnitude & 0x3f
            case As5048bRegister.ANGLE_HIGH:
                return angle >> 6
            case As5048bRegister.ANGLE_LOW:
                return angle & 0x3f
            default:
                this.complain('reads reserved register', register)
                return 0
        }
    }

    private writeRegister(register: number, value: number): void {
        switch (register) {
            case As5048bRegister.PROGRAMMING_CONTROL:
            case As5048bRegister.SLAVE_ADDRESS:
                if (value !== 0) this.complain('uses a function that is not modelled, register', register)
                return
            case As5048bRegister.ZERO_POSITION_HIGH:
                this.zero = (value << 6) | (this.zero & 0x3f)
                return
            case As5048bRegister.ZERO_POSITION_LOW:
                this.zero = (this.zero & ~0x3f) | (value & 0x3f)
                return
            default:
                this.complain('writes reserved or read-only register', register)
        }
    }

    /** OCF is set once after power-up, and stays. */
    private get compensated(): boolean {
        return this.now() - this.poweredAt >= POWER_UP_TIME
    }

    /** Takes the newest sample, if there is one since the last read. */
    private measure(): void {
        const index = Math.floor(this.now() * SAMPLE_RATE)
        if (index === this.sampleIndex || this.overflow || !this.compensated) return
        this.sampleIndex = index
        const turned = this.field < NO_FIELD ? this.uniform() : this.angle() * COUNTS_PER_RAD + this.noise()
        this.raw = ((Math.floor(turned) % COUNTS) + COUNTS) % COUNTS
        const weak = Math.min(1, this.field / WEAKEST_FIELD)
        const strong = Math.max(1, this.field / STRONGEST_FIELD)
        const magnitude = MAGNITUDE_IN_RANGE * weak * strong + this.noise()
        this.magnitude = Math.max(0, Math.min(COUNTS - 1, Math.round(magnitude)))
    }

    private diagnostics(): number {
        if (!this.compensated) return 0
        const overflow = this.overflow ? Diagnostic.COF : 0
        const weak = this.field < WEAKEST_FIELD ? Diagnostic.COMP_HIGH : 0
        const strong = this.field > STRONGEST_FIELD ? Diagnostic.COMP_LOW : 0
        return Diagnostic.OCF | overflow | weak | strong
    }

    /** 0 for the strongest field, 255 for the weakest ("Automatic Gain Control"); taken as logarithmic in between. */
    private gain(): number {
        const field = Math.max(this.field, 1e-3)
        const part = Math.log(STRONGEST_FIELD / field) / Math.log(STRONGEST_FIELD / WEAKEST_FIELD)
        return Math.round(Math.min(1, Math.max(0, part)) * 255)
    }

    private noise(): number {
        return this.random === undefined ? 0 : this.random.gaussian(0, NOISE_COUNTS)
    }

    private uniform(): number {
        return this.random === undefined ? 0 : this.random.uniform(0, COUNTS)
    }

    private complain(what: string, register: number): void {
        this.warn(`${this.name}: the program ${what} 0x${register.toString(16).padStart(2, '0')}`)
    }
}
