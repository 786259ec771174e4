import type { Robot } from './robot'

/**
 * Disarms the robot at the end of a program, unless an emergency stop has switched its motors off: disarming would take that
 * back, which is for a person to do.
 */
export async function motorsOff(robot: Robot): Promise<void> {
    if (robot.state?.mode !== 'estop') await robot.disarm()
}
