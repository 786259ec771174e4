import type { RobotDescription } from '../protocol/description'
import type { RobotState } from '../host/robot'
import { imuMessage, jointStateMessage, odometryEncoder } from './ros/messages'

/** Makes a topic's message out of a sample; undefined when the sample has nothing for it. */
export type Encoder = (state: RobotState) => object | undefined

/** A topic of the planner's door. */
export interface Topic {
    name: string
    /** ROS 2 type that is announced. */
    type: string
    /** Other types that are taken. */
    alsoTypes: string[]
    /** `out`: the robot publishes it. `in`: the planner does. */
    direction: 'out' | 'in'
    /** Part of the robot without which there is no such topic. */
    needs?: 'imu' | 'drive'
    /** One line for a person. */
    summary: string
    /** Topics made once per sample; /diagnostics is made once per second instead. */
    encoder?: (description: RobotDescription) => Encoder
}

export const DIAGNOSTICS_TOPIC = '/diagnostics'
export const VELOCITY_TOPIC = '/cmd_vel'

/** Every topic there can be. */
export const TOPICS: readonly Topic[] = [
    {
        name: '/joint_states',
        type: 'sensor_msgs/msg/JointState',
        alsoTypes: [],
        direction: 'out',
        summary: 'position (rad) and velocity (rad/s) of every joint, each control tick',
        encoder: () => jointStateMessage,
    },
    {
        name: '/odom',
        type: 'nav_msgs/msg/Odometry',
        alsoTypes: [],
        direction: 'out',
        needs: 'drive',
        summary: 'pose in odom, twist in base_link, each control tick',
        encoder: ({ drive }) => odometryEncoder(drive!),
    },
    {
        name: '/imu/data',
        type: 'sensor_msgs/msg/Imu',
        alsoTypes: [],
        direction: 'out',
        needs: 'imu',
        summary: 'orientation, angular velocity (rad/s), acceleration (m/s²), each control tick',
        encoder: () => imuMessage,
    },
    {
        name: DIAGNOSTICS_TOPIC,
        type: 'diagnostic_msgs/msg/DiagnosticArray',
        alsoTypes: [],
        direction: 'out',
        summary: 'mode, faults, loop and link statistics, once a second and on subscribing',
    },
    {
        name: VELOCITY_TOPIC,
        type: 'geometry_msgs/msg/Twist',
        alsoTypes: ['geometry_msgs/msg/TwistStamped'],
        direction: 'in',
        needs: 'drive',
        summary: 'velocity of base_link: linear.x (m/s), angular.z (rad/s); repeat it within the deadline',
    },
]

/** The topics that this robot has. */
export function topicsOf(description: RobotDescription): Topic[] {
    return TOPICS.filter(({ needs }) => needs === undefined || description[needs] !== undefined)
}
