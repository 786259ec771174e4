import { Cascade, type CascadeConfig } from './cascade'
import { MotionProfile, type MotionLimits } from './motion-profile'
import { requireInRange } from './range'

export interface MoveFollowerConfig {
    readonly loops: CascadeConfig
    readonly profile: MotionLimits
    /** How far the joint may fall behind while the output is at its limit before the move waits for it, rad. */
    readonly following: number
}

/**
 * A joint along a {@link MotionProfile}. While the output is at its limit and the joint has fallen behind, the move's time
 * stands still: the reference waits, where it is, for the joint, instead of running ahead to where the loops would have to
 * catch up with it, and overshoot. (As the integral waits, in `Pid`; after the pause of trajectory time in Pybricks' servo.)
 */
export class MoveFollower {
    /** Time along the move, s; whether it waited at the last step; how long it has waited in all, s. */
    readonly state = { time: 0, waiting: false, waited: 0 }
    readonly cascade: Cascade
    readonly profile: MotionProfile
    private start = 0

    /** @throws RangeError naming the key, when a value is out of its range */
    constructor(readonly config: MoveFollowerConfig) {
        requireInRange('following', config.following, 0, 1e6)
        this.cascade = new Cascade(config.loops)
        this.profile = new MotionProfile(config.profile)
    }

    /** Begins a move from rest at `from` to `to`, rad. @returns how long it takes when nothing holds it, s */
    begin(from: number, to: number): number {
        this.cascade.reset()
        this.start = from
        this.state.time = 0
        this.state.waiting = false
        this.state.waited = 0
        return this.profile.plan(to - from)
    }

    /**
     * @param position measured, rad
     * @param velocity measured, rad/s
     * @param dt s since the last call; 0, negative or NaN changes nothing and returns the last output
     * @returns output of the loops
     */
    calculate(position: number, velocity: number, dt: number): number {
        const { state, profile, cascade } = this
        if (!(dt > 0)) return cascade.state.output
        const reference = profile.state
        if (this.mayAdvance(position)) {
            state.waiting = false
            state.time += dt
        } else {
            state.waiting = true
            state.waited += dt
        }
        profile.at(state.time)
        // A reference that waits has no velocity: what it would ask for ahead of the error is not needed to hold it.
        const ahead = state.waiting ? 0 : reference.velocity
        const acceleration = state.waiting ? 0 : reference.acceleration
        return cascade.position(this.start + reference.position, position, velocity, dt, ahead, acceleration)
    }

    /** Not while the joint is behind on its way and the output is at its limit pushing it there. */
    private mayAdvance(position: number): boolean {
        const { demand } = this.cascade.state
        const limit = this.cascade.config.effortLimit
        const travel = this.profile.state.velocity
        const behind = this.start + this.profile.state.position - position
        if (demand >= limit && travel > 0 && behind > this.config.following) return false
        return !(demand <= -limit && travel < 0 && behind < -this.config.following)
    }
}
