import { rootMeanSquare } from '../analysis/statistics'
import type { BenchTest, TestOptions } from './test'

const SECONDS = 8
/** Hz and rad of the sine that is followed when nothing else is given. */
const FREQUENCY = 0.25
const AMPLITUDE = 1
/** Largest lag that is looked for, s. */
const LONGEST_LAG = 0.5

/** Follows a trajectory of positions. */
export const follow: BenchTest = {
    name: 'follow',
    description: 'follows a trajectory (a sine, or a file of times and positions): errors and lag',
    seconds: options => lasting(options) + 3,
    async run(rig, record, options) {
        const { capture } = rig
        const way = trajectoryOf(options)
        await rig.samples(await rig.idle(0.2, 'at rest'))
        await rig.arm()
        const origin = options.offset ?? (options.trajectory ? 0 : rig.newest.position)
        await rig.hold('position', origin + way(0), 1.5, 'to the beginning')
        const stretch = await rig.play('position', t => origin + way(t), lasting(options), 'following')
        const [from, to] = await rig.samplesWhile(stretch, 'position', origin + way(lasting(options)), 0)
        const [setpoint, measured] = [capture.setpoint.slice(from, to), capture.measured.slice(from, to)]
        const error = setpoint.map((value, i) => value - measured[i])
        record.figure('rmsError', 'error, root mean square', rootMeanSquare(error), 'rad')
        record.figure('maxError', 'error, largest', Math.max(...error.map(Math.abs)), 'rad')
        const lag = lagOf(setpoint, measured, Math.round(LONGEST_LAG / rig.period))
        record.figure('lag', 'lag', lag.samples * rig.period, 's')
        record.figure('rmsShape', 'error beside the lag, root mean square', lag.rest, 'rad')
        const x = capture.time.slice(from, to).map(t => t - capture.time[from])
        record.plot({
            title: 'Trajectory',
            xLabel: 'time (s)',
            yLabel: 'rad',
            x,
            series: [
                { name: 'setpoint', values: setpoint },
                { name: 'measured', values: measured },
            ],
        })
        record.plot({
            title: 'Error',
            xLabel: 'time (s)',
            yLabel: 'rad',
            x,
            series: [{ name: 'error', values: error }],
        })
        await rig.hold('effort', 0, 0.3, 'rest')
    },
}

function lasting({ trajectory, duration = SECONDS }: TestOptions): number {
    return trajectory ? trajectory[trajectory.length - 1].time : duration
}

/** Position of a time: between the trajectory's points on a straight line. */
function trajectoryOf({ trajectory, amplitude = AMPLITUDE, from = FREQUENCY }: TestOptions): (time: number) => number {
    if (!trajectory) return t => amplitude * (1 - Math.cos(2 * Math.PI * from * t))
    return t => {
        const next = trajectory.findIndex(({ time }) => time >= t)
        if (next < 0) return trajectory[trajectory.length - 1].position
        if (next === 0) return trajectory[0].position
        const [a, b] = [trajectory[next - 1], trajectory[next]]
        return a.position + ((t - a.time) / (b.time - a.time)) * (b.position - a.position)
    }
}

/** By how many samples the measurement is late, to a fraction of one, and what error is left then. */
function lagOf(setpoint: number[], measured: number[], longest: number): { samples: number; rest: number } {
    const restAt = (shift: number) => {
        const error: number[] = []
        for (let i = longest; i < measured.length; i++) error.push(setpoint[i - shift] - measured[i])
        return rootMeanSquare(error)
    }
    const rests = Array.from({ length: longest }, (_, shift) => restAt(shift))
    const best = rests.indexOf(Math.min(...rests))
    if (best === 0 || best === longest - 1) return { samples: best, rest: rests[best] }
    // The vertex of the parabola through the squares of the three around the best.
    const [a, b, c] = [best - 1, best, best + 1].map(k => rests[k] ** 2)
    return { samples: best + (a - c) / (2 * (a - 2 * b + c)), rest: rests[best] }
}
