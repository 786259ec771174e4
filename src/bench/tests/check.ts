import { playOf, pushes } from '../analysis/play'
import { deviation, line, mean } from '../analysis/statistics'
import type { Recorder } from '../result'
import { BenchStop, type Rig } from '../rig'
import type { BenchTest } from './test'

/** Slow enough that a motor that is held is not hurt. */
const RAMP_TOP = 0.3
/** Duty a second. */
const RAMP_RATE = 0.125
/** Moved: this far, rad. */
const MOVED = 0.06
/** A motor at rest may not turn its encoder by more than this, rad. */
const RESTLESS = 0.02
/** Turns that an operator counts. */
const COUNTED_TURNS = 5
/** A motor that takes longer for them, s, is not waited for. */
const LONGEST_COUNT = 60
/** Counts per turn are wrong when encoder and operator differ by more; an operator counts to a quarter turn. */
const COUNT_TOLERANCE = 0.1
/** The motor constant differs from the rated one by more: more than magnets do, less than the next gear ratio. */
const CONSTANT_TOLERANCE = 0.25
/** Play of more than this, rad (8.6°), is none of gears: they have 0.3° to 3°. */
const LOOSE = 0.15
/** Open voltage of rated, and drop at the rated stall current of it, from which on a supply is weak. */
const LOW_SUPPLY = 0.85
const SOFT_SUPPLY = 0.25
/** Of the current that a held motor takes: less, and it takes none. */
const NO_CURRENT = 0.2

/** Is it wired right? From harmless to full duty; what is found wrong early keeps the rest from running. */
export const check: BenchTest = {
    name: 'check',
    description: 'wiring: direction, counts per turn, encoder noise, dead band, play, supply; mistakes in plain words',
    seconds: () => 22,
    async run(rig, record) {
        await atRest(rig, record)
        await rig.arm()
        try {
            if (!(await deadBand(rig, record))) return
            const { scale, speed } = await countTurns(rig, record)
            const drive = await bothWays(rig, record, speed)
            supply(rig, record)
            constant(rig, record, drive, scale)
            await coupling(rig, record)
        } catch (error) {
            // A reading that jumps looks like a speed beyond every limit.
            if (error instanceof BenchStop && error.code === 'limit' && jumps(rig)) {
                const text =
                    'one encoder phase is missing: the reading jumps to and fro while the motor turns, and gets nowhere'
                record.finding('phase-missing', 'fault', text)
            }
            throw error
        }
        if (!record.findings.some(({ level }) => level === 'fault'))
            record.finding('healthy', 'note', 'nothing is wrong')
    },
}

async function atRest(rig: Rig, record: Recorder): Promise<void> {
    const { capture } = rig
    const [from, to] = await rig.samples(await rig.idle(1, 'at rest'))
    const reading = capture.measured.slice(from, to)
    if (reading.length < 2) throw new BenchStop('link', 'no samples came')
    record.figure('encoderNoise', 'encoder noise (1σ)', deviation(reading), 'rad')
    const current = mean(capture.current.slice(from, to))
    if (Number.isFinite(current)) {
        record.figure('quiescentCurrent', 'supply current, motor off', current, 'A')
        record.figure('supplyOpen', 'supply, motor off', mean(capture.supply.slice(from, to)), 'V')
    }
    const span = Math.max(...reading) - Math.min(...reading)
    if (span > RESTLESS) {
        const text = `encoder moves without the motor: ${span.toFixed(3)} rad while the motor is off (turned by hand, loose magnet, or noise)`
        record.finding('moves-by-itself', 'fault', text)
    }
    const silent = capture.valid.slice(from, to).filter(valid => !valid).length
    if (silent > 0)
        record.finding('encoder-drops', 'warning', `${silent} encoder readings of ${to - from} were dropped`)
}

/** Slow ramps until the shaft moves. @returns whether it does */
async function deadBand(rig: Rig, record: Recorder): Promise<boolean> {
    const found: number[] = []
    for (const sign of [1, -1]) {
        const start = rig.newest.position
        const top = Math.min(RAMP_TOP, rig.limits.effort)
        let duty = 0
        const rise = (t: number) => sign * (duty = Math.min(top, RAMP_RATE * t))
        const moves = () => Math.abs(rig.newest.position - start) >= MOVED
        await rig.play('effort', rise, top / RAMP_RATE, 'dead band', moves)
        const [from, to] = await rig.samples(await rig.hold('effort', sign * duty, 0.1, 'dead band'))
        const moved = Math.abs(rig.newest.position - start)
        if (moved < MOVED) {
            stuck(rig, record, duty, mean(rig.capture.current.slice(from, to)))
            return false
        }
        found.push(duty)
        await rig.hold('effort', 0, 0.3, 'dead band')
    }
    record.figure('deadBand', 'dead band (duty at which it begins to move, at most)', mean(found))
    return true
}

