import { requireInRange } from './range'

export interface StallConfig {
    /** A joint that is slower than this does not move, rad/s. */
    readonly velocity: number
    /** It is pushed when its effort's magnitude is this or more, in the effort's unit. */
    readonly effort: number
    /** Pushed without moving for this long it is stalled, s. */
    readonly time: number
}

/** Notices a joint that is pushed and does not move: an end stop, an obstacle, a gear that is stuck. */
export class StallDetector {
    /** Whether it is stalled; how long it has been pushed without moving, s. */
    readonly state = { stalled: false, elapsed: 0 }

    /** @throws RangeError naming the key, when a value is out of its range */
    constructor(readonly config: StallConfig) {
        requireInRange('velocity', config.velocity, 1e-6, 1e4)
        requireInRange('effort', config.effort, 1e-6, 1e9)
        requireInRange('time', config.time, 1e-3, 1e3)
    }

    /**
     * A step whose velocity or effort is NaN or infinite leaves everything as it is.
     *
     * @param velocity measured, rad/s
     * @param effort that the joint is given
     * @param dt s since the last call; 0, negative or NaN changes nothing
     * @returns whether it is stalled
     */
    update(velocity: number, effort: number, dt: number): boolean {
        const state = this.state
        const sum = velocity + effort
        if (!(dt > 0) || sum - sum !== 0) return state.stalled
        const speed = velocity < 0 ? -velocity : velocity
        // Motion against the push is no stall either: the joint is driven by something else.
        const pushed = (effort < 0 ? -effort : effort) >= this.config.effort
        state.elapsed = pushed && speed < this.config.velocity ? state.elapsed + dt : 0
        state.stalled = state.elapsed >= this.config.time
        return state.stalled
    }

    reset(): void {
        this.state.stalled = false
        this.state.elapsed = 0
    }
}
