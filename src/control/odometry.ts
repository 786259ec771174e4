import { requireInRange } from './range'
import { sin, sinCos } from './trig'
import type { DifferentialDriveConfig } from './differential-drive'

/** Position of the body between its wheels in the frame where it started (REP-103). */
export interface Pose {
    /** m */
    x: number
    /** m */
    y: number
    /** rad, counter-clockwise, continuous over turns */
    heading: number
}

/**
 * Dead reckoning from the positions of two wheels. The heading comes from the whole travel of both wheels since the start,
 * so rounding does not add up in it; x and y add the chord of each step's arc, which is exact while the wheels keep a
 * constant ratio of speeds within the step.
 *
 * The first wheel positions are where it starts. A position that is NaN or infinite is counted; the next good one brings
 * the travel of the gap, as one arc.
 */
export class Odometry {
    readonly state: Pose & { rejected: number } = { x: 0, y: 0, heading: 0, rejected: 0 }
    private readonly halfRadius: number
    private readonly headingPerRad: number
    private started = false
    private startDifference = 0
    private startHeading = 0
    private previousSum = 0
    private readonly direction: number[] = [0, 1]

    /** @throws RangeError when a dimension is not 1e-4 to 100 m */
    constructor(readonly config: DifferentialDriveConfig) {
        requireInRange('wheelRadius', config.wheelRadius, 1e-4, 100)
        requireInRange('trackWidth', config.trackWidth, 1e-4, 100)
        this.halfRadius = 0.5 * config.wheelRadius
        this.headingPerRad = config.wheelRadius / config.trackWidth
    }

    /**
     * @param left position of the left wheel, rad, continuous over turns
     * @param right position of the right wheel, rad
     * @returns `state`
     */
    update(left: number, right: number): Pose {
        const state = this.state
        const sum = left + right
        const difference = right - left
        if (sum - sum !== 0) {
            state.rejected++
            return state
        }
        if (!this.started) {
            this.started = true
            this.startDifference = difference
            this.previousSum = sum
            return state
        }
        const heading = this.startHeading + (difference - this.startDifference) * this.headingPerRad
        const half = 0.5 * (heading - state.heading)
        // Chord of the arc: its length times sin(half) / half, by its series (within 3e-14) while the turn is small.
        let chord = (sum - this.previousSum) * this.halfRadius
        if (half < 0.1 && half > -0.1) {
            const z = half * half
            chord *= 1 - (z / 6) * (1 - (z / 20) * (1 - z / 42))
        } else {
            chord *= sin(half) / half
        }
        sinCos(state.heading + half, this.direction)
        state.x += chord * this.direction[1]
        state.y += chord * this.direction[0]
        state.heading = heading
        this.previousSum = sum
        return state
    }

    /** Starts anew at a pose (m, m, rad); the next wheel positions are where it starts. */
    reset(x = 0, y = 0, heading = 0): void {
        const state = this.state
        state.x = x
        state.y = y
        state.heading = heading
        state.rejected = 0
        this.startHeading = heading
        this.started = false
    }
}
