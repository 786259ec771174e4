import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { BuildError } from './build-error'
import { PROJECT_ROOT } from './build'

/** What a robot's program may take of a board. Times are those of a typical tick on the RP2040. */
export interface Budget {
    /** Of the program, bytes. */
    readonly programBytes: number
    /** Most that is in use of the program's heap, what is not yet collected included, bytes. */
    readonly heapBytes: number
    /** On the I2C bus, µs a tick. */
    readonly busUs: number
    /** The whole tick, µs: at most half its period. */
    readonly tickUs: number
}

/** What each may be at most, whatever the file says, and what it is when there is no file. */
const LARGEST: Readonly<Record<keyof Omit<Budget, 'tickUs'>, number>> = {
    // Half of the 110 KB that an RP2040 has room for, so that it can be updated in place. Code that the tick does not run
    // costs only room: stop actions, parameters, what explains a fault.
    programBytes: 55 * 1024,
    // The runtime's heap has 64 KiB, 40 on an ESP32-S2; what is left is for the moment before a collection.
    heapBytes: 56 * 1024,
    // A third of the rover's tick.
    busUs: 3300,
}
const KEYS = ['programBytes', 'heapBytes', 'busUs', 'tickUs'] as const

/**
 * The budget of a robot: `src/robots/<name>/budget.json`; a robot without that file has the largest.
 *
 * @param tickPeriodMs of its data
 * @throws BuildError naming the key, its value and what is allowed
 */
export async function loadBudget(robot: string, tickPeriodMs: number, root = PROJECT_ROOT): Promise<Budget> {
    const name = `src/robots/${robot}/budget.json`
    const text = await readFile(path.join(root, name), 'utf8').catch(() => '{}')
    const largest: Budget = { ...LARGEST, tickUs: 500 * tickPeriodMs }
    let file: Record<string, unknown>
    try {
        file = JSON.parse(text) as Record<string, unknown>
    } catch (error) {
        throw new BuildError(`${name} is no JSON: ${(error as Error).message}`)
    }
    for (const [key, value] of Object.entries(file)) {
        if (!KEYS.includes(key as keyof Budget)) {
            throw new BuildError(`${name}: "${key}" is not known; allowed: ${KEYS.join(', ')}`)
        }
        const most = largest[key as keyof Budget]
        if (typeof value !== 'number' || !(value > 0 && value <= most)) {
            throw new BuildError(`${name}: ${key} is ${JSON.stringify(value)}; allowed: a number above 0 to ${most}`)
        }
    }
    return { ...largest, ...(file as Partial<Budget>) }
}
