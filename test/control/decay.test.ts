import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decay } from '../../src/control/decay'

describe('decay', () => {
    it('is 24/65 after one time constant: 1 / (1 + 1 + 1/2 + 1/6 + 1/24)', () => {
        expect(decay(1, 1)).toBeCloseTo(24 / 65, 15)
    })

    it.each([0, 0.001, 0.1, 0.5, 1])('is e^-x within x⁵/120 at x = %s', x => {
        const ratio = decay(100, x / 100) / Math.exp(-x)
        expect(ratio).toBeGreaterThanOrEqual(1 - 1e-15)
        expect(ratio - 1).toBeLessThanOrEqual(x ** 5 / 120 + 1e-15)
    })

    it('lies in (0, 1] and never grows with time', () => {
        const positive = fc.double({ min: 1e-9, max: 1e9, noNaN: true })
        fc.assert(
            fc.property(positive, positive, positive, (rate, dt, more) => {
                const share = decay(rate, dt)
                expect(share).toBeGreaterThan(0)
                expect(share).toBeLessThanOrEqual(1)
                expect(decay(rate, dt + more)).toBeLessThanOrEqual(share)
            }),
            { seed: 12, numRuns: 1000 },
        )
    })
})
