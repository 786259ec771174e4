import { describe, expect, test } from 'vitest'
import { TickLoop, type Ticking } from '../../src/onboard/tick-loop'
import { FakeClock } from '../portable/fake-parts'

interface Call {
    what: 'tick' | 'skipped' | 'housekeeping' | 'upkeep'
    now: number
    tick?: number
    deadline?: number
    lateTicks?: number
}

/**
 * Runs a loop of 10 ms from board time `start` until it has ticked `ticks` times.
 *
 * @param options.oversleeps ms by which each sleep is too long, in turn
 * @param options.takes ms that tick n takes
 */
async function run(
    ticks: number,
    options: { oversleeps?: number[]; takes?: (n: number) => number; start?: number; housekeepingTicks?: number } = {},
) {
    const clock = new FakeClock()
    clock.now = options.start ?? 0
    if (options.oversleeps) clock.oversleeps = options.oversleeps
    const calls: Call[] = []
    let count = 0
    const ticking: Ticking = {
        tick: (now, tick, deadline, lateTicks) => {
            calls.push({ what: 'tick', now, tick, deadline, lateTicks })
            clock.busy += options.takes?.(count) ?? 0
            if (++count === ticks) loop.running = false
        },
        skipped: (now, lateTicks) => calls.push({ what: 'skipped', now, lateTicks }),
        housekeeping: () => calls.push({ what: 'housekeeping', now: clock.now }),
        upkeep: lateTicks => calls.push({ what: 'upkeep', now: clock.now, lateTicks }),
    }
    const loop: TickLoop = new TickLoop(clock, 10, ticking, options.housekeepingTicks ?? 1_000_000)
    await loop.run()
    const ticksAndSkips = calls.filter(({ what }) => what === 'tick' || what === 'skipped')
    return { loop, clock, calls, ticksAndSkips, started: calls.filter(({ what }) => what === 'tick') }
}

describe('deadlines', () => {
    test('are one period apart from the start, and tick 0 belongs to the first', async () => {
        const { started } = await run(4, { start: 137 })
        expect(started).toEqual([
            { what: 'tick', now: 147, tick: 0, deadline: 147, lateTicks: 0 },
            { what: 'tick', now: 157, tick: 1, deadline: 157, lateTicks: 0 },
            { what: 'tick', now: 167, tick: 2, deadline: 167, lateTicks: 0 },
            { what: 'tick', now: 177, tick: 3, deadline: 177, lateTicks: 0 },
        ])
    })

    test('do not drift, however long a tick takes and however much each sleep is too long', async () => {
        const { started, loop } = await run(10_000, { oversleeps: [0, 1, 2, 3, 4, 5], takes: n => n % 5 })
        expect(started.every(({ tick, deadline }) => deadline === 10 * (tick! + 1))).toBe(true)
        expect(started.every(({ now, deadline }) => now - deadline! >= 0 && now - deadline! <= 5)).toBe(true)
        expect(loop.lateTicks).toBe(0)
        expect(loop.skippedTicks).toBe(0)
        expect(started.at(-1)?.tick).toBe(9999)
    })

    test('a loop whose tick takes longer than a period still lets the main loop run between ticks', async () => {
        const { clock } = await run(20, { takes: () => 12 })
        const waits = clock.sleeps.filter(ms => ms !== 0)
        expect(waits).toHaveLength(20)
        expect(Math.min(...waits)).toBe(1)
    })
})

describe('lateness', () => {
    test('more than half a period is late: 5 ms are not, 6 are', async () => {
        const { started, loop } = await run(6, { oversleeps: [5, 6, 0, 9, 0, 5] })
        expect(started.map(({ lateTicks }) => lateTicks)).toEqual([0, 1, 1, 2, 2, 2])
        expect(loop.lateTicks).toBe(2)
        expect(loop.skippedTicks).toBe(0)
    })

    test('a deadline that has passed altogether is skipped, with its index, and announced before the tick', async () => {
        // The sleep to 20 ends at 30, exactly one period late; the one to 50 ends at 85.
        const { ticksAndSkips, loop } = await run(5, { oversleeps: [0, 10, 0, 35, 0] })
        expect(ticksAndSkips).toEqual([
            { what: 'tick', now: 10, tick: 0, deadline: 10, lateTicks: 0 },
            { what: 'skipped', now: 30, lateTicks: 1 },
            { what: 'tick', now: 30, tick: 2, deadline: 30, lateTicks: 1 },
            { what: 'tick', now: 40, tick: 3, deadline: 40, lateTicks: 1 },
            { what: 'skipped', now: 85, lateTicks: 2 },
            { what: 'tick', now: 85, tick: 7, deadline: 80, lateTicks: 2 },
            { what: 'tick', now: 90, tick: 8, deadline: 90, lateTicks: 2 },
        ])
        expect(loop.skippedTicks).toBe(1 + 3)
    })

    test('a late start alone skips nothing', async () => {
        const { ticksAndSkips } = await run(3, { oversleeps: [0, 9, 0] })
        expect(ticksAndSkips.map(({ what }) => what)).toEqual(['tick', 'tick', 'tick'])
    })
})

