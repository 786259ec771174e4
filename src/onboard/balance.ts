import type { Joints } from './joints'
import type { BalanceConfig } from './robot-config'

const STANDARD_GRAVITY = 9.80665 // m/s²
/** How long the estimate takes from power-on until it may be trusted: five of its time constants at rest, s. */
const SETTLING = 3
/**
 * Pull of the estimate towards the accelerometer's vertical, 1/s, and learning of the gyroscope's bias, 1/s². Held by hand, time
 * constants of 1 s (critically damped: bias = pull² / 4). Balancing, the accelerometer feels every push of the wheels, so that
 * only its mean counts: 10 s.
 */
const PULL_HELD = 2
const PULL_BALANCING = 0.2

/** Full duty for longer than this, ticks, catches nothing any more: a lost IMU, a wheel off the ground, a wall. */
const STRAINED_TICKS = 12

/**
 * Wheels that gain more than 3 rad/s while the body's rate stays within 0.03 rad/s, seen at more than two ticks: the IMU stands
 * still, whatever noise it goes on with, because wheels that push turn the body. Driven and pushed, the simulated robot gains up to
 * 1.8 rad/s within such a band, and once 2.96 rad/s for two ticks of a push.
 */
const RUNAWAY_SQUARE = 3 * 3
const STILL_SQUARE = 0.03 * 0.03
const AWAY_TICKS = 2
/** A rate that no body has, rad/s: the band begins anew. */
const NOT_YET = 1e3

/** Scale of the IMU's counts. */
interface Scale {
    /** m/s² a count */
    readonly accelerationPerCount: number
    /** rad/s a count */
    readonly angularVelocityPerCount: number
}

/**
 * Keeps a robot on two wheels upright: estimates its pitch (positive: leaning forward) from the IMU at every tick, and gives both
 * wheels their duty by state feedback. Derivation and gains: `docs/balancer.md`.
 *
 * The wheels' encoders sit in the body and so measure the wheels against it: a wheel's speed over the ground is the encoder's
 * and the pitch rate.
 */
export class Balance {
    /** rad, rad/s */
    pitch = 0
    pitchRate = 0
    /** Of the gyroscope, rad/s. */
    bias = 0
    /** It leans too far to be caught, or full duty does not catch it. */
    tilted = false
    /** Both wheels together: what is asked for by now, rad/s, and how far they are ahead of what was asked for, rad. */
    goal = 0
    travel = 0
    /** Integral of the turning loop, duty. */
    turning = 0

    private readonly tick: number
    private readonly ratePerCount: number
    private readonly gravityPerCount: number
    private readonly goalStep: number
    private readonly kiTurn: number
    private readonly tiltLimit: number
    private readonly effortLimit: number
    /** Last valid sample of the gyroscope, rad/s. */
    private measuredRate = 0
    /** Gains of the estimate for one tick: 1, and 1/s. */
    private pull = 0
    private learn = 0
    /** Ticks in a row at full duty. */
    private strained = 0
    /** The body's rate at the beginning of the band, and how far the wheels were ahead then, both rad/s. */
    private stillRate = NOT_YET
    private stillAhead = 0
    /** Ticks since then at which the wheels had gained too much. */
    private away = 0
    /** Ticks until the estimate is trusted. */
    private unsettled: number

    /**
     * @param left index of the left wheel's joint
     * @param right index of the right wheel's joint
     * @param effortLimit of both wheels, duty
     * @param dt period of the tick, s
     */
    constructor(
        readonly config: BalanceConfig,
        scale: Scale,
        private readonly left: number,
        private readonly right: number,
        effortLimit: number,
        dt: number,
    ) {
        this.tick = dt
        this.ratePerCount = scale.angularVelocityPerCount
        this.gravityPerCount = scale.accelerationPerCount / STANDARD_GRAVITY
        this.goalStep = config.acceleration * dt
        this.kiTurn = config.gains.kiTurn * dt
        this.tiltLimit = config.tiltLimit
        this.effortLimit = effortLimit
        this.unsettled = SETTLING / dt
        this.rest()
    }

    /** Whether the estimate may be trusted by now. @inline */
    settled(): boolean {
        return this.unsettled <= 0
    }

    /** Whether it may begin to balance: known to be near upright, and held still. @inline */
    upright(): boolean {
        const { armTilt, armRate } = this.config
        const near = this.pitch < armTilt && this.pitch > -armTilt
        const still = this.pitchRate < armRate && this.pitchRate > -armRate
        return near && still && this.settled()
    }

