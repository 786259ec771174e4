// INA219 current and power monitor: Texas Instruments SBOS448G, revised December 2015.
import type { I2cDevice } from '../i2c/i2c-device'
import type { Random } from '../random'

/** Register map, table 2. */
enum Register {
    CONFIGURATION = 0x00,
    SHUNT_VOLTAGE = 0x01,
    BUS_VOLTAGE = 0x02,
    POWER = 0x03,
    CURRENT = 0x04,
    CALIBRATION = 0x05,
}

const POWER_ON_CONFIGURATION = 0x399f
const RESET_BIT = 0x8000
const UNUSED_BIT = 0x4000
const CONTINUOUS = 7
/** Bits of the bus voltage register (section 8.6.3.2). */
const [CNVR, OVF] = [2, 1]
/** Conversion times by the four bits of SADC and BADC, s (section 8.6.2.1). Of the first eight, bit 2 does not matter. */
const RESOLUTIONS = [84e-6, 148e-6, 276e-6, 532e-6]
const AVERAGES = [532e-6, 1.06e-3, 2.13e-3, 4.26e-3, 8.51e-3, 17.02e-3, 34.05e-3, 68.1e-3]
const SHUNT_VOLTS_PER_COUNT = 10e-6
const BUS_VOLTS_PER_COUNT = 4e-3
/** Full scale of the shunt voltage by PG, counts: ±40, 80, 160, 320 mV (section 8.6.2.1). */
const SHUNT_RANGE = [4000, 8000, 16000, 32000]
/** Full scale of the bus voltage by BRNG, counts: 16, 32 V. */
const BUS_RANGE = [4000, 8000]
/** Section 7.5, grade A: typical offset by PG, V; taken as the deviation of a normal distribution. */
const SHUNT_OFFSET = [10e-6, 20e-6, 30e-6, 40e-6]
/** Measurement error typically 0.2 %, at most 0.5 %, both channels; likewise. */
const GAIN_ERROR = 2e-3
/** Noise of one conversion, counts of the ADC's 12 bits. The datasheet gives none; half a count is usual. */
const NOISE_COUNTS = 0.5

export interface Ina219Options {
    /** Through the shunt, A */
    current: () => number
    /** At IN-, V */
    voltage: () => number
    /** Ω */
    shunt: number
    /** Simulated time, s */
    now: () => number
    /** Offset, gain and noise; without it the chip is perfect. */
    random?: Random
    /** Told of accesses to registers that there are not, and of modes that are not modelled. */
    warn?: (message: string) => void
}

/**
 * Measures a shunt's and a bus voltage by turns, from when it was configured on. A read gives what the last finished cycle
 * measured; each value is taken at the cycle's end, where the chip averages over the conversion. Not modelled: triggered
 * modes and power-down, in which the registers keep what they have.
 */
export class Ina219 implements I2cDevice {
    static readonly ADDRESS = 0x40

    private readonly offset: number
    private readonly shuntGain: number
    private readonly busGain: number
    private configuration = POWER_ON_CONFIGURATION
    private calibration = 0
    private pointer = 0
    /** When the running series of cycles began, s, and the number of the last one measured. */
    private since = 0
    private cycle = 0
    private ready = false
    private shuntCounts = 0
    private busCounts = 0

    constructor(private readonly options: Ina219Options) {
        const { random } = options
        /** Times the offset of the range. */
        this.offset = random?.gaussian(0, 1) ?? 0
        this.shuntGain = 1 + (random?.gaussian(0, GAIN_ERROR) ?? 0)
        this.busGain = 1 + (random?.gaussian(0, GAIN_ERROR) ?? 0)
        this.reset()
    }

    /** Power-on. */
    reset(): void {
        this.configuration = POWER_ON_CONFIGURATION
        this.calibration = this.pointer = 0
        this.shuntCounts = this.busCounts = 0
        this.restart()
    }

