import { fitMotor, type MotorFit, type MotorModel, type Piece, type Supply } from '../analysis/motor-fit'
import { deviation, line, mean } from '../analysis/statistics'
import type { Recorder } from '../result'
import { BenchStop, type Rig } from '../rig'
import { breakLoose, DUTY_STEP, unseenExcess } from './break-loose'
import { breakaways } from './friction'
import type { BenchTest } from './test'

/** Duties that are tried both ways, of the largest allowed. */
const LEVELS = [0.15, 0.25, 0.4, 0.6, 0.8, 1]
/** Of the board's clock, s: within it nobody knows when a tick began. */
const CLOCK_STEP = 1e-3
const REST = 0.45
const DRIVE = 0.8
const BREAKAWAYS = 3
/** Duty a second, to find about where it begins, and what counts as beginning, rad: two and a half counts of an AS5600. */
const QUICK_RATE = 0.03
const QUICK_MOVED = 0.004
/** Of where it began in the quick ramp, from which the stairs begin. */
const SLOW_FROM = 0.8

/** Of the fit's part: pieces, and a rest before, s. */
export const FITTING_SECONDS = 2 * LEVELS.length * (REST + DRIVE) + 1

/** What a run of it leaves for `tune`. */
export interface Identified {
    fit: MotorFit
    supply: Supply
    /** s, mean of all pieces */
    delay: number
}

/** The motor's constants, by least squares over what it did. */
export const identify: BenchTest = {
    name: 'identify',
    description: 'motor constant, resistance, inertia, friction and delay, with 95 % intervals',
    seconds: () => FITTING_SECONDS + 2 * BREAKAWAYS * 4 + 1,
    run: (rig, record) => identified(rig, record).then(() => undefined),
}

/** @param breaking whether static friction is looked for too, which takes half of the time */
export async function identified(rig: Rig, record: Recorder, breaking = true): Promise<Identified> {
    const { capture, limits } = rig
    const rest = await rig.samples(await rig.idle(1, 'at rest'))
    const quiescent = mean(capture.current.slice(...rest))
    const sensed = Number.isFinite(quiescent)
    await rig.arm()
    const pieces: Piece[] = []
    let found: Identified | undefined
    for (const level of LEVELS) {
        for (const sign of [1, -1]) {
            const duty = sign * Math.round((level * limits.effort) / DUTY_STEP) * DUTY_STEP
            const text = `duty ${duty.toFixed(2)}`
            const before = await rig.hold('effort', 0, 0.1, text)
            await rig.hold('effort', duty, DRIVE, text)
            const after = await rig.hold('effort', 0, REST - 0.1, text)
            const range = await rig.samples({ from: before.from, to: after.to })
            pieces.push(pieceOf(rig, range, quiescent))
        }
        // Two levels are the least that tells friction from the motor constant.
        if (pieces.length >= 4) found = fitted(rig, record, pieces, sensed)
    }
    if (!found) throw new BenchStop('limit', 'nothing could be identified')
    if (sensed && breaking) await staticFriction(rig, record, found)
    return found
}

function pieceOf({ capture }: Rig, [from, to]: [number, number], quiescent: number): Piece {
    const time = capture.time.slice(from, to).map(t => t - capture.time[from])
    const start = mean(capture.measured.slice(from, from + 8))
    return {
        time,
        position: capture.measured.slice(from, to).map(value => value - start),
        duty: capture.effort.slice(from, to),
        current: capture.current.slice(from, to).map(value => value - quiescent),
    }
}

