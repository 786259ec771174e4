import type { JointDescription, RobotDescription } from '../protocol/description'
import type { SetpointEntry } from '../protocol/setpoint'
import { JointMode } from '../protocol/state'
import { type JointHandle, RobotError } from './robot'

/** @throws RobotError `unknown-joint` */
export function jointHandle(
    { joints }: RobotDescription,
    name: string,
    send: (entry: SetpointEntry) => void,
): JointHandle {
    const joint = joints.findIndex(candidate => candidate.name === name)
    if (joint < 0) {
        const known = joints.map(candidate => candidate.name).join(', ')
        throw new RobotError('unknown-joint', `joint "${name}" does not exist; there are: ${known}`)
    }
    const limits = joints[joint]
    const set = (mode: JointMode, quantity: string, value: number, low: number, high: number) => {
        if (!(value >= low && value <= high)) {
            throw new RangeError(`${name}: ${quantity} ${value}, allowed ${low} to ${high}`)
        }
        send({ joint, mode, value })
    }
    return {
        name,
        setEffort: duty => set(JointMode.Effort, 'effort', duty, -limits.effortLimit, limits.effortLimit),
        setVelocity: velocity =>
            set(JointMode.Velocity, 'velocity (rad/s)', velocity, -limits.velocityLimit, limits.velocityLimit),
        setPosition: position => set(JointMode.Position, 'position (rad)', position, ...positionRange(limits)),
        off: () => send({ joint, mode: JointMode.Off, value: 0 }),
    }
}

/** A continuous joint turns as far as the wire's number reaches. */
function positionRange({ positionMin = -200_000, positionMax = 200_000 }: JointDescription): [number, number] {
    return [positionMin, positionMax]
}

/**
 * Wheel velocities for a body velocity. When a wheel would be faster than it may, both are slowed alike, so that the
 * robot follows the same curve.
 *
 * @throws RobotError `no-drive`; RangeError when not finite
 */
export function wheelVelocities(
    { name, drive, joints }: RobotDescription,
    { linear, angular }: { linear: number; angular: number },
): { name: string; velocity: number }[] {
    if (!drive) throw new RobotError('no-drive', `robot "${name}" has no drive; command its joints instead`)
    if (!Number.isFinite(linear)) throw new RangeError(`linear velocity ${linear}, allowed any finite number of m/s`)
    if (!Number.isFinite(angular))
        throw new RangeError(`angular velocity ${angular}, allowed any finite number of rad/s`)
    const side = (angular * drive.trackWidth) / 2
    const left = (linear - side) / drive.wheelRadius
    const right = (linear + side) / drive.wheelRadius
    const excess = Math.max(
        1,
        Math.abs(left) / velocityLimit(joints, drive.left),
        Math.abs(right) / velocityLimit(joints, drive.right),
    )
    return [
        { name: drive.left, velocity: left / excess },
        { name: drive.right, velocity: right / excess },
    ]
}

function velocityLimit(joints: JointDescription[], name: string): number {
    return joints.find(joint => joint.name === name)?.velocityLimit ?? 0
}