    /** The first byte sets the pointer, two more write the register (section 8.5.6). */
    write(bytes: Uint8Array): boolean {
        this.measure()
        if (bytes.length > 0) this.pointer = bytes[0]
        if (bytes.length === 3) this.writeRegister((bytes[1] << 8) | bytes[2])
        return true
    }

    read(into: Uint8Array): boolean {
        this.measure()
        const value = this.register()
        // Reading the power register clears CNVR (section 8.6.3.2).
        if (this.pointer === Register.POWER) this.ready = false
        for (let i = 0; i < into.length; i++) into[i] = i % 2 === 0 ? value >> 8 : value & 0xff
        return true
    }

    private writeRegister(value: number): void {
        if (this.pointer === Register.CALIBRATION) {
            // Bit 0 is always 0 (section 8.6.4.1).
            this.calibration = value & 0xfffe
        } else if (this.pointer !== Register.CONFIGURATION) this.complain(`writes register ${hex(this.pointer)}`)
        else if ((value & RESET_BIT) !== 0) {
            this.reset()
        } else {
            this.configuration = value & ~UNUSED_BIT
            if ((value & 7) !== CONTINUOUS) this.complain(`sets mode ${value & 7}, which is not modelled`)
            this.restart()
        }
    }

    private register(): number {
        switch (this.pointer) {
            case Register.CONFIGURATION:
                return this.configuration
            case Register.SHUNT_VOLTAGE:
                return this.shuntCounts & 0xffff
            case Register.BUS_VOLTAGE:
                return (this.busCounts << 3) | (this.ready ? CNVR : 0) | (this.overflow() ? OVF : 0)
            case Register.POWER:
                return this.power() & 0xffff
            case Register.CURRENT:
                return this.current() & 0xffff
            case Register.CALIBRATION:
                return this.calibration
        }
        this.complain(`reads register ${hex(this.pointer)}`)
        return 0
    }

    /** Section 8.6.3.4, equation of the current register. */
    private current(): number {
        return Math.trunc((this.shuntCounts * this.calibration) / 4096)
    }

    /** Section 8.6.3.3, equation of the power register. */
    private power(): number {
        return Math.trunc((Math.abs(this.current()) * this.busCounts) / 5000)
    }

    private overflow(): boolean {
        return Math.abs(this.current()) > 0x7fff || this.power() > 0xffff
    }

    private restart(): void {
        this.since = this.options.now()
        this.cycle = 0
        this.ready = false
    }

    private measure(): void {
        const { configuration, options } = this
        if ((configuration & 7) !== CONTINUOUS) return
        const duration = conversion(configuration >> 7) + conversion(configuration >> 3)
        const cycle = Math.floor((options.now() - this.since) / duration)
        if (cycle === this.cycle) return
        this.cycle = cycle
        this.ready = true
        const range = (configuration >> 11) & 3
        const volts = options.current() * options.shunt * this.shuntGain + this.offset * SHUNT_OFFSET[range]
        // The ADC's step is 10 µV in the smallest range, and grows with the range.
        const noise = this.noise() * (SHUNT_RANGE[range] / SHUNT_RANGE[0])
        const busVolts = options.voltage() * this.busGain
        this.shuntCounts = clamp(volts / SHUNT_VOLTS_PER_COUNT + noise, -SHUNT_RANGE[range], SHUNT_RANGE[range])
        this.busCounts = clamp(busVolts / BUS_VOLTS_PER_COUNT + this.noise(), 0, BUS_RANGE[(configuration >> 13) & 1])
    }

    private noise(): number {
        return this.options.random?.gaussian(0, NOISE_COUNTS) ?? 0
    }

    private complain(what: string): void {
        this.options.warn?.(`INA219@0x40: the program ${what}`)
    }
}

/** Time of one conversion by the lower four bits, s. */
function conversion(bits: number): number {
    return (bits & 8) !== 0 ? AVERAGES[bits & 7] : RESOLUTIONS[bits & 3]
}

function clamp(value: number, low: number, high: number): number {
    return Math.max(low, Math.min(high, Math.round(value)))
}

function hex(value: number): string {
    return `0x${value.toString(16).padStart(2, '0')}`
}
