import Matrix, { solve } from 'ml-matrix'

/** How a system answers a sine: output over input. */
export interface FrequencyPoint {
    /** Hz */
    frequency: number
    gain: number
    /** rad, negative: the output lags */
    phase: number
}

/** Complex amplitude of a sine in noisy samples at uneven times, beside a constant and a drift, by least squares. */
export function sineOf(time: number[], values: number[], frequency: number): { re: number; im: number } {
    const w = 2 * Math.PI * frequency
    const middle = time[Math.floor(time.length / 2)]
    const rows = time.map(t => [Math.cos(w * t), Math.sin(w * t), 1, t - middle])
    const found = solve(new Matrix(rows), Matrix.columnVector(values))
    // c cos + s sin is the real part of (c - i s) exp(i w t).
    return { re: found.get(0, 0), im: -found.get(1, 0) }
}

/**
 * Output over input at one frequency.
 *
 * @param derivative whether the output's derivative is meant: the samples are positions, the answer is a speed's
 */
export function pointOf(
    time: number[],
    input: number[],
    output: number[],
    frequency: number,
    derivative: boolean,
): FrequencyPoint {
    const u = sineOf(time, input, frequency)
    let y = sineOf(time, output, frequency)
    if (derivative) {
        const w = 2 * Math.PI * frequency
        y = { re: -w * y.im, im: w * y.re }
    }
    const size = u.re * u.re + u.im * u.im
    const re = (y.re * u.re + y.im * u.im) / size
    const im = (y.im * u.re - y.re * u.im) / size
    return { frequency, gain: Math.hypot(re, im), phase: Math.atan2(im, re) }
}

/** Phases without jumps of a turn. */
export function unwrapped(points: FrequencyPoint[]): FrequencyPoint[] {
    let turns = 0
    return points.map((point, i) => {
        if (i > 0) {
            const step = point.phase + turns - (points[i - 1].phase + turns)
            if (step > Math.PI) turns -= 2 * Math.PI
            else if (step < -Math.PI) turns += 2 * Math.PI
        }
        return { ...point, phase: point.phase + turns }
    })
}

/** Frequency at which the gain falls to `level` of `reference`, by the straight line in the logarithms; NaN when it does not. */
export function crossing(points: FrequencyPoint[], reference: number, level = Math.SQRT1_2): number {
    const goal = Math.log(reference * level)
    for (let i = 1; i < points.length; i++) {
        const [a, b] = [Math.log(points[i - 1].gain), Math.log(points[i].gain)]
        if (a >= goal && b < goal) {
            const [x, y] = [Math.log(points[i - 1].frequency), Math.log(points[i].frequency)]
            return Math.exp(x + ((a - goal) / (a - b)) * (y - x))
        }
    }
    return NaN
}
