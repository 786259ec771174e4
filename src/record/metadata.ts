import type { McapTypes } from '@mcap/core'
import type { Robot, RobotStatistics } from '../host/robot'
import type { RecorderOptions } from './recorder'

type Metadata = McapTypes.Metadata

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

/** Which program the board runs, as it says itself. @param hash SHA-256 of the program, hex */
export function firmwareMetadata(hash: string): Metadata {
    return { name: 'tendon.firmware', metadata: new Map([['sha256', hash]]) }
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

/** What was lost on the way to the file. */
export function finalMetadata({ samplesLost, lateTicks, crcErrors, reconnects }: RobotStatistics): Metadata {
    const counts = { samples_lost: samplesLost, late_ticks: lateTicks, crc_errors: crcErrors, reconnects }
    const metadata = new Map(Object.entries(counts).map(([name, count]) => [name, String(count)]))
    return { name: 'tendon.session', metadata }
}
