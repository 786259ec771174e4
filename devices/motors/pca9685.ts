// PCA9685 16-channel, 12-bit PWM controller, for hobby servos: NXP product data sheet, Rev. 4, 16 April 2015.
//
// THE CHIP HOLDS ITS LAST OUTPUT WHEN THE BOARD GOES SILENT. It has no command timeout: after a dead program, a cut bus or a
// board in reset the servos go on holding, with full torque, where they were sent last. Remedy: pin OE (section 7.4, active
// LOW). HIGH, it takes the pulses away at once, whatever the registers hold. Give it a pull-up, because many breakout boards
// pull it down, and let it be LOW only while the board is alive: a pin of the board covers reset and power loss; a program
// that hangs with its pin LOW only a retriggerable one-shot or watchdog, triggered by every tick, does. Without pulses
// analogue servos go limp, and many digital ones hold: for those the watchdog has to cut the servos' supply.
//
// - There is no identity register. What comes nearest: four registers of addresses with known defaults (table 4), which
//   nobody has a reason to change; they are read before anything is written.
// - Until `init`, the chip also answers to All Call, 0x70 (section 7.1.2), the TCA9548A's default: start it before that one.
// - All pulses begin together; a new one is used from the end of the running period on (section 7.3.4), at 50 Hz up to
//   20 ms later.
// - The internal oscillator's 25 MHz are typical, and no tolerance is given: measure the output's frequency, and give
//   `oscillator` 25 MHz times measured over {@link Pca9685Servos.frequency}, or pulse ends are off in proportion.
import type { Clock } from '../../src/hal/clock'
import { DriverError, type DriverErrorCode } from '../../src/hal/driver-error'
import type { I2cBus } from '../../src/hal/i2c-bus'

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

/** Table 5: EXTCLK cannot be cleared but by a power cycle; AI is the auto-increment; ALLCALL is left 0. */
const EXTCLK = 0x40
const AI = 0x20
const SLEEP = 0x10
/** Table 6: OUTDRV, totem pole. OCH 0, so that outputs change on the stop, all together; OUTNE 0, LOW while OE is HIGH. */
const MODE2 = 0x04
/** Bit 4 of LEDn_OFF_H: no pulses (table 7). */
const FULL_OFF = 0x10
/** Defaults of SUBADR1 to SUBADR3 and ALLCALLADR (table 4, sections 7.3.6, 7.3.7). */
const ADDRESS_DEFAULTS = [0xe2, 0xe4, 0xe8, 0xe0]
const COUNTS = 4096
const OSCILLATOR = 25e6
/** The longest period that it may have been left with: 24 Hz (section 7.3.5), and the oscillator's error. */
const SHUTDOWN_MS = 50
/** After the oscillator is started, at least 500 µs (table 5). */
const WAKE_MS = 1

/** One servo. Where the ends' pulses come from: drive it slowly to its stops and stay clear of them. */
export interface Servo {
    /** The chip's output, 0 to 15. */
    channel: number
    /** Lowest and highest position, rad; positions beyond are clamped. */
    positionLow: number
    positionHigh: number
    /** Pulse at each of these, s, 0.3 ms to 3 ms. The low position's may be the longer one: then it turns the other way. */
    pulseLow: number
    pulseHigh: number
}

export interface Pca9685Config {
    /** Positions are written in this order. */
    servos: Servo[]
    /** 7-bit, 0x40 by default. */
    address?: number
    /** Pulses a second, Hz, 40 to 333; 50 by default, which every servo takes. */
    frequency?: number
    /** The chip's own clock, Hz, 20 MHz to 30 MHz; 25 MHz by default. */
    oscillator?: number
}

/** Hobby servos on one PCA9685. Released, without pulses, from {@link init} to the first {@link write}. */
export class Pca9685Servos {
    /** Updates and checks that failed; the chip then holds what it had. */
    errors = 0
    /** What the pulses repeat with, Hz, as near to the one asked for as PRE_SCALE allows. */
    readonly frequency: number

    private readonly address: number
    private readonly preScale: number
    private readonly count: number
    /** From position in rad to pulse in counts: intercept and slope, then the ends. */
    private readonly intercept: number[] = []
    private readonly slope: number[] = []
    private readonly shortest: number[] = []
    private readonly longest: number[] = []
    /** Where each servo's LEDn_OFF_L stands in {@link bytes}. */
    private readonly offset: number[] = []
    /** Pointer, then the four registers of every output from the first used to the last; those between stay off. */
    private readonly bytes: Buffer
    private readonly allOff = Buffer.alloc(2)
    private readonly modePointer = Buffer.alloc(1)
    private readonly modes = Buffer.alloc(2)

    constructor(
        private readonly bus: I2cBus,
        private readonly config: Pca9685Config,
    ) {
        const servos = config.servos
        const oscillator = config.oscillator ?? OSCILLATOR
        this.address = config.address ?? PCA9685_ADDRESS
        // Section 7.3.5, equation 1.
        this.preScale = Math.round(oscillator / (COUNTS * (config.frequency ?? 50))) - 1
        this.frequency = oscillator / (COUNTS * (this.preScale + 1))
        this.count = servos.length
        let first = 15
        let last = 0
        for (const servo of servos) {
            if (servo.channel < first) first = servo.channel
            if (servo.channel > last) last = servo.channel
        }
        // Nonsense is refused by `init`; until then it must only not be as long as it pleases.
        const outputs = first >= 0 && last >= first && last <= 15 ? last - first + 1 : 1
        this.bytes = Buffer.alloc(1 + 4 * outputs)
        this.bytes[0] = Register.LED0_ON_L + 4 * first
        const countsPerSecond = COUNTS * this.frequency
        for (const servo of servos) {
            const low = servo.pulseLow * countsPerSecond
            const high = servo.pulseHigh * countsPerSecond
            const slope = (high - low) / (servo.positionHigh - servo.positionLow)
            this.slope.push(slope)
            this.intercept.push(low - slope * servo.positionLow)
            this.shortest.push(low < high ? low : high)
            this.longest.push(low < high ? high : low)
            this.offset.push(3 + 4 * (servo.channel - first))
        }
        this.allOff[0] = Register.ALL_LED_OFF_H
        this.allOff[1] = FULL_OFF
        this.modePointer[0] = Register.MODE1
    }

