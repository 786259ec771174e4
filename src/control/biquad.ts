import { requireInRange } from './range'
import { sinCos, TWO_PI } from './trig'

/** Second-order filter: y = b0 x + b1 x' + b2 x'' - a1 y' - a2 y'', where ' is one step back. */
export interface BiquadCoefficients {
    readonly b0: number
    readonly b1: number
    readonly b2: number
    readonly a1: number
    readonly a2: number
}

/**
 * Low-pass by the bilinear transform, with its frequency pre-warped. (Formulae of this and the next: R. Bristow-Johnson,
 * "Cookbook formulae for audio equalizer biquad filter coefficients", W3C note 2021.)
 *
 * @param cutoff Hz, above 0 and below half of the sampling frequency
 * @param dt period of the samples, s
 * @param quality 1/√2 (default) falls most evenly, 1/2 does not overshoot
 * @throws RangeError naming the key
 */
export function lowPassBiquad(cutoff: number, dt: number, quality = 0.7071067811865476): BiquadCoefficients {
    const { cosine, alpha } = warp('cutoff', cutoff, dt, quality)
    const gain = 1 / (1 + alpha)
    const side = 0.5 * (1 - cosine) * gain
    return { b0: side, b1: 2 * side, b2: side, a1: -2 * cosine * gain, a2: (1 - alpha) * gain }
}

/**
 * Notch: takes out one frequency, such as a mechanical resonance.
 *
 * @param frequency Hz, above 0 and below half of the sampling frequency
 * @param dt period of the samples, s
 * @param quality frequency over the width between the points at 1/√2
 * @throws RangeError naming the key
 */
export function notchBiquad(frequency: number, dt: number, quality: number): BiquadCoefficients {
    const { cosine, alpha } = warp('frequency', frequency, dt, quality)
    const gain = 1 / (1 + alpha)
    const middle = -2 * cosine * gain
    return { b0: gain, b1: middle, b2: gain, a1: middle, a2: (1 - alpha) * gain }
}

function warp(key: string, frequency: number, dt: number, quality: number): { cosine: number; alpha: number } {
    requireInRange('dt', dt, 1e-6, 10)
    requireInRange(key, frequency, 1e-6, 0.499 / dt)
    requireInRange('quality', quality, 0.01, 1000)
    const pair: number[] = [0, 1]
    sinCos(TWO_PI * frequency * dt, pair)
    return { cosine: pair[1], alpha: pair[0] / (2 * quality) }
}

/**
 * Runs a second-order filter, in the transposed direct form II. It has one fixed period: that of its coefficients. The first
 * sample is taken as if it had always been there. A NaN or infinite sample is dropped and counted.
 */
export class Biquad {
    readonly state = { output: 0, rejected: 0 }
    private started = false
    private first = 0
    private second = 0

    constructor(readonly coefficients: BiquadCoefficients) {}

    calculate(input: number): number {
        const { state, coefficients: c } = this
        if (input - input !== 0) {
            state.rejected++
            return state.output
        }
        if (!this.started) {
            this.started = true
            const steady = (input * (c.b0 + c.b1 + c.b2)) / (1 + c.a1 + c.a2)
            this.second = c.b2 * input - c.a2 * steady
            this.first = c.b1 * input - c.a1 * steady + this.second
        }
        const output = c.b0 * input + this.first
        this.first = c.b1 * input - c.a1 * output + this.second
        this.second = c.b2 * input - c.a2 * output
        state.output = output
        return output
    }

    /** As new: output 0; the next sample is taken as if it had always been there. */
    reset(): void {
        this.state.output = 0
        this.state.rejected = 0
        this.started = false
    }
}
