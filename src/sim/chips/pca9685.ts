// PCA9685 16-channel, 12-bit PWM controller: NXP product data sheet, Rev. 4, 16 April 2015.
import type { I2cDevice } from '../i2c/i2c-device'

/** Register map, table 4. Each output has ON_L, ON_H, OFF_L, OFF_H from LED0_ON_L on. */
enum Register {
    MODE1 = 0x00,
    MODE2 = 0x01,
    SUBADR1 = 0x02,
    ALLCALLADR = 0x05,
    LED0_ON_L = 0x06,
    LED15_OFF_H = 0x45,
    ALL_LED_ON_L = 0xfa,
    ALL_LED_OFF_H = 0xfd,
    PRE_SCALE = 0xfe,
    TEST_MODE = 0xff,
}

/** Bits of MODE1, table 5. */
const [RESTART, EXTCLK, AI, SLEEP] = [0x80, 0x40, 0x20, 0x10]
/** Bits of MODE2, table 6. */
const [INVRT, OCH, OUTDRV, OUTNE] = [0x10, 0x08, 0x04, 0x03]
/** Bit 4 of LEDn_ON_H and LEDn_OFF_H, table 7. */
const FULL = 0x10
const CHANNELS = 16
const COUNTS = 4096
const LED_BYTES = 4 * CHANNELS
/** Table 5: the oscillator runs at most 500 µs after SLEEP was cleared. */
const OSCILLATOR_START = 500e-6
/** Section 7.3.5: the least value that the hardware takes. */
const PRE_SCALE_MIN = 3

export interface Pca9685Options {
    /** Simulated time, s */
    now: () => number
    /** Internal oscillator, Hz; typically 25 MHz, no tolerance is given. */
    oscillator?: number
    /** Told of accesses that the data sheet rules out. */
    warn?: (message: string) => void
    /** For messages; 0x40 by default. */
    address?: number
}

/**
 * Sixteen PWM outputs that go on as they were written last, however long nobody talks to the chip. New counts are used from
 * the end of the running period on (section 7.3.4), or at once when nothing was running. Not modelled: sub-addresses, All
 * Call and software reset, which are other bus addresses; an external clock, with which it stands still; the delay of a
 * full ON.
 */
export class Pca9685 implements I2cDevice {
    static readonly ADDRESS = 0x40

    /** Pin OE (section 7.4), active LOW: true takes the outputs off. The pin has no pull resistor in the chip. */
    outputEnableHigh = false

    private readonly registers = new Uint8Array(256)
    /** Output registers as the outputs use them, and as they will from {@link changeAt} on. */
    private readonly active = new Uint8Array(LED_BYTES)
    private readonly latched = new Uint8Array(LED_BYTES)
    private changeAt = Infinity
    /** Registers of each output written in this transaction, bit n for the n-th. */
    private readonly written = new Uint8Array(CHANNELS)
    private touched = false
    private pointer = 0
    private awakeSince = 0
    private periodStart = 0

    constructor(private readonly options: Pca9685Options) {
        this.reset()
    }

    /** Power-on: asleep, everything off (table 4 to 8). */
    reset(): void {
        this.registers.fill(0)
        this.registers.set([0x11, 0x04, 0xe2, 0xe4, 0xe8, 0xe0])
        for (let i = 0; i < CHANNELS; i++) this.registers[Register.LED0_ON_L + 4 * i + 3] = FULL
        this.registers[Register.PRE_SCALE] = 0x1e
        this.active.set(this.outputs())
        this.latched.set(this.active)
        this.changeAt = Infinity
        this.written.fill(0)
        this.touched = false
        this.pointer = 0
    }

    /** Length of a period, s (section 7.3.5, equation 1). */
    get period(): number {
        return (COUNTS * (this.registers[Register.PRE_SCALE] + 1)) / (this.options.oscillator ?? 25e6)
    }

    /** How long an output is HIGH in each period, s: 0 never, {@link period} always. High impedance counts as LOW. */
    highTime(channel: number): number {
        const { period } = this
        const mode2 = this.registers[Register.MODE2]
        if (this.outputEnableHigh) {
            // Section 7.4: outputs when OE is HIGH.
            return (mode2 & OUTNE) === 1 && (mode2 & OUTDRV) !== 0 ? period : 0
        }
        const on = (this.onCounts(channel) / COUNTS) * period
        return (mode2 & INVRT) !== 0 ? period - on : on
    }

    /** The control register first, then data (section 7.2, figure 20). */
    write(bytes: Uint8Array): boolean {
        if (bytes.length === 0) return true
        this.pointer = bytes[0]
        if (this.reserved()) return false
        for (let i = 1; i < bytes.length; i++) {
            this.writeRegister(bytes[i])
            this.advance()
        }
        return true
    }

    read(into: Uint8Array): boolean {
        for (let i = 0; i < into.length; i++) {
            // ALL_LED registers read as zero (table 4); nothing is ever stored in them.
            into[i] = this.registers[this.pointer]
            this.advance()
        }
        return true
    }

    /** MODE2's OCH 0: outputs change on the stop (table 6). */
    stop(): void {
        if (this.touched && (this.registers[Register.MODE2] & OCH) === 0) {
            this.latch(0, LED_BYTES)
            // Section 7.3.1.1: a write to any PWM register and a stop clear RESTART.
            this.registers[Register.MODE1] &= ~RESTART
        }
        this.touched = false
        this.written.fill(0)
    }

