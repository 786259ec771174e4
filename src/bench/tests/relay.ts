import { pointOf } from '../analysis/frequency'
import { line } from '../analysis/statistics'
import type { LoopPlant } from '../analysis/velocity-loop'
import type { Recorder } from '../result'
import { BenchStop, type Rig } from '../rig'

/** Of the largest duty: between these two the relay switches. */
const LOW = 0.25
const HIGH = 0.5
/** To a steady speed, s, and the part of it that is measured. */
const STEADY = 1.2
const MEASURED = 0.5
/** Whole oscillations that are let go by, and that are measured. */
const SKIPPED = 3
const PERIODS = 12
/** So long it may take, s. */
const LONGEST = 10

/** How long it takes, s, at most. */
export const RELAY_SECONDS = 2 * STEADY + LONGEST

/**
 * The motor without a model of it (Åström and Hägglund): two steady duties give gain and friction; a relay between them, which
 * switches whenever the speed passes the middle, makes the motor oscillate, and how speed and duty stand to each other at that
 * frequency gives time constant and dead time. The relay is the host, so the link's delay is part of the oscillation; it sets
 * the frequency, but both sides are taken from the board's own samples, so it is no part of what is found.
 */
export async function relayPlant(rig: Rig, record: Recorder): Promise<LoopPlant> {
    const { capture, limits, period } = rig
    const [low, high] = [LOW * limits.effort, HIGH * limits.effort]
    await rig.arm()
    const speedAt = async (duty: number) => {
        const stretch = await rig.hold('effort', duty, STEADY, `duty ${duty.toFixed(2)}`)
        const [from, to] = await rig.samplesWhile(stretch, 'effort', duty, STEADY - MEASURED)
        return line(capture.time.slice(from, to), capture.measured.slice(from, to)).slope
    }
    const [slow, fast] = [await speedAt(low), await speedAt(high)]
    if (!(fast > slow && slow > 0)) throw new BenchStop('limit', 'the motor does not turn faster with more duty')
    const gain = (fast - slow) / (high - low)
    const middle = (slow + fast) / 2
    const begun = capture.length
    const rises = () => {
        const found: number[] = []
        for (let i = begun + 1; i < capture.length; i++) if (capture.effort[i] > capture.effort[i - 1]) found.push(i)
        return found
    }
    const enough = () => rises().length > SKIPPED + PERIODS
    const relay = () => (rig.newest.velocity > middle ? low : high)
    await rig.samplesWhile(await rig.play('effort', relay, LONGEST, 'relay', enough), 'effort', low, 0)
    const edges = rises().slice(SKIPPED, SKIPPED + PERIODS + 1)
    if (edges.length <= PERIODS) throw new BenchStop('limit', `the relay made no steady oscillation in ${LONGEST} s`)
    const [from, to] = [edges[0], edges[PERIODS]]
    const frequency = PERIODS / (capture.time[to] - capture.time[from])
    const time = capture.time.slice(from, to).map(t => t - capture.time[from])
    const point = pointOf(time, capture.effort.slice(from, to), capture.measured.slice(from, to), frequency, true)
    await rig.hold('effort', 0, 0.3, 'rest')
    // A duty is held for a tick: half of one later in the mean, and smaller by the sinc.
    const w = 2 * Math.PI * frequency
    const half = (w * period) / 2
    const ratio = (gain * Math.sin(half)) / half / point.gain
    const timeConstant = Math.sqrt(Math.max(0, ratio * ratio - 1)) / w
    const lag = -(point.phase > 0 ? point.phase - 2 * Math.PI : point.phase) - half - Math.atan(w * timeConstant)
    const plant = { gain, timeConstant, delay: Math.max(0, lag / w), frictionDuty: Math.max(0, low - slow / gain) }
    record.figure('relayFrequency', 'frequency of the relay oscillation', frequency, 'Hz')
    record.figure('relayGain', 'speed over duty at that frequency', point.gain, 'rad/s per duty')
    record.figure('relayPhase', 'phase at that frequency', (point.phase * 180) / Math.PI, '°')
    record.plot({
        title: 'Relay oscillation',
        xLabel: 'time (s)',
        yLabel: 'speed (rad/s), duty in % of full',
        x: time,
        series: [
            { name: 'speed', values: capture.velocity.slice(from, to) },
            { name: 'duty', values: capture.effort.slice(from, to).map(duty => duty * 100) },
        ],
    })
    return plant
}
