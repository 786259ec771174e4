import { hasParameters, valuesByName } from './parameters'
import type { Robot } from './robot'
import type { Scheduler } from './scheduler'

/** What a robot was when something was measured or recorded: what a report says of it. */
export interface RobotConditions {
    robot: string
    /** Hash of the robot's data that its firmware was built with. */
    configHash: string
    /** SHA-256 of the program that the board runs, hex; absent when the board does not tell it. */
    firmware?: string
    /** Values in force by name, in the board's order; absent where there are none or the board does not tell them. */
    parameters?: Record<string, number>
    /** Why the parameters are not here though the robot has some. */
    parametersUnknown?: string
    /** Of the motor supply at this moment, V; absent where it is not measured. */
    supplyVoltage?: number
}

/** The board announces the service that tells its program each 500 ms, which may be after the robot has been described. */
const HASH_WAIT_MS = 300
const HASH_TRIES = 4

/**
 * Asks a robot what it is. What it does not tell is left out: a measurement is worth more with a gap in its report than not
 * made. The board answers with packets of the 50 a second that telemetry needs, too, when its parameters are read for the first
 * time (each page one, 100 ms apart): ask before the samples count.
 */
export async function robotConditions(robot: Robot, scheduler: Scheduler): Promise<RobotConditions> {
    const { name, configHash } = robot.description
    const firmware = await programHash(robot, scheduler)
    const parameters = await parametersOf(robot)
    const supplyVoltage = robot.state?.power?.voltage
    return {
        robot: name,
        configHash,
        ...(firmware !== undefined && { firmware }),
        ...parameters,
        ...(supplyVoltage !== undefined && { supplyVoltage }),
    }
}

async function programHash(robot: Robot, scheduler: Scheduler): Promise<string | undefined> {
    if (!robot.firmwareHash) return undefined
    for (let i = 0; i < HASH_TRIES && robot.statistics().connected; i++) {
        if (i > 0) await new Promise<void>(resolve => scheduler.setTimeout(resolve, HASH_WAIT_MS))
        const hash = await robot.firmwareHash()
        if (hash !== undefined) return hash
    }
    return undefined
}

async function parametersOf(robot: Robot): Promise<Pick<RobotConditions, 'parameters' | 'parametersUnknown'>> {
    if (!hasParameters(robot)) return {}
    try {
        return { parameters: valuesByName(await robot.parameters()) }
    } catch (error) {
        return { parametersUnknown: (error as Error).message }
    }
}
