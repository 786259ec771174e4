import { beforeAll, describe, expect, test } from 'vitest'
import { makeFrame } from '../../src/protocol/frame'
import { type BoardProfile, boardProfiles } from '../../src/sim/board-profile'
import type { TickCost } from '../../src/sim/simulated-board'
import {
    boardProgram,
    DEVICE_ID,
    MARK_ADDRESS,
    powerOn,
    request,
    RESULT_ADDRESS,
    Scenario,
    type Transaction,
} from './board-program'

let program: Buffer

beforeAll(async () => {
    program = await boardProgram()
})

/** Wakes when the runtime asks; one kind of cost at a time is added to it. */
const free = boardProfiles.ideal

const marksOf = (transactions: Transaction[]) => transactions.filter(({ address }) => address === MARK_ADDRESS)
const microseconds = (seconds: number) => seconds * 1e6

/** Time from the first to the second mark of a tick of 100 turns, µs: 25 + 13 · 100 operations, one call (meter.test.ts). */
function timeBetweenMarks(costs: Partial<BoardProfile>, duration = 0): number {
    const { clock, transactions } = powerOn(program, request(Scenario.Loop, 10, 100), {
        profile: { ...free, ...costs },
        device: () => ({ duration }),
    })
    clock.runUntil(0.3e6)
    const marks = marksOf(transactions)
    return microseconds(marks[3].time - marks[2].time)
}

describe('time inside a pass', () => {
    test.each([
        ['each operation', { operationUs: 2 }, 0, 2 * 1325],
        ['each call of a function', { callUs: 100 }, 0, 100],
        ['each call of the runtime', { builtinUs: 30 }, 0, 30],
        ['each transaction', { i2cUs: 70 }, 0, 70],
        ['the time that the bus is busy', {}, 0.0004, 400],
        ['all of these', { operationUs: 2, callUs: 100, builtinUs: 30, i2cUs: 70 }, 0.0004, 2650 + 600],
        ['nothing else', {}, 0, 0],
    ])('goes on with %s', (_, costs, duration, expected) => {
        expect(timeBetweenMarks(costs, duration)).toBeCloseTo(expected, 6)
    })

    test('stands still for the program until its fiber has waited', () => {
        // 1000 turns of 13 operations of 1 µs, and some.
        const { clock, transactions } = powerOn(program, request(Scenario.Clock, 0, 1000), {
            profile: { ...free, operationUs: 1 },
        })
        clock.runUntil(0.3e6)
        const times = transactions
            .filter(({ address }) => address === RESULT_ADDRESS)
            .map(({ write }) => Buffer.from(write as number[]).readInt32LE(0))
        const [before, behind, polled, slept] = times
        expect(behind).toBe(before)
        // A sleep of 0 brings the clock up to date, and comes back within the same pass.
        expect(polled - before).toBe(13)
        expect(slept - polled).toBe(1)
    })
})

