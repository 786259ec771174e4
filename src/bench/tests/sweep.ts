import { crossing, type FrequencyPoint, pointOf, unwrapped } from '../analysis/frequency'
import type { Plot, Recorder } from '../result'
import type { Rig, SetpointMode } from '../rig'
import { stepSize } from './step'
import type { BenchTest, TestOptions } from './test'

const POINTS = 12
const LOWEST = 0.3
const HIGHEST = 12
/** Whole periods measured at each frequency, and s at least. */
const PERIODS = 4
const LEAST = 1.5
/** Let go by before measuring, s. */
const SETTLE = 0.6

/** One sine after the other: the exact frequency response. */
export const sweep: BenchTest = {
    name: 'sweep',
    description: 'frequency response by stepped sines: gain, phase, bandwidth',
    seconds: options => frequencies(options).reduce((sum, f) => sum + lasting(f) + SETTLE, 2),
    run: (rig, record, options) => sweepOver(rig, record, options).then(() => undefined),
}

function frequencies({ from = LOWEST, to = HIGHEST, repeats = POINTS }: TestOptions): number[] {
    return Array.from({ length: repeats }, (_, i) => from * (to / from) ** (i / Math.max(1, repeats - 1)))
}

function lasting(frequency: number): number {
    return Math.ceil(Math.max(PERIODS, LEAST * frequency)) / frequency
}

/** @returns the points, and the frequency at which the gain is 3 dB below that of the lowest */
export async function sweepOver(
    rig: Rig,
    record: Recorder,
    options: TestOptions,
    prefix = '',
): Promise<{ points: FrequencyPoint[]; bandwidth: number }> {
    const mode = options.mode ?? 'effort'
    const size = options.amplitude ?? stepSize(rig, mode) / 3
    // Around a speed that never reverses: friction, which is no linear thing, then is a constant.
    const offset = options.offset ?? (mode === 'position' ? rig.newest.position : 1.6 * size)
    const { capture } = rig
    const points: FrequencyPoint[] = []
    let bandwidth = NaN
    await rig.arm()
    await rig.hold(mode, offset, SETTLE, 'to the offset')
    for (const frequency of frequencies(options)) {
        const w = 2 * Math.PI * frequency
        const text = `${frequency.toFixed(2)} Hz`
        const stretch = await rig.play(mode, t => offset + size * Math.sin(w * t), SETTLE + lasting(frequency), text)
        const [from, to] = await rig.samplesWhile(stretch, mode, offset, SETTLE)
        // Times from the stretch's own beginning: with the board's seconds since start the sines would lose digits.
        const time = capture.time.slice(from, to).map(t => t - capture.time[from])
        const derivative = mode !== 'position'
        points.push(
            pointOf(time, capture.setpoint.slice(from, to), capture.measured.slice(from, to), frequency, derivative),
        )
        bandwidth = crossing(points, points[0].gain)
        record.figure(
            key('lowGain', prefix),
            `${prefix}gain at ${points[0].frequency.toFixed(2)} Hz`,
            points[0].gain,
            unit(mode),
        )
        record.figure(key('bandwidth', prefix), `${prefix}bandwidth (-3 dB)`, bandwidth, 'Hz')
        for (const plot of bode(unwrapped(points), prefix)) record.plot(plot)
    }
    await rig.hold('effort', 0, 0.3, 'rest')
    return { points, bandwidth }
}

function key(name: string, prefix: string): string {
    return prefix ? prefix.trim().toLowerCase() + name[0].toUpperCase() + name.slice(1) : name
}

function unit(mode: SetpointMode): string {
    return mode === 'effort' ? 'rad/s per duty' : ''
}

/** Gain and phase over frequency. */
export function bode(points: FrequencyPoint[], prefix = ''): Plot[] {
    const plot = (title: string, yLabel: string, values: number[]): Plot => ({
        title: prefix + title,
        xLabel: 'frequency (Hz)',
        yLabel,
        logarithmic: true,
        x: points.map(({ frequency }) => frequency),
        series: [{ name: title.toLowerCase(), values, points: true }],
    })
    return [
        plot(
            'Gain',
            'dB',
            points.map(({ gain }) => 20 * Math.log10(gain)),
        ),
        plot(
            'Phase',
            'degrees',
            points.map(({ phase }) => (phase * 180) / Math.PI),
        ),
    ]
}
