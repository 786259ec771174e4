import type { CommandLease } from '../host/lease'
import type { Robot, RobotState } from '../host/robot'
import type { Scheduler } from '../host/scheduler'
import { Refusal } from './checks'
import { stamp } from './ros/messages'
import type { Service } from './services'
import { checkTolerances, readTolerances, type Tolerances } from './tolerances'
import { TRAJECTORY_ACTION } from './topics'
import { readTrajectory, type Trajectory } from './trajectory'

/** action_msgs/msg/GoalStatus */
export enum GoalStatus {
    Unknown = 0,
    Succeeded = 4,
    Canceled = 5,
    Aborted = 6,
}

/** control_msgs/action/FollowJointTrajectory, result */
enum ErrorCode {
    Successful = 0,
    InvalidGoal = -1,
    PathToleranceViolated = -4,
    GoalToleranceViolated = -5,
}

export const FOLLOW_TYPE = 'control_msgs/action/FollowJointTrajectory'

/** Who sent a goal. */
export interface GoalClient {
    feedback(values: object): void
    /** The goal is over; nothing follows. */
    result(status: GoalStatus, values: { error_code: number; error_string: string }): void
}

interface Running {
    client: GoalClient | undefined
    abort: AbortController
    /** Why it was ended, once it was. */
    ended: { status: GoalStatus; code: ErrorCode; text: string } | undefined
    /** The robot has come to rest, or does what another trajectory says. */
    finished: Promise<void>
}

const FEEDBACK_PERIOD = 0.05 // s, by the samples' own time

/**
 * Trajectories of planners: one runs at a time, a new one replaces it. Checked here, followed by the board, which has the
 * points ahead of time.
 */
export class Trajectories {
    private running: Running | undefined

    /** @param mode the robot's, which its latest sample may be too old to tell */
    constructor(
        private readonly robot: Robot,
        private readonly scheduler: Scheduler,
        private readonly lease: CommandLease,
        private readonly mode: () => string | undefined,
    ) {}

    /** Runs a `JointTrajectory` that came on the topic. @throws Refusal */
    replace(message: unknown): void {
        const trajectory = this.read(message)
        this.start(trajectory, NO_TOLERANCES, undefined)
    }

    /**
     * Runs a goal of the action. Returns the function that cancels it.
     *
     * @throws Refusal when it is not accepted; then the client is told nothing more
     */
    follow(goal: Record<string, unknown>, client: GoalClient): () => void {
        const trajectory = this.read(goal.trajectory)
        const tolerances = readTolerances(goal, this.robot.description.joints)
        const running = this.start(trajectory, tolerances, client)
        return () => this.end(running, GoalStatus.Canceled, ErrorCode.Successful, 'canceled')
    }

    /** What clients call to cancel everything. */
    services(): Service[] {
        return [
            {
                name: `${TRAJECTORY_ACTION}/_action/cancel_goal`,
                type: 'action_msgs/srv/CancelGoal',
                call: (_args, caller) => {
                    this.lease.check(caller)
                    this.end(this.running, GoalStatus.Canceled, ErrorCode.Successful, 'canceled')
                    return { return_code: 0, goals_canceling: [] }
                },
            },
        ]
    }

    /** Ends what runs. Resolves when the joints were told; undefined when nothing runs. */
    halt(why: string): Promise<void> | undefined {
        this.end(this.running, GoalStatus.Aborted, ErrorCode.InvalidGoal, why)
        return this.running?.finished
    }

    private read(message: unknown): Trajectory {
        const trajectory = readTrajectory(message, this.robot.description.joints, this.scheduler.epoch())
        const mode = this.mode()
        if (mode !== 'armed') throw new Refusal(`the robot is ${mode ?? 'silent'}: call /arm first`)
        return trajectory
    }

    private start(trajectory: Trajectory, tolerances: Tolerances, client: GoalClient | undefined): Running {
        const before = this.running
        this.end(before, GoalStatus.Aborted, ErrorCode.InvalidGoal, 'replaced by a newer trajectory')
        const running: Running = {
            client,
            abort: new AbortController(),
            ended: undefined,
            finished: Promise.resolve(),
        }
        this.running = running
        running.finished = this.run(running, trajectory, tolerances, before?.finished)
        return running
    }

    private end(running: Running | undefined, status: GoalStatus, code: ErrorCode, text: string): void {
        if (running === undefined || running.ended !== undefined) return
        running.ended = { status, code, text }
        running.abort.abort()
    }

