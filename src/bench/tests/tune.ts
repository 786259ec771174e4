import { type Design, designLoop, fastestLoop, overshootAt, type Wish } from '../analysis/loop-design'
import type { LoopBoard, LoopPlant } from '../analysis/velocity-loop'
import { BoardGains, type Gains } from '../gains'
import type { Recorder } from '../result'
import { BenchStop, type Rig } from '../rig'
import { FITTING_SECONDS, identified } from './identify'
import { RELAY_SECONDS, relayPlant } from './relay'
import { step, steps, stepSize } from './step'
import { sweep, sweepOver } from './sweep'
import type { BenchTest, TestOptions } from './test'

/** What is wanted when nothing is said. */
const BANDWIDTH = 3
const DAMPING = 0.7
/** How far the measured loop may be from the wish: bandwidth, as a part of it, and overshoot, as a part of the step. */
export const BANDWIDTH_TOLERANCE = 0.2
export const MOST_OVERSHOOT = 0.15
/** The position loop is so much slower than the velocity loop in it that it does not overshoot. */
const POSITION_RATIO = 4
/** Of the duty, what a step may take. */
const HEADROOM = 0.7
const REPEATS = 3
/** Frequencies of the sweep, from and to, of the wanted bandwidth, and how many; to so many Hz at least, for the old gains. */
const SWEEP_FROM = 1 / 6
const SWEEP_TO = 3
const SWEEP_LEAST = 15
const SWEEP_POINTS = 12
/** A model whose inertia is known to no better than this part of it is none. */
const VAGUE = 0.2
/** A step of the position, s. */
const PLACING = 1.5

function wishOf({ bandwidth = BANDWIDTH, damping = DAMPING }: TestOptions): Wish {
    return { bandwidth, damping }
}

/** Gains of the velocity loop for a wanted bandwidth and damping. */
export const tune: BenchTest = {
    name: 'tune',
    description: 'gains for a wanted bandwidth and damping, from the model or by relay; before and after',
    seconds: options => findingSeconds(options) + 2 * measuringSeconds(wishOf(options)) + PLACING_SECONDS,
    async run(rig, record, options) {
        const wish = wishOf(options)
        const onBoard = new BoardGains(rig.robot, rig.description.name)
        const plant = await plantOf(rig, record, options)
        const { gains, design } = designed(rig, record, plant, wish)
        const room = HEADROOM * (rig.limits.effort - gains.ks)
        const amplitude = Math.min(stepSize(rig, 'velocity'), room / (design.gains.kp + 1 / plant.gain))
        await measured(rig, record, wish, amplitude, 'Before ')
        const old = await rig.aside(() => onBoard.read())
        let keep = false
        try {
            await rig.aside(() => onBoard.write(gains))
            const after = await measured(rig, record, wish, amplitude, 'After ')
            overlay(record)
            const place = await steps(rig, record, placing, 'Position ')
            keep = judged(record, wish, { ...after, placing: place?.overshoot ?? NaN }) && options.store === true
            if (keep) {
                await rig.aside(() => onBoard.store())
                record.finding('stored', 'note', "the gains are stored in the board's flash")
            }
        } finally {
            if (!keep) await restore(rig, record, onBoard, old)
        }
    },
}

/** By its model; by relay when told to, or where the model's inertia is not known well enough to design with. */
async function plantOf(rig: Rig, record: Recorder, options: TestOptions): Promise<LoopPlant> {
    let plant = options.method === 'relay' ? undefined : await modelled(rig, record)
    if (!plant && options.method !== 'relay')
        record.finding('no-model', 'note', 'the model does not fit what the motor did: by relay instead')
    plant ??= await relayPlant(rig, record)
    record.figure('speedPerDuty', 'speed a duty', plant.gain, 'rad/s')
    record.figure('timeConstant', 'time constant', plant.timeConstant, 's')
    record.figure('delay', 'delay from tick to motor', plant.delay, 's')
    return plant
}

async function modelled(rig: Rig, record: Recorder): Promise<LoopPlant | undefined> {
    const { fit, supply, delay } = await identified(rig, record, false)
    const { motorConstant: k, resistance, inertia, brakingInertia, coulombFriction, viscousFriction } = fit.model
    const [low, high] = fit.intervals.inertia
    if (!((high - low) / 2 < VAGUE * inertia)) return undefined
    const damping = viscousFriction + (k * k) / resistance
    return {
        gain: (k * supply.voltage) / resistance / damping,
        timeConstant: (inertia + brakingInertia) / 2 / damping,
        delay,
        frictionDuty: (coulombFriction * resistance) / (k * supply.voltage),
    }
}

