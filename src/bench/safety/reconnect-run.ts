import type { RobotSession } from '../../host/session'
import { Random } from '../../sim/random'
import type { SimulatedRobot } from '../../sim/simulated-robot'
import { connectSimulated, loadRobot, runFast, schedulerOf, settle, simulate } from '../../simulate'
import { BOUNDS } from './bounds'
import { hostBytes, LeastUsed } from './memory'

const SETPOINT_MS = 20
/** How long the robot is driven before each loss, stands after each return, and is armed without a setpoint, s. */
const DRIVING = 0.15
const STANDING = 0.3
const ARMED_ONLY = 0.1
/** A session that has no state again this long after the link is back would need a restart, s. */
const PATIENCE = 10
/** One loss in so many is a link that is silent with its port open; the others are ports that go away. */
const SILENT_EVERY = 4

export interface ReconnectRun {
    losses: number
    reconnects: number
    /** Longest from the link's return to the first state, s. */
    slowest: number
    /** Most that a joint turned while it was armed again but not told to move, rad. */
    moved: number
    /** Steps of the plant in which an output was driven, from when a loss must have stopped the robot to the next arming. */
    drivenSteps: number
    /** What the host process and the program on the board keep, bytes: after a tenth of the losses, and at the end. */
    hostBytes: [number, number]
    boardBytes: [number, number]
}

/**
 * Loses the link to a driving rover and gets it back, `count` times in one session. The planner commands on all the while;
 * only when the robot is armed again it is silent, so that arming alone moves nothing.
 *
 * @throws Error when the session does not come back
 */
export async function reconnectRun(count: number, seed: number): Promise<ReconnectRun> {
    const random = new Random(seed).fork('losses')
    const robot = await simulate({ robot: 'rover', seed })
    const session = await connectSimulated(robot)
    // The runtime may make its last tick just before the deadline; then the motor controller waits for its own timeout.
    const { config } = await loadRobot('rover')
    const stopped = BOUNDS.deadline.seconds(config) + BOUNDS.chip.seconds(config)
    const now = () => robot.clock.now / 1e6
    const pass = (seconds: number, sliceMs = 20) => {
        const end = now() + seconds
        return runFast(robot, () => now() >= end, sliceMs)
    }
    const state = new Float64Array(64)
    let quietFrom = Infinity
    let drivenSteps = 0
    robot.body.onStep = () => {
        robot.body.writeState(state)
        if (state[0] > quietFrom && robot.body.outputs().some(duty => duty !== 0)) drivenSteps++
    }
    const board = new LeastUsed(robot)
    const run = { losses: 0, slowest: 0, moved: 0 }
    let hostAfterTenth = 0
    let boardAfterTenth = 0
    await settle(robot, session.arm())
    for (let loss = 1; loss <= count; loss++) {
        quietFrom = Infinity
        const silence = drive(robot, session)
        await pass(DRIVING)
        if (robot.body.outputs().every(duty => duty === 0)) throw new Error(`loss ${loss}: the robot was not driving`)
        const silent = loss % SILENT_EVERY === 0
        const duration = silent ? random.uniform(2, 3) : random.uniform(0.01, 0.5)
        robot.inject({ at: now(), kind: silent ? 'link-drop' : 'link-unplug', duration })
        quietFrom = now() + stopped
        run.losses++
        await pass(duration)
        const back = now()
        await returned(robot, session, run.losses, back)
        run.slowest = Math.max(run.slowest, now() - back)
        await pass(STANDING)
        silence()
        await pass(SETPOINT_MS / 1000)
        const before = robot.body.angles()
        await settle(robot, session.arm(), 5)
        await pass(ARMED_ONLY)
        const after = robot.body.angles()
        for (let i = 0; i < after.length; i++) run.moved = Math.max(run.moved, Math.abs(after[i] - before[i]))
        board.look()
        if (loss === Math.ceil(count / 10)) {
            hostAfterTenth = hostBytes()
            boardAfterTenth = board.take()
        }
    }
    const hostAtEnd = hostBytes()
    const { reconnects } = session.statistics()
    await session.close()
    return {
        ...run,
        reconnects,
        drivenSteps,
        hostBytes: [hostAfterTenth, hostAtEnd],
        boardBytes: [boardAfterTenth, board.take()],
    }
}

/** A planner until it is silenced. What it sends while the link is down is dropped. */
function drive(robot: SimulatedRobot, session: RobotSession): () => void {
    const scheduler = schedulerOf(robot.host)
    let silent = false
    const plan = () => {
        if (silent) return
        session.drive({ linear: 0.2, angular: 0.3 })
        scheduler.setTimeout(plan, SETPOINT_MS)
    }
    plan()
    return () => (silent = true)
}

/** Until the session was lost, is back, and has heard from the robot. */
async function returned(robot: SimulatedRobot, session: RobotSession, losses: number, back: number): Promise<void> {
    const seconds = () => robot.clock.now / 1e6
    let heard = false
    const forget = session.onState(() => (heard = true))
    const settled = () => heard && session.statistics().reconnects === losses && session.statistics().connected
    await runFast(robot, () => settled() || seconds() > back + PATIENCE, 5)
    forget()
    if (!settled()) throw new Error(`loss ${losses}: no state ${PATIENCE} s after the link was back`)
}