    private async run(
        running: Running,
        trajectory: Trajectory,
        tolerances: Tolerances,
        before: Promise<void> | undefined,
    ): Promise<void> {
        const stopWatching = this.robot.onState(this.watch(running, tolerances))
        const { signal } = running.abort
        const joints = this.robot.description.joints.map(({ name }) => name)
        try {
            // What was ended tells the joints to stop where they are, which must not reach them after what follows.
            await before
            await this.until(trajectory.start, signal)
            await this.robot.follow({ joints, points: trajectory.points }, { signal })
            if (running.ended === undefined) await this.arrive(running, trajectory, tolerances)
            this.end(running, GoalStatus.Succeeded, ErrorCode.Successful, '')
        } catch (error) {
            const text = error instanceof Error ? error.message : String(error)
            this.end(running, GoalStatus.Aborted, ErrorCode.InvalidGoal, text)
        } finally {
            stopWatching()
            if (this.running === running) this.running = undefined
            const { status, code, text } = running.ended!
            running.client?.result(status, { error_code: code, error_string: text })
        }
    }

    /** Watches each sample: feedback, and the path's tolerances. */
    private watch(running: Running, { path }: Tolerances): (state: RobotState) => void {
        let last = -Infinity
        return state => {
            if (running.ended !== undefined) return
            const fault = checkTolerances(path, state.joints, joint => joint.setpoint)
            if (fault !== undefined) {
                this.end(running, GoalStatus.Aborted, ErrorCode.PathToleranceViolated, fault)
            } else if (this.mode() !== 'armed') {
                this.end(running, GoalStatus.Aborted, ErrorCode.InvalidGoal, `the robot is in mode ${state.mode}`)
            } else if (running.client !== undefined && state.hostTime - last >= FEEDBACK_PERIOD) {
                last = state.hostTime
                running.client.feedback(feedback(state))
            }
        }
    }

    /** Waits until every joint is within the goal's tolerance, as long as the goal allows. */
    private async arrive(running: Running, { points }: Trajectory, { goal, goalTime }: Tolerances): Promise<void> {
        const target = points[points.length - 1].positions
        const deadline = this.scheduler.epoch() + goalTime
        for (;;) {
            const { joints = [] } = this.robot.state ?? {}
            const fault = checkTolerances(goal, joints, (_joint, i) => target[i])
            if (fault === undefined || running.ended !== undefined) return
            if (this.scheduler.epoch() >= deadline) {
                this.end(running, GoalStatus.Aborted, ErrorCode.GoalToleranceViolated, fault)
                return
            }
            await this.nextState(running)
        }
    }

    /** Waits for a time, s since the Unix epoch. @throws the signal's reason */
    private async until(time: number | undefined, signal: AbortSignal): Promise<void> {
        signal.throwIfAborted()
        const ms = time === undefined ? 0 : (time - this.scheduler.epoch()) * 1000
        if (ms <= 0) return
        await new Promise<void>(resolve => {
            const timer = this.scheduler.setTimeout(resolve, ms)
            signal.addEventListener('abort', () => {
                this.scheduler.clearTimeout(timer)
                resolve()
            })
        })
        signal.throwIfAborted()
    }

    private nextState({ abort }: Running): Promise<void> {
        return new Promise(resolve => {
            const done = () => {
                stop()
                abort.signal.removeEventListener('abort', done)
                resolve()
            }
            const stop = this.robot.onState(done)
            abort.signal.addEventListener('abort', done)
        })
    }
}

const NO_TOLERANCES: Tolerances = { path: [], goal: [], goalTime: 0 }

/** control_msgs/action/FollowJointTrajectory, feedback: desired is what the joints were told. */
function feedback({ hostTime, joints }: RobotState): object {
    const point = (positions: number[], velocities: number[]) => ({
        positions,
        velocities,
        accelerations: [],
        effort: [],
        time_from_start: { sec: 0, nanosec: 0 },
    })
    const desired = joints.map(({ setpoint }) => setpoint)
    const actual = joints.map(({ position }) => position)
    return {
        header: { stamp: stamp(hostTime), frame_id: '' },
        joint_names: joints.map(({ name }) => name),
        desired: point(desired, []),
        actual: point(
            actual,
            joints.map(({ velocity }) => velocity),
        ),
        error: point(
            desired.map((value, i) => value - actual[i]),
            [],
        ),
    }
}
