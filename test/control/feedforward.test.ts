import { describe, expect, it } from 'vitest'
import { Feedforward } from '../../src/control/feedforward'

describe('Feedforward', () => {
    it('adds friction, back-EMF and inertia: 0.1 + 0.05 · 4 + 0.01 · 3 = 0.33', () => {
        expect(new Feedforward({ ks: 0.1, kv: 0.05, ka: 0.01 }).calculate(4, 3)).toBeCloseTo(0.33, 15)
    })

    it.each([
        [4, 0, 0.3],
        [-4, 0, -0.3],
        [1e-9, 0, 0.1],
        [0, 0, 0],
        [0, 3, 0.03],
        [-4, 3, -0.27],
    ])('at velocity %s and acceleration %s gives %s', (velocity, acceleration, output) => {
        const feedforward = new Feedforward({ ks: 0.1, kv: 0.05, ka: 0.01 })
        expect(feedforward.calculate(velocity, acceleration)).toBeCloseTo(output, 9)
    })

    it('lets NaN through, for the controller to reject', () => {
        expect(new Feedforward({ ks: 0.1, kv: 0, ka: 0 }).calculate(NaN)).toBe(NaN)
    })

    it('refuses a negative gain by name', () => {
        expect(() => new Feedforward({ ks: 0, kv: -2, ka: 0 })).toThrow(
            new RangeError('kv: got -2, allowed 0 to 1000000000'),
        )
        expect(() => new Feedforward({ ks: NaN, kv: 0, ka: 0 })).toThrow(/^ks: got NaN/)
        expect(() => new Feedforward({ ks: 0, kv: 0, ka: Infinity })).toThrow(/^ka: got Infinity/)
    })
})
