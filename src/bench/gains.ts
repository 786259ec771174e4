import { type Parameterised, withParameters } from '../host/parameters'
import type { Robot } from '../host/robot'
import type { RobotDescription } from '../protocol/description'

/** Gains of a joint's loops, as in `JointGains` of the robot's data. Output is duty (1: full supply). */
export interface Gains {
    /** Position loop: rad/s for each rad of error. */
    kpPosition: number
    /** Velocity loop: duty for each rad/s of error, and a second. */
    kp: number
    ki: number
    /** Duty that overcomes friction, and duty for each rad/s of setpoint. */
    ks: number
    kv: number
}

/** What the robot calls each gain, after the joint's name and a dot. */
const NAMES: Record<keyof Gains, string> = { kpPosition: 'kp_position', kp: 'kp', ki: 'ki', ks: 'ks', kv: 'kv' }
const KEYS = Object.keys(NAMES) as (keyof Gains)[]

/** A joint's gains on the board. */
export class BoardGains {
    private readonly robot: Parameterised

    /** @throws RobotError `protocol` when the robot has no parameters */
    constructor(
        robot: Robot,
        private readonly joint: string,
    ) {
        this.robot = withParameters(robot)
    }

    async read(): Promise<Gains> {
        const gains: Partial<Gains> = {}
        for (const key of KEYS) gains[key] = (await this.robot.getParameter(parameterName(this.joint, key))).value
        return gains as Gains
    }

    /** In force at once, lost at the next restart. */
    async write(gains: Gains): Promise<void> {
        for (const key of KEYS) await this.robot.setParameter(parameterName(this.joint, key), gains[key])
    }

    /** Keeps every value in force in the board's flash. */
    store(): Promise<void> {
        return this.robot.storeParameters()
    }
}

function parameterName(joint: string, key: keyof Gains): string {
    return `${joint}.${NAMES[key]}`
}

/** The gains among a result's figures; undefined when one is missing. */
export function gainsOf(figures: readonly { key: string; value: number }[]): Gains | undefined {
    const values = KEYS.map(key => figures.find(figure => figure.key === key)?.value)
    if (values.some(value => value === undefined)) return undefined
    return Object.fromEntries(KEYS.map((key, i) => [key, values[i]])) as unknown as Gains
}

/** A file of parameters, as `tendon param load` takes it. */
export function gainsFile({ name, configHash }: RobotDescription, joint: string, gains: Gains): string {
    const parameters = Object.fromEntries(KEYS.map(key => [parameterName(joint, key), gains[key]]))
    return `${JSON.stringify({ robot: name, configHash, parameters }, undefined, 4)}\n`
}
