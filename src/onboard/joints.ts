import { trackingGains } from '../control/velocity-estimator'
import { JointMode } from '../protocol/state'
import { SETPOINT_SCALE } from '../protocol/setpoint'
import { SETPOINT_OFF } from '../protocol/telemetry'
import type { JointConfig } from './robot-config'

const PI = Math.PI
const TWO_PI = 2 * Math.PI
/** Position limit of a joint that has none, rad. */
export const UNLIMITED = 1e9

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

    // Parameters, in the units of `RobotConfig`. After a change of those that something is derived from, see `derive`.
    readonly kpPosition: number[] = []
    readonly kp: number[] = []
    readonly ki: number[] = []
    readonly ks: number[] = []
    readonly kv: number[] = []
    readonly velocityLimit: number[] = []
    readonly effortLimit: number[] = []
    readonly positionMin: number[] = []
    readonly positionMax: number[] = []
    readonly observerBandwidth: number[] = []
    readonly encoderDirection: number[] = []
    readonly encoderRatio: number[] = []
    readonly zeroOffset: number[] = []
    readonly motorDirection: number[] = []

    // Derived from them.
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

    /**
     * @param reading what each encoder read at this tick, rad in [0, 2π)
     * @param dt period of the tick, s
     */
    constructor(
        readonly config: readonly JointConfig[],
        readonly reading: number[],
        private readonly dt: number,
    ) {
        this.count = config.length
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
            this.ki.push(joint.gains.ki)
            this.ks.push(joint.gains.ks)
            this.kv.push(joint.gains.kv)
            this.velocityLimit.push(joint.velocityLimit)
            this.effortLimit.push(joint.effortLimit)
            this.positionMin.push(joint.positionMin ?? -UNLIMITED)
            this.positionMax.push(joint.positionMax ?? UNLIMITED)
            this.observerBandwidth.push(joint.encoder.observerBandwidth)
            this.encoderDirection.push(joint.encoder.direction)
            this.encoderRatio.push(joint.encoder.ratio)
            this.zeroOffset.push(joint.encoder.zeroOffset)
            this.motorDirection.push(joint.motor.direction)
            this.lastReading.push(0)
            this.measured.push(0)
        }
        for (let i = 0; i < this.count; i++) this.derive(i)
    }

    /** Works out anew what follows from joint i's parameters. */
    derive(i: number): void {
        const { count, lowest, highest } = this
        const tracking = { position: 0, velocity: 0 }
        trackingGains(this.observerBandwidth[i], this.dt, tracking)
        this.observerPosition[i] = tracking.position
        this.observerVelocity[i] = tracking.velocity
        this.kiTick[i] = this.ki[i] * this.dt
        this.scale[i] = this.encoderDirection[i] / this.encoderRatio[i]
        lowest[i] = highest[i] = 0
        highest[count + i] = this.effortLimit[i]
        highest[2 * count + i] = this.velocityLimit[i]
        highest[3 * count + i] = this.positionMax[i]
        lowest[count + i] = -this.effortLimit[i]
        lowest[2 * count + i] = -this.velocityLimit[i]
        lowest[3 * count + i] = this.positionMin[i]
    }
}

/**
 * Position and velocity of every joint from its encoder's reading: unwrapped over turns, then a tracking loop of second
 * order (predict by the velocity, correct by the position error).
 *
 * @param dt since the estimate before, s: as the clock tells, for a tick that starts 3 ms late sees a joint that has turned
 *   3 ms further. The gains of the correction are those of the nominal period.
 *
 * @inline
 */
export function estimateJoints(joints: Joints, dt: number): void {
    const { position, velocity, measured, reading, lastReading, count } = joints
    for (let i = 0; i < count; i++) {
        const speed = velocity[i]
        const predicted = position[i] + speed * dt
        const angle = reading[i]
        let step = angle - lastReading[i]
        // The way from the last reading to this one is the short way round.
        if (step >= PI) step -= TWO_PI
        else if (step < -PI) step += TWO_PI
        lastReading[i] = angle
        const now = measured[i] + step * joints.scale[i]
        const error = now - predicted
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

/**
 * Takes the encoders' readings as they are for the joints' positions, at rest: before the first tick. Of the positions that
 * a reading may mean, the one nearest to 0 is taken: a joint just below 0 is not a turn above it.
 *
 * @inline
 */
export function startJoints(joints: Joints): void {
    for (let i = 0; i < joints.count; i++) startJoint(joints, i)
}

/** The same for one joint, also when its zero, direction or ratio has changed. */
export function startJoint(joints: Joints, i: number): void {
    let angle = joints.reading[i] - joints.zeroOffset[i]
    if (angle >= PI) angle -= TWO_PI
    else if (angle < -PI) angle += TWO_PI
    joints.lastReading[i] = joints.reading[i]
    joints.measured[i] = angle * joints.scale[i]
    joints.position[i] = joints.measured[i]
    joints.velocity[i] = 0
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
 * Gives a joint a setpoint, limited, and with it what the tick would otherwise work out anew each time. A change of mode
 * forgets the integral.
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
    if (joints.mode[i] !== mode) {
        joints.integral[i] = 0
        joints.mode[i] = mode
    }
    joints.setpoint[i] = setpoint
    let feedforward = joints.kv[i] * setpoint
    if (setpoint > 0) feedforward += joints.ks[i]
    else if (setpoint < 0) feedforward -= joints.ks[i]
    joints.feedforward[i] = feedforward
    joints.velocityAhead[i] = 0
    joints.wireSetpoint[i] = mode === JointMode.Off ? SETPOINT_OFF : counts
}

/** What joint i's velocity loop puts out now, duty: what must stay the same when a gain changes. As {@link controlJoints}. */
export function loopOutput(joints: Joints, i: number): number {
    const limit = joints.effortLimit[i]
    let goal = joints.setpoint[i]
    if (joints.mode[i] === JointMode.Position) {
        const fastest = joints.velocityLimit[i]
        goal = clamp(joints.kpPosition[i] * (goal - joints.position[i]), fastest)
    }
    const friction = goal > 0 ? joints.ks[i] : goal < 0 ? -joints.ks[i] : 0
    const error = goal - joints.velocity[i]
    return clamp(joints.kp[i] * error + joints.integral[i] + joints.kv[i] * goal + friction, limit)
}

function clamp(value: number, limit: number): number {
    return Math.max(-limit, Math.min(limit, value))
}

/**
 * Joint i's parameters have changed: derives what follows from them, brings its setpoint within its limits, and lets the
 * integral take up what the change of a gain would make the output jump by. A joint without integral gain has no such place.
 *
 * @param before its {@link loopOutput} before the change
 */
export function adoptJoint(joints: Joints, i: number, before: number): void {
    joints.derive(i)
    const mode = joints.mode[i]
    if (mode === JointMode.Off) return
    const setpoint = joints.setpoint[i]
    setJoint(joints, i, mode, joints.wireSetpoint[i])
    // A setpoint that a limit has moved is meant to be felt.
    if (mode === JointMode.Effort || joints.ki[i] === 0 || joints.setpoint[i] !== setpoint) return
    const limit = joints.effortLimit[i]
    joints.integral[i] = clamp(joints.integral[i] + clamp(before, limit) - loopOutput(joints, i), limit)
}
