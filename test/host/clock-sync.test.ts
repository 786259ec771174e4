import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ClockSync } from '../../src/host/clock-sync'

test('by hand: a query of 4 ms puts the board time in its middle, good to half of it and the board’s step', () => {
    const clock = new ClockSync()
    clock.add(100, 100.004, 7)
    // The board read 7 s between 100 and 100.004 s of the host.
    const { time, bound } = clock.toHost(7.5, 100.004)!
    expect(time).toBeCloseTo(100.502, 12)
    expect(bound).toBeCloseTo(0.002 + 0.001, 12)
    expect(clock.latency).toBeCloseTo(0.002, 12)
})

test('before an answer there is no host time and no latency', () => {
    const clock = new ClockSync()
    expect(clock.toHost(1, 2)).toBeUndefined()
    expect(clock.latency).toBeNaN()
    clock.add(1, 1.002, 1)
    clock.reset()
    expect(clock.toHost(1, 2)).toBeUndefined()
})

test('the tightest query is used, until drift has widened it past a newer one', () => {
    const clock = new ClockSync()
    clock.add(0, 0.001, 0)
    clock.add(1, 1.01, 1.004)
    expect(clock.toHost(5, 1.01)!.bound).toBeCloseTo(0.0005 + 1.009 * 200e-6 + 0.001, 12)
    // After 30 s the first is good to 6.5 ms, the second to 5 + 5.8.
    expect(clock.toHost(5, 30)!.time).toBeCloseTo(5.0005, 9)
    clock.add(29.99, 29.994, 29.99)
    expect(clock.toHost(30, 30)!.bound).toBeCloseTo(0.002 + 0.006 * 200e-6 + 0.001, 9)
})

test('the latency is that of the latest query', () => {
    const clock = new ClockSync()
    clock.add(0, 0.001, 0)
    clock.add(1, 1.01, 1)
    expect(clock.latency).toBeCloseTo(0.005, 12)
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
                const { time, bound } = clock.toHost(told, event)!
                expect(Math.abs(time - event)).toBeLessThanOrEqual(bound * (1 + 1e-9))
            },
        ),
        { numRuns: 500 },
    )
})
