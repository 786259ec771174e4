import type { JointSetpoint, JointState, RobotState } from '../host/robot'
import type { JointTrajectory } from '../host/trajectory'
import type { RobotDescription } from '../protocol/description'

/** What a program knows of a joint before it connects. */
export interface JointSpec {
    readonly kind: 'continuous' | 'revolute'
    /** Largest speed that a setpoint may ask for, rad/s. */
    readonly velocityLimit: number
    /** Largest motor duty, 0 to 1. */
    readonly effortLimit: number
    /** rad; revolute joints */
    readonly positionMin?: number
    readonly positionMax?: number
}

/**
 * What a program knows of a robot before it connects: its names are literal types, so that a misspelt joint does not compile.
 * `tendon types` writes one out of the robot's data.
 */
export interface RobotSpec {
    readonly name: string
    readonly joints: Readonly<Record<string, JointSpec>>
    /** Whether it takes body velocities. */
    readonly drives: boolean
    /** Names of its parameters. */
    readonly parameters: readonly string[]
}

export type JointName<S extends RobotSpec> = keyof S['joints'] & string
export type ParameterName<S extends RobotSpec> = S['parameters'][number]
/** What any of the joints are told; joints that are not named stay as they are. */
export type Setpoints<S extends RobotSpec> = Partial<Record<JointName<S>, JointSetpoint>>

export interface TypedTrajectory<S extends RobotSpec> extends JointTrajectory {
    joints: JointName<S>[]
}

export interface TypedState<S extends RobotSpec> extends RobotState {
    joints: (JointState & { name: JointName<S> })[]
}

/** The spec of a robot that described itself. */
export function specOf({ name, joints, drive }: RobotDescription, parameters: readonly string[] = []): RobotSpec {
    return {
        name,
        joints: Object.fromEntries(
            joints.map(({ name, kind, velocityLimit, effortLimit, positionMin, positionMax }) => [
                name,
                {
                    kind,
                    velocityLimit,
                    effortLimit,
                    ...(positionMin === undefined ? {} : { positionMin }),
                    ...(positionMax === undefined ? {} : { positionMax }),
                },
            ]),
        ),
        drives: drive !== undefined,
        parameters,
    }
}

/** What is wrong with a spec for this robot; undefined when its names are the robot's. */
export function mismatch(spec: RobotSpec, description: RobotDescription): string | undefined {
    const known = description.joints.map(({ name }) => name)
    const wanted = Object.keys(spec.joints)
    const strange = wanted.filter(name => !known.includes(name))
    const missing = known.filter(name => !wanted.includes(name))
    const parts = [
        ...(spec.name === description.name ? [] : [`it is "${description.name}", not "${spec.name}"`]),
        ...(strange.length > 0 ? [`it has no joint ${strange.join(', ')}`] : []),
        ...(missing.length > 0 ? [`the types lack its joint ${missing.join(', ')}`] : []),
        ...(spec.drives && description.drive === undefined ? ['it does not drive'] : []),
    ]
    return parts.length === 0 ? undefined : parts.join('; ')
}
