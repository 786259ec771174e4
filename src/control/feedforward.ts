import { GAIN_MAX, requireInRange } from './range'

export interface FeedforwardConfig {
    /** Output that overcomes static friction, whatever the speed. */
    readonly ks: number
    /** Output for each rad/s. */
    readonly kv: number
    /** Output for each rad/s². */
    readonly ka: number
}

/** What a motor needs to turn as asked, known beforehand: friction, back-EMF, inertia. Keeps no state. */
export class Feedforward {
    /** @throws RangeError when a gain is negative or not finite */
    constructor(readonly config: FeedforwardConfig) {
        requireInRange('ks', config.ks, 0, GAIN_MAX)
        requireInRange('kv', config.kv, 0, GAIN_MAX)
        requireInRange('ka', config.ka, 0, GAIN_MAX)
    }

    /**
     * ks · sign(velocity) + kv · velocity + ka · acceleration. The sign of 0 is 0; NaN gives NaN.
     *
     * @param velocity setpoint, rad/s (measured velocity would feed noise through the sign)
     * @param acceleration setpoint, rad/s²
     */
    calculate(velocity: number, acceleration = 0): number {
        const config = this.config
        const friction = velocity > 0 ? config.ks : velocity < 0 ? -config.ks : 0
        return friction + config.kv * velocity + config.ka * acceleration
    }
}
