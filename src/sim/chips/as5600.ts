// AS5600 12-bit programmable contactless potentiometer: ams datasheet [v1-06] 2018-Jun-20.
import type { I2cDevice } from '../i2c/i2c-device'
import type { Random } from '../random'

/** Register map, figure 21. */
export enum As5600Register {
    ZMCO = 0x00,
    ZPOS = 0x01,
    MPOS = 0x03,
    MANG = 0x05,
    CONF = 0x07,
    STATUS = 0x0b,
    RAW_ANGLE = 0x0c,
    ANGLE = 0x0e,
    AGC = 0x1a,
    MAGNITUDE = 0x1b,
    BURN = 0xff,
}

const COUNTS = 4096
const COUNTS_PER_RAD = COUNTS / (2 * Math.PI)
const LAST_CONFIGURATION = 0x08

// STATUS bits, figure 23 (positions from the register map, figure 21).
const MAGNET_TOO_STRONG = 0x08
const MAGNET_TOO_WEAK = 0x10
const MAGNET_DETECTED = 0x20

// Magnetic input range and error threshold, "Magnetic Characteristics": Bz 30 to 90 mT, Bz_ERROR 8 mT.
const WEAKEST_FIELD = 30
const STRONGEST_FIELD = 90
const NO_FIELD = 8
/** AGC range, p. 20: 0 to 255 at 5 V, 0 to 128 at 3.3 V. */
const AGC_RANGE = { 5: 255, 3.3: 128 }
/** CORDIC magnitude while the gain control keeps up. The datasheet gives no figure; only its falling off matters. */
const MAGNITUDE_IN_RANGE = 2000

/** RMS output noise (1 sigma) by SF(1:0), "System Characteristics" and figure 33: 0.015, 0.021, 0.030, 0.043 degrees. */
const NOISE_COUNTS = [0.015, 0.021, 0.03, 0.043].map(degrees => (degrees / 360) * COUNTS)
/** Time between measurements by PM(1:0), s: sampling period 150 µs; polling times of LPM1 to LPM3, figure 6. */
const SAMPLE_PERIOD = [150e-6, 5e-3, 20e-3, 100e-3]
/** Hysteresis of ANGLE at the ends of a full turn, p. 19. */
const WRAP_HYSTERESIS = 10

export interface As5600Options {
    /** Shaft angle, rad, any number of turns; rising counts for rising angle (DIR set accordingly). */
    angle: () => number
    /** Simulated time, s */
    now: () => number
    /** Noise; without it the chip measures without noise. */
    random?: Random
    /** V: the supply mode, which sets the range of AGC. Default 3.3. */
    supply?: 3.3 | 5
    /** Flux density at the chip, mT; 30 to 90 is what the datasheet asks for. Default 50. */
    field?: number
    /** Error of a badly centred magnet, amplitude of one sine a turn, rad (datasheet: ±1° at most). Default 0. */
    nonlinearity?: number
    /** Told of accesses that the datasheet does not allow. */
    warn?: (message: string) => void
}

/**
 * Magnetic angle sensor. One measurement serves a whole read, so high and low byte belong together. Not modelled: the delay
 * of the slow filter (settling time 2.2 ms at SF = 00), the fast filter, the watchdog, the OUT pin.
 */
export class As5600 implements I2cDevice {
    static readonly ADDRESS = 0x36

    /** Flux density at the chip, mT; set it to 0 to take the magnet away. */
    field: number
    private readonly angle: () => number
    private readonly now: () => number
    private readonly random: Random | undefined
    private readonly agcRange: number
    private readonly nonlinearity: number
    private readonly warn: (message: string) => void

    /** 0x00 to 0x08: working values, and what the one-time memory reloads at power-up. */
    private readonly registers = new Uint8Array(LAST_CONFIGURATION + 1)
    private readonly burned = new Uint8Array(LAST_CONFIGURATION + 1)
    private settingBurned = false

    private pointer = 0
    /** The pointer was loaded with the high byte of an angle or magnitude, and stays there. */
    private pinned = false
    private sampleIndex = -1
    private raw = 0
    private scaled = 0
    private lastScaled = 0

