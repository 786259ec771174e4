import { decay } from './decay'
import { requireInRange } from './range'

export interface VelocityEstimatorConfig {
    /** Both poles lie here, rad/s. Higher follows faster, lower is quieter. */
    readonly bandwidth: number
}

/** Gains of the tracking loop: of the position error into position (1) and into velocity (1/s). */
export interface TrackingGains {
    position: number
    velocity: number
}

/**
 * Gains that put both poles of the sampled tracking loop at θ = e^(-bandwidth · dt) ({@link decay}), critically damped for
 * every dt: 1 - θ² and (1 - θ)² / dt. A stage over many joints works them out once, for its period.
 *
 * @param bandwidth rad/s
 * @param dt s, more than 0
 */
export function trackingGains(bandwidth: number, dt: number, gains: TrackingGains): void {
    const pole = decay(bandwidth, dt)
    gains.position = 1 - pole * pole
    gains.velocity = ((1 - pole) * (1 - pole)) / dt
}

/**
 * Velocity from positions by a tracking loop of second order: predict with the velocity, then correct position and velocity
 * by the error of the prediction. Follows constant velocity without lag.
 *
 * The first position is taken over, with velocity 0. A position that is NaN or infinite is counted, and the estimate coasts
 * on its velocity: whoever drives by it must stop when that goes on.
 */
export class VelocityEstimator {
    /** Estimates, in the unit of the position and per second; steps without a usable position. */
    readonly state = { position: 0, velocity: 0, rejected: 0 }
    private readonly gains: TrackingGains = { position: 0, velocity: 0 }
    private gainsDt = 0
    private started = false

    /** @throws RangeError when the bandwidth is not 1e-3 to 1e6 rad/s */
    constructor(readonly config: VelocityEstimatorConfig) {
        requireInRange('bandwidth', config.bandwidth, 1e-3, 1e6)
    }

    /**
     * @param position continuous, rad (or any unit)
     * @param dt s since the last call; 0, negative or NaN changes nothing and returns the last velocity
     * @returns velocity, per second
     */
    update(position: number, dt: number): number {
        const state = this.state
        if (!(dt > 0)) return state.velocity
        const predicted = state.position + state.velocity * dt
        if (position - position !== 0) {
            state.rejected++
            state.position = predicted
            return state.velocity
        }
        if (!this.started) {
            this.started = true
            state.position = position
            return 0
        }
        if (dt !== this.gainsDt) {
            this.gainsDt = dt
            trackingGains(this.config.bandwidth, dt, this.gains)
        }
        const error = position - predicted
        state.position = predicted + this.gains.position * error
        state.velocity += this.gains.velocity * error
        return state.velocity
    }

    /** As new: the next position is taken over. */
    reset(): void {
        this.state.position = 0
        this.state.velocity = 0
        this.state.rejected = 0
        this.started = false
    }
}
