import { compileEntry } from '../../src/flash/build'
import { type BoardProfile, boardProfiles } from '../../src/sim/board-profile'
import { Random } from '../../src/sim/random'
import { SimulatedBoard } from '../../src/sim/simulated-board'
import { VirtualClock } from '../../src/sim/virtual-clock'

// Runs test/vm/board-main.ts: addresses and scenario numbers as there.

export const SCENARIO_ADDRESS = 0x10
export const MARK_ADDRESS = 0x11
export const RESULT_ADDRESS = 0x12
export const ECHO_ADDRESS = 0x13

export enum Scenario {
    /** Does nothing. */
    None = 0,
    Loop = 1,
    Echo = 2,
    Clock = 3,
    Garbage = 4,
    Endless = 5,
    Log = 6,
}

export const DEVICE_ID = 0x1122334455667788n

/** One transaction as the program made it. `time` in s. */
export interface Transaction {
    time: number
    address: number
    write: number[] | undefined
    readLength: number | undefined
}

export async function boardProgram(): Promise<Buffer> {
    const sources = ['src/hal', 'src/firmware', 'src/onboard', 'src/protocol', 'src/control', 'test/vm/board-main.ts']
    return (await compileEntry('test/vm/board-main.ts', sources)).bytecode
}

/** The answer to the program's first question. */
export function request(scenario: Scenario, periodMs = 0, count = 0): number[] {
    return [scenario, periodMs, count & 0xff, count >> 8]
}

export interface Run {
    clock: VirtualClock
    board: SimulatedBoard
    transactions: Transaction[]
    log: string[]
    /** Frames that left the board, with their time in µs. */
    frames: { time: number; bytes: Uint8Array }[]
}

/**
 * A board with the program in it, at time 0.
 *
 * @param answer the scenario
 * @param device what an address answers: result and bytes read
 */
export function powerOn(
    program: Buffer,
    answer: number[],
    options: {
        profile?: BoardProfile
        seed?: number
        device?: (address: number) => { result?: number; duration?: number; read?: number[] }
        onTransaction?: (board: SimulatedBoard, transaction: Transaction) => void
    } = {},
): Run {
    const clock = new VirtualClock()
    const random = new Random(options.seed ?? 1)
    const run: Omit<Run, 'board'> = { clock, transactions: [], log: [], frames: [] }
    const board: SimulatedBoard = new SimulatedBoard(clock, options.profile ?? boardProfiles.ideal, {
        i2c: (time, address, write, read) => {
            if (address === SCENARIO_ADDRESS) {
                read?.set(answer)
                return { result: 0, duration: 0 }
            }
            const transaction = { time, address, write: write && [...write], readLength: read?.length }
            run.transactions.push(transaction)
            options.onTransaction?.(board, transaction)
            const { result = 0, duration = 0, read: bytes } = options.device?.(address) ?? {}
            if (bytes) read?.set(bytes)
            return { result, duration }
        },
        onFrame: frame => run.frames.push({ time: clock.now, bytes: frame }),
        onLog: line => run.log.push(line),
        random: () => random.uniform(),
    })
    board.powerOn(DEVICE_ID, program)
    return { ...run, board }
}
