import { messageCodec } from '../bridge/ros/cdr'
import { stamp, type Time } from '../bridge/ros/messages'
import type { SentCommand } from '../host/robot'
import type { JointTrajectory } from '../host/trajectory'

export const TRAJECTORY_TYPE = 'trajectory_msgs/msg/JointTrajectory'

/** A command that is a trajectory. */
export type TrajectoryCommand = Extract<SentCommand, { kind: 'trajectory' }>

interface TrajectoryMessage {
    header: { stamp: Time; frame_id: string }
    joint_names: string[]
    points: {
        positions: number[]
        velocities: number[]
        accelerations: number[]
        effort: number[]
        time_from_start: Time
    }[]
}

/** A trajectory as it was sent, in CDR: `header.stamp` is when, not when it was to begin. */
export function encodeTrajectoryCommand({ hostTime, trajectory }: TrajectoryCommand): Uint8Array {
    const message: TrajectoryMessage = {
        header: { stamp: stamp(hostTime), frame_id: '' },
        joint_names: trajectory.joints,
        points: trajectory.points.map(({ time, positions, velocities = [], accelerations = [] }) => ({
            positions,
            velocities,
            accelerations,
            effort: [],
            time_from_start: stamp(time),
        })),
    }
    return messageCodec(TRAJECTORY_TYPE).encode(message)
}

/** Such a message read again. */
export function decodeTrajectoryCommand(bytes: Uint8Array): TrajectoryCommand {
    const { header, joint_names, points } = messageCodec(TRAJECTORY_TYPE).decode(bytes) as TrajectoryMessage
    const given = (values: ArrayLike<number>) => (values.length > 0 ? Array.from(values) : undefined)
    const trajectory: JointTrajectory = {
        joints: joint_names,
        points: points.map(({ time_from_start, positions, velocities, accelerations }) => ({
            time: seconds(time_from_start),
            positions: Array.from(positions),
            velocities: given(velocities),
            accelerations: given(accelerations),
        })),
    }
    return { kind: 'trajectory', hostTime: seconds(header.stamp), trajectory }
}

function seconds({ sec, nanosec }: Time): number {
    return sec + nanosec / 1e9
}
