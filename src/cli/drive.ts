import { existsSync } from 'node:fs'
import type { Robot } from '../host/robot'
import type { RobotDrive } from '../host/robot-drive'
import { driveSquare } from './square-planner'

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

/** The velocity after `time` seconds of the common drive. */
export function fixedVelocity(time: number): { linear: number; angular: number } {
    let rest = time % ROUND_SECONDS
    for (const { seconds, linear, angular } of ROUND) {
        if (rest < seconds) return { linear, angular }
        rest -= seconds
    }
    return { linear: 0, angular: 0 }
}

/** The drive of robots that have none of their own: as the rover. */
export const commonDrive: RobotDrive = {
    name: 'square',
    roundSeconds: ROUND_SECONDS,
    command: (robot, time) => command(robot, fixedVelocity(time)),
    perform: driveSquare,
}

/** A robot without a drive turns its first joint as the drive would turn a wheel of 40 mm. */
function command(robot: Robot, velocity: { linear: number; angular: number }): void {
    const { drive, joints } = robot.description
    if (drive) robot.drive(velocity)
    else robot.joint(joints[0].name).setVelocity(Math.min(joints[0].velocityLimit, velocity.linear / 0.04))
}

/** The drive of a robot in `src/robots`: its own when it has one, else the common one. */
export async function loadDrive(robot: string): Promise<RobotDrive> {
    const file = new URL(`../robots/${robot}/drive.ts`, import.meta.url)
    return existsSync(file) ? ((await import(file.href)) as { drive: RobotDrive }).drive : commonDrive
}