    private onCounts(channel: number): number {
        this.change()
        if ((this.registers[Register.MODE1] & (RESTART | EXTCLK | SLEEP)) !== 0) return 0
        const at = 4 * channel
        const { active } = this
        // Full OFF takes precedence over full ON (section 7.3.3).
        if ((active[at + 3] & FULL) !== 0) return 0
        if ((active[at + 1] & FULL) !== 0) return COUNTS
        const on = active[at] | (active[at + 1] << 8)
        const off = active[at + 2] | (active[at + 3] << 8)
        // Equal counts: off (figure 9, example 4).
        return off >= on ? off - on : COUNTS - on + off
    }

    private writeRegister(value: number): void {
        const { pointer, registers } = this
        if (pointer === Register.MODE1) this.writeMode1(value)
        else if (pointer === Register.MODE2) registers[pointer] = value & 0x1f
        else if (pointer >= Register.SUBADR1 && pointer <= Register.ALLCALLADR) registers[pointer] = value & 0xfe
        else if (pointer >= Register.LED0_ON_L && pointer <= Register.LED15_OFF_H) {
            this.writeOutput(pointer - Register.LED0_ON_L, value)
        } else if (pointer >= Register.ALL_LED_ON_L && pointer <= Register.ALL_LED_OFF_H) {
            for (let i = pointer - Register.ALL_LED_ON_L; i < LED_BYTES; i += 4) this.writeOutput(i, value)
        } else if (pointer === Register.PRE_SCALE) this.writePreScale(value)
        else this.complain(`writes register ${hex(pointer)}`)
    }

    private writeOutput(index: number, value: number): void {
        // Bits 7 to 5 of the high bytes cannot be written (table 7).
        this.registers[Register.LED0_ON_L + index] = index % 2 === 1 ? value & 0x1f : value
        this.touched = true
        if ((this.registers[Register.MODE1] & SLEEP) === 0 && this.starting) {
            this.complain('writes outputs within 500 µs of waking it')
        }
        const channel = index >> 2
        this.written[channel] |= 1 << (index & 3)
        if ((this.registers[Register.MODE2] & OCH) === 0 || this.written[channel] !== 0xf) return
        // OCH 1: on the acknowledge of the last of an output's four registers (table 6).
        this.written[channel] = 0
        this.latch(4 * channel, 4)
        this.registers[Register.MODE1] &= ~RESTART
    }

    private writeMode1(value: number): void {
        const { registers, options } = this
        const before = registers[Register.MODE1]
        // EXTCLK: only during sleep, and then until power is cycled.
        const external = (before & EXTCLK) | ((before & SLEEP) !== 0 ? value & EXTCLK : 0)
        let restart = before & RESTART
        this.change()
        if ((before & SLEEP) === 0 && (value & SLEEP) !== 0 && this.running()) restart = RESTART
        else if (restart !== 0 && (value & RESTART) !== 0) {
            // A one clears it and restarts the outputs; SLEEP must have been 0 for 500 µs (section 7.3.1.1).
            if ((before & SLEEP) !== 0 || this.starting) this.complain('restarts it within 500 µs of waking it')
            else restart = 0
        }
        registers[Register.MODE1] = (value & ~(RESTART | EXTCLK)) | external | restart
        if ((before & SLEEP) !== 0 && (value & SLEEP) === 0) this.awakeSince = this.periodStart = options.now()
    }

    private writePreScale(value: number): void {
        if ((this.registers[Register.MODE1] & SLEEP) === 0) this.complain('writes PRE_SCALE while it is awake')
        else this.registers[Register.PRE_SCALE] = Math.max(PRE_SCALE_MIN, value)
    }

    /** Takes written output registers over, for the end of the running period. */
    private latch(start: number, length: number): void {
        const now = this.options.now()
        this.change()
        this.latched.set(this.outputs().subarray(start, start + length), start)
        const idle = (this.registers[Register.MODE1] & SLEEP) !== 0 || !this.running()
        if (idle) this.periodStart = now
        const periods = Math.floor((now - this.periodStart) / this.period) + 1
        this.changeAt = idle ? now : this.periodStart + periods * this.period
    }

    /** Uses what was latched for a moment that has come. */
    private change(): void {
        if (this.options.now() < this.changeAt) return
        this.active.set(this.latched)
        this.changeAt = Infinity
    }

    private outputs(): Uint8Array {
        return this.registers.subarray(Register.LED0_ON_L, Register.LED0_ON_L + LED_BYTES)
    }

    /** Whether any output in use is not full OFF; else the period's counter stands still (section 7.3.3). */
    private running(): boolean {
        for (let i = 3; i < LED_BYTES; i += 4) if ((this.active[i] & FULL) === 0) return true
        return false
    }

    private get starting(): boolean {
        return this.options.now() - this.awakeSince < OSCILLATOR_START
    }

    /** Past LED15_OFF_H the pointer goes to MODE1, past PRE_SCALE too (table 4, remark). */
    private advance(): void {
        if ((this.registers[Register.MODE1] & AI) === 0) return
        if (this.pointer === Register.LED15_OFF_H || this.pointer >= Register.PRE_SCALE) this.pointer = Register.MODE1
        else this.pointer++
    }

    /** Reserved addresses are not acknowledged (table 4). */
    private reserved(): boolean {
        return this.pointer > Register.LED15_OFF_H && this.pointer < Register.ALL_LED_ON_L
    }

    private complain(what: string): void {
        const address = hex(this.options.address ?? Pca9685.ADDRESS)
        this.options.warn?.(`PCA9685@${address}: the program ${what}`)
    }
}

function hex(value: number): string {
    return `0x${value.toString(16).padStart(2, '0')}`
}
