import { motorsOff } from '../host/motors-off'
import type { OdometryState, Robot } from '../host/robot'
import type { PerformOptions, Performance } from '../host/robot-drive'
import type { Scheduler } from '../host/scheduler'
import { type PathPoint, SQUARE_SECONDS, squareAt } from './square-path'

/** Between two setpoints, ms. */
const PERIOD_MS = 20
/** Longest step of the path's time in one period, s: a planner that was held up does not make the robot jump. */
const LONGEST_STEP = 0.05
/** A state older than this, s, is none: the path waits. */
const STALE = 0.25
/** How long the path waits for the robot, s. */
const PATIENCE = 5
/** After the path the robot gets this long to come to rest, s. */
const REST = 1
/** Feedback: along the path (1/s), across it (1/m²) and in heading (1/s). */
const ALONG = 2
const ACROSS = 12
const TURN = 3
/** At rest, what is as near as this is not corrected, m and rad. */
const AT_PLACE = 0.01
const AT_HEADING = 0.02

/** The planner could not finish its way. */
export class PlannerError extends Error {
    override name = 'PlannerError'
}

export interface SquareOptions extends PerformOptions {
    /** m (default 1) */
    side?: number
}

/** How the square ended. */
export type SquareResult = Required<Performance>

/**
 * A small planner: arms the robot, drives it along a square by its odometry, disarms it.
 *
 * @throws RobotError when the robot can't be armed; PlannerError when it stops on the way
 */
export async function driveSquare(
    robot: Robot,
    scheduler: Scheduler,
    options: SquareOptions = {},
): Promise<SquareResult> {
    const drive = new SquareDrive(robot, scheduler, options)
    try {
        await drive.run()
    } catch (error) {
        // What went wrong is told; that disarming fails as well would hide it.
        await motorsOff(robot).catch(() => undefined)
        throw error
    }
    await motorsOff(robot)
    return drive.result()
}

class SquareDrive {
    private first: OdometryState | undefined
    private finished = false
    private rearmed = 0
    /** Time on the path, s, and how long it has waited for the robot. */
    private time = 0
    private waited = 0
    private last = 0

    constructor(
        private readonly robot: Robot,
        private readonly scheduler: Scheduler,
        private readonly options: SquareOptions,
    ) {}

    async run(): Promise<void> {
        const { scheduler } = this
        const { signal, onProgress } = this.options
        await this.until(() => this.robot.state?.odometry !== undefined && this.mode !== 'unconfigured', PATIENCE)
        if (signal?.aborted) return
        this.first = this.robot.state?.odometry
        if (!this.first) throw new PlannerError(`the robot sent no pose within ${PATIENCE} s`)
        await this.arm()
        let next = (this.last = scheduler.now())
        while (!signal?.aborted && !this.finished) {
            await this.step()
            onProgress?.(Math.min(this.time / SQUARE_SECONDS, 1))
            this.finished = this.time > SQUARE_SECONDS + REST
            next = Math.max(next + PERIOD_MS, scheduler.now())
            await this.sleep(next - scheduler.now())
        }
    }

    result(): SquareResult {
        const end = this.robot.state?.odometry
        const closingError = this.first && end ? Math.hypot(end.x - this.first.x, end.y - this.first.y) : NaN
        return { finished: this.finished, closingError, rearmed: this.rearmed }
    }

    private get mode(): string | undefined {
        return this.robot.state?.mode
    }

    /** Moves on along the path when the robot follows, and sends the next setpoint. */
    private async step(): Promise<void> {
        const { robot, scheduler } = this
        const { side = 1 } = this.options
        const elapsed = Math.min((scheduler.now() - this.last) / 1000, LONGEST_STEP)
        this.last = scheduler.now()
        const state = robot.state!
        const age = scheduler.epoch() - state.hostTime
        if (age < STALE && state.mode === 'armed') {
            this.time += elapsed
            this.waited = 0
        } else {
            this.waited += elapsed
            if (age < STALE && state.mode === 'timeout') {
                this.rearmed++
                await this.arm()
            } else if (age < STALE || this.waited > PATIENCE) {
                const faults = state.faults.length > 0 ? `, faults ${state.faults.join(', ')}` : ''
                const why = age < STALE ? `mode ${state.mode}${faults}` : `no sample for ${PATIENCE} s`
                throw new PlannerError(`the robot stopped on its way: ${why}`)
            }
        }
        const { time } = this
        robot.drive(follow(squareAt(time, side), squareAt(time - age, side), this.first!, state.odometry!))
    }

    /** Arms, and waits until telemetry says so: no deadline runs before the first setpoint. */
    private async arm(): Promise<void> {
        await this.robot.arm()
        await this.until(() => this.mode === 'armed', STALE)
        this.last = this.scheduler.now()
    }

    private async until(condition: () => boolean, seconds: number): Promise<void> {
        const end = this.scheduler.now() + seconds * 1000
        while (!condition() && !this.options.signal?.aborted && this.scheduler.now() < end) await this.sleep(PERIOD_MS)
    }

    private sleep(ms: number): Promise<void> {
        return new Promise(resolve => this.scheduler.setTimeout(resolve, ms))
    }
}

/**
 * Velocity of the path at `goal`, corrected by how far `pose` is from where the path was at the pose's own time,
 * `reference`.
 */
function follow(
    goal: PathPoint,
    reference: PathPoint,
    first: OdometryState,
    pose: OdometryState,
): { linear: number; angular: number } {
    const x = first.x + Math.cos(first.heading) * reference.x - Math.sin(first.heading) * reference.y - pose.x
    const y = first.y + Math.sin(first.heading) * reference.x + Math.cos(first.heading) * reference.y - pose.y
    const turn = first.heading + reference.heading - pose.heading
    const ahead = Math.cos(pose.heading) * x + Math.sin(pose.heading) * y
    const aside = Math.cos(pose.heading) * y - Math.sin(pose.heading) * x
    const rests = goal.linear === 0 && goal.angular === 0
    if (rests && Math.abs(turn) < AT_HEADING && Math.abs(ahead) < AT_PLACE) return { linear: 0, angular: 0 }
    return {
        linear: goal.linear * Math.cos(turn) + ALONG * ahead,
        angular: goal.angular + ACROSS * goal.linear * aside + TURN * turn,
    }
}
