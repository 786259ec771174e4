import { line, slopes } from '../analysis/statistics'
import { stepSize } from './step'
import type { BenchTest } from './test'

const SECONDS = 6
const SLOPE_WIDTH = 9
/** Part of the top speed above which a sample counts for the line. */
const MOVING = 0.1

/** Slowly up and down again, both ways: what goes in against what comes out. */
export const ramp: BenchTest = {
    name: 'ramp',
    description: 'slow ramp up and down, both ways: gain, dead band, hysteresis, linearity',
    seconds: options => (options.repeats ?? 1) * 4 * (options.duration ?? SECONDS) + 1,
    async run(rig, record, options) {
        const mode = options.mode ?? 'effort'
        const top = options.amplitude ?? (mode === 'effort' ? rig.limits.effort : stepSize(rig, mode))
        const seconds = options.duration ?? SECONDS
        const { capture } = rig
        await rig.arm()
        for (let i = 0; i < (options.repeats ?? 1); i++) {
            for (const sign of [1, -1]) {
                const triangle = (t: number) => sign * top * (t < seconds ? t / seconds : Math.max(0, 2 - t / seconds))
                const stretch = await rig.play(mode, triangle, 2 * seconds, sign > 0 ? 'forward' : 'backward')
                const [from, to] = await rig.samples(stretch)
                const input = capture.setpoint.slice(from, to)
                const measured = capture.measured.slice(from, to)
                const output =
                    mode === 'position' ? measured : slopes(capture.time.slice(from, to), measured, SLOPE_WIDTH)
                const half = Math.floor(input.length / 2)
                const fastest = Math.max(...output.map(Math.abs))
                const moving = output.map(value => Math.abs(value) > MOVING * fastest)
                const side = (first: number, end: number) => {
                    const chosen = input.map((_, k) => k).filter(k => k >= first && k < end && moving[k])
                    return line(
                        chosen.map(k => input[k]),
                        chosen.map(k => output[k]),
                    )
                }
                const [up, down] = [side(0, half), side(half, input.length)]
                const name = sign > 0 ? 'Forward' : 'Backward'
                record.figure(
                    `gain${name}`,
                    `gain, ${name.toLowerCase()}`,
                    (up.slope + down.slope) / 2,
                    mode === 'effort' ? 'rad/s per duty' : '',
                )
                const band = (-up.intercept / up.slope - down.intercept / down.slope) / 2
                record.figure(
                    `deadBand${name}`,
                    `input at which the line meets zero, ${name.toLowerCase()}`,
                    Math.abs(band),
                )
                record.figure(
                    `hysteresis${name}`,
                    `input between the way up and down, ${name.toLowerCase()}`,
                    Math.abs(up.intercept / up.slope - down.intercept / down.slope),
                )
                record.figure(`linearity${name}`, `R² of the line, ${name.toLowerCase()}`, Math.min(up.r2, down.r2))
                record.plot({
                    title: `Ramp ${name.toLowerCase()}`,
                    xLabel: `time (s)`,
                    yLabel: mode === 'position' ? 'rad' : 'rad/s',
                    x: capture.time.slice(from, to).map(t => t - capture.time[from]),
                    series: [
                        { name: 'output', values: output },
                        { name: 'input, scaled by the gain', values: input.map(value => value * up.slope) },
                    ],
                })
            }
        }
        await rig.hold('effort', 0, 0.3, 'rest')
    },
}
