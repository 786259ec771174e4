import { trackingGains } from '../control/velocity-estimator'
import { JointMode } from '../protocol/state'
import { SETPOINT_SCALE } from '../protocol/setpoint'
import { SETPOINT_OFF } from '../protocol/telemetry'
import { JOINT_PARAMETERS, JointParameter, jointParameters } from './joint-parameters'
import type { JointConfig } from './robot-config'

const PI = Math.PI
const TWO_PI = 2 * Math.PI
/** Every joint, as bits. */
const ALL = 0xff
/** Of a joint whose readings are taken as they are, rad². */
const NO_JUMP = 1e18
/** `JointMode` has so many. */
const MODES = 4

/**
 * All joints, as arrays beside each other: entry i of each belongs to joint i. The tick's stages loop over them; an
 * array element costs no more than a local there, a call fifty times as much.
 */
export class Joints {
    readonly count: number
    /** `joint-parameters.ts` */
    readonly parameters: number[]
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

    // What the tick makes of the joints' parameters: {@link deriveJoints}.
    /** Lowest and highest setpoint of joint i in mode m: entry m · count + i. */
    readonly lowest: number[] = []
    readonly highest: number[] = []
    readonly kpPosition: number[] = []
    readonly kp: number[] = []
    readonly ks: number[] = []
    readonly kv: number[] = []
    readonly velocityLimit: number[] = []
    readonly effortLimit: number[] = []
    readonly motorDirection: number[] = []
    /** Joint radians for each radian of the encoder, signed. */
    readonly scale: number[] = []
    /** Observer's bandwidth, rad/s, and what follows from it: what of the position error one tick moves the position (1) and the velocity (1/s) by. */
    readonly bandwidth: number[] = []
    readonly observerPosition: number[] = []
    readonly observerVelocity: number[] = []
    /** Integral gain times the period: duty for each rad/s of error at one tick. */
    readonly kiTick: number[] = []
    /** Last valid reading, rad, and the joint's position by it and the turns before, rad. */
    readonly lastReading: number[] = []
    readonly measured: number[] = []
    /** Square of how far a reading may be off what the joint's speed makes expect, rad², and the joints of which it was farther. */
    readonly jumpSquare: number[] = []
    /** Bit i for joint i. */
    jumped = 0

    /**
     * @param reading what each encoder read at this tick, rad in [0, 2π)
     * @param dt period of the tick, s
     */
    constructor(
        config: readonly JointConfig[],
        readonly reading: number[],
        readonly dt: number,
    ) {
        this.parameters = jointParameters(config)
        this.count = config.length
        for (let k = 0; k < MODES * config.length; k++) {
            this.lowest.push(0)
            this.highest.push(0)
        }
        for (let i = 0; i < config.length; i++) {
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
            this.kpPosition.push(0)
            this.kp.push(0)
            this.kiTick.push(0)
            this.ks.push(0)
            this.kv.push(0)
            this.velocityLimit.push(0)
            this.effortLimit.push(0)
            this.motorDirection.push(0)
            // Until the parameters are derived: what divides by it must not make the position of a robot that did not start NaN.
            this.scale.push(1)
            this.bandwidth.push(0)
            this.observerPosition.push(0)
            this.observerVelocity.push(0)
            this.lastReading.push(0)
            this.measured.push(0)
            this.jumpSquare.push(NO_JUMP)
        }
    }
}

/**
 * Works out what follows from the joints' parameters. Called when one has changed.
 *
 * @param which bit i: joint i
 */
export function deriveJoints(joints: Joints, which = ALL): void {
    const { parameters, count, lowest, highest } = joints
    const tracking = { position: 0, velocity: 0 }
    for (let i = 0; i < count; i++) {
        if ((which & (1 << i)) !== 0) {
            const first = JOINT_PARAMETERS * i
            const bandwidth = parameters[first + JointParameter.ObserverBandwidth]
            const velocityLimit = parameters[first + JointParameter.VelocityLimit]
            const effortLimit = parameters[first + JointParameter.EffortLimit]
            const direction = parameters[first + JointParameter.EncoderDirection]
            if (joints.bandwidth[i] !== bandwidth) {
                joints.bandwidth[i] = bandwidth
                trackingGains(bandwidth, joints.dt, tracking)
                joints.observerPosition[i] = tracking.position
                joints.observerVelocity[i] = tracking.velocity
            }
            joints.kpPosition[i] = parameters[first + JointParameter.KpPosition]
            joints.kp[i] = parameters[first + JointParameter.Kp]
            joints.kiTick[i] = parameters[first + JointParameter.Ki] * joints.dt
            joints.ks[i] = parameters[first + JointParameter.Ks]
            joints.kv[i] = parameters[first + JointParameter.Kv]
            joints.velocityLimit[i] = velocityLimit
            joints.effortLimit[i] = effortLimit
            joints.motorDirection[i] = parameters[first + JointParameter.MotorDirection]
            joints.scale[i] = direction / parameters[first + JointParameter.EncoderRatio]
            highest[count + i] = effortLimit
            highest[2 * count + i] = velocityLimit
            highest[3 * count + i] = parameters[first + JointParameter.PositionMax]
            lowest[count + i] = -effortLimit
            lowest[2 * count + i] = -velocityLimit
            lowest[3 * count + i] = parameters[first + JointParameter.PositionMin]
        }
    }
}

