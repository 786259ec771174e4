import { requireInRange } from './range'

export interface DifferentialDriveConfig {
    /** m */
    readonly wheelRadius: number
    /** Distance between the wheels' contact points, m. */
    readonly trackWidth: number
}

/** Velocity of the body between its wheels: m/s forward, rad/s counter-clockwise. */
export interface BodyVelocity {
    linear: number
    angular: number
}

/** rad/s of each wheel; both are positive when the robot drives forward. */
export interface WheelSpeeds {
    left: number
    right: number
}

/** Kinematics of two driven wheels on one axle. NaN comes out where it goes in. */
export class DifferentialDrive {
    /** Result of the last {@link forward}. */
    readonly body: BodyVelocity = { linear: 0, angular: 0 }
    /** Result of the last {@link inverse}. */
    readonly wheels: WheelSpeeds = { left: 0, right: 0 }

    /** @throws RangeError when a dimension is not 1e-4 to 100 m */
    constructor(readonly config: DifferentialDriveConfig) {
        requireInRange('wheelRadius', config.wheelRadius, 1e-4, 100)
        requireInRange('trackWidth', config.trackWidth, 1e-4, 100)
    }

    /**
     * The body's velocity from the wheels'.
     *
     * @param left rad/s
     * @param right rad/s
     * @returns `body`, overwritten by the next call
     */
    forward(left: number, right: number): BodyVelocity {
        const { wheelRadius, trackWidth } = this.config
        this.body.linear = 0.5 * wheelRadius * (right + left)
        this.body.angular = (wheelRadius * (right - left)) / trackWidth
        return this.body
    }

    /**
     * The wheels' speeds for a velocity of the body.
     *
     * @param linear m/s
     * @param angular rad/s
     * @returns `wheels`, overwritten by the next call
     */
    inverse(linear: number, angular: number): WheelSpeeds {
        const { wheelRadius, trackWidth } = this.config
        const difference = 0.5 * trackWidth * angular
        this.wheels.left = (linear - difference) / wheelRadius
        this.wheels.right = (linear + difference) / wheelRadius
        return this.wheels
    }

    reset(): void {
        this.body.linear = 0
        this.body.angular = 0
        this.wheels.left = 0
        this.wheels.right = 0
    }
}

/**
 * Slows both wheels by the same factor until neither is faster than `limit`: the robot keeps its path and takes longer.
 * Limiting each by itself would bend the path.
 *
 * @param limit rad/s, 0 or more
 */
export function limitWheelSpeeds(wheels: WheelSpeeds, limit: number): void {
    const left = wheels.left < 0 ? -wheels.left : wheels.left
    const right = wheels.right < 0 ? -wheels.right : wheels.right
    const fastest = left > right ? left : right
    if (!(fastest > limit)) return
    // The faster wheel gets the limit itself, not what a division and a product make of it.
    const scale = limit / fastest
    wheels.left = left === fastest ? (wheels.left < 0 ? -limit : limit) : wheels.left * scale
    wheels.right = right === fastest ? (wheels.right < 0 ? -limit : limit) : wheels.right * scale
}
