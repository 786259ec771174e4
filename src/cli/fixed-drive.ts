import type { Robot } from '../host/robot'
import { type RobotDrive, SETPOINT_MS } from '../host/robot-drive'
import type { Scheduler } from '../host/scheduler'

/** Between two setpoints, ms, where the link does not pace the board: seldom enough that they do not pace it either. */
export const QUIET_SETPOINT_MS = 500

/**
 * Drives an armed robot along its drive's pattern, from timers alone: nothing in it depends on when promises settle. A robot
 * that has stopped by its deadline is armed again when a round begins. Returns a function that ends the drive.
 */
export function startFixedDrive(
    robot: Robot,
    scheduler: Scheduler,
    drive: RobotDrive,
    setpointMs = SETPOINT_MS,
): () => void {
    let sent = 0
    let timer: unknown
    const start = scheduler.now()
    const step = () => {
        const time = (sent * setpointMs) / 1000
        if (time % drive.roundSeconds === 0 && robot.state?.mode === 'timeout') robot.arm().catch(() => undefined)
        drive.command(robot, time)
        sent++
        timer = scheduler.setTimeout(step, start + sent * setpointMs - scheduler.now())
    }
    step()
    return () => scheduler.clearTimeout(timer)
}
