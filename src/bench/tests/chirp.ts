import FFT from 'fft.js'
import { crossing, type FrequencyPoint, unwrapped } from '../analysis/frequency'
import { slopes } from '../analysis/statistics'
import { stepSize } from './step'
import { bode } from './sweep'
import type { BenchTest } from './test'

const SECONDS = 20
const LOWEST = 0.3
const HIGHEST = 12
/** Of the window in which a spectrum is taken; they overlap by half. */
const WINDOW = 512
/** Bands a decade that neighbouring lines are averaged into. */
const BANDS = 12

/** One sine whose frequency rises: the frequency response in a fraction of the sweep's time, and of its precision. */
export const chirp: BenchTest = {
    name: 'chirp',
    description: 'frequency response by one rising sine and FFT: gain, phase, coherence, bandwidth',
    seconds: options => (options.duration ?? SECONDS) + 5,
    async run(rig, record, options) {
        const mode = options.mode ?? 'effort'
        const size = options.amplitude ?? stepSize(rig, mode) / 3
        const offset = options.offset ?? (mode === 'position' ? rig.newest.position : 1.6 * size)
        const { from: low = LOWEST, to: high = HIGHEST, duration: seconds = SECONDS } = options
        const rate = Math.log(high / low) / seconds
        await rig.arm()
        await rig.hold(mode, offset, 0.8, 'to the offset')
        // Frequency low · exp(rate t), so phase 2π low (exp(rate t) - 1) / rate.
        const rising = (t: number) => (2 * Math.PI * low * (Math.exp(rate * t) - 1)) / rate
        const phase = (t: number) => (t < seconds ? rising(t) : rising(seconds) + 2 * Math.PI * high * (t - seconds))
        // A window weighs its middle: half a one more, so that the highest frequency is in the middle of the last.
        const whole = seconds + (WINDOW / 2) * rig.period
        const stretch = await rig.play(mode, t => offset + size * Math.sin(phase(t)), whole, 'chirp')
        const [from, to] = await rig.samplesWhile(stretch, mode, offset, 0)
        const { capture } = rig
        const input = capture.setpoint.slice(from, to)
        const measured = capture.measured.slice(from, to)
        const output = mode === 'position' ? measured : slopes(capture.time.slice(from, to), measured, 3)
        const found = spectra(input, output, 1 / rig.period, low, high)
        const points = unwrapped(found)
        record.figure(
            'lowGain',
            `gain at ${points[0].frequency.toFixed(2)} Hz`,
            points[0].gain,
            mode === 'effort' ? 'rad/s per duty' : '',
        )
        record.figure('bandwidth', 'bandwidth (-3 dB)', crossing(points, points[0].gain), 'Hz')
        record.figure('coherence', 'least coherence', Math.min(...found.map(({ coherence }) => coherence)))
        for (const plot of bode(points)) record.plot(plot)
        await rig.hold('effort', 0, 0.3, 'rest')
    },
}

/**
 * Output over input by cross over auto spectrum (H1), averaged over windows (Hann, half overlapping: Welch) and over the
 * lines of a band.
 */
function spectra(
    input: number[],
    output: number[],
    rate: number,
    low: number,
    high: number,
): (FrequencyPoint & { coherence: number })[] {
    const size = Math.min(WINDOW, 2 ** Math.floor(Math.log2(input.length)))
    const fft = new FFT(size)
    const half = size / 2
    const sums = Array.from({ length: half }, () => ({ uu: 0, yy: 0, re: 0, im: 0 }))
    const starts: number[] = []
    for (let start = 0; start + size < input.length; start += half) starts.push(start)
    // The last ends with the samples, however it overlaps.
    for (const start of [...starts, input.length - size]) {
        const [u, y] = [input, output].map(values => spectrum(fft, size, values.slice(start, start + size)))
        for (let k = 0; k < half; k++) {
            const [ur, ui, yr, yi] = [u[2 * k], u[2 * k + 1], y[2 * k], y[2 * k + 1]]
            sums[k].uu += ur * ur + ui * ui
            sums[k].yy += yr * yr + yi * yi
            sums[k].re += yr * ur + yi * ui
            sums[k].im += yi * ur - yr * ui
        }
    }
    const count = Math.max(2, Math.round(BANDS * Math.log10(high / low)))
    const bands: (FrequencyPoint & { coherence: number })[] = []
    for (let b = 0; b < count; b++) {
        const [from, to] = [low * (high / low) ** (b / count), low * (high / low) ** ((b + 1) / count)]
        const lines = sums.filter((_, k) => (k * rate) / size >= from && (k * rate) / size < to)
        if (lines.length === 0) continue
        const sum = lines.reduce((a, c) => ({ uu: a.uu + c.uu, yy: a.yy + c.yy, re: a.re + c.re, im: a.im + c.im }))
        const [re, im] = [sum.re / sum.uu, sum.im / sum.uu]
        const coherence = (sum.re ** 2 + sum.im ** 2) / (sum.uu * sum.yy)
        bands.push({ frequency: Math.sqrt(from * to), gain: Math.hypot(re, im), phase: Math.atan2(im, re), coherence })
    }
    return bands
}

/** Of a window without its mean, weighted by Hann's. */
function spectrum(fft: FFT, size: number, values: number[]): number[] {
    const mean = values.reduce((sum, value) => sum + value, 0) / size
    const weighted = values.map((value, i) => (value - mean) * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size)))
    const out = fft.createComplexArray() as number[]
    fft.realTransform(out, weighted)
    return out
}
