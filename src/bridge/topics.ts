import type { RobotState } from '../host/robot'
import type { RobotDescription } from '../protocol/description'
import { batteryMessage } from './ros/battery'
import { transformsEncoder } from './ros/links'
import { imuMessage, jointStateMessage, odometryEncoder, stamp } from './ros/messages'

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
    needs?: 'imu' | 'drive' | 'power' | 'simulation'
    /** A new subscriber gets the latest message at once. */
    latched?: boolean
    /** One line for a person. */
    summary: string
    /** Topics made once per sample. */
    encoder?: (description: RobotDescription) => Encoder
}

export const DIAGNOSTICS_TOPIC = '/diagnostics'
export const DESCRIPTION_TOPIC = '/robot_description'
export const VELOCITY_TOPIC = '/cmd_vel'
/** As ros2_control's forward_command_controller and joint_trajectory_controller are usually named. */
export const POSITION_TOPIC = '/forward_position_controller/commands'
export const JOINT_VELOCITY_TOPIC = '/forward_velocity_controller/commands'
export const EFFORT_TOPIC = '/forward_effort_controller/commands'
export const TRAJECTORY_TOPIC = '/joint_trajectory_controller/joint_trajectory'
export const TRAJECTORY_ACTION = '/joint_trajectory_controller/follow_joint_trajectory'

const out = (name: string, type: string, summary: string, more: Partial<Topic> = {}): Topic => ({
    name,
    type,
    alsoTypes: [],
    direction: 'out',
    summary,
    ...more,
})

const into = (name: string, type: string, summary: string, more: Partial<Topic> = {}): Topic => ({
    name,
    type,
    alsoTypes: [],
    direction: 'in',
    summary,
    ...more,
})

/** Every topic there can be. */
export const TOPICS: readonly Topic[] = [
    out(
        '/joint_states',
        'sensor_msgs/msg/JointState',
        'position (rad) and velocity (rad/s) of every joint, each control tick',
        { encoder: () => jointStateMessage },
    ),
    out('/odom', 'nav_msgs/msg/Odometry', 'pose in odom, twist in base_link, each control tick', {
        needs: 'drive',
        encoder: ({ drive }) => odometryEncoder(drive!),
    }),
    out(
        '/imu/data',
        'sensor_msgs/msg/Imu',
        'orientation, angular velocity (rad/s), acceleration (m/s²), each control tick',
        { needs: 'imu', encoder: () => imuMessage },
    ),
    out('/battery_state', 'sensor_msgs/msg/BatteryState', "the motor supply's voltage and current, each control tick", {
        needs: 'power',
        encoder: () => batteryMessage,
    }),
    out('/tf', 'tf2_msgs/msg/TFMessage', 'odom to base_link, base_link to the link of each joint, each control tick', {
        encoder: transformsEncoder,
    }),
    out('/clock', 'rosgraph_msgs/msg/Clock', "time of the stamps, each of the simulated robot's control ticks", {
        needs: 'simulation',
        encoder:
            () =>
            ({ hostTime }) => ({ clock: stamp(hostTime) }),
    }),
    out(
        DIAGNOSTICS_TOPIC,
        'diagnostic_msgs/msg/DiagnosticArray',
        'mode, faults, loop and link statistics, once a second and on subscribing',
        { latched: true },
    ),
    out(DESCRIPTION_TOPIC, 'std_msgs/msg/String', "URDF made from the robot's data, on subscribing", { latched: true }),
    into(
        VELOCITY_TOPIC,
        'geometry_msgs/msg/Twist',
        'velocity of base_link: linear.x (m/s), angular.z (rad/s); repeat it within the deadline',
        { alsoTypes: ['geometry_msgs/msg/TwistStamped'], needs: 'drive' },
    ),
    into(POSITION_TOPIC, 'std_msgs/msg/Float64MultiArray', 'position of every joint, rad, in the order of the joints'),
    into(JOINT_VELOCITY_TOPIC, 'std_msgs/msg/Float64MultiArray', 'velocity of every joint, rad/s'),
    into(EFFORT_TOPIC, 'std_msgs/msg/Float64MultiArray', 'motor duty of every joint, -1 to 1'),
    into(TRAJECTORY_TOPIC, 'trajectory_msgs/msg/JointTrajectory', 'points for all joints; replaces what runs'),
]

/** The topics that this robot has. */
export function topicsOf(description: RobotDescription, simulation = false): Topic[] {
    return TOPICS.filter(({ needs }) =>
        needs === undefined ? true : needs === 'simulation' ? simulation : description[needs] !== undefined,
    )
}