/**
 * Position and velocity of every joint from its encoder's reading: unwrapped over turns, then a tracking loop of second
 * order (predict by the velocity, correct by the position error). A reading too far from the prediction is left out: `jumped`.
 *
 * @param dt since the estimate before, s: as the clock tells, for a tick that starts 3 ms late sees a joint that has turned
 *   3 ms further. The gains of the correction are those of the nominal period.
 *
 * @inline
 */
export function estimateJoints(joints: Joints, dt: number): void {
    const { position, velocity, measured, reading, lastReading, jumpSquare, count } = joints
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
        if (error * error > jumpSquare[i]) {
            joints.jumped |= 1 << i
            position[i] = predicted
        } else {
            lastReading[i] = angle
            measured[i] = now
            position[i] = predicted + joints.observerPosition[i] * error
            velocity[i] = speed + joints.observerVelocity[i] * error
        }
    }
}

/**
 * Takes a joint to be where its reading says, at rest and by the short way round: of one whose speed is known no more, so that
 * what it would have made of a long pause means nothing.
 */
export function placeJoint(joints: Joints, i: number): void {
    let step = joints.reading[i] - joints.lastReading[i]
    if (step >= PI) step -= TWO_PI
    else if (step < -PI) step += TWO_PI
    joints.lastReading[i] = joints.reading[i]
    joints.measured[i] += step * joints.scale[i]
    joints.position[i] = joints.measured[i]
    joints.velocity[i] = 0
}

/**
 * Believes an encoder again: the joint goes on from where it was thought to be.
 *
 * @inline
 */
export function believeJoint(joints: Joints, i: number): void {
    joints.lastReading[i] = joints.reading[i]
    joints.measured[i] = joints.position[i]
    joints.velocity[i] = 0
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
 * Takes the encoders' readings as they are for the joints' positions, at rest: before the first tick, and when a joint's zero,
 * direction or ratio has changed. Of the positions that
 * a reading may mean, the one nearest to 0 is taken: a joint just below 0 is not a turn above it.
 *
 * @param which bit i: joint i
 */
export function startJoints(joints: Joints, which = ALL): void {
    deriveJoints(joints, which)
    for (let i = 0; i < joints.count; i++) {
        if ((which & (1 << i)) !== 0) {
            let angle = joints.reading[i] - joints.parameters[JOINT_PARAMETERS * i + JointParameter.ZeroOffset]
            if (angle >= PI) angle -= TWO_PI
            else if (angle < -PI) angle += TWO_PI
            joints.lastReading[i] = joints.reading[i]
            joints.measured[i] = angle * joints.scale[i]
            joints.position[i] = joints.measured[i]
            joints.velocity[i] = 0
        }
    }
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

/**
 * Parameters of joints have changed: derives what follows from them, brings setpoints within their limits, and lets each integral
 * take up what the change of a gain would make the output jump by. A joint without integral gain has no such place.
 *
 * @param which bit i: joint i
 */
export function adoptJoints(joints: Joints, which: number): void {
    for (let i = 0; i < joints.count; i++) {
        if ((which & (1 << i)) !== 0) {
            const mode = joints.mode[i]
            const setpoint = joints.setpoint[i]
            const before = loopOutput(joints, i)
            deriveJoints(joints, which)
            setJoint(joints, i, mode, joints.wireSetpoint[i])
            // A setpoint that a limit has moved is meant to be felt.
            if (mode > JointMode.Effort && joints.kiTick[i] !== 0 && joints.setpoint[i] === setpoint) {
                const after = loopOutput(joints, i)
                joints.integral[i] = clamp(joints.integral[i] + before - after, joints.effortLimit[i])
            }
        }
    }
}

/**
 * What joint i's velocity loop puts out now, duty: what must stay the same when a gain changes. As {@link controlJoints}.
 *
 * @inline
 */
function loopOutput(joints: Joints, i: number): number {
    let goal = joints.setpoint[i]
    if (joints.mode[i] === JointMode.Position) {
        goal = clamp(joints.kpPosition[i] * (goal - joints.position[i]), joints.velocityLimit[i])
    }
    const proportional = joints.kp[i] * (goal - joints.velocity[i])
    return dutyOf(goal, proportional + joints.integral[i], joints.kv[i], joints.ks[i], joints.effortLimit[i])
}

/** Called, because it is rare and would be written out twice for each joint. */
function dutyOf(goal: number, feedback: number, kv: number, ks: number, limit: number): number {
    const friction = goal > 0 ? ks : goal < 0 ? -ks : 0
    return clamp(feedback + kv * goal + friction, limit)
}

function clamp(value: number, limit: number): number {
    return Math.max(-limit, Math.min(limit, value))
}
