import { decay } from './decay'
import { TWO_PI } from './trig'
import { requireInRange } from './range'

export interface LowPassConfig {
    /** Frequency at which the output has 1/√2 of the input's amplitude, Hz. */
    readonly cutoff: number
}

/**
 * First-order low-pass filter: output += share · (input - output), where share = 1 - e^(-2π · cutoff · dt) is the exact
 * one for an input held over the step. The exponential is {@link decay}, arithmetic only: below 0.4 % off up to
 * 2π · cutoff · dt = 1, and stable for every dt.
 *
 * The first sample passes unchanged. A sample that is NaN or infinite is dropped and counted.
 */
export class LowPass {
    readonly state = { output: 0, rejected: 0 }
    private started = false
    private share = 1
    private shareDt = 0

    /** @throws RangeError when the cut-off frequency is not 1e-6 to 1e6 Hz */
    constructor(readonly config: LowPassConfig) {
        requireInRange('cutoff', config.cutoff, 1e-6, 1e6)
    }

    /** @param dt s since the last call; 0, negative or NaN changes nothing and returns the last output */
    calculate(input: number, dt: number): number {
        const state = this.state
        if (!(dt > 0)) return state.output
        if (input - input !== 0) {
            state.rejected++
            return state.output
        }
        if (!this.started) {
            this.started = true
            state.output = input
            return input
        }
        if (dt !== this.shareDt) {
            this.shareDt = dt
            this.share = 1 - decay(TWO_PI * this.config.cutoff, dt)
        }
        state.output += this.share * (input - state.output)
        return state.output
    }

    /** As new: output 0, the next sample passes unchanged. */
    reset(): void {
        this.state.output = 0
        this.state.rejected = 0
        this.started = false
    }
}
