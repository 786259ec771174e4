import type { RobotDescription } from '../protocol/description'
import { checkValue, type Parameter, type Parameterised, valuesByName } from './parameters'
import type { Robot } from './robot'

/** What a file of parameters holds. */
export interface ParameterFile {
    robot: string
    configHash: string
    /** Values by name. */
    parameters: Record<string, number>
}

/** Every parameter in force, as the text of a file. */
export function parameterFileText({ name, configHash }: RobotDescription, parameters: readonly Parameter[]): string {
    const file: ParameterFile = { robot: name, configHash, parameters: valuesByName(parameters) }
    return `${JSON.stringify(file, undefined, 4)}\n`
}

/**
 * Checks a file's text against a robot: its name, its configuration, every name and every value.
 *
 * @returns every problem found, and when there is none, the values that differ from those in force
 */
export function checkParameterFile(
    text: string,
    { name, configHash }: RobotDescription,
    parameters: readonly Parameter[],
    armed: boolean,
): { problems: string[]; changes: { parameter: Parameter; value: number }[] } {
    let file: Partial<ParameterFile>
    try {
        file = JSON.parse(text) as Partial<ParameterFile>
    } catch (error) {
        return { problems: [`not JSON: ${(error as Error).message}`], changes: [] }
    }
    const values = file?.parameters
    if (typeof values !== 'object' || values === null || Array.isArray(values)) {
        return { problems: ['parameters: missing, allowed an object of numbers by name'], changes: [] }
    }
    const problems: string[] = []
    const changes: { parameter: Parameter; value: number }[] = []
    if (file.robot !== name) problems.push(`robot = ${JSON.stringify(file.robot)}, allowed "${name}"`)
    if (file.configHash !== configHash) {
        problems.push(`configHash = ${JSON.stringify(file.configHash)}, allowed "${configHash}": saved with other data`)
    }
    for (const [key, value] of Object.entries(values)) {
        const parameter = parameters.find(candidate => candidate.name === key)
        if (!parameter) {
            problems.push(`parameter "${key}" does not exist`)
            continue
        }
        try {
            checkValue(parameter, value)
        } catch (error) {
            problems.push((error as Error).message)
            continue
        }
        if (value === parameter.value) continue
        if (armed && parameter.disarmedOnly) problems.push(`parameter ${key}: refused while the robot is armed`)
        changes.push({ parameter, value })
    }
    return { problems, changes }
}

/** Makes the changes; those that wait for another (a lower limit above the old upper one) come last. */
export async function applyChanges(
    robot: Robot & Parameterised,
    changes: readonly { parameter: Parameter; value: number }[],
): Promise<void> {
    const again: { parameter: Parameter; value: number }[] = []
    for (const change of changes) {
        await robot.setParameter(change.parameter.name, change.value).catch(() => again.push(change))
    }
    for (const { parameter, value } of again) await robot.setParameter(parameter.name, value)
}