    /** The motors are on from now on. */
    start(): void {
        this.pull = PULL_BALANCING * this.tick
        this.learn = (PULL_BALANCING * PULL_BALANCING * this.tick) / 4
        this.goal = 0
        this.travel = 0
        this.turning = 0
        this.stillRate = NOT_YET
    }

    /** The motors are off: held by hand, or lying. */
    rest(): void {
        this.pull = PULL_HELD * this.tick
        this.learn = (PULL_HELD * PULL_HELD * this.tick) / 4
        // What it believed of its tilt was wrong, it seems.
        if (this.strained > STRAINED_TICKS) this.unsettled = SETTLING / this.tick
    }

    /**
     * One tick's estimate: turned by the gyroscope, pulled towards the accelerometer. Leaning by p, at rest, the accelerometer shows
     * -g sin p forward and g cos p up; with q the estimate, what it shows forward plus q times what it shows up is g (q - p) to
     * third order. Without a valid sample the last rate goes on.
     *
     * @param frame the IMU's: i16, gyroscope x, y, z, accelerometer x, y, z
     * @param dt since the estimate before, s
     *
     * @inline
     */
    estimate(frame: Buffer, valid: boolean, dt: number): void {
        if (valid) this.measuredRate = frame.getAt(2, 'i16') * this.ratePerCount
        const rate = this.measuredRate - this.bias
        let pitch = this.pitch + rate * dt
        if (valid) {
            const error = (frame.getAt(6, 'i16') + pitch * frame.getAt(10, 'i16')) * this.gravityPerCount
            pitch -= this.pull * error
            this.bias += this.learn * error
        }
        this.pitch = pitch
        this.pitchRate = rate
        this.tilted = pitch > this.tiltLimit || pitch < -this.tiltLimit || this.strained > STRAINED_TICKS
        if (this.unsettled > 0) this.settle()
    }

    private settle(): void {
        this.unsettled--
        if (this.unsettled <= 0) this.strained = 0
    }

    private runAway(): void {
        this.away++
        if (this.away > AWAY_TICKS) this.strained = STRAINED_TICKS + 1
    }

    /**
     * One tick's duties. Pushing the wheels forward, under the body, when it leans, falls or runs ahead; the setpoints' mean, at a
     * limited acceleration, is what the wheels' speed is compared with, their difference what turns it. Balance comes first: what
     * is left of the motors' duty turns.
     *
     * @inline
     */
    control(joints: Joints, dt: number): void {
        const { setpoint, velocity, effort } = joints
        const left = this.left
        const right = this.right
        const gains = this.config.gains
        const step = this.goalStep
        const limit = this.effortLimit
        const leftSetpoint = setpoint[left]
        const rightSetpoint = setpoint[right]
        const leftVelocity = velocity[left]
        const rightVelocity = velocity[right]

        let goal = this.goal
        const change = 0.5 * (leftSetpoint + rightSetpoint) - goal
        goal += change > step ? step : change < -step ? -step : change
        this.goal = goal
        const rate = this.pitchRate
        const ahead = 0.5 * (leftVelocity + rightVelocity) + rate - goal
        let travel = this.travel + ahead * dt
        const travelLimit = this.config.travelLimit
        if (travel > travelLimit) travel = travelLimit
        else if (travel < -travelLimit) travel = -travelLimit
        this.travel = travel
        let push = gains.kPitch * this.pitch + gains.kRate * rate + gains.kSpeed * ahead + gains.kTravel * travel
        this.strained++
        if (push > limit) push = limit
        else if (push < -limit) push = -limit
        else this.strained = 0
        const turned = rate - this.stillRate
        if (turned * turned > STILL_SQUARE) {
            this.stillRate = rate
            this.stillAhead = ahead
            this.away = 0
        } else {
            const gained = ahead - this.stillAhead
            if (gained * gained > RUNAWAY_SQUARE) this.runAway()
        }

        const room = this.config.turnLimit
        const slow = 0.5 * (rightSetpoint - leftSetpoint - rightVelocity + leftVelocity)
        const sum = this.turning + this.kiTurn * slow
        let turn = gains.kpTurn * slow + sum
        if (turn > room) turn = room
        else if (turn < -room) turn = -room
        else this.turning = sum
        const leftDuty = push - turn
        const rightDuty = push + turn
        effort[left] = leftDuty > limit ? limit : leftDuty < -limit ? -limit : leftDuty
        effort[right] = rightDuty > limit ? limit : rightDuty < -limit ? -limit : rightDuty
    }
}
