import { FleetError } from './fleet-error'
import type { Command } from './messages'
import { checkName } from './topics'

/** Longest command, bytes. */
const MAX_COMMAND = 4096
/** Longest lease, s. */
export const MAX_LEASE = 60
/** A command may be good for this long at most, s: one that waits longer somewhere does no harm. */
export const MAX_EXPIRY = 10

/** Longest program, and the blocks that it comes in, bytes: no board's store is larger. */
const MAX_PROGRAM = 256 * 1024
const PROGRAM_BLOCK = 32

type Fields = Record<string, unknown>

/** The fields that each order has beside those of every command. */
const ORDERS: Record<Command['op'], readonly string[]> = {
    ping: [],
    lease: ['seconds'],
    arm: [],
    disarm: [],
    stop: [],
    drive: ['linear', 'angular'],
    joint: ['joint', 'quantity', 'value'],
    joints: ['setpoints'],
    deploy: ['robot', 'bytes', 'sha256'],
}
const COMMON = ['op', 'id', 'from', 'sequence', 'expires']
const QUANTITIES = ['position', 'velocity', 'effort']

/** Who wants an answer, as far as can be told from a command that may be wrong. */
export function senderOf(payload: Buffer): { id: string; from: string } | undefined {
    try {
        const { id, from } = JSON.parse(payload.subarray(0, MAX_COMMAND).toString('utf8')) as Fields
        return typeof id === 'string' && id.length <= 64 && typeof from === 'string'
            ? { id, from: checkName('planner', from) }
            : undefined
    } catch {
        return undefined
    }
}

/** @throws FleetError `refused`, naming the field, its value and what is allowed */
export function readCommand(payload: Buffer): Command {
    if (payload.length > MAX_COMMAND) refuse(`the command has ${payload.length} bytes; allowed: ${MAX_COMMAND}`)
    let fields: Fields
    try {
        fields = JSON.parse(payload.toString('utf8')) as Fields
    } catch (error) {
        refuse(`the command is not JSON: ${(error as Error).message}`)
    }
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) refuse('the command is no JSON object')
    const op = text(fields, 'op')
    if (!Object.hasOwn(ORDERS, op)) refuse(`op is ${show(op)}; allowed: ${Object.keys(ORDERS).join(', ')}`)
    const allowed = [...COMMON, ...ORDERS[op as Command['op']]]
    const odd = Object.keys(fields).find(key => !allowed.includes(key))
    if (odd !== undefined) refuse(`${op} has no field ${show(odd)}; it has: ${allowed.join(', ')}`)
    if (text(fields, 'id').length > 64) refuse('id is longer than 64 characters')
    checkName('planner', text(fields, 'from'))
    range(fields, 'sequence', 0, Number.MAX_SAFE_INTEGER, 'a whole number')
    if (!Number.isInteger(fields.sequence)) refuse(`sequence is ${show(fields.sequence)}; needed: a whole number`)
    range(fields, 'expires', 0, 1e12, 's since the Unix epoch')
    if (op === 'lease') range(fields, 'seconds', 0, MAX_LEASE, 's')
    if (op === 'drive') {
        range(fields, 'linear', -100, 100, 'm/s')
        range(fields, 'angular', -1000, 1000, 'rad/s')
    }
    if (op === 'joint') {
        text(fields, 'joint')
        const quantity = text(fields, 'quantity')
        if (!QUANTITIES.includes(quantity)) refuse(`quantity is ${show(quantity)}; allowed: ${QUANTITIES.join(', ')}`)
        range(fields, 'value', -1e6, 1e6, "within the joint's limits")
    }
    // What is in it the robot checks, which knows its joints.
    if (op === 'joints' && !isFilled(fields.setpoints)) {
        refuse(`setpoints is ${show(fields.setpoints)}; needed: an object with a setpoint for each joint by its name`)
    }
    if (op === 'deploy') {
        text(fields, 'robot')
        range(fields, 'bytes', PROGRAM_BLOCK, MAX_PROGRAM, `a multiple of ${PROGRAM_BLOCK}`)
        if (!/^[0-9a-f]{64}$/.test(text(fields, 'sha256'))) {
            refuse(`sha256 is ${show(fields.sha256)}; needed: 64 hexadecimal digits`)
        }
    }
    return fields as unknown as Command
}

function text(fields: Fields, key: string): string {
    const value = fields[key]
    if (typeof value !== 'string' || value === '') refuse(`${key} is ${show(value)}; needed: a text`)
    return value
}

function isFilled(value: unknown): boolean {
    return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
}

function range(fields: Fields, key: string, low: number, high: number, unit: string): void {
    const value = fields[key]
    if (typeof value === 'number' && value >= low && value <= high) return
    refuse(`${key} is ${show(value)}; allowed: ${low} to ${high} (${unit})`)
}

function show(value: unknown): string {
    const json = JSON.stringify(value) ?? 'missing'
    return json.length > 60 ? `${json.slice(0, 57)}…` : json
}

function refuse(message: string): never {
    throw new FleetError('refused', message)
}
