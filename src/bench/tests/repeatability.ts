import { deviation, mean } from '../analysis/statistics'
import type { BenchTest } from './test'

const REPEATS = 10
const SECONDS = 1.5

/** Drives to one place again and again, from both sides: how well does it get there? */
export const repeatability: BenchTest = {
    name: 'repeatability',
    description: 'position reached again and again from both sides: spread, accuracy, difference between sides',
    seconds: options => (options.repeats ?? REPEATS) * 4 * (options.duration ?? SECONDS),
    async run(rig, record, options) {
        const { capture } = rig
        const seconds = options.duration ?? SECONDS
        const range = rig.limits.positionMax - rig.limits.positionMin
        const away = options.amplitude ?? Math.min(1, range / 4)
        await rig.samples(await rig.idle(0.2, 'at rest'))
        await rig.arm()
        const goal =
            options.offset ??
            (range > 1e5 ? rig.newest.position : (rig.limits.positionMin + rig.limits.positionMax) / 2)
        const reached: { below: number[]; above: number[] } = { below: [], above: [] }
        for (let i = 0; i < (options.repeats ?? REPEATS); i++) {
            for (const [side, sign] of [
                ['below', -1],
                ['above', 1],
            ] as const) {
                await rig.hold('position', goal + sign * away, seconds, `${i + 1}, from ${side}`)
                const stretch = await rig.hold('position', goal, seconds, `${i + 1}, from ${side}`)
                const [from, to] = await rig.samples({ from: stretch.to - 0.2, to: stretch.to })
                reached[side].push(mean(capture.measured.slice(from, to)) - goal)
            }
            const all = [...reached.below, ...reached.above]
            if (all.length < 4) continue
            record.figure(
                'spread',
                'repeatability, one side (2σ)',
                2 * Math.max(deviation(reached.below), deviation(reached.above)),
                'rad',
            )
            record.figure(
                'sides',
                'difference between sides',
                Math.abs(mean(reached.above) - mean(reached.below)),
                'rad',
            )
            record.figure('accuracy', 'mean error', mean(all), 'rad')
            record.figure('worst', 'worst error', Math.max(...all.map(Math.abs)), 'rad')
            record.plot({
                title: 'Error at the goal',
                xLabel: 'repetition',
                yLabel: 'rad',
                x: reached.above.map((_, k) => k + 1),
                series: [
                    { name: 'from below', values: [...reached.below], points: true },
                    { name: 'from above', values: [...reached.above], points: true },
                ],
            })
        }
        await rig.hold('effort', 0, 0.3, 'rest')
    },
}