function fitted(rig: Rig, record: Recorder, pieces: Piece[], sensed: boolean): Identified {
    const supply = supplyOf(rig)
    const fit = fitMotor(pieces, supply, guess(rig))
    const { model, intervals } = fit
    const delays = fit.delays.map(({ on }) => on)
    const delay = mean(delays)
    const figure = (key: keyof MotorModel, name: string, unit: string) =>
        record.figure(key, name, model[key], unit, intervals[key])
    figure('motorConstant', 'motor constant at the joint', 'V·s/rad')
    if (sensed) figure('resistance', 'resistance', 'Ω')
    else if (!record.findings.some(({ code }) => code === 'no-current')) {
        const text = `no current sensor: resistance is taken as rated (${model.resistance.toFixed(2)} Ω), and with it inertia and friction stand and fall`
        record.finding('no-current', 'note', text)
    }
    const { inertia, brakingInertia } = model
    // What gears do to a load's inertia is half as much on the mean of both ways.
    const half = (inertia + brakingInertia) / 2
    const apart = Math.abs(inertia - brakingInertia) / 2
    const wide = Math.hypot(intervals.inertia[1] - inertia, apart)
    record.figure('inertia', 'inertia at the joint', half, 'kg·m²', [half - wide, half + wide])
    figure('coulombFriction', 'Coulomb friction', 'N·m')
    if (sensed) figure('viscousFriction', 'viscous friction', 'N·m·s/rad')
    const scatter = delays.length > 2 ? (2 * deviation(delays)) / Math.sqrt(delays.length) : NaN
    const error = Math.hypot(scatter, CLOCK_STEP / 2)
    record.figure('delay', 'delay from tick to motor', delay, 's', [delay - error, delay + error])
    const stiff = (model.motorConstant ** 2 + model.viscousFriction * model.resistance) / model.resistance
    record.figure('timeConstant', 'time constant', model.inertia / stiff, 's')
    record.figure('fitError', 'measured less fitted, root mean square', fit.rms, 'rad')
    const [x, measured, model_]: number[][] = [[], [], []]
    let base = 0
    pieces.forEach((piece, i) => {
        x.push(...piece.time.map(t => t + base))
        measured.push(...piece.position)
        model_.push(...fit.fitted[i])
        base += piece.time[piece.time.length - 1] + rig.period
    })
    const curves = [
        { name: 'measured', values: measured },
        { name: 'model', values: model_ },
    ]
    record.plot({ title: 'Fit: position in each piece', xLabel: 'time (s)', yLabel: 'rad', x, series: curves })
    const left = measured.map((value, i) => value - model_[i])
    record.plot({
        title: 'Fit: measured less model',
        xLabel: 'time (s)',
        yLabel: 'rad',
        x,
        series: [{ name: 'error', values: left }],
    })
    return { fit, supply, delay }
}

/** The supply's line through all samples; where there is no sensor, what the motor is rated for. */
function supplyOf({ capture, description }: Rig): Supply {
    const rows = capture.current
        .map((current, i) => [current, capture.supply[i]])
        .filter(row => row.every(Number.isFinite))
    if (rows.length < 20) return { voltage: description.rated?.voltage ?? 12, resistance: 0 }
    const drawn = rows.filter(([current]) => current > 0)
    const { slope, intercept } = line(
        drawn.map(([current]) => current),
        drawn.map(([, volts]) => volts),
    )
    return { voltage: intercept, resistance: Math.max(0, -slope) }
}

/** Where the fit begins: the rating, or a small 12 V gear motor. */
function guess({ description }: Rig): MotorModel {
    const { voltage, freeSpeed, freeCurrent, stallCurrent } = description.rated ?? {
        voltage: 12,
        freeSpeed: description.velocityLimit,
        freeCurrent: 0.2,
        stallCurrent: 5,
    }
    const resistance = voltage / stallCurrent
    const motorConstant = (voltage - freeCurrent * resistance) / freeSpeed
    const torque = motorConstant * freeCurrent
    return {
        motorConstant,
        resistance,
        // A time constant of 50 ms.
        inertia: (0.05 * motorConstant ** 2) / resistance,
        brakingInertia: (0.05 * motorConstant ** 2) / resistance,
        coulombFriction: torque * 0.7,
        viscousFriction: (torque * 0.3) / freeSpeed,
    }
}

/**
 * What it takes to begin. One quick ramp finds about where; stairs find the first step of the driver at which the shaft is
 * seen to move. Static friction is below that step's torque, and above that of the step before less what may go unseen.
 */
async function staticFriction(rig: Rig, record: Recorder, { fit }: Identified): Promise<void> {
    const { motorConstant: k, resistance, coulombFriction, viscousFriction, inertia } = fit.model
    const sliding = (coulombFriction * resistance) / (k * rig.capture.supply[rig.capture.length - 1])
    const quick = await breakaways(rig, 1, { start: sliding * 0.8, rate: QUICK_RATE, moved: QUICK_MOVED })
    const from = SLOW_FROM * Math.min(...quick.map(({ duty }) => duty))
    const found = quick.length === 0 ? [] : await breakLoose(rig, from, BREAKAWAYS)
    if (found.length < 2) {
        record.finding('no-static-friction', 'note', 'the shaft did not break loose between two steps of the duty')
        return
    }
    const damping = viscousFriction + (k * k) / resistance
    const unseen = unseenExcess(damping, inertia / damping)
    const torque = (duty: number, volts: number) => (k * volts * duty) / resistance
    const bounds = found.map(({ held, moved, volts }) => [torque(held, volts) - unseen, torque(moved, volts)])
    const middles = bounds.map(([low, high]) => (low + high) / 2)
    const middle = mean(middles)
    const [low, high] = fit.intervals.resistance
    const error = Math.hypot(
        mean(bounds.map(bound => bound[1] - bound[0])) / 2,
        // t of 5 degrees of freedom.
        (2.6 * deviation(middles)) / Math.sqrt(middles.length),
        (middle * (high - low)) / 2 / resistance,
    )
    record.figure('staticFriction', 'static friction', middle, 'N·m', [middle - error, middle + error])
}