describe('histograms', () => {
    const counted = (counts: number[]) =>
        Object.fromEntries(counts.map((count, bin) => [bin, count] as const).filter(([, count]) => count > 0))

    test('have 24 bins of 1 ms, the last for all that is longer', async () => {
        const { loop } = await run(8, { oversleeps: [0, 3, 0, 12, 14, 0, 200, 0] })
        // Starts: 10 23 30 52 74 80 290 300, each deadline after those that have passed.
        expect(counted(loop.periodCounts)).toEqual({ 6: 1, 7: 1, 10: 2, 13: 1, 22: 2, 23: 1 })
        expect(loop.periodCounts).toHaveLength(24)
        expect(loop.executionCounts).toHaveLength(24)
    })

    test('each tick has its period counted, one in five its execution', async () => {
        const { loop, clock } = await run(1000, { takes: n => (n % 5 === 4 ? 3 : 1) })
        expect(loop.periodCounts.reduce((sum, count) => sum + count)).toBe(1000)
        expect(counted(loop.executionCounts)).toEqual({ 3: 200 })
        expect(clock.sleeps.filter(ms => ms === 0)).toHaveLength(200)
        expect(loop.ticks).toBe(1000)
    })

    test('see every kind of tick: of a report of four samples and of housekeeping each tenth', async () => {
        // Ticks of different kinds take different times; each kind must turn up among those timed.
        const { loop } = await run(2000, { takes: n => (n % 4 === 3 ? 2 : 1) })
        expect(loop.executionCounts[2]).toBe(100)
        expect(loop.executionCounts[1]).toBe(300)
    })

    test('an execution longer than the bins goes to the last', async () => {
        const { loop } = await run(5, { takes: () => 90 })
        expect(counted(loop.executionCounts)).toEqual({ 23: 1 })
    })
})

test('housekeeping comes after its ticks, soon after the start and then each so many, and upkeep before the next', async () => {
    const { calls } = await run(30, { housekeepingTicks: 10, oversleeps: [0, 0, 6, 0, 0, 0, 0] })
    let ticks = 0
    const after: number[] = []
    const upkeep: number[] = []
    for (const { what, lateTicks } of calls) {
        if (what === 'tick') ticks++
        if (what === 'housekeeping') after.push(ticks)
        if (what === 'upkeep') upkeep.push(ticks, lateTicks!)
    }
    expect(after).toEqual([2, 12, 22])
    // Every seventh tick is late, the third first.
    expect(upkeep).toEqual([10, 2, 20, 3, 30, 4])
})

test('while ticks go on being skipped, housekeeping and upkeep come all the same', async () => {
    const { calls } = await run(120, { housekeepingTicks: 12, oversleeps: [17] })
    for (const kind of ['housekeeping', 'upkeep']) {
        expect(calls.filter(({ what }) => what === kind).length, kind).toBeGreaterThanOrEqual(9)
    }
})

test('skipped ticks bring housekeeping and upkeep out of step with nothing: both go on', async () => {
    for (let skip = 1; skip < 60; skip++) {
        const oversleeps = Array.from({ length: 60 }, (_, i) => (i === skip ? 10 * (1 + (skip % 5)) : 0))
        const { calls } = await run(60, { housekeepingTicks: 12, oversleeps })
        for (const kind of ['housekeeping', 'upkeep']) {
            const count = calls.filter(({ what }) => what === kind).length
            expect(count, `${kind} with ticks skipped at ${skip}`).toBeGreaterThanOrEqual(4)
        }
    }
})

test('a loop that was stopped goes on with the next index', async () => {
    const clock = new FakeClock()
    const ticks: number[] = []
    const loop: TickLoop = new TickLoop(
        clock,
        10,
        {
            tick: (_, tick) => {
                ticks.push(tick)
                if (ticks.length % 5 === 0) loop.running = false
            },
            skipped: () => {},
            housekeeping: () => {},
            upkeep: () => {},
        },
        10,
    )
    await loop.run()
    await loop.run()
    expect(ticks).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})
