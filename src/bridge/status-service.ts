import type { ClockFit } from '../host/clock-sync'
import type { LinkQuality, LoopTiming, Robot, RobotState, RobotStatistics } from '../host/robot'
import type { RobotDescription } from '../protocol/description'
import type { Service } from './services'

export const STATUS_SERVICE = '/robot_status'

/** Everything that a bridge knows of its robot at a moment; what it does not know is absent. */
export interface RobotStatus {
    description: RobotDescription
    state?: RobotState
    statistics: RobotStatistics
    quality?: LinkQuality
    clock?: ClockFit
    /** The board's histograms, up to {@link TIMING_MS} old. */
    timing?: LoopTiming
}

/** Between two questions for the board's histograms, ms, however many ask: each is one of its 50 packets a second. */
const TIMING_MS = 1000

/**
 * `/robot_status`: {@link RobotStatus} as JSON in the message of a `std_srvs/srv/Trigger`, for whoever watches the robot over the
 * bridge. Numbers that are none (the setpoint of a joint that is off) are null, as JSON has it.
 *
 * @param now ms, of any clock that does not jump
 */
export function statusService(robot: Robot, now: () => number): Service {
    let timing: LoopTiming | undefined
    let askedAt = -Infinity
    const ask = () => {
        if (now() - askedAt < TIMING_MS) return
        askedAt = now()
        robot.timing().then(
            answer => (timing = answer),
            // A link that is down is told by the statistics.
            () => undefined,
        )
    }
    return {
        name: STATUS_SERVICE,
        type: 'std_srvs/srv/Trigger',
        call: () => {
            ask()
            const status: RobotStatus = {
                description: robot.description,
                state: robot.state,
                statistics: robot.statistics(),
                quality: robot.linkQuality?.(),
                clock: robot.clockFit?.(),
                timing,
            }
            return { success: true, message: JSON.stringify(status) }
        },
    }
}

/** What the service's message says. @throws SyntaxError for what is no JSON */
export function readStatus(message: string): RobotStatus {
    return JSON.parse(message, (_key, value: unknown) => (value === null ? NaN : value)) as RobotStatus
}
