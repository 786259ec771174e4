import type { JointState } from '../host/robot'
import type { JointDescription } from '../protocol/description'
import { type Fields, needObject, needText, onlyFields, Refusal, show } from './checks'
import { readDuration } from './trajectory'

/** How far the joints may be from where they should be. */
export interface Tolerances {
    /** While the trajectory runs, rad, by joint; undefined: any distance. */
    path: (number | undefined)[]
    /** At its end. */
    goal: (number | undefined)[]
    /** How much later than the last point the joints may arrive, s. */
    goalTime: number
}

/** Reads the tolerances of a `FollowJointTrajectory` goal. @throws Refusal */
export function readTolerances(goal: Fields, joints: JointDescription[]): Tolerances {
    onlyFields(goal, 'the goal', ['trajectory', 'path_tolerance', 'goal_tolerance', 'goal_time_tolerance'])
    return {
        path: readList(goal.path_tolerance, 'path_tolerance', joints),
        goal: readList(goal.goal_tolerance, 'goal_tolerance', joints),
        goalTime:
            goal.goal_time_tolerance === undefined || goal.goal_time_tolerance === null
                ? 0
                : readDuration(goal.goal_time_tolerance, 'goal_time_tolerance'),
    }
}

/** Which joint is too far off, and how far; undefined when none is. A joint that was not measured is not judged. */
export function checkTolerances(
    tolerances: (number | undefined)[],
    joints: JointState[],
    target: (joint: JointState, i: number) => number,
): string | undefined {
    for (const [i, joint] of joints.entries()) {
        const allowed = tolerances[i]
        if (allowed === undefined || !joint.valid) continue
        const off = Math.abs(target(joint, i) - joint.position)
        if (off > allowed) return `${joint.name} is off by ${off.toFixed(4)} rad; allowed: ${allowed}`
    }
    return undefined
}

/** As control_msgs has it: 0 leaves the default and -1 lifts it; there is no default, so neither sets a bound. */
function readList(value: unknown, path: string, joints: JointDescription[]): (number | undefined)[] {
    const tolerances = joints.map((): number | undefined => undefined)
    if (value === undefined || value === null) return tolerances
    if (!Array.isArray(value)) throw new Refusal(`${path} is ${show(value)}; needed: a list of tolerances`)
    value.forEach((item, k) => {
        const fields = needObject(item, `${path}[${k}]`, 'name and position')
        onlyFields(fields, `${path}[${k}]`, ['name', 'position', 'velocity', 'acceleration'])
        const name = needText(fields, 'name')
        const i = joints.findIndex(joint => joint.name === name)
        const names = joints.map(joint => joint.name).join(', ')
        if (i < 0) throw new Refusal(`${path}[${k}].name is ${show(name)}; the robot has: ${names}`)
        const { position = 0, velocity = 0, acceleration = 0 } = fields
        if (typeof position !== 'number' || !(position >= 0 || position === -1)) {
            throw new Refusal(`${path}[${k}].position is ${show(position)}; needed: rad from 0 up, or -1 for any`)
        }
        for (const [key, other] of Object.entries({ velocity, acceleration })) {
            if (other === 0 || other === -1) continue
            throw new Refusal(`${path}[${k}].${key} is ${show(other)}; only positions are watched: needed 0 or -1`)
        }
        if (position > 0) tolerances[i] = position
    })
    return tolerances
}
