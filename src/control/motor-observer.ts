import { decay } from './decay'
import { GAIN_MAX, requireInRange } from './range'

export interface MotorObserverConfig {
    /** Speed that full effort ends at, rad/s per unit of effort (1 / kv). */
    readonly speedPerEffort: number
    /** Time constant of that: of motor and load together, s. */
    readonly timeConstant: number
    /** Effort that sliding friction takes. Default 0. */
    readonly friction?: number
    /** How fast the encoder corrects the model, rad/s: lower is quieter and leaves more to the model. */
    readonly bandwidth: number
}

/**
 * Velocity from a coarse encoder and from what the motor was told: a model of the motor (first order, sliding friction)
 * foretells each step, and the encoder corrects position, velocity and a disturbance, an acceleration that the model does
 * not know of: a load, a slope, gains that are not quite right. So the encoder's steps may be filtered far more than a
 * filter of the encoder alone could afford, since changes of speed come through the model.
 *
 * The correction's gains put the three poles of the loop without motor (an integrator each) at e^(-bandwidth · dt); the
 * motor's own damping only adds to theirs.
 *
 * The first position is taken over, at rest. A position that is NaN or infinite is counted, and the estimate goes on by the
 * model: whoever drives by it must stop when that lasts.
 */
export class MotorObserver {
    /** rad; rad/s; rad/s²; steps without a usable position */
    readonly state = { position: 0, velocity: 0, disturbance: 0, rejected: 0 }
    private readonly friction: number
    private started = false
    private dt = 0
    /** What is left of a speed after a step. */
    private kept = 0
    private toPosition = 0
    private toVelocity = 0
    private toDisturbance = 0

    /** @throws RangeError naming the key, when a value is out of its range */
    constructor(readonly config: MotorObserverConfig) {
        this.friction = config.friction ?? 0
        requireInRange('speedPerEffort', config.speedPerEffort, 0, GAIN_MAX)
        requireInRange('timeConstant', config.timeConstant, 1e-4, 1e3)
        requireInRange('friction', this.friction, 0, GAIN_MAX)
        requireInRange('bandwidth', config.bandwidth, 1e-3, 1e4)
    }

    /**
     * @param position measured now, continuous, rad
     * @param effort that the motor was given since the last call
     * @param dt s since the last call; 0, negative or NaN changes nothing and returns the last velocity
     * @returns velocity, rad/s
     */
    update(position: number, effort: number, dt: number): number {
        const state = this.state
        if (!(dt > 0)) return state.velocity
        const good = position - position === 0
        if (!good) state.rejected++
        if (!this.started) {
            if (!good) return 0
            this.started = true
            state.position = position
            return 0
        }
        if (dt !== this.dt) this.prepare(dt)
        const before = state.velocity
        const goal = this.config.speedPerEffort * this.driving(effort, before)
        let velocity = goal + (before - goal) * this.kept + state.disturbance * dt
        const predicted = state.position + 0.5 * (before + velocity) * dt
        if (!good) {
            state.position = predicted
            state.velocity = velocity
            return velocity
        }
        const error = position - predicted
        velocity += this.toVelocity * error
        state.position = predicted + this.toPosition * error
        state.velocity = velocity
        state.disturbance += this.toDisturbance * error
        return velocity
    }

    /** As new: the next position is taken over. */
    reset(): void {
        const state = this.state
        state.position = 0
        state.velocity = 0
        state.disturbance = 0
        state.rejected = 0
        this.started = false
    }

    /** What is left of an effort after friction: at rest nothing, up to the friction. */
    private driving(effort: number, velocity: number): number {
        if (effort - effort !== 0) return 0
        const friction = this.friction
        // Below this speed friction only holds what the effort gives: it does not reverse the motor.
        const slow = friction * this.config.speedPerEffort
        let held = velocity > slow ? friction : velocity < -slow ? -friction : effort
        if (held > friction) held = friction
        else if (held < -friction) held = -friction
        return effort - held
    }

    private prepare(dt: number): void {
        const pole = decay(this.config.bandwidth, dt)
        const rest = 1 - pole
        this.dt = dt
        this.kept = decay(1 / this.config.timeConstant, dt)
        this.toPosition = 1 - pole * pole * pole
        this.toVelocity = (1.5 * rest * rest * (1 + pole)) / dt
        this.toDisturbance = (rest * rest * rest) / (dt * dt)
    }
}
