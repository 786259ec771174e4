import { applyChanges } from '../../host/parameter-file'
import type { Parameter, Parameterised } from '../../host/parameters'
import type { Robot } from '../../host/robot'
import type { RecordedParameters } from '../recorded-parameters'

/** A change of parameters of the recorded robot, in terms of the one that it is repeated on. */
export interface ParameterStep {
    /** s since the Unix epoch */
    time: number
    changes: { parameter: Parameter; value: number }[]
    /** All are at their defaults afterwards: one command does it. */
    reset: boolean
}

/** What differs from a robot's parameters. Names that it does not have are left out. */
export function differences(
    values: Readonly<Record<string, number>>,
    parameters: readonly Parameter[],
): ParameterStep['changes'] {
    return parameters
        .map(parameter => ({ parameter, value: values[parameter.name] }))
        .filter(({ parameter, value }) => value !== undefined && value !== parameter.value)
}

/**
 * The recorded changes after a time, each against what was in force before it.
 *
 * @param parameters of the robot that they are repeated on, as they are at that time
 */
export function parameterSteps(
    recorded: readonly RecordedParameters[],
    after: number,
    parameters: readonly Parameter[],
): ParameterStep[] {
    let now = parameters
    const steps: ParameterStep[] = []
    for (const { time, values } of recorded) {
        if (time <= after) continue
        const changes = differences(values, now)
        if (changes.length === 0) continue
        now = now.map(parameter => ({ ...parameter, value: values[parameter.name] ?? parameter.value }))
        const reset = changes.length > 1 && now.every(parameter => parameter.value === parameter.default)
        steps.push({ time, changes, reset })
    }
    return steps
}

/** @throws RobotError `out-of-range`, `armed` */
export async function applyStep(robot: Robot & Parameterised, { changes, reset }: ParameterStep): Promise<void> {
    if (reset) await robot.resetParameters()
    else await applyChanges(robot, changes)
}

/** `left_wheel.kp 0.07 (not 0.05), …` */
export function changesText(changes: ParameterStep['changes']): string {
    return changes.map(({ parameter, value }) => `${parameter.name} ${value} (not ${parameter.value})`).join(', ')
}
