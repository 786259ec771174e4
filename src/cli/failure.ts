import { CommanderError } from 'commander'
import { RobotError } from '../host/robot'

/** The command was called in a way that it does not understand: exit code 2. */
export class UsageError extends Error {
    override name = 'UsageError'
}

/** The command could not do what it was asked: exit code 1. */
export class CommandError extends Error {
    override name = 'CommandError'
}

/** Errors whose text is written for the user. Of any other, which is a fault of the program, the whole stack is shown. */
const TOLD = [
    'UsageError',
    'CommandError',
    'BuildError',
    'FleetError',
    'FlashError',
    'SimulationError',
    'FaultPlanError',
    'RecordError',
    'RobotError',
    'BridgeError',
    'PlannerError',
    'FlowYamlError',
    'LimitError',
]

/** Prints what went wrong to stderr. Returns the exit code: 2 for wrong usage, else 1; 0 when only help was asked for. */
export function reportFailure(error: unknown): number {
    // commander has printed it already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    const told = error instanceof Error && (TOLD.includes(error.name) || isInRobotFile(error))
    process.stderr.write(`tendon: ${told ? error.message : describe(error)}\n`)
    if (error instanceof RobotError) for (const line of error.details) process.stderr.write(`  ${line}\n`)
    return error instanceof UsageError ? 2 : 1
}

/** A slip in a robot's own file, which is loaded as it is: the text of these two says where it is. */
function isInRobotFile(error: Error & { code?: string }): boolean {
    if (!/[\\/]src[\\/]robots[\\/]/.test(error.message)) return false
    return error.name === 'TransformError' || error.code === 'ERR_MODULE_NOT_FOUND'
}

function describe(error: unknown): string {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
