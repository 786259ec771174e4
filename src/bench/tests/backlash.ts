import { playOf, pushes } from '../analysis/play'
import type { BenchTest } from './test'

const ROUNDS = 4
const SECONDS = 1
const DUTY = 0.12

/** How far the motor turns before the shaft follows, when it reverses. */
export const backlash: BenchTest = {
    name: 'backlash',
    description: 'play between motor and encoder, by pushes with and without a reversal before them',
    seconds: options => ((options.repeats ?? ROUNDS) * 4 + 1) * (SECONDS + 0.75),
    async run(rig, record, options) {
        const duty = options.amplitude ?? Math.min(DUTY, rig.limits.effort)
        await rig.arm()
        const all: { same: number[]; reversed: number[] } = { same: [], reversed: [] }
        for (let i = 0; i < (options.repeats ?? ROUNDS); i++) {
            const found = await pushes(rig, duty, options.duration ?? SECONDS, 1, `round ${i + 1}`)
            all.same.push(...found.same)
            all.reversed.push(...found.reversed)
            const { play, error } = playOf(all)
            const interval: [number, number] | undefined = Number.isFinite(error)
                ? [play - error, play + error]
                : undefined
            record.figure('backlash', 'play', play, 'rad', interval)
            record.figure('backlashDegrees', 'play', (play * 180) / Math.PI, '°')
            record.plot({
                title: 'Travel of each push',
                xLabel: 'push',
                yLabel: 'rad',
                x: all.same.map((_, k) => k + 1),
                series: [
                    { name: 'after one in the same direction', values: [...all.same], points: true },
                    { name: 'after a reversal', values: [...all.reversed], points: true },
                ],
            })
        }
    },
}
