import type { JointDescription } from '../protocol/description'
import type { JointState } from '../host/robot'
import { TIMING_BINS } from '../protocol/timing'
import { histogram } from './histogram'
import { type MonitorStatus, rollPitchYaw } from './monitor-status'
import { span } from './output'
import { bar, degrees, place, type ScreenLine } from './screen'

/** What the person at the keys has chosen. */
export interface Selection {
    joint: number
    /** Speed of a jog, rad/s. */
    speed: number
    /** Joint positions that are shown from here, rad; 0 where nothing was zeroed. */
    zeros: number[]
}

export interface Message {
    text: string
    alarm: boolean
}

const ALARMING = ['fault', 'estop', 'unconfigured', 'timeout']
const HISTOGRAM_ROWS = 4
/** One column a millisecond, the last one everything longer. */
const SCALE = '0    5    10   15   20 23+'
/** Characters of a joint's name. */
const NAME = 16

export const KEYS = [
    'a arm   d disarm   ←→ jog (hold)   ↑↓ joint   +- speed   z zero   s stand still',
    'SPACE emergency stop (d clears it)   q quit, disarmed',
]

/** The whole screen. The histograms give way first where there is no room, then the older messages. */
export function monitorScreen(
    status: MonitorStatus,
    joints: JointDescription[],
    selection: Selection,
    messages: Message[],
    size: { columns: number; rows: number },
): ScreenLine[] {
    const top = [...head(status, size.columns), ...jointLines(status, joints, selection), ...bodyLines(status)]
    const bottom = linkLines(status)
    const keys: ScreenLine[] = KEYS.map(text => ({ text, style: 'dim' }))
    const room = size.rows - top.length - bottom.length - keys.length - 1
    const bars = status.timing && room >= HISTOGRAM_ROWS + 2 ? histograms(status.timing) : []
    const space = Math.max(1, room - bars.length)
    const told = messages
        .flatMap(({ text, alarm }) =>
            wrapped(text, size.columns).map((line): ScreenLine => ({ text: line, style: alarm ? 'alarm' : 'strong' })),
        )
        .slice(-space)
    const blank = Array.from({ length: space - told.length }, () => ({ text: '' }))
    return [...top, loopLine(status), ...bars, ...bottom, ...blank, ...told, ...keys].slice(0, size.rows)
}

/** Lines of whole words. */
function wrapped(text: string, columns: number): string[] {
    const lines = ['']
    for (const word of text.split(' ')) {
        const line = lines[lines.length - 1]
        if (line === '') lines[lines.length - 1] = word
        else if (line.length + 1 + word.length <= columns) lines[lines.length - 1] = `${line} ${word}`
        else lines.push(word)
    }
    return lines
}

function head({ robot, via, state, statistics, quality, seconds }: MonitorStatus, columns: number): ScreenLine[] {
    const mode = !statistics.connected
        ? 'LINK LOST'
        : quality?.stalled
          ? 'BOARD STANDS STILL'
          : (state?.mode ?? 'no sample yet')
    const alarm = !statistics.connected || quality?.stalled || ALARMING.includes(state?.mode ?? '')
    const left = `${robot}  ${mode}${mode === state?.mode && mode === 'armed' ? ': motors may move' : ''}`
    const faults = state?.faults ?? []
    return [
        {
            text: left + via.padStart(Math.max(2 + via.length, columns - left.length)),
            style: alarm ? 'alarm' : 'strong',
        },
        {
            text: `faults     ${faults.length > 0 ? faults.join(', ') : 'none'}   trajectory ${state?.trajectory ?? '-'}   ${seconds.toFixed(0)} s`,
            style: faults.length > 0 ? 'alarm' : 'plain',
        },
    ]
}

function jointLines(
    { state }: MonitorStatus,
    joints: JointDescription[],
    { joint, speed, zeros }: Selection,
): ScreenLine[] {
    const lines = joints.map(({ name }, i): ScreenLine => {
        const chosen = i === joint
        const text = `${chosen ? '>' : ' '} ${name.slice(0, NAME).padEnd(NAME)} ${state ? figures(state.joints[i], zeros[i]) : '-'}`
        return { text: text + (chosen ? `  jog ${speed.toPrecision(2)}` : ''), style: chosen ? 'chosen' : 'plain' }
    })
    return [
        { text: `  ${'joint'.padEnd(NAME)}  position rad   rad/s  duty                  setpoint`, style: 'dim' },
        ...lines,
    ]
}

