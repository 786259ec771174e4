import type { DifferentialDriveDescription } from '../../protocol/description'
import type { RobotState } from '../../host/robot'

// ROS 2 messages out of a robot's state. Field lists: common_interfaces. Frames: REP-103, REP-105. Numbers that are not
// finite become null in JSON, as rosbridge does it.

export interface Time {
    sec: number
    nanosec: number
}

export interface Header {
    stamp: Time
    frame_id: string
}

export interface Vector3 {
    x: number
    y: number
    z: number
}

export interface Quaternion extends Vector3 {
    w: number
}

/** sensor_msgs/msg/JointState */
export interface JointStateMessage {
    header: Header
    name: string[]
    /** rad */
    position: number[]
    /** rad/s */
    velocity: number[]
    effort: number[]
}

/** nav_msgs/msg/Odometry */
export interface OdometryMessage {
    header: Header
    child_frame_id: string
    pose: { pose: { position: Vector3; orientation: Quaternion }; covariance: number[] }
    twist: { twist: { linear: Vector3; angular: Vector3 }; covariance: number[] }
}

/** sensor_msgs/msg/Imu */
export interface ImuMessage {
    header: Header
    orientation: Quaternion
    orientation_covariance: number[]
    angular_velocity: Vector3
    angular_velocity_covariance: number[]
    linear_acceleration: Vector3
    linear_acceleration_covariance: number[]
}

export const BASE_FRAME = 'base_link'
export const ODOMETRY_FRAME = 'odom'

/** Seconds since the Unix epoch as a ROS 2 stamp. */
export function stamp(seconds: number): Time {
    let sec = Math.floor(seconds)
    let nanosec = Math.round((seconds - sec) * 1e9)
    if (nanosec === 1e9) {
        sec++
        nanosec = 0
    }
    return { sec, nanosec }
}

/**
 * Joints by name. One whose sample was dropped is left out, so that an old value never passes for a new one; undefined
 * when none is left. `effort` is empty: ROS means N·m there, and a motor duty is none (it is in /diagnostics).
 */
export function jointStateMessage(state: RobotState): JointStateMessage | undefined {
    const joints = state.joints.filter(joint => joint.valid)
    if (joints.length === 0) return undefined
    return {
        header: { stamp: stamp(state.hostTime), frame_id: '' },
        name: joints.map(joint => joint.name),
        position: joints.map(joint => joint.position),
        velocity: joints.map(joint => joint.velocity),
        effort: [],
    }
}

// Variance of what a planar robot does not measure (height, roll, pitch): large enough that no filter trusts it.
const UNMEASURED = 1e6
// Assumed, not measured: 5 cm and 0.05 rad, what a good differential drive has drifted after a few metres. Odometry
// drifts without bound, so a filter should rather use the twist.
const POSITION_VARIANCE = 0.05 ** 2 // m²
const HEADING_VARIANCE = 0.05 ** 2 // rad²
// Assumed: one count of a 12-bit encoder, 2π/4096 rad, within a period of 10 ms, is 0.15 rad/s.
const WHEEL_VELOCITY_VARIANCE = 0.15 ** 2 // (rad/s)²

const POSE_COVARIANCE = diagonal(
    POSITION_VARIANCE,
    POSITION_VARIANCE,
    UNMEASURED,
    UNMEASURED,
    UNMEASURED,
    HEADING_VARIANCE,
)

/** Returns the function that makes the odometry message of this drive: pose in `odom`, twist in `base_link`. */
export function odometryEncoder(
    drive: DifferentialDriveDescription,
): (state: RobotState) => OdometryMessage | undefined {
    // v = r (wl + wr) / 2 and omega = r (wr - wl) / track, with independent errors of the two wheels. Sideways a wheel
    // does not slip more than it errs forward.
    const linear = (drive.wheelRadius ** 2 * WHEEL_VELOCITY_VARIANCE) / 2
    const angular = (2 * drive.wheelRadius ** 2 * WHEEL_VELOCITY_VARIANCE) / drive.trackWidth ** 2
    const twistCovariance = diagonal(linear, linear, UNMEASURED, UNMEASURED, UNMEASURED, angular)
    return ({ hostTime, odometry }) => {
        if (odometry === undefined) return undefined
        const half = odometry.heading / 2
        return {
            header: { stamp: stamp(hostTime), frame_id: ODOMETRY_FRAME },
            child_frame_id: BASE_FRAME,
            pose: {
                pose: {
                    position: { x: odometry.x, y: odometry.y, z: 0 },
                    orientation: { x: 0, y: 0, z: Math.sin(half), w: Math.cos(half) },
                },
                covariance: POSE_COVARIANCE,
            },
            twist: {
                twist: {
                    linear: { x: odometry.linear, y: 0, z: 0 },
                    angular: { x: 0, y: 0, z: odometry.angular },
                },
                covariance: twistCovariance,
            },
        }
    }
}

// Assumed for a six-axis MEMS part with its offsets left in. Heading is what the gyroscope drifted to: its variance is
// that of an angle of which nothing is known, uniform over a turn.
const TILT_VARIANCE = 0.02 ** 2 // rad²
const FREE_HEADING_VARIANCE = Math.PI ** 2 / 3 // rad²
const ANGULAR_VELOCITY_VARIANCE = 0.02 ** 2 // (rad/s)², about 1 °/s of offset
const ACCELERATION_VARIANCE = 0.2 ** 2 // (m/s²)², about 20 mg of offset

const ORIENTATION_COVARIANCE = diagonal(TILT_VARIANCE, TILT_VARIANCE, FREE_HEADING_VARIANCE)
const ANGULAR_VELOCITY_COVARIANCE = diagonal(
    ANGULAR_VELOCITY_VARIANCE,
    ANGULAR_VELOCITY_VARIANCE,
    ANGULAR_VELOCITY_VARIANCE,
)
const ACCELERATION_COVARIANCE = diagonal(ACCELERATION_VARIANCE, ACCELERATION_VARIANCE, ACCELERATION_VARIANCE)

/** The IMU in the robot's own frame; undefined when this tick's sample was dropped. */
export function imuMessage({ hostTime, imu }: RobotState): ImuMessage | undefined {
    if (imu === undefined) return undefined
    const [x, y, z, w] = imu.orientation
    return {
        header: { stamp: stamp(hostTime), frame_id: BASE_FRAME },
        orientation: { x, y, z, w },
        orientation_covariance: ORIENTATION_COVARIANCE,
        angular_velocity: vector(imu.angularVelocity),
        angular_velocity_covariance: ANGULAR_VELOCITY_COVARIANCE,
        linear_acceleration: vector(imu.linearAcceleration),
        linear_acceleration_covariance: ACCELERATION_COVARIANCE,
    }
}

function vector([x, y, z]: [number, number, number]): Vector3 {
    return { x, y, z }
}

/** Row-major square matrix with these on its diagonal. */
function diagonal(...values: number[]): number[] {
    const size = values.length
    return Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? values[i / (size + 1)] : 0))
}