    constructor(options: As5600Options) {
        this.angle = options.angle
        this.now = options.now
        this.random = options.random
        this.field = options.field ?? 50
        this.agcRange = AGC_RANGE[options.supply ?? 3.3]
        this.nonlinearity = options.nonlinearity ?? 0
        this.warn = options.warn ?? (() => {})
    }

    /** Power-up: the configuration is what was burned, zero otherwise (figure 21, note 2). */
    reset(): void {
        this.registers.set(this.burned)
        this.pointer = 0
        this.pinned = false
        this.sampleIndex = -1
        this.raw = 0
        this.scaled = 0
    }

    /** Loads the pointer, then writes on from there. An invalid register is not acknowledged, yet the pointer moves (p. 13). */
    write(bytes: Uint8Array): boolean {
        if (bytes.length === 0) return true
        this.pointer = bytes[0]
        this.pinned = keepsPointer(this.pointer)
        let acknowledged = isRegister(this.pointer)
        if (!acknowledged) this.complain('selects', this.pointer)
        for (let i = 1; i < bytes.length; i++) {
            if (!this.writeRegister(this.pointer, bytes[i])) acknowledged = false
            this.pointer = (this.pointer + 1) & 0xff
            this.pinned = false
        }
        return acknowledged
    }

    /**
     * Reads on from the pointer. While it stands on the high byte of ANGLE, RAW ANGLE or MAGNITUDE, where a write put it, it
     * does not move: the pair can be read again and again (p. 13). A longer read repeats the pair.
     */
    read(into: Uint8Array): boolean {
        this.measure()
        for (let i = 0; i < into.length; i++) {
            const register = this.pinned ? this.pointer + (i & 1) : this.pointer
            into[i] = this.readRegister(register)
            if (!this.pinned) this.pointer = (this.pointer + 1) & 0xff
        }
        return true
    }

    private readRegister(register: number): number {
        switch (register) {
            case As5600Register.STATUS:
                return this.status()
            case As5600Register.RAW_ANGLE:
                return this.raw >> 8
            case As5600Register.RAW_ANGLE + 1:
                return this.raw & 0xff
            case As5600Register.ANGLE:
                return this.scaled >> 8
            case As5600Register.ANGLE + 1:
                return this.scaled & 0xff
            case As5600Register.AGC:
                return this.gain()
            case As5600Register.MAGNITUDE:
                return this.magnitude() >> 8
            case As5600Register.MAGNITUDE + 1:
                return this.magnitude() & 0xff
        }
        if (register <= LAST_CONFIGURATION) return this.registers[register]
        if (register !== As5600Register.BURN) this.complain('reads', register)
        return 0 // invalid addresses read as zero, p. 13
    }

    private writeRegister(register: number, value: number): boolean {
        if (register === As5600Register.BURN) this.burn(value)
        else if (register > As5600Register.ZMCO && register <= LAST_CONFIGURATION) this.registers[register] = value
        else {
            this.complain('writes', register)
            return isRegister(register)
        }
        return true
    }

    /** Permanent programming, p. 21: angles three times, settings once and only while no angles are burned. */
    private burn(command: number): void {
        const count = this.registers[As5600Register.ZMCO]
        if (command === 0x80 && count < 3 && (this.status() & MAGNET_DETECTED) !== 0) {
            this.registers[As5600Register.ZMCO] = count + 1
            for (let i = As5600Register.ZMCO; i < As5600Register.MANG; i++) this.burned[i] = this.registers[i]
        } else if (command === 0x40 && !this.settingBurned) {
            this.settingBurned = true
            const first = count === 0 ? As5600Register.MANG : As5600Register.CONF
            for (let i = first; i <= LAST_CONFIGURATION; i++) this.burned[i] = this.registers[i]
        } else {
            this.warn(`AS5600@0x36: burn command 0x${command.toString(16)} is refused`)
        }
    }

