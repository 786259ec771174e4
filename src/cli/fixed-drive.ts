import type { Robot } from '../host/robot'
import type { Scheduler } from '../host/scheduler'

/** A velocity that is held for a while. */
interface Phase {
    /** s */
    seconds: number
    /** m/s */
    linear: number
    /** rad/s */
    angular: number
}

/** One round, 10 s: everything a differential drive does, within its limits, with jumps that make its loops work. */
const ROUND: readonly Phase[] = [
    { seconds: 2, linear: 0.3, angular: 0 },
    { seconds: 2, linear: 0.25, angular: 0.8 },
    { seconds: 1.5, linear: 0, angular: 1.5 },
    { seconds: 0.5, linear: 0, angular: 0 },
    { seconds: 2, linear: 0.25, angular: -0.8 },
    { seconds: 1.5, linear: -0.2, angular: 0 },
    { seconds: 0.5, linear: 0, angular: 0 },
]
const ROUND_SECONDS = ROUND.reduce((sum, phase) => sum + phase.seconds, 0)

/** Between two setpoints, ms: five of them fit the robot's deadline. */
export const SETPOINT_MS = 20
/** The same where the link does not pace the board: seldom enough that the setpoints do not pace it either. */
export const QUIET_SETPOINT_MS = 500

/** The velocity after `time` seconds of the fixed drive. */
export function fixedVelocity(time: number): { linear: number; angular: number } {
    let rest = time % ROUND_SECONDS
    for (const { seconds, linear, angular } of ROUND) {
        if (rest < seconds) return { linear, angular }
        rest -= seconds
    }
    return { linear: 0, angular: 0 }
}

/** A robot without a drive turns its first joint as the drive would turn a wheel of 40 mm. */
function command(robot: Robot, velocity: { linear: number; angular: number }): void {
    const { drive, joints } = robot.description
    if (drive) robot.drive(velocity)
    else robot.joint(joints[0].name).setVelocity(Math.min(joints[0].velocityLimit, velocity.linear / 0.04))
}

/**
 * Drives an armed robot along the fixed pattern, from timers alone: nothing in it depends on when promises settle. A robot
 * that has stopped by its deadline is armed again when a round begins. Returns a function that ends the drive.
 */
export function startFixedDrive(robot: Robot, scheduler: Scheduler, setpointMs = SETPOINT_MS): () => void {
    let sent = 0
    let timer: unknown
    const start = scheduler.now()
    const step = () => {
        const time = (sent * setpointMs) / 1000
        if (time % ROUND_SECONDS === 0 && robot.state?.mode === 'timeout') robot.arm().catch(() => undefined)
        command(robot, fixedVelocity(time))
        sent++
        timer = scheduler.setTimeout(step, start + sent * setpointMs - scheduler.now())
    }
    step()
    return () => scheduler.clearTimeout(timer)
}
