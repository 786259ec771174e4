import { requireInRange } from './range'

export interface SlewLimits {
    /** Largest rise of the output in a second. */
    readonly rising: number
    /** Largest fall of the output in a second, a positive number. */
    readonly falling: number
}

/** Lets a value change no faster than its limits. A NaN or infinite input holds the output and is counted. */
export class SlewLimiter {
    readonly state = { output: 0, rejected: 0 }

    /** @throws RangeError when a limit is not 0 to 1e9 */
    constructor(readonly config: SlewLimits) {
        requireInRange('rising', config.rising, 0, 1e9)
        requireInRange('falling', config.falling, 0, 1e9)
    }

    /** @param dt s since the last call; 0, negative or NaN changes nothing and returns the last output */
    calculate(input: number, dt: number): number {
        const state = this.state
        if (!(dt > 0)) return state.output
        if (input - input !== 0) {
            state.rejected++
            return state.output
        }
        const highest = state.output + this.config.rising * dt
        const lowest = state.output - this.config.falling * dt
        state.output = input > highest ? highest : input < lowest ? lowest : input
        return state.output
    }

    /** As new, with the output at `output`. */
    reset(output = 0): void {
        this.state.output = output
        this.state.rejected = 0
    }
}
