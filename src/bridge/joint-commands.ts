import type { JointSetpoint, Robot } from '../host/robot'
import type { JointDescription } from '../protocol/description'
import { needObject, onlyFields, Refusal, show } from './checks'

/** What a joint is commanded by, as ros2_control names its interfaces. */
export type Interface = 'position' | 'velocity' | 'effort'

const UNITS: Record<Interface, string> = { position: 'rad', velocity: 'rad/s', effort: 'of full duty' }

/**
 * Reads a `std_msgs/Float64MultiArray` with one value for each joint, in the order of the description.
 *
 * @throws Refusal naming the joint, its value and what is allowed; then no joint is commanded
 */
export function readJointCommands(message: unknown, joints: JointDescription[], what: Interface): number[] {
    const { layout, data, ...rest } = needObject(message, 'msg', 'data')
    onlyFields(rest, 'msg', ['layout', 'data'])
    // Its dimensions say nothing that the order of the joints does not.
    if (layout !== undefined && layout !== null) needObject(layout, 'layout', 'dim and data_offset')
    const values = numberArray(data, 'data')
    const names = joints.map(({ name }) => name).join(', ')
    if (values.length !== joints.length) {
        throw new Refusal(`data has ${values.length} values; needed: ${joints.length}, for ${names}`)
    }
    joints.forEach((joint, i) => checkValue(values[i], joint, what, `data[${i}]`))
    return values
}

/** @throws Refusal unless a joint may be asked for this value */
export function checkValue(value: number, joint: JointDescription, what: Interface, path: string): void {
    const [low, high] = range(joint, what)
    if (value >= low && value <= high) return
    throw new Refusal(`${path} (${joint.name}) is ${show(value)}; allowed: ${low} to ${high} ${UNITS[what]}`)
}

/** Hands the values to the joints, in one command. */
export function commandJoints(robot: Robot, what: Interface, values: number[]): void {
    const setpoints = robot.description.joints.map(({ name }, i) => [name, { [what]: values[i] } as JointSetpoint])
    robot.command(Object.fromEntries(setpoints) as Record<string, JointSetpoint>)
}

/** An array of numbers, as JSON has it or as CDR and CBOR do. @throws Refusal naming the first that is none */
export function numberArray(value: unknown, name: string): number[] {
    if (value instanceof Float64Array) return Array.from(value)
    if (!Array.isArray(value)) throw new Refusal(`${name} is ${show(value)}; needed: a list of numbers`)
    const wrong = value.findIndex(item => typeof item !== 'number')
    if (wrong >= 0) throw new Refusal(`${name}[${wrong}] is ${show(value[wrong])}; needed: a number`)
    return value as number[]
}

/** A continuous joint turns as far as the wire's number reaches. */
function range(joint: JointDescription, what: Interface): [number, number] {
    if (what === 'position') return [joint.positionMin ?? -200_000, joint.positionMax ?? 200_000]
    const limit = what === 'velocity' ? joint.velocityLimit : joint.effortLimit
    return [-limit, limit]
}
