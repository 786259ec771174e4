import type { LinkQuality, LoopTiming, Robot, RobotState, RobotStatistics } from '../host/robot'
import type { FaultReport } from '../host/fault-report'
import { motorStop } from '../host/motor-stop'
import type { RobotDescription } from '../protocol/description'
import { type Header, stamp } from './ros/messages'

/** diagnostic_msgs/msg/DiagnosticStatus: levels */
export enum Level {
    OK = 0,
    WARN = 1,
    ERROR = 2,
    /** Nothing new for too long: the values are old. */
    STALE = 3,
}

export interface DiagnosticStatus {
    level: Level
    name: string
    message: string
    hardware_id: string
    values: { key: string; value: string }[]
}

/** diagnostic_msgs/msg/DiagnosticArray */
export interface DiagnosticArray {
    header: Header
    status: DiagnosticStatus[]
}

/** What the bridge counts, since it started. */
export interface BridgeStatistics {
    /** Clients connected now. */
    clients: number
    /** Messages of any kind that clients sent. */
    messagesReceived: number
    /** Of those, the ones refused with an error status. */
    refused: number
    /** Velocities handed to the robot. */
    setpoints: number
    /** Messages serialised for a topic; each is sent to any number of clients. */
    samplesEncoded: number
    /** Samples sent, over all clients. */
    samplesSent: number
    /** Samples that slow clients lost. */
    samplesDropped: number
    /** Bytes of the samples sent. */
    bytesSent: number
}

/** Between two questions for the board's counts of setpoints, s: the answer takes it some ms and one of its 50 packets a second. */
const COUNTS_EVERY = 5
const STALE_AFTER = 1 // s without a sample
const MODE_LEVELS: Record<string, Level> = {
    idle: Level.OK,
    armed: Level.OK,
    calibrating: Level.WARN,
    timeout: Level.WARN,
    unconfigured: Level.ERROR,
    fault: Level.ERROR,
    estop: Level.ERROR,
}

/** Makes the report on /diagnostics. What went wrong counts from one report to the next. */
export class Diagnostics {
    private before: RobotStatistics
    private droppedBefore = 0
    /** Of setpoints, as the board counted them when it was last asked; and at the report before. */
    private counts: LoopTiming['setpoints']
    private countsBefore: LoopTiming['setpoints']
    private askedAt = -Infinity

    constructor(private readonly robot: Robot) {
        this.before = { ...robot.statistics() }
    }

    /**
     * @param now s since the Unix epoch
     * @param bridge what the bridge counted so far; undefined where there is none
     * @param commander who commands the robot
     */
    report(now: number, bridge?: BridgeStatistics, commander = 'nobody'): DiagnosticArray {
        this.ask(now)
        const state = this.robot.state
        const statistics = this.robot.statistics()
        const { name, configHash } = this.robot.description
        const stale = state === undefined || now - state.hostTime > STALE_AFTER
        const status = [
            mode(state, stale, this.robot.faultReports ?? []),
            loop(statistics, this.before, stale),
            link(statistics, this.before, state, this.robot.linkQuality?.()),
            ...setpoints(this.counts, this.countsBefore),
            joints(state, stale),
            ...motors(this.robot.description),
            ...(bridge === undefined ? [] : [door(bridge, bridge.samplesDropped - this.droppedBefore, commander)]),
        ]
        this.before = { ...statistics }
        this.countsBefore = this.counts
        this.droppedBefore = bridge?.samplesDropped ?? 0
        return {
            header: { stamp: stamp(now), frame_id: '' },
            status: status.map(({ level, part, message, values }) => ({
                level,
                name: `${name}: ${part}`,
                message,
                hardware_id: `${name}-${configHash}`,
                values: Object.entries(values).map(([key, value]) => ({ key, value: text(value) })),
            })),
        }
    }

    private ask(now: number): void {
        if (now - this.askedAt < COUNTS_EVERY) return
        this.askedAt = now
        this.robot.timing().then(
            ({ setpoints }) => (this.counts = setpoints),
            // A link that is down is told as such.
            () => undefined,
        )
    }
}

interface Part {
    level: Level
    part: string
    message: string
    values: Record<string, string | number | boolean>
}

function mode(state: RobotState | undefined, stale: boolean, reports: readonly FaultReport[]): Part {
    if (state === undefined) return { level: Level.STALE, part: 'mode', message: 'no sample yet', values: {} }
    const faults = state.faults.join(', ')
    const warnings = reports.filter(({ warns }) => warns)
    const quiet = warnings.length > 0 ? Level.WARN : Level.OK
    const level = Math.max(MODE_LEVELS[state.mode] ?? Level.ERROR, faults === '' ? quiet : Level.ERROR)
    const complaints = [...state.faults, ...warnings.map(({ fault }) => `warning ${fault}`)].join(', ')
    return {
        level: stale ? Level.STALE : level,
        part: 'mode',
        message: complaints === '' ? state.mode : `${state.mode}: ${complaints}`,
        values: {
            mode: state.mode,
            faults,
            ...Object.fromEntries(reports.map(({ fault, sentence }) => [fault, sentence])),
        },
    }
}

