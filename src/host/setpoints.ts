import type { JointDescription, RobotDescription } from '../protocol/description'
import type { SetpointEntry } from '../protocol/setpoint'
import { JointMode } from '../protocol/state'
import { type JointSetpoint, RobotError } from './robot'

const MODES = {
    effort: { mode: JointMode.Effort, quantity: 'effort' },
    velocity: { mode: JointMode.Velocity, quantity: 'velocity (rad/s)' },
    position: { mode: JointMode.Position, quantity: 'position (rad)' },
} as const

/** What a joint's setpoint is called that turns it off. */
const OFF = 'off'

/** What is not `off` has exactly one of these. */
const QUANTITIES = Object.keys(MODES) as (keyof typeof MODES)[]

/**
 * A joint's setpoint as it travels.
 *
 * @throws RobotError `unknown-joint`; RangeError unless it is `off` or has one quantity within the joint's limits
 */
export function setpointEntry({ joints }: RobotDescription, name: string, setpoint: JointSetpoint): SetpointEntry {
    const joint = joints.findIndex(candidate => candidate.name === name)
    if (joint < 0) {
        const known = joints.map(candidate => candidate.name).join(', ')
        throw new RobotError('unknown-joint', `joint "${name}" does not exist; there are: ${known}`)
    }
    if (setpoint === OFF) return { joint, mode: JointMode.Off, value: 0 }
    const given = typeof setpoint === 'object' && setpoint !== null ? Object.keys(setpoint) : []
    const key = QUANTITIES.find(quantity => quantity === given[0])
    if (key === undefined || given.length !== 1) {
        const text = typeof setpoint === 'object' ? `has ${given.join(', ') || 'nothing'}` : `is ${String(setpoint)}`
        throw new RangeError(`${name}: the setpoint ${text}, allowed "off" or one of ${QUANTITIES.join(', ')}`)
    }
    const value = (setpoint as Record<string, unknown>)[key]
    const [low, high] = range(joints[joint], key)
    if (typeof value !== 'number' || !(value >= low && value <= high)) {
        throw new RangeError(`${name}: ${MODES[key].quantity} ${String(value)}, allowed ${low} to ${high}`)
    }
    return { joint, mode: MODES[key].mode, value }
}

/** The same the other way round. */
export function setpointOf({ mode, value }: SetpointEntry): JointSetpoint {
    const key = QUANTITIES.find(quantity => MODES[quantity].mode === mode)
    return key === undefined ? OFF : ({ [key]: value } as JointSetpoint)
}

/** A continuous joint turns as far as the wire's number reaches. */
function range(joint: JointDescription, key: keyof typeof MODES): [number, number] {
    if (key === 'position') return [joint.positionMin ?? -200_000, joint.positionMax ?? 200_000]
    const limit = key === 'velocity' ? joint.velocityLimit : joint.effortLimit
    return [-limit, limit]
}
