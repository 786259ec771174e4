import { TOPICS } from '../../bridge/topics'
import type { ImuState, OdometryState, PowerState, RobotState } from '../../host/robot'
import type { RobotDescription } from '../../protocol/description'
import { RecordError } from '../record-error'
import type { RecordedMessage, RecordingFile } from '../recording-file'
import { TICKS_TOPIC } from '../tick-message'

const ODOMETRY = topicOf('nav_msgs/msg/Odometry')
const IMU = topicOf('sensor_msgs/msg/Imu')
const BATTERY = topicOf('sensor_msgs/msg/BatteryState')

/** A sample as it was, and when the host had it, s since the Unix epoch. */
export interface RecordedState {
    state: RobotState
    received: number
}

/** The robot that was recorded. @throws RecordError `incomplete` when the file does not say, as one of other programs */
export async function recordedDescription(recording: RecordingFile, path: string): Promise<RobotDescription> {
    const description = (await recording.metadata('tendon.robot'))?.get('description')
    if (description !== undefined && recording.topics.has(TICKS_TOPIC)) {
        return JSON.parse(description) as RobotDescription
    }
    throw new RecordError('incomplete', `${path} is no recording of tendon: it has no description of a robot`)
}

/** Every sample of a recording, put together again from its topics. */
export async function* recordedStates(recording: RecordingFile): AsyncGenerator<RecordedState> {
    const joiner = new StateJoiner()
    const topics = [TICKS_TOPIC, ODOMETRY, IMU, BATTERY].filter(topic => recording.topics.has(topic))
    for await (const message of recording.messages(topics)) {
        const { decode } = recording.topics.get(message.topic)!
        const before = joiner.take(message, decode(message.data))
        if (before !== undefined) yield before
    }
    const last = joiner.end()
    if (last !== undefined) yield last
}

/** The messages of a tick have its number and come one after the other. */
class StateJoiner {
    private sequence: number | undefined
    private parts: Partial<RobotState> = {}
    private received = 0
    private heading: number | undefined

    /** Returns the tick before when this message begins another. */
    take({ topic, sequence, logTime }: RecordedMessage, message: object): RecordedState | undefined {
        const before = sequence === this.sequence ? undefined : this.end()
        this.sequence = sequence
        this.received = Number(logTime) / 1e9
        if (topic === TICKS_TOPIC) Object.assign(this.parts, tickPart(message as TickMessage))
        else if (topic === IMU) this.parts.imu = imuPart(message as ImuMessage)
        else if (topic === BATTERY) this.parts.power = powerPart(message as PowerState)
        else this.parts.odometry = this.odometryPart(message as OdometryMessage)
        return before
    }

    end(): RecordedState | undefined {
        const { parts, received } = this
        this.parts = {}
        return parts.tick === undefined ? undefined : { state: parts as RobotState, received }
    }

    /** The heading counts turns, which a quaternion does not. */
    private odometryPart({ pose, twist }: OdometryMessage): OdometryState {
        const { position, orientation } = pose.pose
        const angle = 2 * Math.atan2(orientation.z, orientation.w)
        const last = this.heading ?? angle
        this.heading = angle + 2 * Math.PI * Math.round((last - angle) / (2 * Math.PI))
        const { linear, angular } = twist.twist
        return { x: position.x, y: position.y, heading: this.heading, linear: linear.x, angular: angular.z }
    }
}

interface Vector {
    x: number
    y: number
    z: number
}
interface TickMessage extends Pick<RobotState, 'tick' | 'lateness' | 'mode' | 'trajectory' | 'faults' | 'joints'> {
    stamp: { sec: number; nanosec: number }
    stamp_bound: number
    board_time: number
}
interface OdometryMessage {
    pose: { pose: { position: Vector; orientation: Vector & { w: number } } }
    twist: { twist: { linear: Vector; angular: Vector } }
}
interface ImuMessage {
    orientation: Vector & { w: number }
    angular_velocity: Vector
    linear_acceleration: Vector
}

function tickPart({ stamp, stamp_bound, board_time, ...rest }: TickMessage): Partial<RobotState> {
    const hostTime = stamp.sec + stamp.nanosec / 1e9
    return { ...rest, hostTime, hostTimeBound: stamp_bound, boardTime: board_time }
}

function imuPart({ orientation: q, angular_velocity: w, linear_acceleration: a }: ImuMessage): ImuState {
    return {
        orientation: [q.x, q.y, q.z, q.w],
        angularVelocity: [w.x, w.y, w.z],
        linearAcceleration: [a.x, a.y, a.z],
    }
}

/** ROS counts what flows out of a battery as negative. */
function powerPart({ current, voltage }: PowerState): PowerState {
    return { current: -current, voltage }
}

function topicOf(type: string): string {
    return TOPICS.find(topic => topic.type === type)!.name
}
