import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LowPass } from '../../src/control/low-pass'

describe('LowPass', () => {
    it('answers a step like its RC circuit: 1 - e^(-2π · cutoff · t)', () => {
        const filter = new LowPass({ cutoff: 2 })
        filter.calculate(0, 0.01)
        for (let step = 1; step <= 50; step++) {
            expect(filter.calculate(1, 0.01)).toBeCloseTo(1 - Math.exp(-2 * Math.PI * 2 * 0.01 * step), 5)
        }
    })

    it.each([
        [0.1, 0.995],
        [1, Math.SQRT1_2],
        [10, 0.0995],
    ])('passes %s times its cut-off frequency with amplitude %s', (ratio, amplitude) => {
        const filter = new LowPass({ cutoff: 5 })
        const dt = 1e-4
        let largest = 0
        for (let i = 0; i < 40_000; i++) {
            const output = filter.calculate(Math.sin(2 * Math.PI * 5 * ratio * i * dt), dt)
            if (i > 20_000) largest = Math.max(largest, Math.abs(output))
        }
        expect(largest).toBeCloseTo(amplitude, 2)
    })

    it('takes over the first sample', () => {
        expect(new LowPass({ cutoff: 1 }).calculate(42, 0.01)).toBe(42)
    })

    it.each([0, -0.01, NaN])('changes nothing when dt is %s', dt => {
        const filter = new LowPass({ cutoff: 1 })
        filter.calculate(3, 0.01)
        expect(filter.calculate(100, dt)).toBe(3)
    })

    it.each([NaN, Infinity, -Infinity])('drops and counts a sample of %s', sample => {
        const filter = new LowPass({ cutoff: 1 })
        filter.calculate(sample, 0.01)
        filter.calculate(3, 0.01)
        expect(filter.calculate(sample, 0.01)).toBe(3)
        expect(filter.state.rejected).toBe(2)
    })

    it('is as new after reset', () => {
        const filter = new LowPass({ cutoff: 1 })
        filter.calculate(3, 0.01)
        filter.calculate(NaN, 0.01)
        filter.reset()
        expect(filter.state).toEqual({ output: 0, rejected: 0 })
        expect(filter.calculate(-7, 0.01)).toBe(-7)
    })

    it('never leaves the range of its inputs, whatever the steps of time', () => {
        const sample = fc.record({
            value: fc.double({ min: -1, max: 1, noNaN: true }),
            dt: fc.double({ min: 1e-6, max: 10, noNaN: true }),
        })
        fc.assert(
            fc.property(
                fc.array(sample, { minLength: 1 }),
                fc.double({ min: 0.01, max: 1e4, noNaN: true }),
                (samples, cutoff) => {
                    const filter = new LowPass({ cutoff })
                    let low = Infinity
                    let high = -Infinity
                    for (const { value, dt } of samples) {
                        low = Math.min(low, value)
                        high = Math.max(high, value)
                        const output = filter.calculate(value, dt)
                        expect(output).toBeGreaterThanOrEqual(low - 1e-12)
                        expect(output).toBeLessThanOrEqual(high + 1e-12)
                    }
                },
            ),
            { seed: 13 },
        )
    })

    it('refuses a cut-off frequency that is not positive', () => {
        expect(() => new LowPass({ cutoff: 0 })).toThrow(new RangeError('cutoff: got 0, allowed 0.000001 to 1000000'))
        expect(() => new LowPass({ cutoff: NaN })).toThrow(RangeError)
    })
})
