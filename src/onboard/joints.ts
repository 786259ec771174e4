import { trackingGains } from '../control/velocity-estimator'
import { JointMode } from '../protocol/state'
import { SETPOINT_SCALE } from '../protocol/setpoint'
import { SETPOINT_OFF } from '../protocol/telemetry'
import type { JointConfig } from './robot-config'

const PI = Math.PI
const TWO_PI = 2 * Math.PI
/** Position limit of a joint that has none, rad. */
const UNLIMITED = 1e9

/**
 * All joints, as arrays beside each other: entry i of each belongs to joint i. The tick's stages loop over them; an
 * array element costs no more than a local there, a call fifty times as much.
 */
export class Joints {
    readonly count: number
    /** Consecutive ticks without a valid reading. */
    readonly missed: number[] = []
    /** Estimate: rad, rad/s. */
    readonly position: number[] = []
    readonly velocity: number[] = []
    /** `JointMode`, and the setpoint in its unit. */
    readonly mode: number[] = []
    readonly setpoint: number[] = []
    /** The setpoint as telemetry carries it: counts of 1e-4, {@link SETPOINT_OFF} when off. */
    readonly wireSetpoint: number[] = []
    /** Feedforward of a velocity setpoint, duty. */
    readonly feedforward: number[] = []
    /** In position mode, the velocity with which the setpoint moves, rad/s. */
    readonly velocityAhead: number[] = []
    /** Integral part of the velocity loop, duty. */
    readonly integral: number[] = []
    /** Motor duty, -1 to 1. */
    readonly effort: number[] = []

    readonly kpPosition: number[] = []
    readonly kp: number[] = []
    readonly ks: number[] = []
    readonly kv: number[] = []
    readonly velocityLimit: number[] = []
    readonly effortLimit: number[] = []
    /** Lowest and highest setpoint of joint i in mode m: entry m · count + i. */
    readonly lowest: number[] = []
    readonly highest: number[] = []

    /** Joint radians for each radian of the encoder, signed. */
    readonly scale: number[] = []
    /** Observer gains: what of the position error one tick moves the position (1) and the velocity (1/s) by. */
    readonly observerPosition: number[] = []
    readonly observerVelocity: number[] = []
    /** Integral gain times the period: duty for each rad/s of error at one tick. */
    readonly kiTick: number[] = []
    /** Last valid reading, rad, and the joint's position by it and the turns before, rad. */
    readonly lastReading: number[] = []
    readonly measured: number[] = []
    /** Square of the innovation, rad², from which on a reading is impossible. */
    readonly jumpSquare: number[] = []
    /** Joints whose reading of this tick was impossible and dropped, bit i for joint i. */
    suspect = 0

    /**
     * @param reading what each encoder read at this tick, rad in [0, 2π)
     * @param dt period of the tick, s
     */
    constructor(
        readonly config: readonly JointConfig[],
        readonly reading: number[],
        dt: number,
    ) {
        this.count = config.length
        for (let mode = JointMode.Off; mode <= JointMode.Position; mode++) {
            for (const joint of config) {
                this.lowest.push(lowest(joint, mode))
                this.highest.push(highest(joint, mode))
            }
        }
        const tracking = { position: 0, velocity: 0 }
        for (const joint of config) {
            this.missed.push(0)
            this.position.push(0)
            this.velocity.push(0)
            this.mode.push(JointMode.Off)
            this.setpoint.push(0)
            this.integral.push(0)
            this.feedforward.push(0)
            this.velocityAhead.push(0)
            this.wireSetpoint.push(SETPOINT_OFF)
            this.effort.push(0)
            this.kpPosition.push(joint.gains.kpPosition)
            this.kp.push(joint.gains.kp)
            this.kiTick.push(joint.gains.ki * dt)
            this.ks.push(joint.gains.ks)
            this.kv.push(joint.gains.kv)
            this.velocityLimit.push(joint.velocityLimit)
            this.effortLimit.push(joint.effortLimit)
            this.scale.push(joint.encoder.direction / joint.encoder.ratio)
            trackingGains(joint.encoder.observerBandwidth, dt, tracking)
            this.observerPosition.push(tracking.position)
            this.observerVelocity.push(tracking.velocity)
            this.lastReading.push(0)
            this.measured.push(0)
            const jump = joint.monitors?.jump ?? UNLIMITED
            this.jumpSquare.push(jump * jump)
        }
    }
}

function lowest(joint: JointConfig, mode: number): number {
    return mode === JointMode.Position ? (joint.positionMin ?? -UNLIMITED) : -highest(joint, mode)
}

function highest(joint: JointConfig, mode: number): number {
    if (mode === JointMode.Off) return 0
    if (mode === JointMode.Effort) return joint.effortLimit
    if (mode === JointMode.Velocity) return joint.velocityLimit
    return joint.positionMax ?? UNLIMITED
}

/**
 * Position and velocity of every joint from its encoder's reading: unwrapped over turns, then a tracking loop of second
 * order (predict by the velocity, correct by the position error). A reading that is too far from the prediction is dropped.
 *
 * @param dt since the estimate before, s: as the clock tells, for a tick that starts 3 ms late sees a joint that has turned
 *   3 ms further. The gains of the correction are those of the nominal period.
 *
 * @inline
 */
export function estimateJoints(joints: Joints, dt: number): void {
    const { position, velocity, measured, reading, lastReading, jumpSquare, count } = joints
    joints.suspect = 0
    for (let i = 0; i < count; i++) {
        const speed = velocity[i]
        const predicted = position[i] + speed * dt
        const angle = reading[i]
        let step = angle - lastReading[i]
        // The way from the last reading to this one is the short way round.
        if (step >= PI) step -= TWO_PI
        else if (step < -PI) step += TWO_PI
        const now = measured[i] + step * joints.scale[i]
        const error = now - predicted
        // Turned round, so that what is not a number is dropped too.
        if (!(error * error <= jumpSquare[i])) {
            joints.suspect |= 1 << i
            position[i] = predicted
            continue
        }
        lastReading[i] = angle
        measured[i] = now
        position[i] = predicted + joints.observerPosition[i] * error
        velocity[i] = speed + joints.observerVelocity[i] * error
    }
}

