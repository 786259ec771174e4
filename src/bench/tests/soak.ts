import { line, mean } from '../analysis/statistics'
import type { BenchTest } from './test'

/** What a soak keeps between two runs of it. */
export interface SoakState {
    cycles: number
    /** s */
    seconds: number
    /** Of every cycle so far: mean speed of both ways, rad/s, and samples missing. */
    speed: number[]
    missing: number
}

const SECONDS = 3600
/** One way and back, s. */
const HALF_CYCLE = 2
/** Cycles whose speeds are kept one by one; older ones are thinned out. */
const KEPT = 4000

/** To and fro for hours. Each cycle is kept, so that a run that was interrupted goes on where it was. */
export const soak: BenchTest = {
    name: 'soak',
    description: 'cycles to and fro for hours, resumable: speed of each cycle, drift, losses',
    seconds: options =>
        Math.max(0, (options.duration ?? SECONDS) - ((options.resume as SoakState | undefined)?.seconds ?? 0)),
    async run(rig, record, options) {
        const { capture } = rig
        const duty = options.amplitude ?? Math.min(0.6, rig.limits.effort)
        const before = options.resume as SoakState | undefined
        const state: SoakState = before ? structuredClone(before) : { cycles: 0, seconds: 0, speed: [], missing: 0 }
        const missingBefore = state.missing
        await rig.arm()
        for (let i = 0; state.seconds < (options.duration ?? SECONDS); i++) {
            const speeds: number[] = []
            for (const sign of [1, -1]) {
                const stretch = await rig.hold('effort', sign * duty, HALF_CYCLE, `cycle ${state.cycles + 1}`)
                const [from, to] = await rig.samplesWhile(
                    { from: stretch.to - 1, to: stretch.to },
                    'effort',
                    sign * duty,
                    0,
                )
                speeds.push(Math.abs(line(capture.time.slice(from, to), capture.measured.slice(from, to)).slope))
            }
            capture.forget()
            state.cycles++
            state.seconds += 2 * HALF_CYCLE
            state.speed.push(mean(speeds))
            if (state.speed.length > KEPT) state.speed = state.speed.filter((_, k) => k % 2 === 0)
            state.missing = missingBefore + capture.missing
            options.onCycle?.(state)
            record.figure('cycles', 'cycles', state.cycles)
            record.figure('hours', 'hours', state.seconds / 3600, 'h')
            record.figure('speed', 'speed, mean', mean(state.speed), 'rad/s')
            const part = Math.max(1, Math.round(state.speed.length / 10))
            record.figure(
                'speedChange',
                'change of speed, first to last tenth',
                mean(state.speed.slice(-part)) / mean(state.speed.slice(0, part)) - 1,
            )
            record.figure('missing', 'samples missing, all runs', state.missing)
            record.plot({
                title: 'Speed of each cycle',
                xLabel: 'cycle (of those kept)',
                yLabel: 'rad/s',
                x: state.speed.map((_, k) => k + 1),
                series: [{ name: 'speed', values: [...state.speed] }],
            })
        }
        await rig.hold('effort', 0, 0.3, 'rest')
    },
}