function loop(now: RobotStatistics, before: RobotStatistics, stale: boolean): Part {
    const late = now.lateTicks - before.lateTicks
    const bad = now.sensorErrors - before.sensorErrors
    const complaints = [...(late > 0 ? [`${late} late ticks`] : []), ...(bad > 0 ? [`${bad} bad sensor samples`] : [])]
    return {
        level: stale ? Level.STALE : complaints.length > 0 ? Level.WARN : Level.OK,
        part: 'loop',
        message: stale ? `no sample for ${STALE_AFTER} s` : complaints.join(', ') || 'on time',
        values: {
            ticks: now.ticks,
            'late ticks': now.lateTicks,
            'sensor errors': now.sensorErrors,
            'period min (ms)': now.period.min * 1000,
            'period mean (ms)': now.period.mean * 1000,
            'period max (ms)': now.period.max * 1000,
        },
    }
}

function link(
    now: RobotStatistics,
    before: RobotStatistics,
    state: RobotState | undefined,
    quality: LinkQuality | undefined,
): Part {
    const counters = ['samplesLost', 'crcErrors', 'framingErrors', 'reconnects'] as const
    const worse = counters.filter(name => now[name] > before[name])
    const complaints = worse.map(name => `${words(name)} +${now[name] - before[name]}`).join(', ')
    return {
        level: !now.connected ? Level.ERROR : worse.length > 0 ? Level.WARN : Level.OK,
        part: 'link',
        message: !now.connected ? 'disconnected' : complaints || 'connected',
        values: {
            connected: now.connected,
            reconnects: now.reconnects,
            'samples received': now.samplesReceived,
            'samples lost': now.samplesLost,
            'frames received': now.framesReceived,
            'crc errors': now.crcErrors,
            'framing errors': now.framingErrors,
            'bytes discarded': now.bytesDiscarded,
            'latency (ms)': now.latency * 1000,
            'clock error bound (ms)': (state?.hostTimeBound ?? NaN) * 1000,
            ...(quality && {
                'round trip p50 (ms)': quality.roundTrip.p50 * 1000,
                'round trip p99 (ms)': quality.roundTrip.p99 * 1000,
                'echoes lost': quality.echoesLost,
                'setpoint to tick p50 (ms)': quality.actuation.p50 * 1000,
                'setpoint to tick p99 (ms)': quality.actuation.p99 * 1000,
                'setpoints measured': quality.actuation.count,
                'frames not sent': quality.writesDropped,
                'board stalls': quality.stalls,
            }),
        },
    }
}

/** What became of the setpoints that the board was sent, since its program started. None from a board whose program is older. */
function setpoints(now: LoopTiming['setpoints'], before = now): Part[] {
    if (!now || !before) return []
    const worse = (['refused', 'lost'] as const).filter(name => now[name] > before[name])
    return [
        {
            level: worse.length > 0 ? Level.WARN : Level.OK,
            part: 'setpoints',
            message: worse.map(name => `${now[name] - before[name]} ${name}`).join(', ') || 'none refused or lost',
            values: { accepted: now.accepted, refused: now.refused, lost: now.lost },
        },
    ]
}

function joints(state: RobotState | undefined, stale: boolean): Part {
    const values: Part['values'] = {}
    const invalid = (state?.joints ?? []).filter(joint => !joint.valid).map(joint => joint.name)
    for (const { name, effort, setpoint } of state?.joints ?? []) {
        values[`${name} duty`] = effort
        values[`${name} setpoint`] = setpoint
    }
    return {
        level: stale ? Level.STALE : invalid.length > 0 ? Level.WARN : Level.OK,
        part: 'joints',
        message: invalid.length > 0 ? `no valid sample: ${invalid.join(', ')}` : 'valid',
        values,
    }
}

/** What stops the motors when the board cannot. */
function motors(description: RobotDescription): Part[] {
    const stop = motorStop(description)
    if (!stop) return []
    const { part, selfStopMs } = description.motors!
    return [
        {
            level: stop.stops ? Level.OK : Level.WARN,
            part: 'motors',
            message: stop.sentence,
            values: { driver: part, 'off after the last command (ms)': selfStopMs || 'never' },
        },
    ]
}

function door(bridge: BridgeStatistics, dropped: number, commander: string): Part {
    const values: Part['values'] = { commander }
    for (const [key, value] of Object.entries(bridge)) values[words(key)] = value as number
    return {
        level: dropped > 0 ? Level.WARN : Level.OK,
        part: 'bridge',
        message: dropped > 0 ? `slow clients lost ${dropped} samples` : `${bridge.clients} clients`,
        values,
    }
}

/** `samplesLost` as `samples lost`. */
function words(name: string): string {
    return name.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)
}

function text(value: string | number | boolean): string {
    if (typeof value !== 'number' || Number.isInteger(value)) return String(value)
    return Number.isFinite(value) ? String(Number(value.toPrecision(6))) : String(value).toLowerCase()
}
