import { requireInRange } from './range'
import { sin, sinCos } from './trig'

export interface MecanumDriveConfig {
    /** m */
    readonly wheelRadius: number
    /** Between the left and right wheels' contact points, m. */
    readonly trackWidth: number
    /** Between the front and rear axles, m. */
    readonly wheelBase: number
}

/** m/s forward, m/s to the left, rad/s counter-clockwise. */
export interface PlanarVelocity {
    forward: number
    left: number
    angular: number
}

/** One number a wheel: rad/s, or rad. All positive when the robot drives forward. */
export interface MecanumWheels {
    frontLeft: number
    frontRight: number
    rearLeft: number
    rearRight: number
}

/**
 * Kinematics and odometry of four mecanum wheels whose rollers, seen from above, form an X: rollers at 45° whose axes point
 * to the middle. With k = (trackWidth + wheelBase) / 2 the wheels' rims move at forward ∓ left ∓ k · angular. Four wheels
 * for three freedoms: the least-squares answer is taken, and what contradicts it is the slip.
 *
 * NaN comes out of the kinematics where it goes in; the odometry drops and counts it.
 */
export class MecanumDrive {
    /** Result of the last {@link forward}, {@link inverse} and {@link update}: m, m, rad (continuous) for the pose. */
    readonly body: PlanarVelocity = { forward: 0, left: 0, angular: 0 }
    readonly wheels: MecanumWheels = { frontLeft: 0, frontRight: 0, rearLeft: 0, rearRight: 0 }
    readonly pose = { x: 0, y: 0, heading: 0, rejected: 0 }
    private readonly reach: number
    private started = false
    private readonly last: MecanumWheels = { frontLeft: 0, frontRight: 0, rearLeft: 0, rearRight: 0 }
    private readonly step: PlanarVelocity = { forward: 0, left: 0, angular: 0 }
    private readonly direction: number[] = [0, 1]

    /** @throws RangeError when a dimension is not 1e-4 to 100 m */
    constructor(readonly config: MecanumDriveConfig) {
        requireInRange('wheelRadius', config.wheelRadius, 1e-4, 100)
        requireInRange('trackWidth', config.trackWidth, 1e-4, 100)
        requireInRange('wheelBase', config.wheelBase, 1e-4, 100)
        this.reach = 0.5 * (config.trackWidth + config.wheelBase)
    }

    /** The body's velocity from the wheels', rad/s. @returns `body`, overwritten by the next call */
    forward(frontLeft: number, frontRight: number, rearLeft: number, rearRight: number): PlanarVelocity {
        this.project(frontLeft, frontRight, rearLeft, rearRight, this.body)
        return this.body
    }

    /**
     * The wheels' speeds for a velocity of the body.
     *
     * @param forward m/s
     * @param left m/s
     * @param angular rad/s
     * @returns `wheels`, rad/s, overwritten by the next call
     */
    inverse(forward: number, left: number, angular: number): MecanumWheels {
        const { wheels, reach } = this
        const perMetre = 1 / this.config.wheelRadius
        const turn = reach * angular
        wheels.frontLeft = (forward - left - turn) * perMetre
        wheels.frontRight = (forward + left + turn) * perMetre
        wheels.rearLeft = (forward + left - turn) * perMetre
        wheels.rearRight = (forward - left + turn) * perMetre
        return wheels
    }

    /**
     * Dead reckoning from the wheels' positions, rad, continuous over turns: exact while the body's velocity is constant within
     * a step. The first positions are where it starts.
     *
     * @returns `pose`
     */
    update(frontLeft: number, frontRight: number, rearLeft: number, rearRight: number): MecanumDrive['pose'] {
        const { pose, last, step, direction } = this
        const sum = frontLeft + frontRight + rearLeft + rearRight
        if (sum - sum !== 0) {
            pose.rejected++
            return pose
        }
        if (this.started) {
            this.project(
                frontLeft - last.frontLeft,
                frontRight - last.frontRight,
                rearLeft - last.rearLeft,
                rearRight - last.rearRight,
                step,
            )
            // Both ways of the step are arcs about one centre: chord over arc is sin(half) / half.
            const half = 0.5 * step.angular
            const small = half < 1e-4 && half > -1e-4
            const chord = small ? 1 - (half * half) / 6 : sin(half) / half
            sinCos(pose.heading + half, direction)
            pose.x += chord * (step.forward * direction[1] - step.left * direction[0])
            pose.y += chord * (step.forward * direction[0] + step.left * direction[1])
            pose.heading += step.angular
        }
        this.started = true
        last.frontLeft = frontLeft
        last.frontRight = frontRight
        last.rearLeft = rearLeft
        last.rearRight = rearRight
        return pose
    }

    /** Starts anew at a pose (m, m, rad); the next wheel positions are where it starts. */
    reset(x = 0, y = 0, heading = 0): void {
        this.pose.x = x
        this.pose.y = y
        this.pose.heading = heading
        this.pose.rejected = 0
        this.started = false
    }

    private project(fl: number, fr: number, rl: number, rr: number, body: PlanarVelocity): void {
        const quarter = 0.25 * this.config.wheelRadius
        body.forward = quarter * (fl + fr + rl + rr)
        body.left = quarter * (fr - fl + rl - rr)
        body.angular = (quarter * (fr - fl - rl + rr)) / this.reach
    }
}