describe('a pass', () => {
    test('begins 100 ms after power-on, and costs what the profile says even when nothing is due', () => {
        const { clock, board } = powerOn(program, request(Scenario.None), { profile: { ...free, passUs: 90 } })
        clock.runUntil(99_999)
        expect(board.work.passes).toBe(0)
        clock.runUntil(100_000)
        expect(board.work.passes).toBe(1)
        clock.runUntil(2e6)
        expect(board.work.busyUs).toBeCloseTo(90 * board.work.passes, 6)
    })

    test('does not come early for a frame: while the board boots it is lost, and the program starts all the same', () => {
        const { clock, board, transactions } = powerOn(program, request(Scenario.Loop, 10, 1))
        for (const time of [200, 50_000, 99_999]) {
            clock.at(time, () => board.receiveFrame(makeFrame(Buffer.alloc(8, 1), 0, 0x80)))
        }
        clock.runUntil(99_999)
        expect(board.work.passes).toBe(0)
        clock.runUntil(1e6)
        expect(marksOf(transactions).length).toBeGreaterThan(170)
    })

    test('costs more with a frame in it, which it answers when it ends', () => {
        const { clock, board, frames } = powerOn(program, request(Scenario.None), {
            profile: { ...free, passUs: 90, frameInUs: 290 },
        })
        clock.runUntil(1.2e6)
        const { busyUs, passes } = board.work
        frames.length = 0
        const id = Buffer.alloc(8)
        id.writeBigUInt64LE(DEVICE_ID)
        board.receiveFrame(makeFrame(id, 0, 0x1186))
        clock.runUntil(1.2e6 + 370)
        expect(frames).toHaveLength(0)
        clock.runUntil(1.2e6 + 1000)
        expect(frames[0].time).toBeCloseTo(1.2e6 + 380, 6)
        expect(board.work.busyUs - busyUs).toBeCloseTo(90 * (board.work.passes - passes) + 290, 6)
    })

    test('is charged for the collections of the heap', () => {
        const objects: number[] = []
        const { clock, board } = powerOn(program, request(Scenario.Garbage, 0, 200), {
            profile: { ...free, collectionUs: 1000, collectionPerObjectUs: 10 },
            onTransaction: board => objects.push(board.heapStatistics()?.objects ?? 0),
        })
        clock.runUntil(1e6)
        const { collections, busyUs, panics } = board.work
        expect(panics).toBe(0)
        // 200 buffers of 1 KB through a heap of 64 KiB.
        expect(collections).toBeGreaterThanOrEqual(3)
        const perCollection = busyUs / collections
        expect(perCollection).toBeGreaterThanOrEqual(1000 + 10 * Math.min(...objects))
        expect(perCollection).toBeLessThan(1000 + 10 * (Math.max(...objects) + 30))
    })
})

test('what a tick cost is reported with its parts', () => {
    const { clock, board } = powerOn(program, request(Scenario.Loop, 10, 100), {
        profile: { ...free, passUs: 90, operationUs: 2, callUs: 100, builtinUs: 30, i2cUs: 70 },
        device: () => ({ duration: 0.0004 }),
    })
    const ticks: TickCost[] = []
    clock.runUntil(0.2e6)
    board.onTick = cost => ticks.push({ ...cost })
    clock.runUntil(0.5e6)
    expect(ticks).toHaveLength(30)
    for (const { calls, transactions, busUs, operations, totalUs, builtins } of ticks) {
        expect({ calls, transactions, busUs: Math.round(busUs) }).toEqual({ calls: 1, transactions: 2, busUs: 800 })
        // Beside what is between the marks: the loop around it.
        expect(operations).toBeGreaterThan(1325)
        expect(operations).toBeLessThan(1325 + 80)
        expect(totalUs).toBeCloseTo(operations * 2 + calls * 100 + builtins * 30 + 2 * 70 + 800, 6)
    }
})

test("a program that panics is counted, and the program's log comes out in order", () => {
    const endless = powerOn(program, request(Scenario.Endless))
    endless.clock.runUntil(1e6)
    expect(endless.board.work.panics).toBe(1)
    const log = powerOn(program, request(Scenario.Log, 0, 2))
    log.clock.runUntil(1e6)
    expect(log.log.filter(line => line.startsWith('> '))).toEqual(['> line 0', '> line 1', '> done'])
    expect(log.board.work.panics).toBe(0)
})

test('two boards with one seed do the same at the same times; with another, their chance differs', () => {
    const trace = (seed: number) => {
        const { clock, transactions, frames, board } = powerOn(program, request(Scenario.Loop, 10, 70), {
            profile: boardProfiles.rp2040,
            seed,
        })
        clock.runUntil(3e6)
        return { transactions, frames, work: board.work }
    }
    const first = trace(1)
    expect(first.transactions.length).toBeGreaterThan(10)
    expect(trace(1)).toEqual(first)
    expect(trace(2)).not.toEqual(first)
})
