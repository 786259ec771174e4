import { line, mean } from '../analysis/statistics'
import type { BenchTest } from './test'

const SECONDS = 300
/** One point of the curves, s. */
const POINT = 2

/** Runs for minutes at one duty: what warming does to speed and current. */
export const thermal: BenchTest = {
    name: 'thermal',
    description: 'speed and current over minutes at one duty: drift as it warms',
    seconds: options => (options.duration ?? SECONDS) + 2,
    async run(rig, record, options) {
        const { capture } = rig
        const duty = options.amplitude ?? Math.min(0.8, rig.limits.effort)
        const seconds = options.duration ?? SECONDS
        const rest = await rig.samples(await rig.idle(0.5, 'at rest'))
        const quiescent = mean(capture.current.slice(...rest))
        const curve = { time: [] as number[], speed: [] as number[], current: [] as number[] }
        await rig.arm()
        await rig.hold('effort', duty, 1, 'starting')
        for (let at = 0; at < seconds; at += POINT) {
            const [from, to] = await rig.samplesWhile(
                await rig.hold('effort', duty, Math.min(POINT, seconds - at), 'running'),
                'effort',
                duty,
                0,
            )
            if (to - from < 20) continue
            curve.time.push(at)
            curve.speed.push(line(capture.time.slice(from, to), capture.measured.slice(from, to)).slope)
            curve.current.push((mean(capture.current.slice(from, to)) - quiescent) / Math.abs(duty))
            capture.forget()
            if (curve.time.length < 3) continue
            const part = Math.max(1, Math.round(curve.time.length / 10))
            const change = (values: number[]) => mean(values.slice(-part)) / mean(values.slice(0, part)) - 1
            record.figure('speed', 'speed at the end', mean(curve.speed.slice(-part)), 'rad/s')
            record.figure('speedChange', 'change of speed', change(curve.speed))
            if (Number.isFinite(quiescent)) {
                record.figure('current', 'motor current at the end', mean(curve.current.slice(-part)), 'A')
                record.figure('currentChange', 'change of current', change(curve.current))
            }
            record.plot({
                title: 'Speed over time',
                xLabel: 'time (s)',
                yLabel: 'rad/s',
                x: [...curve.time],
                series: [{ name: 'speed', values: [...curve.speed] }],
            })
            if (Number.isFinite(quiescent)) {
                record.plot({
                    title: 'Motor current over time',
                    xLabel: 'time (s)',
                    yLabel: 'A',
                    x: [...curve.time],
                    series: [{ name: 'current', values: [...curve.current] }],
                })
            }
        }
        await rig.hold('effort', 0, 0.3, 'rest')
    },
}
