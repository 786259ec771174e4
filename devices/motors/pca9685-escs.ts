// Electronic speed controllers (ESCs) of brushless or brushed motors, as for models, on a PCA9685: NXP product data sheet, Rev. 4,
// 16 April 2015. The chip: pca9685-chip.ts beside this file. ESCs have no common standard: the pulses, the time that arming
// takes and what a lost signal does are in each one's manual, and belong into the configuration.
//
// THE CHIP HOLDS ITS LAST OUTPUT WHEN THE BOARD GOES SILENT, so an ESC's own stop on a lost signal never comes: the motors go on
// turning, for ever. So `outputEnable` must be named here; `undefined` says that OE is not wired and nothing stops the motors but
// their supply. With OE HIGH the pulses end, and the ESC stops its motor after its own time.
//
// - Arming: an ESC drives nothing until it has seen the stop pulse for a while after its power came on. `init` sends it for
//   `armingMs` before it returns, and nothing else is sent until then. An ESC whose power comes later arms by the stop pulses
//   that follow, as long as nobody drives. After {@link Pca9685Escs.release} or a dip of the chip's supply it must arm anew, and
//   so `init` is needed.
// - An ESC that sees a full pulse at power-on goes into its calibration instead. None is ever sent before `init` has ended.
// - A new pulse is used from the end of the running period on (section 7.3.4): at 50 Hz up to 20 ms later.
import type { Clock } from '../../src/hal/clock'
import type { I2cBus } from '../../src/hal/i2c-bus'
import type { OutputPin } from '../../src/hal/output-pin'
import { COUNTS, firstChannel, outputBytes, Pca9685Chip } from './pca9685-chip'

/** One speed controller. */
export interface Esc {
    /** The chip's output, 0 to 15. */
    channel: number
    /** Pulse that stops and arms it, s: 1 ms for one direction, 1.5 ms for two, as a rule. */
    pulseStop: number
    /** Pulse of full speed forward, s, longer than `pulseStop`. */
    pulseFull: number
    /** Pulse of full speed backward, s, shorter than `pulseStop`; without it the motor turns one way, and efforts below 0 stop. */
    pulseReverse?: number
}

export interface Pca9685EscsConfig {
    /** One to three, in the order of the efforts. */
    escs: Esc[]
    /** The board's pin that is wired to OE; `undefined`: nothing stops the motors when the board dies. */
    outputEnable: OutputPin | undefined
    /** How long the stop pulse arms, ms, 100 to 10000; 2000 by default. */
    armingMs?: number
    /** 7-bit, 0x40 by default. */
    address?: number
    /** Pulses a second, Hz, 40 to 400; 50 by default, which every ESC takes. */
    frequency?: number
    /** The chip's own clock, Hz, 20 MHz to 30 MHz; 25 MHz by default. */
    oscillator?: number
}

/** One to three ESCs on one PCA9685. A robot's motor controller, whose effort is the speed controller's throttle. */
export class Pca9685Escs {
    readonly part = 'speed controllers on a PCA9685'
    /** The chip goes on with its last output for ever. OE, where it is wired, stops it when the board is reset, not when it hangs. */
    readonly selfStopMs = 0
    /** Updates and checks that failed; the chip then holds what it had. */
    errors = 0
    /** The chip forgot its configuration, or does not answer: the ESCs must arm anew, by {@link init}. */
    resetSeen = false
    /** ESCs tell nothing. */
    readonly faulting = false
    readonly noPower = false
    readonly statusFlags = 0
    readonly supplyVoltage = NaN
    /** The chip has no command timeout. */
    readonly timedOut = false
    /** What the pulses repeat with, Hz. */
    readonly frequency: number
    /** The stop pulses have been sent for long enough. Until then {@link write} and {@link enable} refuse. */
    armed = false

    private readonly chip: Pca9685Chip
    private readonly address: number
    private readonly count: number
    /** Pulses in counts: stop, and what full effort adds, forward and backward. */
    private readonly rest: number[] = []
    private readonly forward: number[] = []
    private readonly backward: number[] = []
    /** Where each LEDn_OFF_L stands in {@link bytes}. */
    private readonly offset: number[] = []
    private readonly effort = [0, 0, 0]
    private readonly bytes: Buffer