/** Why does it not move? The current tells. */
function stuck(rig: Rig, record: Recorder, duty: number, supplyCurrent: number): void {
    const quiescent = record.figures.find(({ key }) => key === 'quiescentCurrent')?.value
    const does = `it does not move at a duty of ${duty.toFixed(2)}`
    const { rated } = rig.description
    if (quiescent === undefined || rated === undefined) {
        const text = `${does}: the motor is dead or not connected, or the shaft is jammed (only a current sensor could tell which)`
        record.finding('does-not-move', 'fault', text)
        return
    }
    const current = (supplyCurrent - quiescent) / duty
    record.figure('stuckCurrent', 'motor current while it does not move', current, 'A')
    const held = (duty * rated.stallCurrent * mean(rig.capture.supply.slice(-10))) / rated.voltage
    if (current < NO_CURRENT * held) {
        const text = `${does} and takes no current: the motor is dead or not connected (a lead is off, or the driver's output is)`
        record.finding('dead-motor', 'fault', text)
    } else {
        const text = `${does}, though ${current.toFixed(2)} A flow: the motor or its shaft is jammed`
        record.finding('jammed-motor', 'fault', text)
    }
}

/** Whether the drive of the last half second was too gentle for any speed limit: then what was fast is the reading. */
function jumps({ capture, period }: Rig): boolean {
    return capture.effort.slice(-Math.round(0.5 / period)).every(duty => Math.abs(duty) <= RAMP_TOP)
}

/** What full drive either way gave. */
interface Drive {
    /** rad/s, V at the motor, and A through it (NaN without a sensor), means of both ways. */
    speed: number
    voltage: number
    current: number
}

/** @param speedPerDuty what to expect, rad/s for each duty: the speed limit may not allow full duty */
async function bothWays(rig: Rig, record: Recorder, speedPerDuty: number): Promise<Drive> {
    const { capture, limits } = rig
    const quiescent = record.figures.find(({ key }) => key === 'quiescentCurrent')?.value ?? NaN
    const duty = Math.floor(Math.min(limits.effort, limits.velocity / speedPerDuty) * 100) / 100
    const runs: { speed: number; current: number; supply: number }[] = []
    for (const sign of [1, -1]) {
        const stretch = await rig.hold('effort', sign * duty, 1.2, 'full drive')
        const [from, to] = await rig.samples({ from: stretch.to - 0.5, to: stretch.to })
        const [time, measured] = [capture.time.slice(from, to), capture.measured.slice(from, to)]
        const speed = line(time, measured).slope
        const current = (mean(capture.current.slice(from, to)) - quiescent) / duty
        runs.push({ speed: Math.abs(speed), current, supply: mean(capture.supply.slice(from, to)) })
        await rig.hold('effort', 0, 0.4, 'full drive')
    }
    const supplied = rig.description.rated?.voltage ?? NaN
    const voltage = duty * mean(runs.map(({ supply }) => (Number.isFinite(supply) ? supply : supplied)))
    const speed = mean(runs.map(run => run.speed))
    const current = mean(runs.map(run => run.current))
    record.figure('speed', `speed at a duty of ${duty}`, speed, 'rad/s')
    record.figure(
        'speedAsymmetry',
        'difference of speed between directions',
        Math.abs(runs[0].speed - runs[1].speed) / speed,
    )
    if (Number.isFinite(current)) record.figure('runningCurrent', 'motor current at that speed', current, 'A')
    return { speed, voltage, current }
}

/** What slow turning tells. */
interface Turning {
    /** Encoder turns for a true turn, positive; NaN when nobody looked. */
    scale: number
    /** Speed to expect for each duty, rad/s. */
    speed: number
}

