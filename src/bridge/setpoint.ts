import type { RobotDescription } from '../protocol/description'
import { type Fields, needObject, onlyFields, Refusal, show } from './checks'

/** Velocities that a differential drive can follow. */
export interface DriveLimits {
    /** m/s, straight ahead */
    linear: number
    /** rad/s, on the spot */
    angular: number
    /** m/s at each wheel's rim */
    wheels: { name: string; rimSpeed: number; side: -1 | 1 }[]
    /** m */
    trackWidth: number
}

// A planner that asks for exactly the limit is not refused for the last bit of its arithmetic.
const ROUNDING = 1 + 1e-9

/** Limits out of the wheels' own; undefined when the robot does not drive. */
export function driveLimits({ drive, joints }: RobotDescription): DriveLimits | undefined {
    if (drive === undefined) return undefined
    const sides = [
        { name: drive.left, side: -1 as const },
        { name: drive.right, side: 1 as const },
    ]
    const wheels = sides.map(({ name, side }) => {
        const joint = joints.find(joint => joint.name === name)
        if (joint === undefined) throw new RangeError(`the drive's wheel ${show(name)} is none of the robot's joints`)
        return { name, side, rimSpeed: joint.velocityLimit * drive.wheelRadius }
    })
    const slowest = Math.min(...wheels.map(wheel => wheel.rimSpeed))
    return { linear: slowest, angular: (2 * slowest) / drive.trackWidth, wheels, trackWidth: drive.trackWidth }
}

/** A velocity that may be handed to the robot. */
export interface Velocity {
    /** m/s */
    linear: number
    /** rad/s */
    angular: number
    /** Components that are not zero and that a differential drive cannot follow. */
    ignored: string[]
}

/** With the number that headers have in ROS 1. */
const HEADER_FIELDS = ['stamp', 'frame_id', 'seq']

/**
 * Reads a `geometry_msgs` Twist or TwistStamped, told apart by the field `twist`.
 *
 * @throws Refusal naming the field, its value and what is allowed
 */
export function readVelocity(message: unknown, limits: DriveLimits): Velocity {
    let prefix = ''
    let twist = needObject(message, 'msg', 'linear and angular (Twist) or header and twist (TwistStamped)')
    if (twist.twist !== undefined) {
        onlyFields(twist, 'msg', ['header', 'twist'])
        if (twist.header !== undefined && twist.header !== null) {
            onlyFields(needObject(twist.header, 'header', 'stamp and frame_id'), 'header', HEADER_FIELDS)
        }
        twist = needObject(twist.twist, 'twist', 'linear and angular')
        prefix = 'twist.'
    }
    onlyFields(twist, prefix === '' ? 'msg' : 'twist', ['linear', 'angular'])
    const linear = readVector(twist, `${prefix}linear`, 'linear')
    const angular = readVector(twist, `${prefix}angular`, 'angular')
    const x = component(linear, 'x', `${prefix}linear`, 'm/s', limits.linear)
    const z = component(angular, 'z', `${prefix}angular`, 'rad/s', limits.angular)
    for (const { name, rimSpeed, side } of limits.wheels) {
        const speed = x + (side * z * limits.trackWidth) / 2
        if (Math.abs(speed) > rimSpeed * ROUNDING) {
            throw new Refusal(
                `${prefix}linear.x ${round(x)} m/s with ${prefix}angular.z ${round(z)} rad/s asks wheel ${name} for ` +
                    `${round(speed)} m/s; allowed: -${round(rimSpeed)} to ${round(rimSpeed)}`,
            )
        }
    }
    const ignored = [
        ...(['y', 'z'] as const).filter(axis => other(linear, axis, `${prefix}linear`)).map(axis => `linear.${axis}`),
        ...(['x', 'y'] as const)
            .filter(axis => other(angular, axis, `${prefix}angular`))
            .map(axis => `angular.${axis}`),
    ]
    return { linear: x, angular: z, ignored }
}

function readVector(twist: Fields, path: string, name: string): Fields {
    const vector = needObject(twist[name], path, 'x, y and z')
    onlyFields(vector, path, ['x', 'y', 'z'])
    return vector
}

function component(vector: Fields, axis: string, path: string, unit: string, limit: number): number {
    const value = vector[axis]
    if (typeof value === 'number' && Math.abs(value) <= limit * ROUNDING) return value
    throw new Refusal(`${path}.${axis} is ${show(value)}; allowed: -${round(limit)} to ${round(limit)} ${unit}`)
}

/** Reads a component that is not followed: it may be left out. */
function other(vector: Fields, axis: string, path: string): boolean {
    const value = vector[axis]
    if (value === undefined) return false
    if (typeof value === 'number' && Number.isFinite(value)) return value !== 0
    throw new Refusal(`${path}.${axis} is ${show(value)}; needed: a finite number`)
}

function round(value: number): number {
    return Number(value.toPrecision(4))
}
