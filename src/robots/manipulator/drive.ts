import { JointMove } from '../../control/joint-move'
import { armWhenReady, type RobotDrive } from '../../host/robot-drive'
import type { Robot } from '../../host/robot'
import type { JointTrajectory, TrajectoryPoint } from '../../host/trajectory'
import { HOME } from './robot'

type Posture = typeof HOME

/** Of every joint: rad/s, rad/s², rad/s³. The robot itself allows 3 rad/s. */
const LIMITS = { velocity: 2, acceleration: 5, jerk: 25 }
const JOINTS = Object.keys(HOME) as (keyof Posture)[]
/** Between two points, s. */
const APART = 0.1
/** At each end of a move, s: as a gripper takes to open or close. */
const PAUSE = 0.4

const above = (base: number): Posture => ({ base, shoulder: 0.45, elbow: 0.1 })
const at = (base: number): Posture => ({ base, shoulder: 0.75, elbow: 0.25 })
/** Takes something on its right, puts it down on its left, and goes home. */
const ROUND: readonly Posture[] = [above(-0.9), at(-0.9), above(-0.9), above(0.9), at(0.9), above(0.9), HOME]

/** S-curve moves from posture to posture, in which all joints start and end together, as points for the board to follow. */
export function planRound(from: readonly number[]): JointTrajectory {
    const move = new JointMove(JOINTS.map(() => LIMITS))
    const points: TrajectoryPoint[] = []
    let start = PAUSE
    let last = from
    const add = (time: number) =>
        points.push({
            time,
            positions: [...move.position],
            velocities: [...move.velocity],
            accelerations: [...move.acceleration],
        })
    for (const posture of [HOME, ...ROUND]) {
        const goal = JOINTS.map(name => posture[name])
        const duration = move.plan(last, goal)
        const steps = Math.max(1, Math.ceil(duration / APART))
        for (let k = 0; k <= steps; k++) {
            move.at((k * duration) / steps)
            if (duration > 0) add(start + (k * duration) / steps)
        }
        start += duration + PAUSE
        last = goal
    }
    add(start)
    return { joints: JOINTS, points }
}

/** From home, which is where every round but the first begins, s; a whole number of setpoints. */
const ROUND_SECONDS = Math.ceil(planRound(JOINTS.map(name => HOME[name])).points.at(-1)!.time * 10) / 10

/** What a robot is at, by its session. */
const underWay = new WeakMap<Robot, { end: number; over: boolean }>()
/** From a trajectory's time by this clock to when the board has certainly ended it, s. */
const SURE = 0.15

/** Starts a round when none is under way; between its end and when the host has heard of it, the arm is held at home. */
function command(robot: Robot, time: number): void {
    const round = underWay.get(robot)
    if (round && !round.over) {
        if (time > round.end) for (const name of JOINTS) robot.joint(name).setPosition(HOME[name])
        return
    }
    if (robot.state?.mode !== 'armed') return
    const trajectory = planRound(whereItIs(robot))
    const next = { end: time + trajectory.points.at(-1)!.time + SURE, over: false }
    underWay.set(robot, next)
    robot
        .follow(trajectory)
        .catch(() => undefined)
        .finally(() => (next.over = true))
}

function whereItIs(robot: Robot): number[] {
    return JOINTS.map(name => {
        const { setpoint, position } = robot.state!.joints[robot.description.joints.findIndex(j => j.name === name)]
        return Number.isNaN(setpoint) ? position : setpoint
    })
}

/** Takes and places, by trajectories that the board follows by its own clock. */
export const drive: RobotDrive = {
    name: 'placing',
    roundSeconds: ROUND_SECONDS,
    command,
    async perform(robot, scheduler, { signal, onProgress }) {
        await armWhenReady(robot, scheduler, signal)
        const trajectory = planRound(whereItIs(robot))
        const seconds = trajectory.points.at(-1)!.time
        let finished = true
        try {
            await robot.follow(trajectory, { signal, onProgress: (_, time) => onProgress?.(time / seconds) })
            onProgress?.(1)
        } catch (error) {
            if (!signal?.aborted) throw error
            finished = false
        }
        await robot.disarm()
        return { finished, rearmed: 0 }
    },
}
