import { performRound, type RobotDrive } from '../../host/robot-drive'

/** What is asked of it, one after the other: s, m/s, rad/s. */
const ROUND = [
    { seconds: 3, linear: 0, angular: 0 },
    { seconds: 3, linear: 0.3, angular: 0 },
    { seconds: 2, linear: 0, angular: 0 },
    { seconds: 2, linear: 0, angular: 1.5 },
    { seconds: 3, linear: 0.2, angular: 0.6 },
    { seconds: 3, linear: -0.3, angular: 0 },
    { seconds: 4, linear: 0, angular: 0 },
] as const
const ROUND_SECONDS = ROUND.reduce((sum, { seconds }) => sum + seconds, 0)

function velocityAt(time: number): { linear: number; angular: number } {
    let rest = time % ROUND_SECONDS
    for (const { seconds, linear, angular } of ROUND) {
        if (rest < seconds) return { linear, angular }
        rest -= seconds
    }
    return { linear: 0, angular: 0 }
}

/** Stands, drives forward and stops, turns, drives a curve, comes back and stands. Nobody disarms it: it would fall. */
export const drive: RobotDrive = {
    name: 'balancing',
    roundSeconds: ROUND_SECONDS,
    command: (robot, time) => robot.drive(velocityAt(time)),
    perform: (robot, scheduler, options) => performRound(drive, robot, scheduler, options, false),
}
