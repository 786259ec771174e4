import type { OperatedRobot } from './robot'

/**
 * Disarms the robot at the end of a program, unless an emergency stop has switched its motors off: disarming would take that
 * back, which is for a person to do.
 */
export async function motorsOff(robot: Pick<OperatedRobot, 'state' | 'disarm'>): Promise<void> {
    if (robot.state?.mode !== 'estop') await robot.disarm()
}
