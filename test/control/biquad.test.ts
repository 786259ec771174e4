import { describe, expect, it } from 'vitest'
import { Biquad, type BiquadCoefficients, lowPassBiquad, notchBiquad } from '../../src/control/biquad'

const DT = 0.01

/** Amplitude of the output for a sine of amplitude 1 at `frequency` Hz, from the last ten of thirty seconds. */
function gain(coefficients: BiquadCoefficients, frequency: number): number {
    const filter = new Biquad(coefficients)
    let sine = 0
    let cosine = 0
    for (let i = 0; i < 3000; i++) {
        const phase = 2 * Math.PI * frequency * i * DT
        const output = filter.calculate(Math.sin(phase))
        if (i >= 2000) {
            sine += output * Math.sin(phase)
            cosine += output * Math.cos(phase)
        }
    }
    return Math.hypot(sine, cosine) / 500
}

describe('Biquad', () => {
    it('as a low-pass leaves low frequencies, has 1/√2 at its cut-off and falls by four for each octave above', () => {
        const filter = lowPassBiquad(2, DT)
        expect(gain(filter, 0.1)).toBeCloseTo(1, 2)
        expect(gain(filter, 2)).toBeCloseTo(Math.SQRT1_2, 3)
        expect(gain(filter, 8)).toBeCloseTo(1 / Math.sqrt(1 + 4 ** 4), 2)
        expect(gain(filter, 8) / gain(filter, 16)).toBeGreaterThan(4)
    })

    it('as a notch takes one frequency out and leaves those a third away', () => {
        const filter = notchBiquad(12, DT, 3)
        expect(gain(filter, 12)).toBeLessThan(1e-3)
        expect(gain(filter, 8)).toBeGreaterThan(0.9)
        expect(gain(filter, 18)).toBeGreaterThan(0.9)
        // The half-power points are 12/3 Hz apart.
        expect(gain(filter, 14)).toBeGreaterThan(0.6)
        expect(gain(filter, 14)).toBeLessThan(0.85)
    })

    it('starts without a jump, whatever the first sample', () => {
        for (const coefficients of [lowPassBiquad(3, DT), notchBiquad(10, DT, 2)]) {
            const filter = new Biquad(coefficients)
            for (let i = 0; i < 20; i++) expect(filter.calculate(7)).toBeCloseTo(7, 12)
        }
    })

    it('holds through bad samples and counts them; is as new after reset', () => {
        const filter = new Biquad(lowPassBiquad(3, DT))
        filter.calculate(2)
        expect(filter.calculate(NaN)).toBeCloseTo(2, 12)
        expect(filter.calculate(-Infinity)).toBeCloseTo(2, 12)
        expect(filter.state.rejected).toBe(2)
        filter.reset()
        expect(filter.calculate(5)).toBeCloseTo(5, 12)
    })

    it('refuses a frequency that the samples cannot hold', () => {
        expect(() => lowPassBiquad(50, DT)).toThrow('cutoff: got 50, allowed 0.000001 to 49.9')
        expect(() => notchBiquad(0, DT, 1)).toThrow('frequency: got 0')
    })
})