/**
 * Stands in for a reading that failed: what the encoder would have read had the joint kept its speed, so that the estimate
 * coasts. Called before {@link estimateJoints}.
 *
 * @inline
 */
export function coastJoint(joints: Joints, i: number, dt: number): void {
    let reading = joints.lastReading[i] + (joints.velocity[i] * dt) / joints.scale[i]
    if (reading < 0) reading += TWO_PI
    else if (reading >= TWO_PI) reading -= TWO_PI
    joints.reading[i] = reading
}

/** Takes the encoders' readings as they are for the joints' positions, at rest: before the first tick. */
export function startJoints(joints: Joints): void {
    for (let i = 0; i < joints.count; i++) startJoint(joints, i)
}

/**
 * A joint is where its encoder says, at rest. Of the positions that a reading may mean, the one nearest to 0 is taken: a joint
 * just below 0 is not a turn above it.
 */
function startJoint(joints: Joints, i: number): void {
    let angle = joints.reading[i] - joints.config[i].encoder.zeroOffset
    if (angle >= PI) angle -= TWO_PI
    else if (angle < -PI) angle += TWO_PI
    joints.lastReading[i] = joints.reading[i]
    joints.measured[i] = angle * joints.scale[i]
    joints.position[i] = joints.measured[i]
    joints.velocity[i] = 0
}

/**
 * Believes an encoder again that has told impossible things for too long. A joint with a range is where the encoder says; one
 * that turns without end goes on from the position that it has, because what it turned meanwhile is not known.
 */
export function reseatJoint(joints: Joints, i: number): void {
    const position = joints.position[i]
    startJoint(joints, i)
    if (joints.config[i].kind === 'continuous') joints.position[i] = joints.measured[i] = position
}

/**
 * Motor duty of every joint from its setpoint: position loop (P) into velocity loop (PI with feedforward) into effort,
 * each limited. The integral holds still while the output is at its limit and the error pushes further, which bounds it.
 * The same arithmetic as `Pid` with `Feedforward`; a test holds them equal to the bit.
 *
 * @inline
 */
export function controlJoints(joints: Joints): void {
    const { effort, integral, count } = joints
    for (let i = 0; i < count; i++) {
        const mode = joints.mode[i]
        const limit = joints.effortLimit[i]
        if (mode < JointMode.Velocity) {
            let duty = mode === JointMode.Effort ? joints.setpoint[i] : 0
            if (duty > limit) duty = limit
            else if (duty < -limit) duty = -limit
            effort[i] = duty
            integral[i] = 0
        } else {
            let goal = joints.setpoint[i]
            let feedforward = joints.feedforward[i]
            if (mode === JointMode.Position) {
                goal = joints.kpPosition[i] * (goal - joints.position[i]) + joints.velocityAhead[i]
                const fastest = joints.velocityLimit[i]
                if (goal > fastest) goal = fastest
                else if (goal < -fastest) goal = -fastest
                feedforward = joints.kv[i] * goal
                if (goal > 0) feedforward += joints.ks[i]
                else if (goal < 0) feedforward -= joints.ks[i]
            }
            const error = goal - joints.velocity[i]
            const increment = joints.kiTick[i] * error
            const sum = integral[i] + increment
            const duty = joints.kp[i] * error + sum + feedforward
            if (duty > limit) {
                effort[i] = limit
                if (increment < 0) integral[i] = sum
            } else if (duty < -limit) {
                effort[i] = -limit
                if (increment > 0) integral[i] = sum
            } else {
                effort[i] = duty
                integral[i] = sum
            }
        }
    }
}

/**
 * Gives a joint a setpoint, limited, and with it what the tick would otherwise work out anew each time. A change of mode is
 * bumpless: the velocity loop starts as though its goal were the velocity that the joint has, with the duty that it has. What
 * the output jumps by is then what the new setpoint asks for. An off joint starts with nothing.
 *
 * @param counts the setpoint as it came over the wire, {@link SETPOINT_SCALE} each
 *
 * @inline
 */
export function setJoint(joints: Joints, i: number, mode: number, counts: number): void {
    const entry = mode * joints.count + i
    let setpoint = counts * SETPOINT_SCALE
    if (setpoint > joints.highest[entry]) setpoint = joints.highest[entry]
    else if (setpoint < joints.lowest[entry]) setpoint = joints.lowest[entry]
    const before = joints.mode[i]
    if (before !== mode) {
        joints.mode[i] = mode
        if (before === JointMode.Off) joints.integral[i] = 0
        else if (mode >= JointMode.Velocity) {
            const velocity = joints.velocity[i]
            let integral = joints.effort[i] - joints.kv[i] * velocity
            if (velocity > 0) integral -= joints.ks[i]
            else if (velocity < 0) integral += joints.ks[i]
            const limit = joints.effortLimit[i]
            joints.integral[i] = integral > limit ? limit : integral < -limit ? -limit : integral
        }
    }
    joints.setpoint[i] = setpoint
    let feedforward = joints.kv[i] * setpoint
    if (setpoint > 0) feedforward += joints.ks[i]
    else if (setpoint < 0) feedforward -= joints.ks[i]
    joints.feedforward[i] = feedforward
    joints.velocityAhead[i] = 0
    joints.wireSetpoint[i] = mode === JointMode.Off ? SETPOINT_OFF : counts
}
