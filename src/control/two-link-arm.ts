import { requireInRange } from './range'
import { atan2, sinCos, sqrt } from './trig'

export interface TwoLinkArmConfig {
    /** From shoulder to elbow, m. */
    readonly upper: number
    /** From elbow to tip, m. */
    readonly fore: number
}

/** Why a point has no joint angles. */
export type Unreachable =
    /** Farther from the shoulder than both links together. */
    | 'too-far'
    /** Nearer to the shoulder than the difference of the links. */
    | 'too-near'
    /** A coordinate is NaN or infinite. */
    | 'not-a-point'

/**
 * A planar arm of two links. The shoulder's angle is from the x axis to the upper link, the elbow's from the upper link's
 * direction to the fore link; both counter-clockwise. The elbow is "up" when its angle is negative: for a point ahead the
 * elbow is then above the line from shoulder to tip.
 */
export class TwoLinkArm {
    /** Result of the last {@link forward}: the tip, m, and its velocity, m/s. */
    readonly tip = { x: 0, y: 0, vx: 0, vy: 0 }
    /** Result of the last {@link inverse} that succeeded, rad. */
    readonly angles = { shoulder: 0, elbow: 0 }
    private readonly pair: number[] = [0, 1]

    /** @throws RangeError when a link is not 1e-4 to 100 m */
    constructor(readonly config: TwoLinkArmConfig) {
        requireInRange('upper', config.upper, 1e-4, 100)
        requireInRange('fore', config.fore, 1e-4, 100)
    }

    /**
     * The tip from the joints.
     *
     * @param shoulder rad
     * @param elbow rad
     * @param shoulderVelocity rad/s
     * @param elbowVelocity rad/s
     * @returns `tip`, overwritten by the next call
     */
    forward(shoulder: number, elbow: number, shoulderVelocity = 0, elbowVelocity = 0): TwoLinkArm['tip'] {
        const { tip, pair } = this
        const { upper, fore } = this.config
        sinCos(shoulder, pair)
        const upperY = upper * pair[0]
        const upperX = upper * pair[1]
        sinCos(shoulder + elbow, pair)
        const foreY = fore * pair[0]
        const foreX = fore * pair[1]
        const both = shoulderVelocity + elbowVelocity
        tip.x = upperX + foreX
        tip.y = upperY + foreY
        tip.vx = -upperY * shoulderVelocity - foreY * both
        tip.vy = upperX * shoulderVelocity + foreX * both
        return tip
    }

    /**
     * The joints for a tip, by the law of cosines: with c the elbow's cosine, elbow = ±atan2(√(1 - c²), c) and shoulder = the
     * tip's direction less that of the tip seen from the upper link. The shoulder's angle is in (-2π, 2π).
     *
     * @param x m
     * @param y m
     * @param elbowUp which of both ways
     * @returns undefined when `angles` hold the answer, else why there is none, and `angles` are left as they were
     */
    inverse(x: number, y: number, elbowUp: boolean): Unreachable | undefined {
        const { upper, fore } = this.config
        const square = x * x + y * y
        if (square - square !== 0) return 'not-a-point'
        const cosine = (square - upper * upper - fore * fore) / (2 * upper * fore)
        // The rim itself is within reach: rounding may take it past ±1.
        if (cosine > 1 + 1e-12) return 'too-far'
        if (cosine < -1 - 1e-12) return 'too-near'
        const c = cosine > 1 ? 1 : cosine < -1 ? -1 : cosine
        const s = elbowUp ? -sqrt(1 - c * c) : sqrt(1 - c * c)
        this.angles.elbow = atan2(s, c)
        this.angles.shoulder = atan2(y, x) - atan2(fore * s, upper + fore * c)
        return undefined
    }
}