/** A star marks a position that is counted from where it was zeroed, an exclamation mark one that was not measured. */
function figures({ position, velocity, effort, setpoint, valid }: JointState, zero: number): string {
    const mark = valid ? (zero === 0 ? ' ' : '*') : '!'
    return [
        `${(position - zero).toFixed(4).padStart(12)}${mark}`,
        velocity.toFixed(3).padStart(8),
        `${signed(effort, 2)} ${bar(Math.max(0, -effort), 5).split('').reverse().join('')}|${bar(Math.max(0, effort), 5)}`,
        (Number.isNaN(setpoint) ? 'off' : setpoint.toFixed(3)).padStart(9),
    ].join(' ')
}

function bodyLines({ state }: MonitorStatus): ScreenLine[] {
    const lines: string[] = []
    if (state?.imu) {
        const { orientation, angularVelocity, linearAcceleration } = state.imu
        const [roll, pitch, yaw] = rollPitchYaw(orientation).map(angle => signed(degrees(angle), 1))
        lines.push(
            `imu        roll ${roll}° pitch ${pitch}° yaw ${yaw}°`,
            `           ${angularVelocity.map(rate => signed(rate, 2)).join(' ')} rad/s   ${linearAcceleration.map(a => signed(a, 2)).join(' ')} m/s²`,
        )
    }
    if (state?.power) lines.push(`power      ${state.power.voltage.toFixed(2)} V   ${state.power.current.toFixed(3)} A`)
    if (state?.odometry) {
        const { linear, angular } = state.odometry
        lines.push(`odometry   ${place(state.odometry)}   ${signed(linear, 2)} m/s ${signed(angular, 2)} rad/s`)
    }
    return lines.map(text => ({ text }))
}

function loopLine({ statistics: { period, ticks, lateTicks } }: MonitorStatus): ScreenLine {
    const { min, mean, max } = period
    const text = `loop       ${span({ min: min * 1000, mean: mean * 1000, max: max * 1000 })}   ${lateTicks} late of ${ticks} ticks`
    return { text, style: lateTicks > 0 ? 'strong' : 'plain' }
}

/** Period and execution time of the tick beside each other, named at their left; and the board's count of setpoints. */
function histograms({ periodCounts, executionCounts, setpoints }: NonNullable<MonitorStatus['timing']>): ScreenLine[] {
    const bars = [periodCounts, executionCounts].map(counts => [...histogram(counts, HISTOGRAM_ROWS), SCALE])
    const lines = bars[0].map((row, i) => {
        const [left, right] = i === HISTOGRAM_ROWS - 1 ? ['period, ms', 'tick, ms'] : ['', '']
        return { text: `${left.padEnd(11)}${row.padEnd(TIMING_BINS)}   ${right.padEnd(11)}${bars[1][i]}` }
    })
    if (!setpoints) return lines
    const { accepted, refused, lost } = setpoints
    const text = `setpoints  ${accepted} accepted by the board, ${refused} refused, ${lost} lost`
    return [...lines, { text, style: refused + lost > 0 ? 'strong' : 'plain' }]
}

function linkLines({ state, statistics, quality, clock }: MonitorStatus): ScreenLine[] {
    const {
        connected,
        reconnects,
        samplesLost,
        samplesReceived,
        crcErrors,
        framingErrors,
        bytesDiscarded,
        sensorErrors,
    } = statistics
    const lost = samplesLost + crcErrors + framingErrors + bytesDiscarded + sensorErrors + (quality?.echoesLost ?? 0)
    const link = [
        connected ? 'up' : 'down',
        `${reconnects} reconnects`,
        ...(quality ? [`${quality.stalls} stalls`, `round trip ${quantiles(quality.roundTrip)}`] : []),
    ]
    const bound = state?.hostTimeBound ?? NaN
    const times = [
        `±${milliseconds(bound)} ms`,
        ...(clock ? [`drift ${signed(clock.drift * 1e6, 0)} ppm`] : []),
        ...(quality ? [`setpoint to tick ${quantiles(quality.actuation)}`] : []),
    ]
    const counts = `${samplesLost} of ${samplesReceived + samplesLost} samples, CRC ${crcErrors}, framing ${framingErrors}, ${bytesDiscarded} bytes, ${quality?.echoesLost ?? 0} echoes, sensor ${sensorErrors}`
    return [
        { text: `link       ${link.join(', ')}`, style: connected ? 'plain' : 'alarm' },
        { text: `clock      ${times.join(', ')}` },
        { text: `lost       ${counts}`, style: lost > 0 ? 'strong' : 'plain' },
    ]
}

function quantiles({ p50, p99 }: { p50: number; p99: number }): string {
    return `${milliseconds(p50)} / ${milliseconds(p99)} ms`
}

function milliseconds(seconds: number): string {
    return Number.isFinite(seconds) ? (seconds * 1000).toFixed(1) : '-'
}

function signed(value: number, digits: number): string {
    return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(digits)}`
}
