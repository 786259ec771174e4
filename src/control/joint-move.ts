import { MotionProfile, type MotionLimits } from './motion-profile'

/**
 * A move of several joints, each from rest to rest along a {@link MotionProfile}, that start and end together: the slowest
 * joint takes its own time, the others' profiles are stretched to it. A profile stretched by k has 1/k of its velocity, 1/k²
 * of its acceleration and 1/k³ of its jerk, so all stay within their limits.
 */
export class JointMove {
    /** Of the last {@link at}, entry i for joint i: in the joint's unit, and per second. */
    readonly position: number[] = []
    readonly velocity: number[] = []
    readonly acceleration: number[] = []
    /** Of the planned move, s. */
    duration = 0
    private readonly profiles: MotionProfile[] = []
    private readonly start: number[] = []
    private readonly goal: number[] = []

    /** @throws RangeError as {@link MotionProfile} */
    constructor(limits: readonly MotionLimits[]) {
        for (const limit of limits) {
            this.profiles.push(new MotionProfile(limit))
            this.position.push(0)
            this.velocity.push(0)
            this.acceleration.push(0)
            this.start.push(0)
            this.goal.push(0)
        }
    }

    /**
     * Plans a move between two positions of all joints; both arrays are copied.
     *
     * @returns its duration, s: 0 when nothing moves
     */
    plan(from: readonly number[], to: readonly number[]): number {
        this.duration = 0
        for (let i = 0; i < this.profiles.length; i++) {
            this.start[i] = from[i]
            this.goal[i] = to[i]
            const duration = this.profiles[i].plan(to[i] - from[i])
            if (duration > this.duration) this.duration = duration
        }
        return this.duration
    }

    /** Where the joints are to be `time` s after the start: at its end, to the bit, where they were sent. */
    at(time: number): void {
        const over = time >= this.duration
        for (let i = 0; i < this.profiles.length; i++) {
            const profile = this.profiles[i]
            const pace = over ? 1 : profile.duration / this.duration
            profile.at(over ? profile.duration : time * pace)
            this.position[i] = over ? this.goal[i] : this.start[i] + profile.state.position
            this.velocity[i] = profile.state.velocity * pace
            this.acceleration[i] = profile.state.acceleration * pace * pace
        }
    }
}