    /** Takes a new measurement when the chip's own time for it has come. */
    private measure(): void {
        const configuration = this.word(As5600Register.CONF)
        const powerMode = configuration & 3
        const index = Math.floor(this.now() / SAMPLE_PERIOD[powerMode])
        if (index === this.sampleIndex) return
        const first = this.sampleIndex < 0
        this.sampleIndex = index
        if (this.field < NO_FIELD) {
            this.raw = this.random === undefined ? 0 : Math.floor(this.random.uniform(0, COUNTS))
        } else {
            const angle = this.angle()
            let counts = angle * COUNTS_PER_RAD
            if (this.nonlinearity !== 0) counts += this.nonlinearity * Math.sin(angle) * COUNTS_PER_RAD
            // Low power modes force the slowest filter (figure 22, note 1).
            const filter = powerMode === 0 ? (configuration >> 8) & 3 : 0
            if (this.random !== undefined) counts += this.random.gaussian(0, NOISE_COUNTS[filter])
            const whole = Math.floor(counts)
            this.raw = whole - COUNTS * Math.floor(whole / COUNTS)
        }
        this.scaled = this.scale(this.raw)
        if (!first) this.scaled = this.steady(this.scaled, (configuration >> 2) & 3)
        this.lastScaled = this.scaled
    }

    /** ANGLE: from ZPOS, limited to the programmed range. The counts keep their size (p. 19). */
    private scale(raw: number): number {
        const start = this.word(As5600Register.ZPOS) & 0xfff
        const turned = (raw - start + COUNTS) % COUNTS
        const range = this.range()
        if (range === 0 || turned <= range) return turned
        // Outside the range the output stays at the nearer end; the ends meet half-way (figure 28).
        return turned - range < (COUNTS - range) / 2 ? range : 0
    }

    /** Programmed range in counts: MANG, else MPOS - ZPOS; 0 for the whole turn. */
    private range(): number {
        const size = this.word(As5600Register.MANG) & 0xfff
        const stop = this.word(As5600Register.MPOS) & 0xfff
        if (size !== 0 || stop === 0) return size
        return (stop - (this.word(As5600Register.ZPOS) & 0xfff) + COUNTS) % COUNTS
    }

    /** Hysteresis of ANGLE: 0 to 3 counts by HYST anywhere (p. 31), 10 counts where a whole turn ends (p. 19). */
    private steady(value: number, hysteresis: number): number {
        const change = value - this.lastScaled
        if (Math.abs(change) <= hysteresis) return this.lastScaled
        if (this.range() !== 0 || Math.abs(change) <= COUNTS / 2) return value
        if (change < 0) return value < WRAP_HYSTERESIS ? COUNTS - 1 : value
        return value >= COUNTS - WRAP_HYSTERESIS ? 0 : value
    }

    private status(): number {
        if (this.field < NO_FIELD) return MAGNET_TOO_WEAK
        if (this.field < WEAKEST_FIELD) return MAGNET_DETECTED | MAGNET_TOO_WEAK
        return this.field > STRONGEST_FIELD ? MAGNET_DETECTED | MAGNET_TOO_STRONG : MAGNET_DETECTED
    }

    /** Gain on a logarithmic scale between the weakest and the strongest field it can even out. */
    private gain(): number {
        const field = Math.max(this.field, 1e-3)
        const part = Math.log(STRONGEST_FIELD / field) / Math.log(STRONGEST_FIELD / WEAKEST_FIELD)
        return Math.round(Math.min(1, Math.max(0, part)) * this.agcRange)
    }

    private magnitude(): number {
        const relative = this.field < WEAKEST_FIELD ? this.field / WEAKEST_FIELD : 1
        const excess = this.field > STRONGEST_FIELD ? this.field / STRONGEST_FIELD : 1
        return Math.min(COUNTS - 1, Math.round(MAGNITUDE_IN_RANGE * relative * excess))
    }

    private word(register: As5600Register): number {
        return (this.registers[register] << 8) | this.registers[register + 1]
    }

    private complain(verb: string, register: number): void {
        this.warn(`AS5600@0x36: the program ${verb} register 0x${register.toString(16).padStart(2, '0')}`)
    }
}

function isRegister(address: number): boolean {
    return (
        address <= LAST_CONFIGURATION ||
        (address >= As5600Register.STATUS && address <= As5600Register.ANGLE + 1) ||
        (address >= As5600Register.AGC && address <= As5600Register.MAGNITUDE + 1) ||
        address === As5600Register.BURN
    )
}

function keepsPointer(address: number): boolean {
    return (
        address === As5600Register.RAW_ANGLE || address === As5600Register.ANGLE || address === As5600Register.MAGNITUDE
    )
}
