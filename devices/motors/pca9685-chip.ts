// PCA9685 16-channel, 12-bit PWM controller: NXP product data sheet, Rev. 4, 16 April 2015. What its uses have in common:
// servos (pca9685.ts), H-bridges (pca9685-bridges.ts), speed controllers (pca9685-escs.ts). One chip has one frequency, so it
// serves one of them.
//
// THE CHIP HOLDS ITS LAST OUTPUT WHEN THE BOARD GOES SILENT. It has no command timeout: after a dead program, a cut bus or a
// board in reset its outputs go on as they were written last, for ever. Remedy: pin OE (section 7.4, active LOW). HIGH, it
// takes all outputs LOW at once, whatever the registers hold. Give it a pull-up, because many breakout boards pull it down,
// and let it be LOW only while the board is alive: a pin of the board (`outputEnable`) covers reset and power loss; a program
// that hangs with its pin LOW only a retriggerable one-shot or watchdog, triggered by every tick, does.
//
// - There is no identity register. What comes nearest: four registers of addresses with known defaults (table 4), which
//   nobody has a reason to change; they are read before anything is written.
// - Until `init`, the chip also answers to All Call, 0x70 (section 7.1.2), the TCA9548A's default: start it before that one.
// - All pulses begin together; a new one is used from the end of the running period on (section 7.3.4).
// - The internal oscillator's 25 MHz are typical, and no tolerance is given: measure the output's frequency, and give
//   `oscillator` 25 MHz times measured over {@link Pca9685Chip.frequency}, or pulses are off in proportion.
import type { Clock } from '../../src/hal/clock'
import { DriverError, type DriverErrorCode } from '../../src/hal/driver-error'
import type { I2cBus } from '../../src/hal/i2c-bus'
import type { OutputPin } from '../../src/hal/output-pin'

/** Register map, table 4. */
export enum Register {
    MODE1 = 0x00,
    MODE2 = 0x01,
    SUBADR1 = 0x02,
    LED0_ON_L = 0x06,
    ALL_LED_OFF_H = 0xfd,
    PRE_SCALE = 0xfe,
}

/** Address with A5 to A0 LOW (section 7.1.1). */
export const PCA9685_ADDRESS = 0x40
/** Steps of a period (section 7.3.3). */
export const COUNTS = 4096
/** Bit 4 of LEDn_OFF_H: no pulses, and of LEDn_ON_H: no gap between them (table 7). */
export const FULL = 0x10
/** Of the internal oscillator, Hz: typical. */
export const OSCILLATOR = 25e6

/** Table 5: EXTCLK cannot be cleared but by a power cycle; AI is the auto-increment; ALLCALL is left 0. */
const EXTCLK = 0x40
const AI = 0x20
const SLEEP = 0x10
/** Table 6: OUTDRV, totem pole. OCH 0, so that outputs change on the stop, all together; OUTNE 0, LOW while OE is HIGH. */
const MODE2 = 0x04
/** Defaults of SUBADR1 to SUBADR3 and ALLCALLADR (table 4, sections 7.3.6, 7.3.7). */
const ADDRESS_DEFAULTS = [0xe2, 0xe4, 0xe8, 0xe0]
/** The longest period that it may have been left with: 24 Hz (section 7.3.5), and the oscillator's error. */
const SHUTDOWN_MS = 50
/** After the oscillator is started, at least 500 µs (table 5). */
const WAKE_MS = 1

/** What every use of the chip is told. */
export interface Pca9685ChipConfig {
    /** 7-bit, 0x40 by default. */
    address?: number
    /** The chip's own clock, Hz, 20 MHz to 30 MHz; 25 MHz by default. */
    oscillator?: number
    /**
     * The board's pin that is wired to OE. HIGH while the chip is set up and after a release that it did not acknowledge, LOW
     * in between. Without it the outputs outlive the board, the program and the bus.
     */
    outputEnable?: OutputPin
}

/** One chip: set up, checked, silenced. */
export class Pca9685Chip {
    /** What the outputs repeat with, Hz, as near to the one asked for as PRE_SCALE allows. */
    readonly frequency: number
    /** 7-bit */
    readonly address: number
    private readonly preScale: number
    private readonly allOff = Buffer.alloc(2)
    private readonly modePointer = Buffer.alloc(1)
    private readonly modes = Buffer.alloc(2)

    /** @param wanted frequency, Hz */
    constructor(
        private readonly bus: I2cBus,
        private readonly config: Pca9685ChipConfig,
        wanted: number,
    ) {
        const oscillator = config.oscillator ?? OSCILLATOR
        this.address = config.address ?? PCA9685_ADDRESS
        // Section 7.3.5, equation 1.
        this.preScale = Math.round(oscillator / (COUNTS * wanted)) - 1
        this.frequency = oscillator / (COUNTS * (this.preScale + 1))
        this.allOff[0] = Register.ALL_LED_OFF_H
        this.allOff[1] = FULL
        this.modePointer[0] = Register.MODE1
    }

