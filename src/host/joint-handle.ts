import type { JointDescription, RobotDescription } from '../protocol/description'
import type { SetpointEntry } from '../protocol/setpoint'
import { type JointHandle, type JointSetpoint, RobotError } from './robot'
import { setpointEntry } from './setpoints'

/** @throws RobotError `unknown-joint` */
export function jointHandle(
    description: RobotDescription,
    name: string,
    send: (entry: SetpointEntry) => void,
): JointHandle {
    const set = (setpoint: JointSetpoint) => send(setpointEntry(description, name, setpoint))
    // Names the joints there are when this is none of them.
    setpointEntry(description, name, 'off')
    return {
        name,
        setEffort: effort => set({ effort }),
        setVelocity: velocity => set({ velocity }),
        setPosition: position => set({ position }),
        off: () => set('off'),
    }
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
