import { createHash } from 'node:crypto'
import { readCommand } from './command-reader'
import { FleetError } from './fleet-error'
import type { Command, DeployResult } from './messages'

/** A robot's program on its way to a board. */
export interface FleetProgram {
    /** Kind of the robot that it is for, as it will describe itself. */
    robot: string
    program: Buffer
    /** Hexadecimal. */
    sha256: string
}

/** Who wants to know how far a deploy is. */
export interface DeployWatch {
    onStep?: (text: string) => void
    onProgress?: (written: number, total: number) => void
}

/** Puts a program on the board and waits for its robot to answer. @param command that tries again, for error texts */
export type DeployHandler = (program: FleetProgram, watch: DeployWatch & { command: string }) => Promise<DeployResult>

export type DeployCommand = Extract<Command, { op: 'deploy' }>

const NEWLINE = 0x0a

/** One message, so that no part of a program can be another's: the command as a line of JSON, and the program. */
export function encodeProgram(command: DeployCommand, program: Buffer): Buffer {
    return Buffer.concat([Buffer.from(`${JSON.stringify(command)}\n`), program])
}

/** The command's line. */
export function headOf(payload: Buffer): Buffer {
    const end = payload.indexOf(NEWLINE)
    return end < 0 ? payload : payload.subarray(0, end)
}

/** @throws FleetError `refused`; `verify` when the program is not the one whose hash was said */
export function readProgram(payload: Buffer): { command: DeployCommand; program: Buffer } {
    const head = headOf(payload)
    const command = readCommand(head)
    if (command.op !== 'deploy') {
        throw new FleetError('refused', `op is "${command.op}"; allowed on this topic: deploy`)
    }
    const program = payload.subarray(head.length + 1)
    const { bytes, sha256 } = command
    if (program.length !== bytes) {
        throw new FleetError(
            'verify',
            `the program has ${program.length} bytes, said were ${bytes}: nothing was written`,
        )
    }
    if (createHash('sha256').update(program).digest('hex') !== sha256) {
        throw new FleetError('verify', 'the program that came is not the one whose hash was said: nothing was written')
    }
    return { command, program }
}
