import { describe, expect, test } from 'vitest'
import { designLoop, fastestLoop, overshootAt } from '../../src/bench/analysis/loop-design'
import { bandwidthOf, closedLoop, overshootOf, stepOf } from '../../src/bench/analysis/velocity-loop'

/** So fast a tick, and no lag: what is known by hand of the continuous loop holds. */
const continuous = { period: 1e-4 }
const motor = { gain: 20, timeConstant: 0.05, delay: 0, frictionDuty: 0 }
/** The rover's and the actuator's board. */
const board = { period: 0.01, observerBandwidth: 100 }
const delayed = { ...motor, delay: 0.008 }

describe('the model of the velocity loop', () => {
    test('with the zero on the pole is of first order: bandwidth gain ki / 2π, no overshoot', () => {
        const gains = { kp: 0.5 * 0.05, ki: 0.5 }
        // 20 · 0.5 = 10 rad/s
        expect(bandwidthOf(motor, continuous, gains) / (10 / (2 * Math.PI))).toBeCloseTo(1, 2)
        expect(overshootOf(motor, continuous, gains)).toBeLessThan(1e-3)
        // 1 - 1/e after 1/10 s.
        expect(stepOf(motor, continuous, gains, 0.2)[1000]).toBeCloseTo(1 - Math.exp(-1), 2)
    })

    test('with the integral alone is of second order: damping 1 / (2 √(gain ki τ))', () => {
        // τ s² + s + gain ki: with 20 the frequency is 20 rad/s and the damping 0.5, which overshoots 16.3 %.
        expect(overshootOf(motor, continuous, { kp: 0, ki: 1 })).toBeCloseTo(0.163, 2)
        expect(overshootAt(0.5)).toBeCloseTo(0.163, 3)
        expect(overshootAt(0.7)).toBeCloseTo(0.046, 3)
        expect(overshootAt(1)).toBe(0)
    })

    test('answers a sine in its recursion as its frequency response says, with observer and delay', () => {
        const gains = { kp: 0.03, ki: 0.7 }
        // The response to a step, differenced, is that to a pulse: its Fourier sum is the frequency response.
        const step = stepOf(delayed, board, gains, 4)
        for (const frequency of [0.5, 3, 8]) {
            let [re, im] = [0, 0]
            for (let k = 1; k < step.length; k++) {
                const angle = 2 * Math.PI * frequency * k * board.period
                re += (step[k] - step[k - 1]) * Math.cos(angle)
                im -= (step[k] - step[k - 1]) * Math.sin(angle)
            }
            const expected = closedLoop(delayed, board, gains, frequency)
            expect(re).toBeCloseTo(expected.re, 6)
            expect(im).toBeCloseTo(expected.im, 6)
        }
    })

    test('a loop that swings up has an infinite overshoot', () => {
        expect(overshootOf(delayed, board, { kp: 0.4, ki: 5 })).toBe(Infinity)
    })
})

describe('the design', () => {
    test.each([
        [0.5, 0.7],
        [2, 0.7],
        [3, 0.5],
        [4, 0.8],
        [5, 1],
    ])('reaches %f Hz with a damping of %f', (bandwidth, damping) => {
        for (const delay of [0.003, 0.008, 0.013]) {
            const plant = { ...motor, delay }
            const limit = fastestLoop(plant, board, damping)
            const design = designLoop(plant, board, { bandwidth, damping })
            expect(design !== undefined).toBe(bandwidth <= limit)
            if (!design) continue
            expect(bandwidthOf(plant, board, design.gains) / bandwidth).toBeCloseTo(1, 3)
            expect(overshootOf(plant, board, design.gains)).toBeLessThanOrEqual(overshootAt(damping) + 1e-3)
        }
    })

    test('says no to what the delays forbid, and the more so the longer they are', () => {
        expect(designLoop(delayed, board, { bandwidth: 9, damping: 0.7 })).toBeUndefined()
        const limits = [0.003, 0.013, 0.03].map(delay => fastestLoop({ ...motor, delay }, board, 0.7))
        expect(limits[0]).toBeGreaterThan(limits[1])
        expect(limits[1]).toBeGreaterThan(limits[2])
    })
})
