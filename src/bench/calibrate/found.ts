import type { Parameter } from '../../host/parameters'

/** What was found of one parameter, beside what is configured. */
export interface FoundParameter {
    /** As `tendon param` names it. */
    name: string
    unit: string
    configured: number
    found: number
    /** The found value is right to this, where that is known. */
    uncertainty?: number
    /** Whether it is far enough from what is configured to be stored. */
    differs: boolean
}

/**
 * @param uncertainty what is nearer to the configured value is the same
 * @throws RangeError naming the parameter, when the robot would not take the value
 */
export function foundParameter(
    { name, unit, value: configured, min, max }: Parameter,
    value: number,
    uncertainty: number,
): FoundParameter {
    const found = Number(value.toPrecision(6))
    if (!(found >= min && found <= max)) {
        throw new RangeError(`${name}: found ${found} ${unit}, allowed are ${min} to ${max}: nothing is stored`)
    }
    return { name, unit, configured, found, uncertainty, differs: Math.abs(found - configured) > uncertainty }
}

/** The parameter of this name. @throws RangeError when the robot has none */
export function parameterOf(parameters: readonly Parameter[], name: string): Parameter {
    const parameter = parameters.find(candidate => candidate.name === name)
    if (!parameter) throw new RangeError(`the robot's firmware has no parameter ${name}`)
    return parameter
}
