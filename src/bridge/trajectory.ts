import { MAX_ACCELERATION, type TrajectoryPoint } from '../host/trajectory'
import type { JointDescription } from '../protocol/description'
import { type Fields, needObject, onlyFields, Refusal, show } from './checks'
import { checkValue, numberArray } from './joint-commands'

/** A trajectory that may be handed to the robot: SI units, every joint of the robot in the order of its description. */
export interface Trajectory {
    /** When point times count from, s since the Unix epoch; undefined: when the robot takes it. */
    start: number | undefined
    points: TrajectoryPoint[]
}

const MAX_POINTS = 1000
const LONGEST = 3600 // s

/**
 * Reads a `trajectory_msgs/JointTrajectory`. It must end at rest, as joint_trajectory_controller has it.
 *
 * @param now s since the Unix epoch
 * @throws Refusal naming the point, the joint, the value and what is allowed
 */
export function readTrajectory(message: unknown, joints: JointDescription[], now: number): Trajectory {
    const fields = needObject(message, 'trajectory', 'joint_names and points')
    onlyFields(fields, 'trajectory', ['header', 'joint_names', 'points'])
    const order = jointOrder(fields.joint_names, joints)
    if (!Array.isArray(fields.points) || fields.points.length === 0 || fields.points.length > MAX_POINTS) {
        const count = Array.isArray(fields.points) ? `has ${fields.points.length}` : `is ${show(fields.points)}`
        throw new Refusal(`points ${count}; needed: a list of 1 to ${MAX_POINTS} points`)
    }
    const points = fields.points.map((point, i) => readPoint(point, `points[${i}]`, joints, order))
    points.forEach(({ time }, i) => {
        if (i > 0 && time <= points[i - 1].time) {
            throw new Refusal(
                `points[${i}].time_from_start is ${time} s; needed: later than the point before, ${points[i - 1].time} s`,
            )
        }
    })
    const moving = points.at(-1)!.velocities?.findIndex(velocity => velocity !== 0) ?? -1
    if (moving >= 0) {
        const velocity = points.at(-1)!.velocities![moving]
        throw new Refusal(`the last point has ${joints[moving].name} at ${velocity} rad/s; needed: 0, an end at rest`)
    }
    return { start: readStart(fields.header, now), points }
}

/** For each joint of the robot, where the message has it. */
function jointOrder(names: unknown, joints: JointDescription[]): number[] {
    if (!Array.isArray(names)) throw new Refusal(`joint_names is ${show(names)}; needed: a list of names`)
    const known = joints.map(({ name }) => name)
    const stranger = names.find(name => !known.includes(name as string))
    if (stranger !== undefined) {
        throw new Refusal(`joint_names has ${show(stranger)}; the robot has: ${known.join(', ')}`)
    }
    const order = known.map(name => names.indexOf(name))
    const missing = order.findIndex(place => place < 0)
    if (missing >= 0) throw new Refusal(`joint_names is without ${known[missing]}; needed: ${known.join(', ')}`)
    if (names.length !== known.length) throw new Refusal(`joint_names has a joint twice: ${names.join(', ')}`)
    return order
}

function readPoint(point: unknown, path: string, joints: JointDescription[], order: number[]): TrajectoryPoint {
    const fields = needObject(point, path, 'positions and time_from_start')
    onlyFields(fields, path, ['positions', 'velocities', 'accelerations', 'effort', 'time_from_start'])
    const values = (name: string): number[] | undefined => {
        if (fields[name] === undefined || fields[name] === null) return undefined
        const array = numberArray(fields[name], `${path}.${name}`)
        if (array.length === 0) return undefined
        if (array.length !== joints.length) {
            throw new Refusal(`${path}.${name} has ${array.length} values; needed: ${joints.length}, one a joint`)
        }
        const wrong = array.findIndex(value => !Number.isFinite(value))
        if (wrong >= 0) throw new Refusal(`${path}.${name}[${wrong}] is ${show(array[wrong])}; needed: a finite number`)
        return order.map(place => array[place])
    }
    const positions = values('positions')
    if (positions === undefined) throw new Refusal(`${path}.positions is empty; needed: ${joints.length} values in rad`)
    const velocities = values('velocities')
    const accelerations = values('accelerations')
    if (values('effort') !== undefined) throw new Refusal(`${path}.effort is given; the robot follows positions only`)
    joints.forEach((joint, i) => {
        checkValue(positions[i], joint, 'position', `${path}.positions`)
        if (velocities) checkValue(velocities[i], joint, 'velocity', `${path}.velocities`)
        if (accelerations && Math.abs(accelerations[i]) > MAX_ACCELERATION) {
            const given = `${path}.accelerations (${joint.name}) is ${accelerations[i]}`
            throw new Refusal(`${given}; allowed: -${MAX_ACCELERATION} to ${MAX_ACCELERATION} rad/s²`)
        }
    })
    return {
        time: readDuration(fields.time_from_start, `${path}.time_from_start`),
        positions,
        velocities,
        accelerations,
    }
}

/** A stamp of zero means now. @throws Refusal for one that is past */
function readStart(header: unknown, now: number): number | undefined {
    if (header === undefined || header === null) return undefined
    const { stamp } = needObject(header, 'header', 'stamp and frame_id')
    if (stamp === undefined || stamp === null) return undefined
    const start = seconds(needObject(stamp, 'header.stamp', 'sec and nanosec'), 'header.stamp')
    if (start === 0) return undefined
    if (start < now) {
        throw new Refusal(`header.stamp is ${(now - start).toFixed(3)} s ago: too late; needed: 0 for now, or later`)
    }
    if (start > now + LONGEST)
        throw new Refusal(`header.stamp is ${(start - now).toFixed(0)} s ahead; allowed: ${LONGEST}`)
    return start
}

/** A `builtin_interfaces/Duration` from 0 to an hour, s. */
export function readDuration(value: unknown, path: string): number {
    const time = seconds(needObject(value, path, 'sec and nanosec'), path)
    if (time >= 0 && time <= LONGEST) return time
    throw new Refusal(`${path} is ${time} s; allowed: 0 to ${LONGEST} s`)
}

function seconds(fields: Fields, path: string): number {
    onlyFields(fields, path, ['sec', 'nanosec'])
    const { sec = 0, nanosec = 0 } = fields
    if (typeof sec !== 'number' || !Number.isInteger(sec)) {
        throw new Refusal(`${path}.sec is ${show(sec)}; needed: a whole number`)
    }
    if (typeof nanosec !== 'number' || !Number.isInteger(nanosec) || nanosec < 0 || nanosec >= 1e9) {
        throw new Refusal(`${path}.nanosec is ${show(nanosec)}; needed: a whole number from 0 to 999999999`)
    }
    return sec + nanosec / 1e9
}
