import { trackingGains } from '../control/velocity-estimator'
import { JointMode } from '../protocol/state'
import type { JointConfig } from './robot-config'

const PI = Math.PI
const TWO_PI = 2 * Math.PI

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
    readonly positionMin: number[] = []
    readonly positionMax: number[] = []

    /** Joint radians for each radian of the encoder, signed; joint position at encoder angle 0. */
    readonly scale: number[] = []
    readonly offset: number[] = []
    /** Observer gains: what of the position error one tick moves the position (1) and the velocity (1/s) by. */
    readonly observerPosition: number[] = []
    readonly observerVelocity: number[] = []
    /** Integral gain times the period: duty for each rad/s of error at one tick. */
    readonly kiTick: number[] = []
    /** Last valid reading, the same unwrapped over turns (rad), and whether there was one. */
    readonly lastReading: number[] = []
    readonly unwrapped: number[] = []
    readonly started: boolean[] = []

    /**
     * @param reading what each encoder read at this tick, rad in [0, 2π)
     * @param valid whether it did
     * @param dt period of the tick, s
     */
    constructor(
        readonly config: readonly JointConfig[],
        readonly reading: number[],
        readonly valid: boolean[],
        readonly dt: number,
    ) {
        this.count = config.length
        const tracking = { position: 0, velocity: 0 }
        for (const joint of config) {
            this.missed.push(1)
            this.position.push(0)
            this.velocity.push(0)
            this.mode.push(JointMode.Off)
            this.setpoint.push(0)
            this.integral.push(0)
            this.effort.push(0)
            this.kpPosition.push(joint.gains.kpPosition)
            this.kp.push(joint.gains.kp)
            this.kiTick.push(joint.gains.ki * dt)
            this.ks.push(joint.gains.ks)
            this.kv.push(joint.gains.kv)
            this.velocityLimit.push(joint.velocityLimit)
            this.effortLimit.push(joint.effortLimit)
            this.positionMin.push(joint.positionMin ?? -1e9)
            this.positionMax.push(joint.positionMax ?? 1e9)
            this.scale.push(joint.encoder.direction / joint.encoder.ratio)
            this.offset.push(-joint.encoder.zeroOffset * (joint.encoder.direction / joint.encoder.ratio))
            trackingGains(joint.encoder.observerBandwidth, dt, tracking)
            this.observerPosition.push(tracking.position)
            this.observerVelocity.push(tracking.velocity)
            this.lastReading.push(0)
            this.unwrapped.push(0)
            this.started.push(false)
        }
    }
}

/**
 * Position and velocity of every joint from its encoder's reading: unwrapped over turns, then a tracking loop of second
 * order (predict by the velocity, correct by the position error). A joint without a valid reading coasts on its velocity.
 *
 * @returns how many joints had no valid reading
 */
export function estimateJoints(joints: Joints): number {
    const { position, velocity, unwrapped, reading, valid, lastReading, dt, count } = joints
    let missed = 0
    for (let i = 0; i < count; i++) {
        const speed = velocity[i]
        const predicted = position[i] + speed * dt
        if (!valid[i]) {
            position[i] = predicted
            joints.missed[i]++
            missed++
            continue
        }
        const angle = reading[i]
        let step = angle - lastReading[i]
        lastReading[i] = angle
        // The way from the last reading to this one is the short way round.
        if (step >= PI) step -= TWO_PI
        else if (step < -PI) step += TWO_PI
        const turned = unwrapped[i] + step
        unwrapped[i] = turned
        const error = turned * joints.scale[i] + joints.offset[i] - predicted
        position[i] = predicted + joints.observerPosition[i] * error
        velocity[i] = speed + joints.observerVelocity[i] * error
        if (joints.missed[i] !== 0) recover(joints, i)
    }
    return missed
}

/** The first valid reading after a gap: taken as it is, because how the joint moved meanwhile is not known. */
function recover(joints: Joints, i: number): void {
    if (!joints.started[i]) {
        joints.started[i] = true
        joints.unwrapped[i] = joints.reading[i]
        joints.velocity[i] = 0
        joints.position[i] = joints.unwrapped[i] * joints.scale[i] + joints.offset[i]
    }
    joints.missed[i] = 0
}

/**
 * Motor duty of every joint from its setpoint: position loop (P) into velocity loop (PI with feedforward) into effort,
 * each limited. The integral holds still while the output is at its limit and the error pushes further, which bounds it.
 * The same arithmetic as `Pid` with `Feedforward`; a test holds them equal to the bit. What is not a number holds the effort.
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
            continue
        }
        let goal = joints.setpoint[i]
        if (mode === JointMode.Position) {
            goal = joints.kpPosition[i] * (goal - joints.position[i])
            const fastest = joints.velocityLimit[i]
            if (goal > fastest) goal = fastest
            else if (goal < -fastest) goal = -fastest
        }
        const error = goal - joints.velocity[i]
        const increment = joints.kiTick[i] * error
        const sum = integral[i] + increment
        let feedforward = joints.kv[i] * goal
        if (goal > 0) feedforward += joints.ks[i]
        else if (goal < 0) feedforward -= joints.ks[i]
        const duty = joints.kp[i] * error + sum + feedforward
        if (duty > limit) {
            effort[i] = limit
            if (increment < 0) integral[i] = sum
        } else if (duty < -limit) {
            effort[i] = -limit
            if (increment > 0) integral[i] = sum
        } else if (duty - duty === 0) {
            effort[i] = duty
            integral[i] = sum
        }
    }
}
