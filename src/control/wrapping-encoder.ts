import { requireInRange } from './range'
import { TWO_PI } from './trig'

export interface WrappingEncoderConfig {
    /** The reading is 0 up to, but not including, this. 4096 for a 12-bit angle; 2π when the driver gives rad. */
    readonly countsPerRevolution: number
    /** +1 when the reading grows as the joint turns positive, else -1. */
    readonly direction: 1 | -1
    /** Reading at joint position 0, counts. Default 0. */
    readonly zeroOffset?: number
    /** Turns of the encoder for one turn of the joint. Default 1. */
    readonly gearRatio?: number
}

/**
 * Continuous position of a joint from an encoder that starts anew each turn: of the two ways from one reading to the next,
 * the shorter was taken. So the encoder must turn less than half a turn between readings. Turns are kept as a whole
 * number: the position is as exact after a million of them as after none.
 *
 * The first position is the one nearest to zero, within half a turn of the encoder. A reading that is not a number from 0
 * to `countsPerRevolution` is dropped and counted.
 */
export class WrappingEncoder {
    /** Joint position, rad; whole turns of the encoder since the first reading's; last good reading, counts. */
    readonly state = { position: 0, turns: 0, reading: 0, rejected: 0 }
    private readonly zeroOffset: number
    /** Joint rad for each count, signed. */
    private readonly scale: number
    private readonly half: number
    private started = false

    /** @throws RangeError naming the key, when a value is out of its range */
    constructor(readonly config: WrappingEncoderConfig) {
        const gearRatio = config.gearRatio ?? 1
        requireInRange('countsPerRevolution', config.countsPerRevolution, 1, 4294967296)
        requireInRange('gearRatio', gearRatio, 1e-6, 1e6)
        if (config.direction !== 1 && config.direction !== -1) {
            throw new RangeError('direction: got ' + config.direction + ', allowed 1 or -1')
        }
        this.zeroOffset = config.zeroOffset ?? 0
        requireInRange('zeroOffset', this.zeroOffset, 0, config.countsPerRevolution)
        this.scale = (config.direction * TWO_PI) / (config.countsPerRevolution * gearRatio)
        this.half = config.countsPerRevolution / 2
    }

    /**
     * @param reading counts, 0 to `countsPerRevolution`
     * @returns joint position, rad
     */
    update(reading: number): number {
        const state = this.state
        if (!(reading >= 0 && reading < this.config.countsPerRevolution)) {
            state.rejected++
            return state.position
        }
        const step = reading - (this.started ? state.reading : this.zeroOffset)
        if (step >= this.half) state.turns--
        else if (step < -this.half) state.turns++
        this.started = true
        state.reading = reading
        state.position = (state.turns * this.config.countsPerRevolution + (reading - this.zeroOffset)) * this.scale
        return state.position
    }

    /** As new: the next reading is the first. */
    reset(): void {
        const state = this.state
        state.position = 0
        state.turns = 0
        state.reading = 0
        state.rejected = 0
        this.started = false
    }
}
