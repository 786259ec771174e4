import type { ClockFit } from '../host/clock-sync'
import type { LinkQuality, LoopTiming, OperatedRobot, RobotState, RobotStatistics } from '../host/robot'

/** Everything that `tendon monitor` shows. What JSON has no number for is null there. */
export interface MonitorStatus {
    /** Since the monitor began, s. */
    seconds: number
    robot: string
    configHash: string
    /** How the robot is reached. */
    via: string
    state: RobotState | undefined
    statistics: RobotStatistics
    quality: LinkQuality | undefined
    clock: ClockFit | undefined
    timing: LoopTiming | undefined
}

/** Half the circle of the attitude's pole: pitch is 90° there, roll and heading cannot be told apart. */
const POLE = 0.999_999

/** Roll, pitch and yaw of a quaternion x, y, z, w, rad (REP-103: about x, y, z of the body, yaw first). */
export function rollPitchYaw([x, y, z, w]: [number, number, number, number]): [number, number, number] {
    const sine = Math.max(-POLE, Math.min(POLE, 2 * (w * y - z * x)))
    const roll = Math.atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y))
    return [roll, Math.asin(sine), Math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))]
}

/** Gathers what there is now. The histograms are asked for apart: they cost a packet of the board's. */
export function monitorStatus(robot: OperatedRobot, via: string, seconds: number, timing?: LoopTiming): MonitorStatus {
    const { name, configHash } = robot.description
    return {
        seconds,
        robot: name,
        configHash,
        via,
        state: robot.state,
        statistics: robot.statistics(),
        quality: robot.linkQuality?.(),
        clock: robot.clockFit?.(),
        timing,
    }
}
