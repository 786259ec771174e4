// H-bridges on a PCA9685: NXP product data sheet, Rev. 4, 16 April 2015. For bridges with two inputs that PWM may be put on,
// such as TI's DRV8833 (SLVSAR1E, table 2) and DRV8871 (SLVSCY9B, table 1), or a TB6612 whose PWM pins are tied HIGH. The chip:
// pca9685-chip.ts beside this file.
//
// THE CHIP HOLDS ITS LAST OUTPUT WHEN THE BOARD GOES SILENT: the motors go on turning as they were told last, for ever. So
// `outputEnable` must be named here; `undefined` says that OE is not wired and nothing stops the motors but their supply. Most of
// these bridges have a sleep or enable input: with a pull-down and a pin of the board it serves as well.
//
// - Between pulses the motor is shorted ("slow decay", both inputs HIGH), so that its speed is nearly proportional to the
//   effort. At effort 0 it is shorted, too; while OE is HIGH both inputs are LOW and it runs out.
// - Both inputs are of one transaction and change on its stop. One that breaks off halfway may leave a motor with one old and
//   one new input, any of whose four combinations a bridge bears, until the next tick.
// - The chip's fastest frequency, 1526 Hz, can be heard and is slow for small motors, whose current ripples.
import type { Clock } from '../../src/hal/clock'
import type { I2cBus } from '../../src/hal/i2c-bus'
import type { OutputPin } from '../../src/hal/output-pin'
import { COUNTS, firstChannel, outputBytes, Pca9685Chip } from './pca9685-chip'

/** LEDn_ON_H bit 4 in the four bytes of an output: HIGH throughout (table 7). */
const ALWAYS = 0x1000
/** LEDn_OFF_H bit 4, likewise: LOW throughout. */
const NEVER = 0x10000000
/** LEDn_OFF_L and H are the upper half. */
const OFF_SHIFT = 0x10000

/** One motor's bridge, by the chip's outputs. */
export interface Bridge {
    /** Output at IN1, 0 to 15: HIGH drives forward. */
    in1: number
    /** Output at IN2. */
    in2: number
}

export interface Pca9685BridgesConfig {
    /** One to three, in the order of the efforts. */
    bridges: Bridge[]
    /** The board's pin that is wired to OE; `undefined`: nothing stops the motors when the board dies. */
    outputEnable: OutputPin | undefined
    /** 7-bit, 0x40 by default. */
    address?: number
    /** Of the pulses, Hz, 40 to 1526; 1000 by default. */
    frequency?: number
    /** The chip's own clock, Hz, 20 MHz to 30 MHz; 25 MHz by default. */
    oscillator?: number
}

/** One to three brushed motors behind H-bridges on one PCA9685. A robot's motor controller. */
export class Pca9685Bridges {
    readonly part = 'H-bridges on a PCA9685'
    /** The chip goes on with its last output for ever. OE, where it is wired, stops it when the board is reset, not when it hangs. */
    readonly selfStopMs = 0
    /** Updates and checks that failed; the chip then holds what it had. */
    errors = 0
    /** The chip forgot its configuration, or does not answer: motors off or as they were until {@link init}. */
    resetSeen = false
    /** Nothing here tells: bridges report faults, if at all, on a pin of their own. */
    readonly faulting = false
    readonly noPower = false
    readonly statusFlags = 0
    readonly supplyVoltage = NaN
    /** The chip has no command timeout. */
    readonly timedOut = false
    /** What the pulses repeat with, Hz. */
    readonly frequency: number

    private readonly chip: Pca9685Chip
    private readonly address: number
    private readonly count: number
    /** Where the inputs' four registers stand in {@link bytes}. */
    private readonly first: number[] = []
    private readonly second: number[] = []
    private readonly effort = [0, 0, 0]
    private readonly bytes: Buffer

    constructor(
        private readonly bus: I2cBus,
        private readonly config: Pca9685BridgesConfig,
    ) {
        this.chip = new Pca9685Chip(bus, config, config.frequency ?? 1000)
        this.address = this.chip.address
        this.frequency = this.chip.frequency
        const channels: number[] = []
        for (const bridge of config.bridges) {
            channels.push(bridge.in1)
            channels.push(bridge.in2)
        }
        this.bytes = outputBytes(channels)
        const lowest = firstChannel(channels)
        for (const bridge of config.bridges) {
            this.first.push(1 + 4 * (bridge.in1 - lowest))
            this.second.push(1 + 4 * (bridge.in2 - lowest))
        }
        this.count = config.bridges.length
    }

    /**
     * Identifies and configures the chip; the motors run out, with both inputs LOW, until {@link enable}.
     *
     * @throws DriverError
     */
    async init(clock: Clock): Promise<void> {
        const { chip, config } = this
        chip.checkClock(config.frequency ?? 1000, 40, 1526)
        chip.checkRange('number of bridges', this.count, 1, 3, '')
        let used = 0
        for (const bridge of config.bridges) {
            used = chip.checkChannel('in1', bridge.in1, used)
            used = chip.checkChannel('in2', bridge.in2, used)
        }
        await chip.init(clock)
        this.resetSeen = false
    }

    /** Shorts all motors, ready for {@link write}. @returns whether it was acknowledged */
    enable(): boolean {
        return this.write(0, 0, 0)
    }

    /**
     * Sets all motors' efforts: -1 to 1 of the supply voltage, clamped, NaN as 0; 0 brakes. Those beyond the bridges are
     * ignored. One transaction, no allocation, no call but the bus.
     *
     * @returns whether it was acknowledged
     *
     * @inline
     */
    write(effort0: number, effort1 = 0, effort2 = 0): boolean {
        const { bytes, count, effort, first, second } = this
        effort[0] = effort0
        effort[1] = effort1
        effort[2] = effort2
        for (let i = 0; i < count; i++) {
            const wanted = effort[i]
            // The input that gives way is LOW for as long as the motor is driven.
            const size = wanted < 0 ? -wanted : wanted
            const high = size < 1 ? (COUNTS - size * COUNTS + 0.5) | 0 : size >= 1 ? 0 : COUNTS
            const pulsed = high >= COUNTS ? ALWAYS : high <= 0 ? NEVER : high * OFF_SHIFT
            bytes.setAt(first[i], 'u32', wanted < 0 ? pulsed : ALWAYS)
            bytes.setAt(second[i], 'u32', wanted < 0 ? ALWAYS : pulsed)
        }
        if (this.bus.transfer(this.address, bytes, undefined) !== 0) {
            this.errors++
            return false
        }
        return true
    }

    /** Shorts all motors at once; when that is not acknowledged and OE is wired, lets them run out. */
    stop(): boolean {
        if (this.write(0, 0, 0)) return true
        this.release()
        return false
    }

    /** Lets all motors run out until the next {@link write}. @returns whether it was acknowledged */
    release(): boolean {
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
        if (this.chip.check()) {
            this.resetSeen = false
            return true
        }
        this.errors++
        this.resetSeen = true
        return false
    }
}