    /**
     * Identifies the part as far as it allows, takes all pulses away, configures it and reads the configuration back. A
     * robot that holds itself up by its servos sinks: it also does when the board restarts.
     *
     * @throws DriverError
     */
    async init(clock: Clock): Promise<void> {
        this.checkConfig()
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
        if (!this.release()) this.fail('bus', 'not acknowledged')
        await clock.sleep(SHUTDOWN_MS)
        this.set(Register.MODE1, AI | SLEEP)
        // Only taken during sleep (section 7.3.5).
        this.set(Register.PRE_SCALE, this.preScale)
        this.set(Register.MODE1, AI)
        await clock.sleep(WAKE_MS)
        if (!this.check() || this.read(Register.PRE_SCALE, 'bus') !== this.preScale) {
            this.fail('bus', 'configuration not taken')
        }
    }

    /**
     * Sends every servo to its position: rad, clamped to its ends; NaN leaves its last pulse, or none after a release. One
     * transaction, no allocation, no call but the bus.
     *
     * @returns whether it was acknowledged. If its address was not, the servos keep their pulses; if it broke off later, those
     *   before have their new ones, and one may have half of its new pulse and half of its old, 1.2 ms off at worst at 50 Hz,
     *   until the next update: so write again soon, or release.
     *
     * @inline
     */
    write(position: number[]): boolean {
        const { bytes, count, intercept, longest, offset, shortest, slope } = this
        for (let i = 0; i < count; i++) {
            let pulse = intercept[i] + slope[i] * position[i]
            const least = shortest[i]
            if (pulse > longest[i]) pulse = longest[i]
            else if (pulse < least) pulse = least
            // Not so for NaN. `setAt` rounds.
            if (pulse >= least) bytes.setAt(offset[i], 'u16', pulse)
        }
        if (this.bus.transfer(this.address, bytes, undefined) !== 0) {
            this.errors++
            return false
        }
        return true
    }

    /** Takes the pulses of all 16 outputs away, until the next {@link write}. @returns whether it was acknowledged */
    release(): boolean {
        const bytes = this.bytes
        for (let high = 4; high < bytes.length; high += 4) bytes[high] = FULL_OFF
        if (this.bus.transfer(this.address, this.allOff, undefined) === 0) return true
        this.errors++
        return false
    }

    /**
     * Asks whether the chip is still as configured: one transaction, for one tick in several. After a dip of its supply it
     * sleeps and acknowledges all the same; then {@link init} is needed.
     *
     * @inline
     */
    check(): boolean {
        const modes = this.modes
        if (this.bus.transfer(this.address, this.modePointer, modes) !== 0 || modes[0] !== AI || modes[1] !== MODE2) {
            this.errors++
            return false
        }
        return true
    }

    private checkConfig(): void {
        const config = this.config
        this.checkRange('frequency', config.frequency ?? 50, 40, 333, 'Hz')
        this.checkRange('oscillator', config.oscillator ?? OSCILLATOR, 20e6, 30e6, 'Hz')
        this.checkRange('number of servos', this.count, 1, 16, '')
        const period = 1 / this.frequency
        let used = 0
        for (const servo of config.servos) {
            this.checkRange('channel', servo.channel, 0, 15, '')
            if (Math.floor(servo.channel) !== servo.channel)
                this.fail('config', 'channel ' + servo.channel + ' not whole')
            if ((used & (1 << servo.channel)) !== 0) this.fail('config', 'channel ' + servo.channel + ' used twice')
            used |= 1 << servo.channel
            const name = 'of channel ' + servo.channel
            const longest = period * 0.9 < 3e-3 ? period * 0.9 : 3e-3
            this.checkRange('pulseLow ' + name, servo.pulseLow, 0.3e-3, longest, 's')
            this.checkRange('pulseHigh ' + name, servo.pulseHigh, 0.3e-3, longest, 's')
            if (servo.pulseLow === servo.pulseHigh) this.fail('config', 'pulseLow ' + name + ' equals pulseHigh')
            if (!(servo.positionHigh - servo.positionLow > 0)) {
                this.fail(
                    'config',
                    'positionLow ' +
                        name +
                        ' ' +
                        servo.positionLow +
                        ', allowed below positionHigh ' +
                        servo.positionHigh,
                )
            }
        }
    }

    private checkRange(key: string, value: number, least: number, most: number, unit: string): void {
        if (value >= least && value <= most) return
        this.fail('config', key + ' ' + value + ' ' + unit + ', allowed ' + least + ' to ' + most)
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

    private fail(code: DriverErrorCode, detail: string): never {
        throw new DriverError('PCA9685@0x' + Buffer.from([this.address]).toString('hex'), code, detail)
    }
}
