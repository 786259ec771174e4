import { requireInRange } from './range'
import { cbrt, sqrt } from './trig'

export interface MotionLimits {
    /** rad/s, or any unit a second */
    readonly velocity: number
    /** rad/s² */
    readonly acceleration: number
    /** rad/s³. Left out: none, and the profile is a trapezoid of velocity instead of an S-curve. */
    readonly jerk?: number
}

/** The largest limit that is taken for one. */
const LIMIT_MAX = 1e9
/** A shorter move is none: far below what any encoder tells apart, and far above where numbers lose their digits. */
const SHORTEST = 1e-12

/**
 * A move from rest to rest, the fastest within the limits, in closed form: the jerk is +j, 0, -j while it accelerates, then
 * it cruises, then all that backwards. What a short move does not reach is left out. Without a limit of jerk the velocity is
 * a trapezoid. The second half of a move mirrors the first, so only the first is worked out.
 *
 * With v the peak velocity, r the time that the acceleration takes to rise, a the peak acceleration, t = r + v / a the time
 * to v, and d the distance: both ramps together cover v t.
 *
 * - v is the limit, when that leaves d - v t for cruising. r = A / J when V J >= A², else √(V / J), without constant
 *   acceleration;
 * - or the acceleration reaches A and v does not reach V: v (A / J + v / A) = d is quadratic in v;
 * - or neither is reached: v = J r², t = 2 r, 2 J r³ = d.
 */
export class MotionProfile {
    /** Of the last {@link at}: from the start of the move, in its unit, and per second. */
    readonly state = { position: 0, velocity: 0, acceleration: 0 }
    /** Of the planned move, s. */
    duration = 0
    private distance = 0
    private sign = 1
    private peakVelocity = 0
    private peakAcceleration = 0
    /** How long the acceleration rises, and how long velocity rises, s. */
    private rise = 0
    private ramp = 0
    private readonly jerk: number

    /** @throws RangeError naming the key, when a limit is not 1e-9 to 1e9 */
    constructor(readonly config: MotionLimits) {
        requireInRange('velocity', config.velocity, 1 / LIMIT_MAX, LIMIT_MAX)
        requireInRange('acceleration', config.acceleration, 1 / LIMIT_MAX, LIMIT_MAX)
        this.jerk = config.jerk ?? Infinity
        if (config.jerk !== undefined) requireInRange('jerk', config.jerk, 1 / LIMIT_MAX, LIMIT_MAX)
    }

    /**
     * Plans a move from rest to rest.
     *
     * @param distance signed; NaN and infinities plan none, and what is shorter than 1e-12 takes no time
     * @returns its duration, s
     */
    plan(distance: number): number {
        const far = distance < 0 ? -distance : distance
        this.sign = distance < 0 ? -1 : 1
        this.distance = far - far === 0 ? far : 0
        this.duration = 0
        if (this.distance < SHORTEST) return 0
        const { velocity, acceleration } = this.config
        const jerk = this.jerk
        const fullRise = acceleration / jerk
        let peak = velocity
        let rise = velocity >= acceleration * fullRise ? fullRise : sqrt(velocity / jerk)
        let highest = velocity >= acceleration * fullRise ? acceleration : jerk * rise
        if (this.distance < velocity * (rise + velocity / highest)) {
            const whole = sqrt(fullRise * fullRise + (4 * this.distance) / acceleration)
            peak = 0.5 * acceleration * (whole - fullRise)
            rise = fullRise
            highest = acceleration
            if (peak < acceleration * fullRise) {
                rise = cbrt(this.distance / (2 * jerk))
                highest = jerk * rise
                peak = highest * rise
            }
        }
        this.peakVelocity = peak
        this.peakAcceleration = highest
        this.rise = rise
        this.ramp = rise + peak / highest
        this.duration = this.ramp + this.distance / peak
        return this.duration
    }

    /** Where the move is `time` s after its start; before it at rest at 0, after its end at rest at the distance. */
    at(time: number): void {
        const state = this.state
        const duration = this.duration
        if (!(time > 0 && time < duration)) {
            state.position = time >= duration ? this.sign * this.distance : 0
            state.velocity = 0
            state.acceleration = 0
            return
        }
        const back = 2 * time > duration
        const t = back ? duration - time : time
        const a = this.peakAcceleration
        const rise = this.rise
        let position: number
        let velocity: number
        let acceleration: number
        if (t < rise) {
            acceleration = (a * t) / rise
            velocity = 0.5 * acceleration * t
            position = (velocity * t) / 3
        } else if (t < this.ramp - rise) {
            // From the end of the rise on, where velocity is a r / 2 and position a r² / 6.
            const s = t - rise
            acceleration = a
            velocity = a * (0.5 * rise + s)
            position = a * (rise * (rise / 6 + 0.5 * s) + 0.5 * s * s)
        } else if (t < this.ramp) {
            // Backwards from the end of the ramp, where velocity is the peak and position half of both ramps'.
            const s = this.ramp - t
            acceleration = (a * s) / rise
            velocity = this.peakVelocity - 0.5 * acceleration * s
            position = 0.5 * this.peakVelocity * this.ramp - s * (this.peakVelocity - (acceleration * s) / 6)
        } else {
            acceleration = 0
            velocity = this.peakVelocity
            position = this.peakVelocity * (t - 0.5 * this.ramp)
        }
        const sign = this.sign
        state.position = sign * (back ? this.distance - position : position)
        state.velocity = sign * velocity
        state.acceleration = back ? -sign * acceleration : sign * acceleration
    }
}
