import type { JointConfig } from './robot-config'

/** Position limit of a joint that has none, rad. */
export const UNLIMITED = 1e9

/** What may be changed of a joint while the robot runs, in the units of `RobotConfig`. */
export const enum JointParameter {
    KpPosition,
    Kp,
    Ki,
    Ks,
    Kv,
    VelocityLimit,
    EffortLimit,
    PositionMin,
    PositionMax,
    ObserverBandwidth,
    EncoderDirection,
    EncoderRatio,
    ZeroOffset,
    MotorDirection,
}

/** How many a joint has. */
export const JOINT_PARAMETERS = 14

/**
 * The parameters of all joints as the robot's data gives them, one joint after the other: `JointParameter` p of joint i is entry
 * {@link JOINT_PARAMETERS} · i + p. One array, because each object lengthens every collection of the heap. The tick computes
 * with what `deriveJoints` makes of it.
 */
export function jointParameters(config: readonly JointConfig[]): number[] {
    const values: number[] = []
    for (const joint of config) {
        const { gains, encoder, motor, velocityLimit, effortLimit, positionMin, positionMax } = joint
        values.push(gains.kpPosition)
        values.push(gains.kp)
        values.push(gains.ki)
        values.push(gains.ks)
        values.push(gains.kv)
        values.push(velocityLimit)
        values.push(effortLimit)
        values.push(positionMin ?? -UNLIMITED)
        values.push(positionMax ?? UNLIMITED)
        values.push(encoder.observerBandwidth)
        values.push(encoder.direction)
        values.push(encoder.ratio)
        values.push(encoder.zeroOffset)
        values.push(motor.direction)
    }
    return values
}
