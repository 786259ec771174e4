// Hobby servos on a PCA9685: NXP product data sheet, Rev. 4, 16 April 2015. The chip: pca9685-chip.ts beside this file.
//
// THE CHIP HOLDS ITS LAST OUTPUT WHEN THE BOARD GOES SILENT: after a dead program, a cut bus or a board in reset the servos go on
// holding, with full torque, where they were sent last. Wire OE (`outputEnable`). Without pulses analogue servos go limp, and
// many digital ones hold: for those a watchdog has to cut the servos' supply.
//
// - A new pulse is used from the end of the running period on (section 7.3.4), at 50 Hz up to 20 ms later.
import type { Clock } from '../../src/hal/clock'
import type { I2cBus } from '../../src/hal/i2c-bus'
import { COUNTS, firstChannel, FULL, outputBytes, Pca9685Chip, type Pca9685ChipConfig } from './pca9685-chip'

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

export interface Pca9685Config extends Pca9685ChipConfig {
    /** Positions are written in this order. */
    servos: Servo[]
    /** Pulses a second, Hz, 40 to 333; 50 by default, which every servo takes. */
    frequency?: number
}

/** Hobby servos on one PCA9685. Released, without pulses, from {@link init} to the first {@link write}. */
export class Pca9685Servos {
    /** Updates and checks that failed; the chip then holds what it had. */
    errors = 0
    /** What the pulses repeat with, Hz, as near to the one asked for as PRE_SCALE allows. */
    readonly frequency: number
    /** The servos' ends, rad and s as in {@link Servo}: what is changed is in force from {@link adoptEnds} on. */
    readonly positionLow: number[] = []
    readonly positionHigh: number[] = []
    readonly pulseLow: number[] = []
    readonly pulseHigh: number[] = []

    private readonly chip: Pca9685Chip
    private readonly address: number
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

    constructor(
        private readonly bus: I2cBus,
        private readonly config: Pca9685Config,
    ) {
        const servos = config.servos
        this.chip = new Pca9685Chip(bus, config, config.frequency ?? 50)
        this.address = this.chip.address
        this.frequency = this.chip.frequency
        this.count = servos.length
        const channels: number[] = []
        for (const servo of servos) channels.push(servo.channel)
        this.bytes = outputBytes(channels)
        const first = firstChannel(channels)
        for (const servo of servos) {
            this.positionLow.push(servo.positionLow)
            this.positionHigh.push(servo.positionHigh)
            this.pulseLow.push(servo.pulseLow)
            this.pulseHigh.push(servo.pulseHigh)
            this.slope.push(0)
            this.intercept.push(0)
            this.shortest.push(0)
            this.longest.push(0)
            this.offset.push(3 + 4 * (servo.channel - first))
        }
        this.adoptEnds()
    }

    /** Takes up the servos' ends. @returns whether a position means a pulse by them: each servo's two ends differ, in both */
    adoptEnds(): boolean {
        const { count, intercept, longest, positionHigh, positionLow, pulseHigh, pulseLow, shortest, slope } = this
        const countsPerSecond = COUNTS * this.frequency
        for (let i = 0; i < count; i++) {
            const low = pulseLow[i] * countsPerSecond
            const high = pulseHigh[i] * countsPerSecond
            if (low === high || !(positionLow[i] < positionHigh[i])) return false
            slope[i] = (high - low) / (positionHigh[i] - positionLow[i])
            intercept[i] = low - slope[i] * positionLow[i]
            shortest[i] = low < high ? low : high
            longest[i] = low < high ? high : low
        }
        return true
    }

    /**
     * Identifies the part as far as it allows, takes all pulses away, configures it and reads the configuration back. A
     * robot that holds itself up by its servos sinks: it also does when the board restarts.
     *
     * @throws DriverError
     */
    async init(clock: Clock): Promise<void> {
        this.checkConfig()
        this.forget()
        await this.chip.init(clock)
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
        this.forget()
        if (this.chip.release()) return true
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
        if (this.chip.check()) return true
        this.errors++
        return false
    }

    /** Without a pulse until there is a position. */
    private forget(): void {
        const bytes = this.bytes
        for (let high = 4; high < bytes.length; high += 4) bytes[high] = FULL
    }

    private checkConfig(): void {
        const { chip, config } = this
        chip.checkClock(config.frequency ?? 50, 40, 333)
        chip.checkRange('number of servos', this.count, 1, 16, '')
        const period = 1 / this.frequency
        let used = 0
        for (const servo of config.servos) {
            used = chip.checkChannel('channel', servo.channel, used)
            const name = 'of channel ' + servo.channel
            const longest = period * 0.9 < 3e-3 ? period * 0.9 : 3e-3
            chip.checkRange('pulseLow ' + name, servo.pulseLow, 0.3e-3, longest, 's')
            chip.checkRange('pulseHigh ' + name, servo.pulseHigh, 0.3e-3, longest, 's')
            if (servo.pulseLow === servo.pulseHigh) chip.fail('config', 'pulseLow ' + name + ' equals pulseHigh')
            if (!(servo.positionHigh - servo.positionLow > 0)) {
                chip.fail(
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
}