/** Direction and counts per turn against what somebody sees. */
async function countTurns(rig: Rig, record: Recorder): Promise<Turning> {
    rig.operator?.look()
    const start = rig.newest.position
    const goal = COUNTED_TURNS * 2 * Math.PI
    const duty = Math.min(0.2, rig.limits.effort)
    const far = () => Math.abs(rig.newest.position - start) >= goal
    const stretch = await rig.play('effort', () => duty, LONGEST_COUNT, 'turns to count', far)
    const [, to] = await rig.samples(await rig.hold('effort', 0, 0.5, 'turns to count'))
    const [from, end] = await rig.samples({ from: stretch.from + 0.3, to: stretch.to })
    const { slope } = line(rig.capture.time.slice(from, end), rig.capture.measured.slice(from, end))
    const band = record.figures.find(({ key }) => key === 'deadBand')?.value ?? 0
    const speed = Math.abs(slope) / Math.max(0.05, duty - band)
    const turns = (mean(rig.capture.measured.slice(to - 5, to)) - start) / (2 * Math.PI)
    const sign = Math.sign(turns)
    await rig.pause()
    const counted = await rig.operator?.turnsSeen(turns)
    await rig.arm()
    const opposite = 'motor and encoder run opposite ways'
    if (counted === undefined || counted === 0) {
        if (sign < 0) {
            const text = `${opposite}: the motor's leads or the encoder's direction are swapped (say which way the shaft turns to know which)`
            record.finding('opposite', 'fault', text)
        }
        return { scale: NaN, speed }
    }
    record.figure('turnsSeen', 'turns seen', counted)
    record.figure('turnsMeasured', 'turns measured', turns)
    if (counted < 0 && sign < 0) {
        record.finding(
            'motor-reversed',
            'fault',
            `${opposite}: the motor turns backwards under positive duty (swap its leads, or motor.direction)`,
        )
    } else if (counted > 0 && sign < 0) {
        record.finding(
            'encoder-reversed',
            'fault',
            `${opposite}: the encoder counts backwards (swap its phases or magnet side, or encoder.direction)`,
        )
    } else if (counted < 0) {
        record.finding(
            'both-reversed',
            'fault',
            'motor and encoder agree, but both run backwards (motor.direction and encoder.direction)',
        )
    }
    const scale = Math.abs(turns / counted)
    if (Math.abs(scale - 1) > COUNT_TOLERANCE) {
        const text = `wrong counts per turn: the encoder says ${Math.abs(turns).toFixed(2)} turns where ${Math.abs(counted)} were seen (encoder.ratio or its counts are off by ${scale.toPrecision(2)})`
        record.finding('wrong-counts', 'fault', text)
    }
    return { scale, speed }
}

/** Open voltage and resistance by the line through all samples of voltage against current. */
function supply(rig: Rig, record: Recorder): void {
    const { capture, description } = rig
    const pairs = capture.current
        .map((current, i) => [current, capture.supply[i]])
        .filter(([current]) => Number.isFinite(current) && current > 0)
    const { rated } = description
    if (pairs.length < 20 || rated === undefined) return
    const { slope, intercept } = line(
        pairs.map(([current]) => current),
        pairs.map(([, volts]) => volts),
    )
    const resistance = Math.max(0, -slope)
    record.figure('supplyResistance', 'resistance of supply and leads', resistance, 'Ω')
    record.figure('supplyVoltage', 'supply, nothing drawn', intercept, 'V')
    const drop = (resistance * rated.stallCurrent) / rated.voltage
    if (intercept < LOW_SUPPLY * rated.voltage) {
        record.finding('weak-supply', 'fault', `weak supply: ${intercept.toFixed(1)} V, rated ${rated.voltage} V`)
    } else if (drop > SOFT_SUPPLY) {
        const text = `weak supply: it drops ${resistance.toFixed(2)} V an ampere, ${Math.round(drop * 100)} % of ${rated.voltage} V at the stall current`
        record.finding('weak-supply', 'fault', text)
    }
}

/** Volts a speed against the maker's. */
function constant(rig: Rig, record: Recorder, drive: Drive, scale: number): void {
    const { rated } = rig.description
    if (rated === undefined) return
    const resistance = rated.voltage / rated.stallCurrent
    const ratedConstant = (rated.voltage - rated.freeCurrent * resistance) / rated.freeSpeed
    const current = Number.isFinite(drive.current) ? drive.current : rated.freeCurrent
    const speed = drive.speed / (Number.isFinite(scale) ? scale : 1)
    const found = (drive.voltage - current * resistance) / speed
    record.figure('motorConstant', 'motor constant at the joint', found, 'V·s/rad')
    const ratio = found / ratedConstant
    record.figure('constantRatio', 'motor constant over the rated one', ratio)
    if (Math.abs(ratio - 1) <= CONSTANT_TOLERANCE) return
    const text = `the shaft turns ${(1 / ratio).toPrecision(2)} times as fast as rated`
    if (Number.isFinite(scale)) {
        record.finding('wrong-gear-ratio', 'fault', `wrong gear ratio: ${text} at this voltage (or another motor)`)
    } else {
        record.finding(
            'wrong-scale',
            'fault',
            `${text}: wrong gear ratio or wrong counts per turn (count the turns to know which)`,
        )
    }
}

async function coupling(rig: Rig, record: Recorder): Promise<void> {
    const band = record.figures.find(({ key }) => key === 'deadBand')?.value ?? 0.05
    const duty = Math.min(rig.limits.effort, Math.max(0.12, band * 2))
    const { play } = playOf(await pushes(rig, duty, 0.5, 1, 'play'))
    record.figure('play', 'play between motor and encoder', play, 'rad')
    if (play > LOOSE) {
        const text = `loose coupling: ${((play * 180) / Math.PI).toFixed(0)}° of play between motor and encoder`
        record.finding('loose-coupling', 'fault', text)
    }
}
