import { compileEntry } from '../../src/flash/build'
import { makeFrame } from '../../src/protocol/frame'
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
    const sources = ['src/hal', 'src/firmware/board.ts', 'test/vm/board-main.ts']
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

/** Between two frames of a host whose clock is not the board's, ms per ms: so the phase between both wanders. */
const HOST_CLOCK = 1.003
/** Turns of the program's work that make its tick, with the loop around it, 3.1 ms on an RP2040. */
const TURNS_OF_3_MS = 71

/** Period of a control loop on an RP2040, ms, over `seconds`, with a short frame from the host each `frameMs` (0: none). */
export function loopPeriods(
    program: Buffer,
    periodMs: number,
    frameMs: number,
    seconds: number,
): { min: number; mean: number; max: number; load: number; count: number } {
    const profile = boardProfiles.rp2040
    const { clock, board, transactions } = powerOn(program, request(Scenario.Loop, periodMs, TURNS_OF_3_MS), {
        profile,
    })
    const id = Buffer.alloc(8)
    id.writeBigUInt64LE(DEVICE_ID)
    // For a service that the board does not have: nothing answers.
    const frame = makeFrame(id, 0x30, 0x80)
    const delays = new Random(7)
    const send = () => {
        clock.at(clock.now + delays.uniform(...profile.linkDelayUs), () => board.receiveFrame(frame))
        clock.at(clock.now + frameMs * 1000 * HOST_CLOCK, send)
    }
    if (frameMs > 0) send()
    clock.runUntil(500_000)
    const busyUs = board.work.busyUs
    transactions.length = 0
    clock.runUntil(500_000 + seconds * 1e6)
    const starts = transactions.filter((_, i) => i % 2 === 0).map(({ time }) => time * 1000)
    const periods = starts.slice(1).map((time, i) => time - starts[i])
    return {
        min: Math.min(...periods),
        mean: periods.reduce((sum, period) => sum + period, 0) / periods.length,
        max: Math.max(...periods),
        load: (board.work.busyUs - busyUs) / (seconds * 1e6),
        count: periods.length,
    }
}