function designed(rig: Rig, record: Recorder, plant: LoopPlant, wish: Wish): { gains: Gains; design: Design } {
    const board: LoopBoard = { period: rig.period, observerBandwidth: rig.description.observerBandwidth }
    const design = designLoop(plant, board, wish)
    if (!design) {
        const most = fastestLoop(plant, board, wish.damping).toFixed(2)
        const why = `time constant ${(plant.timeConstant * 1000).toFixed(0)} ms, delay ${(plant.delay * 1000).toFixed(0)} ms, observer and tick`
        throw new BenchStop(
            'limit',
            `a bandwidth of ${wish.bandwidth} Hz with a damping of ${wish.damping} cannot be had (${why}); at most ${most} Hz`,
        )
    }
    const gains: Gains = {
        kpPosition: (2 * Math.PI * wish.bandwidth) / POSITION_RATIO,
        ...design.gains,
        ks: plant.frictionDuty,
        kv: 0,
    }
    record.figure('kp', 'kp, of the speed', gains.kp, 's/rad')
    record.figure('ki', 'ki, of the speed', gains.ki, '1/rad')
    record.figure('ks', 'ks, against friction', gains.ks)
    record.figure('kv', 'kv, of the setpoint', gains.kv, 's/rad')
    record.figure('kpPosition', 'kp of the position', gains.kpPosition, '1/s')
    record.figure('predictedBandwidth', 'bandwidth by the model (-3 dB)', design.bandwidth, 'Hz')
    record.figure('predictedOvershoot', 'overshoot by the model', design.overshoot)
    return { gains, design }
}

/** Steps and sines of the velocity. */
function stepping(amplitude?: number): TestOptions {
    return { mode: 'velocity', amplitude, repeats: REPEATS }
}

function sweeping({ bandwidth }: Wish, amplitude?: number): TestOptions {
    const to = Math.max(bandwidth * SWEEP_TO, SWEEP_LEAST)
    return { mode: 'velocity', amplitude, from: bandwidth * SWEEP_FROM, to, repeats: SWEEP_POINTS }
}

const placing: TestOptions = { mode: 'position', repeats: 2, duration: PLACING }
const PLACING_SECONDS = step.seconds(placing)

function findingSeconds({ method }: TestOptions): number {
    return method === 'relay' ? RELAY_SECONDS : FITTING_SECONDS
}

function measuringSeconds(wish: Wish): number {
    return step.seconds(stepping()) + sweep.seconds(sweeping(wish))
}

/** Steps from rest, and sines around a speed. */
async function measured(rig: Rig, record: Recorder, wish: Wish, amplitude: number, prefix: string) {
    const response = await steps(rig, record, stepping(amplitude), prefix)
    const { bandwidth } = await sweepOver(rig, record, sweeping(wish, amplitude / 3), prefix)
    return { bandwidth, overshoot: response?.overshoot ?? NaN }
}

function judged(
    record: Recorder,
    wish: Wish,
    after: { bandwidth: number; overshoot: number; placing: number },
): boolean {
    const allowed = Math.max(MOST_OVERSHOOT, overshootAt(wish.damping) + 0.05)
    const near = Math.abs(after.bandwidth / wish.bandwidth - 1) <= BANDWIDTH_TOLERANCE
    if (near && after.overshoot <= allowed && after.placing <= MOST_OVERSHOOT) return true
    const text =
        `with the new gains the loop has ${after.bandwidth.toFixed(2)} Hz (wanted ${wish.bandwidth}) and overshoots by ` +
        `${(100 * after.overshoot).toFixed(0)} % (allowed ${(100 * allowed).toFixed(0)} %), in position by ` +
        `${(100 * after.placing).toFixed(0)} % (allowed ${100 * MOST_OVERSHOOT} %): they are not kept`
    record.finding('not-as-wanted', 'fault', text)
    return false
}

/** The robot is left as it was. */
async function restore(rig: Rig, record: Recorder, onBoard: BoardGains, old: Gains): Promise<void> {
    try {
        await rig.aside(() => onBoard.write(old))
    } catch (error) {
        const text = `the old gains could not be put back (${(error as Error).message}): restart the board`
        record.finding('gains-left', 'warning', text)
    }
}

/** Both step responses in one picture, before all others. */
function overlay(record: Recorder): void {
    const plotOf = (prefix: string) => record.plots.find(({ title }) => title.startsWith(`${prefix} Step response`))
    const [before, after] = [plotOf('Before'), plotOf('After')]
    if (!before || !after) return
    const [response, setpoint] = after.series
    record.plots.unshift({
        ...after,
        title: 'Step response before and after',
        series: [{ ...before.series[0], name: 'before' }, { ...response, name: 'after' }, setpoint],
    })
}
