import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ClockSync } from '../../src/host/clock-sync'

/** Half of the board's step and of its delay: a time that is told may mean so much more or less than its middle. */
const TOLD = (0.001 + 0.0003) / 2

test('by hand: a query of 4 ms puts the board time in its middle, good to half of it and the board’s step', () => {
    const clock = new ClockSync()
    clock.add(100, 100.004, 7)
    // The board read 7 s between 100 and 100.004 s of the host; it told the whole ms before.
    const { time, bound } = clock.toHost(7)!
    expect(time).toBeCloseTo(100.002 + TOLD, 9)
    expect(bound).toBeCloseTo(0.002 + TOLD, 5)
    expect(clock.toBoard(100.502)).toBeCloseTo(7.5, 6)
    expect(clock.latency).toBeCloseTo(0.002, 5)
})

test('before an answer there is no host time and no latency', () => {
    const clock = new ClockSync()
    expect(clock.toHost(1)).toBeUndefined()
    expect(clock.toBoard(1)).toBeNaN()
    expect(clock.latency).toBeNaN()
    clock.add(1, 1.002, 1)
    clock.reset()
    expect(clock.toHost(1)).toBeUndefined()
})

test('by hand: two queries whose delays lay on opposite sides leave what their intervals have in common', () => {
    const clock = new ClockSync()
    // No drift between them to speak of: the difference is 0 to 4 ms by the first, 3 to 9 ms by the second.
    clock.add(10, 10.004, 10)
    clock.add(10.01, 10.016, 10.007)
    const { time, bound } = clock.toHost(10.007)!
    expect(time - 10.007).toBeCloseTo(0.0035 + TOLD, 4)
    expect(bound).toBeCloseTo(0.0005 + TOLD, 4)
})

test('the bound grows with time by what the rates may differ, until queries have told the rate', () => {
    const clock = new ClockSync()
    clock.add(0, 0.001, 0)
    expect(clock.toHost(10)!.bound).toBeCloseTo(0.0005 + 10 * 250e-6 + TOLD, 5)
    const drift = 150e-6
    for (let t = 1; t <= 20; t++) clock.add(t, t + 0.001, (t + 0.0005) * (1 - drift))
    expect(clock.drift).toBeCloseTo(drift, 4)
    // Ten seconds on, the intervals of 1 ms at both ends of 20 s allow 50 ppm either way.
    expect(clock.toHost(30 * (1 - drift))!.bound).toBeLessThan(0.0005 + 10 * 60e-6 + TOLD)
})

test('an answer that contradicts all others is left out, and believed when it has been so for ten seconds', () => {
    const clock = new ClockSync()
    for (let t = 0; t < 5; t++) clock.add(t, t + 0.001, t)
    clock.add(5, 5.001, 7)
    expect(clock.outliers).toBe(1)
    expect(clock.toHost(5)!.time).toBeCloseTo(5, 2)
    for (let t = 6; t < 14; t++) clock.add(t, t + 0.001, t + 2)
    expect(clock.toHost(14)!.time).toBeCloseTo(14, 2)
    for (let t = 14; t < 17; t++) clock.add(t, t + 0.001, t + 2)
    expect(clock.toHost(19)!.time).toBeCloseTo(17, 2)
})

test('the latency is that of the latest query', () => {
    const clock = new ClockSync()
    clock.add(0, 0.001, 0)
    clock.add(1, 1.01, 1)
    expect(clock.latency).toBeCloseTo(0.005, 5)
})

test('the bound holds for clocks that drift apart by 200 ppm and answers that take any time either way', () => {
    const delay = fc.double({ min: 0, max: 0.05, noNaN: true })
    const query = fc.record({ gap: fc.double({ min: 0.01, max: 30, noNaN: true }), out: delay, back: delay })
    const boardStart = fc.double({ min: -1000, max: 1000, noNaN: true })
    const drift = fc.double({ min: -199e-6, max: 199e-6, noNaN: true })
    const asked = fc.double({ min: 0, max: 20, noNaN: true })
    fc.assert(
        fc.property(
            fc.array(query, { minLength: 1, maxLength: 50 }),
            boardStart,
            drift,
            asked,
            (queries, start, rate, later) => {
                const clock = new ClockSync()
                const boardAt = (host: number) => start + host * (1 + rate)
                let now = 0
                for (const { gap, out, back } of queries) {
                    now += gap
                    clock.add(now, now + out + back, boardAt(now + out))
                    now += out + back
                }
                // A tick that starts `later`; the board tells its time in whole ms, rounded down.
                const event = now + later
                const told = Math.floor(boardAt(event) * 1000) / 1000
                const { time, bound } = clock.toHost(told)!
                expect(Math.abs(time - event)).toBeLessThanOrEqual(bound * (1 + 1e-9))
            },
        ),
        { numRuns: 500 },
    )
})
