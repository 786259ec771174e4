import { fitFirstOrder } from '../analysis/first-order'
import { responseOf, type StepResponse } from '../analysis/step-response'
import { mean, slopes } from '../analysis/statistics'
import type { Recorder } from '../result'
import type { Rig, SetpointMode } from '../rig'
import type { BenchTest, TestOptions } from './test'

const REPEATS = 5
const SECONDS = 1
const REST = 0.6
/** Samples that a speed is taken from. */
const SLOPE_WIDTH = 5

/** Response to a jump of the setpoint. */
export const step: BenchTest = {
    name: 'step',
    description: 'step response: delay, rise and settling time, overshoot, final value',
    seconds: options => (options.repeats ?? REPEATS) * ((options.duration ?? SECONDS) + REST + 0.2) + 1,
    run: (rig, record, options) => steps(rig, record, options).then(() => undefined),
}

/** Size of a step when none is given: what leaves room for an overshoot. */
export function stepSize(rig: Rig, mode: SetpointMode): number {
    if (mode === 'effort') return Math.min(0.5, rig.limits.effort)
    if (mode === 'velocity') return 0.4 * rig.limits.velocity
    return Math.min(1, (rig.limits.positionMax - rig.limits.positionMin) / 4)
}

/** Steps up and back, several times; figures are those of the mean response. */
export async function steps(
    rig: Rig,
    record: Recorder,
    options: TestOptions,
    prefix = '',
): Promise<StepResponse | undefined> {
    const mode = options.mode ?? 'velocity'
    const offset = options.offset ?? 0
    const size = options.amplitude ?? stepSize(rig, mode)
    const seconds = options.duration ?? SECONDS
    const repeats = options.repeats ?? REPEATS
    const samples = Math.round(seconds / rig.period)
    const runs: number[][] = []
    const positions: number[][] = []
    let last: StepResponse | undefined
    await rig.arm()
    const base = mode === 'position' ? rig.newest.position + offset : offset
    for (let i = 0; i < repeats; i++) {
        await rig.hold(mode, base, REST, 'rest')
        const stretch = await rig.hold(mode, base + size, seconds, `step ${i + 1} of ${repeats}`)
        const [from, to] = await rig.samples({ from: stretch.from, to: stretch.to })
        const onset = onsetOf(rig, from - 2, to)
        if (onset < 0 || onset + samples > rig.capture.length) continue
        // The slopes at the beginning need samples from before.
        const early = onset - SLOPE_WIDTH
        const measured = rig.capture.measured.slice(early, onset + samples)
        const velocity = slopes(rig.capture.time.slice(early, onset + samples), measured, SLOPE_WIDTH)
        positions.push(measured.slice(SLOPE_WIDTH).map(value => value - measured[SLOPE_WIDTH]))
        runs.push((mode === 'position' ? measured : velocity).slice(SLOPE_WIDTH))
        const x = Array.from({ length: samples }, (_, k) => k * rig.period)
        const response = x.map((_, k) => mean(runs.map(run => run[k])))
        last = responseOf(x, response, mode === 'effort' ? undefined : base + size, base)
        figures(record, last, mode, prefix)
        if (mode === 'effort')
            firstOrder(
                record,
                x,
                x.map((_, k) => mean(positions.map(run => run[k]))),
                size,
            )
        record.plot({
            title: `${prefix}Step response, mean of all`,
            xLabel: 'time after the setpoint (s)',
            yLabel: mode === 'position' ? 'rad' : 'rad/s',
            x,
            series: [
                { name: 'response', values: response },
                ...(mode === 'effort' ? [] : [{ name: 'setpoint', values: x.map(() => base + size) }]),
            ],
        })
    }
    await rig.hold(mode, base, 0.2, 'rest')
    return last
}

/** The first sample in a range with another setpoint than the one before; -1 when there is none. */
export function onsetOf(rig: Rig, from: number, to: number): number {
    const { setpoint } = rig.capture
    for (let i = Math.max(1, from); i < to; i++) if (setpoint[i] !== setpoint[i - 1]) return i
    return -1
}

function figures(record: Recorder, response: StepResponse, mode: SetpointMode, prefix: string): void {
    const key = (name: string) => (prefix ? prefix.trim().toLowerCase() + name[0].toUpperCase() + name.slice(1) : name)
    const unit = mode === 'position' ? 'rad' : 'rad/s'
    record.figure(key('delay'), `${prefix}delay (to 5 %)`, response.delay, 's')
    record.figure(key('riseTime'), `${prefix}rise time (10 to 90 %)`, response.riseTime, 's')
    record.figure(key('overshoot'), `${prefix}overshoot`, response.overshoot)
    record.figure(key('settlingTime'), `${prefix}settling time (5 %)`, response.settlingTime, 's')
    record.figure(key('finalValue'), `${prefix}final value`, response.finalValue, unit)
}

function firstOrder(record: Recorder, time: number[], position: number[], duty: number): void {
    const { speed, timeConstant, delay } = fitFirstOrder(time, position)
    record.figure('timeConstant', 'time constant (first order)', timeConstant, 's')
    record.figure('deadTime', 'dead time (first order)', delay, 's')
    record.figure('finalSpeed', `final speed at a duty of ${duty}`, speed, 'rad/s')
}