    constructor(
        private readonly bus: I2cBus,
        private readonly config: Pca9685EscsConfig,
    ) {
        this.chip = new Pca9685Chip(bus, config, config.frequency ?? 50)
        this.address = this.chip.address
        this.frequency = this.chip.frequency
        this.count = config.escs.length
        const channels: number[] = []
        for (const esc of config.escs) channels.push(esc.channel)
        this.bytes = outputBytes(channels)
        const first = firstChannel(channels)
        const countsPerSecond = COUNTS * this.frequency
        for (const esc of config.escs) {
            this.rest.push(esc.pulseStop * countsPerSecond)
            this.forward.push((esc.pulseFull - esc.pulseStop) * countsPerSecond)
            this.backward.push((esc.pulseStop - (esc.pulseReverse ?? esc.pulseStop)) * countsPerSecond)
            this.offset.push(3 + 4 * (esc.channel - first))
        }
    }

    /**
     * Identifies and configures the chip, then sends the stop pulses that arm the ESCs, for `armingMs`.
     *
     * @throws DriverError
     */
    async init(clock: Clock): Promise<void> {
        this.armed = false
        this.checkConfig()
        await this.chip.init(clock)
        this.resetSeen = false
        this.fill(0, 0, 0)
        if (this.bus.transfer(this.address, this.bytes, undefined) !== 0) this.chip.fail('bus', 'not acknowledged')
        await clock.sleep(this.config.armingMs ?? 2000)
        if (!this.chip.check()) this.chip.fail('bus', 'configuration lost while the ESCs were arming')
        this.armed = true
    }

    /** Stop pulses. @returns whether they were acknowledged, and the ESCs are armed */
    enable(): boolean {
        return this.write(0, 0, 0)
    }

    /**
     * Sets all throttles: -1 to 1 (0 to 1 of an ESC that turns one way), clamped, NaN as 0. Those beyond the ESCs are ignored.
     * One transaction, no allocation, no call but the bus.
     *
     * @returns whether it was acknowledged; false without a transaction while not {@link armed}
     *
     * @inline
     */
    write(effort0: number, effort1 = 0, effort2 = 0): boolean {
        this.fill(effort0, effort1, effort2)
        if (!this.armed || this.bus.transfer(this.address, this.bytes, undefined) !== 0) {
            this.errors++
            return false
        }
        return true
    }

    /** Stop pulses; when they are not acknowledged and OE is wired, none. */
    stop(): boolean {
        if (this.write(0, 0, 0)) return true
        this.release()
        return false
    }

    /** Takes the pulses away: each ESC stops after its own time, and must be armed anew. @returns whether it was acknowledged */
    release(): boolean {
        this.armed = false
        this.resetSeen = true
        if (this.chip.release()) return true
        this.errors++
        return false
    }

    /**
     * Asks whether the chip is still as configured: one transaction, for one tick in several.
     *
     * @returns whether it answered
     *
     * @inline
     */
    readStatus(): boolean {
        if (this.chip.check()) return true
        this.errors++
        this.resetSeen = true
        this.armed = false
        return false
    }

    /** @inline */
    private fill(effort0: number, effort1: number, effort2: number): void {
        const { backward, bytes, count, effort, forward, offset, rest } = this
        effort[0] = effort0
        effort[1] = effort1
        effort[2] = effort2
        for (let i = 0; i < count; i++) {
            let wanted = effort[i]
            if (wanted > 1) wanted = 1
            else if (wanted < -1) wanted = -1
            // Neither for NaN.
            let pulse = rest[i]
            if (wanted > 0) pulse += wanted * forward[i]
            else if (wanted < 0) pulse += wanted * backward[i]
            bytes.setAt(offset[i], 'u16', pulse)
        }
    }

    private checkConfig(): void {
        const { chip, config } = this
        chip.checkClock(config.frequency ?? 50, 40, 400)
        chip.checkRange('number of ESCs', this.count, 1, 3, '')
        chip.checkRange('armingMs', config.armingMs ?? 2000, 100, 10000, 'ms')
        const period = 1 / this.frequency
        const longest = period * 0.9 < 2.5e-3 ? period * 0.9 : 2.5e-3
        let used = 0
        for (const esc of config.escs) {
            used = chip.checkChannel('channel', esc.channel, used)
            const name = ' of channel ' + esc.channel
            chip.checkRange('pulseStop' + name, esc.pulseStop, 0.5e-3, longest, 's')
            chip.checkRange('pulseFull' + name, esc.pulseFull, esc.pulseStop + 0.1e-3, longest, 's')
            if (esc.pulseReverse !== undefined) {
                chip.checkRange('pulseReverse' + name, esc.pulseReverse, 0.5e-3, esc.pulseStop - 0.1e-3, 's')
            }
        }
    }
}
