import type { McapTypes } from '@mcap/core'
import { type Parameter, valuesByName } from '../host/parameters'
import type { Robot, RobotStatistics } from '../host/robot'
import type { RecordedFirmware } from './firmware-watch'
import type { RecorderOptions } from './recorder'

type Metadata = McapTypes.Metadata

/** Name of the records with the values of parameters: one for the first ones, one for each change. */
export const PARAMETERS = 'tendon.parameters'
/** Name of the records with what parameters there are: one for the first ones, one when another program has others. */
export const PARAMETER_KINDS = 'tendon.parameter_kinds'
/** Name of the records with the board's program: one for the first, one for each that came in its place. */
export const FIRMWARE = 'tendon.firmware'

/** Which robot it is, with its whole description. */
export function robotMetadata(robot: Robot, { hostVersion, simulation }: RecorderOptions): Metadata {
    const { description } = robot
    const metadata = new Map([
        ['robot', description.name],
        ['config_hash', description.configHash],
        ['protocol', String(description.protocol)],
        ['host_version', hostVersion],
        ['simulation', String(simulation ?? false)],
        ['description', JSON.stringify(description)],
    ])
    return { name: 'tendon.robot', metadata }
}

/** Which program the board runs from a time on, as it says itself. */
export function firmwareMetadata({ time, sha256 }: RecordedFirmware): Metadata {
    const told: [string, string] = sha256 === undefined ? ['unknown', 'the board did not tell'] : ['sha256', sha256]
    return { name: FIRMWARE, metadata: new Map([['time_s', String(time)], told]) }
}

/** Which values were in force from a time on. @param time s since the Unix epoch */
export function parametersMetadata(parameters: readonly Parameter[], time: number): Metadata {
    const metadata = new Map([
        ['time_s', String(time)],
        ['values', JSON.stringify(valuesByName(parameters))],
    ])
    return { name: PARAMETERS, metadata }
}

/** What parameters there are from a time on, without their values. @param time s since the Unix epoch */
export function parameterKindsMetadata(parameters: readonly Parameter[], time: number): Metadata {
    const kinds = parameters.map(({ value: _, ...kind }) => kind)
    const metadata = new Map([
        ['time_s', String(time)],
        ['kinds', JSON.stringify(kinds)],
    ])
    return { name: PARAMETER_KINDS, metadata }
}

/** How the clocks compare: host time = board time + offset. Undefined before they did. */
export function clockMetadata(robot: Robot): Metadata | undefined {
    const fit = robot.clockFit?.()
    if (fit === undefined) return undefined
    const metadata = new Map([
        ['board_time_s', String(fit.boardTime)],
        ['offset_s', String(fit.offset)],
        ['drift_s_per_s', String(fit.drift)],
        ['bound_s', String(fit.bound)],
    ])
    return { name: 'tendon.clock', metadata }
}

/** What was lost on the way to the file. @param parametersUnknown why the file has none though the robot does */
export function finalMetadata(
    before: RobotStatistics,
    now: RobotStatistics,
    parametersUnknown: string | undefined,
): Metadata {
    const since = (counter: 'samplesLost' | 'lateTicks' | 'crcErrors' | 'reconnects') =>
        String(now[counter] - before[counter])
    const metadata = new Map([
        ['samples_lost', since('samplesLost')],
        ['late_ticks', since('lateTicks')],
        ['crc_errors', since('crcErrors')],
        ['reconnects', since('reconnects')],
    ])
    if (parametersUnknown !== undefined) metadata.set('parameters_unknown', parametersUnknown)
    return { name: 'tendon.session', metadata }
}