    /**
     * Identifies the part as far as it allows, takes all pulses away, configures it and reads the configuration back. No
     * output is on afterwards.
     *
     * @throws DriverError
     */
    async init(clock: Clock): Promise<void> {
        const outputEnable = this.config.outputEnable
        if (outputEnable) outputEnable.write(1)
        const mode1 = this.read(Register.MODE1, 'not-found')
        for (let i = 0; i < ADDRESS_DEFAULTS.length; i++) {
            const value = this.read(Register.SUBADR1 + i, 'bus')
            if (value !== ADDRESS_DEFAULTS[i]) {
                this.fail('wrong-part', 'register ' + (Register.SUBADR1 + i) + ' holds ' + value + ', no PCA9685 does')
            }
        }
        if ((mode1 & EXTCLK) !== 0) this.fail('not-ready', 'it runs from pin EXTCLK until its power is cycled')
        this.set(Register.MODE2, MODE2)
        // All off, and to the end of the period: the orderly shutdown, which leaves nothing to restart (section 7.3.1.1).
        if (this.bus.transfer(this.address, this.allOff, undefined) !== 0) this.fail('bus', 'not acknowledged')
        await clock.sleep(SHUTDOWN_MS)
        this.set(Register.MODE1, AI | SLEEP)
        // Only taken during sleep (section 7.3.5).
        this.set(Register.PRE_SCALE, this.preScale)
        this.set(Register.MODE1, AI)
        await clock.sleep(WAKE_MS)
        if (!this.check() || this.read(Register.PRE_SCALE, 'bus') !== this.preScale) {
            this.fail('bus', 'configuration not taken')
        }
        if (outputEnable) outputEnable.write(0)
    }

    /**
     * Takes the pulses of all 16 outputs away. Where OE is wired that does it at once, also when the bus is dead: then the
     * outputs stay off until {@link init}.
     *
     * @returns whether it was acknowledged
     */
    release(): boolean {
        const outputEnable = this.config.outputEnable
        if (outputEnable) outputEnable.write(1)
        if (this.bus.transfer(this.address, this.allOff, undefined) !== 0) return false
        if (outputEnable) outputEnable.write(0)
        return true
    }

    /**
     * Asks whether the chip is still as configured: one transaction, for one tick in several. After a dip of its supply it
     * sleeps and acknowledges all the same; then {@link init} is needed.
     *
     * @inline
     */
    check(): boolean {
        const modes = this.modes
        return this.bus.transfer(this.address, this.modePointer, modes) === 0 && modes[0] === AI && modes[1] === MODE2
    }

    /** @throws DriverError when the frequency asked for or the oscillator's is out of range */
    checkClock(wanted: number, least: number, most: number): void {
        this.checkRange('frequency', wanted, least, most, 'Hz')
        this.checkRange('oscillator', this.config.oscillator ?? OSCILLATOR, 20e6, 30e6, 'Hz')
    }

    /** @returns `used` with the channel's bit. @throws DriverError when it is none, or used already */
    checkChannel(key: string, channel: number, used: number): number {
        this.checkRange(key, channel, 0, 15, '')
        if (Math.floor(channel) !== channel) this.fail('config', key + ' ' + channel + ' not whole')
        if ((used & (1 << channel)) !== 0) this.fail('config', key + ' ' + channel + ' used twice')
        return used | (1 << channel)
    }

    checkRange(key: string, value: number, least: number, most: number, unit: string): void {
        if (value >= least && value <= most) return
        this.fail('config', key + ' ' + value + ' ' + unit + ', allowed ' + least + ' to ' + most)
    }

    fail(code: DriverErrorCode, detail: string): never {
        throw new DriverError('PCA9685@0x' + Buffer.from([this.address]).toString('hex'), code, detail)
    }

    private set(register: Register, value: number): void {
        const command = Buffer.alloc(2)
        command[0] = register
        command[1] = value
        if (this.bus.transfer(this.address, command, undefined) !== 0) this.fail('bus', 'not acknowledged')
    }

    private read(register: number, code: DriverErrorCode): number {
        const pointer = Buffer.alloc(1)
        pointer[0] = register
        const bytes = Buffer.alloc(1)
        if (this.bus.transfer(this.address, pointer, bytes) !== 0) this.fail(code, 'no acknowledge')
        return bytes[0]
    }
}

/**
 * A buffer for the registers of all outputs from the first used to the last, with its pointer before: all of them off. Those
 * between that nobody uses stay so.
 */
export function outputBytes(channels: number[]): Buffer {
    let last = 0
    const first = firstChannel(channels)
    for (const channel of channels) if (channel > last) last = channel
    // Nonsense is refused by `init`; until then it must only not be as long as it pleases.
    const outputs = first >= 0 && last >= first && last <= 15 ? last - first + 1 : 1
    const bytes = Buffer.alloc(1 + 4 * outputs)
    bytes[0] = Register.LED0_ON_L + 4 * first
    for (let high = 4; high < bytes.length; high += 4) bytes[high] = FULL
    return bytes
}

/** The lowest of the channels, 15 when there is none. */
export function firstChannel(channels: number[]): number {
    let first = 15
    for (const channel of channels) if (channel < first) first = channel
    return first
}
