import type { RobotDescription } from '../protocol/description'
import {
    decodeTrajectoryAnswer,
    encodeTrajectory,
    TRAJECTORY_RESULT_NAMES,
    TrajectoryFlag,
    TrajectoryResult,
    type WirePoint,
} from '../protocol/trajectory'
import { RobotError, type RobotState } from './robot'
import type { Scheduler } from './scheduler'
import { cutTrajectory, type JointTrajectory, type PlannedTrajectory, planTrajectory } from './trajectory'

/** A robot's first state comes within this from its connection, ms: with the fourth tick. */
const FIRST_STATE_MS = 1000
/** From the call to the trajectory's start, s: time for the first points to arrive. */
const LEAD = 0.08
/** What the board has queued is kept longer than this, s, so that a host that stands still a while is not noticed. */
const AHEAD = 0.4
/** Between two looks whether more is due, ms. */
const LOOK_MS = 20
/** Motion is told on from a sample for this long at most, s: two reports. */
const OLDEST = 0.08
/** The board's end of a trajectory is told within a report; this long after its time at the latest, s. */
const GRACE = 1

/** How a trajectory went. */
export interface TrajectoryOutcome {
    /** Largest distance of a joint from its setpoint on the way, rad, by joint. */
    worstError: Record<string, number>
    /** Distance from the last point at the end, rad, by joint. */
    finalError: Record<string, number>
    /** Board time of the start, s. */
    startTime: number
}

export interface TrajectoryOptions {
    /** Stops the joints where they are. */
    signal?: AbortSignal
    /** Called with each state on the way; `time` is the time since the trajectory's start, s. */
    onProgress?: (state: RobotState, time: number) => void
}

/** What of a session it needs. */
export interface TrajectoryLink {
    readonly scheduler: Scheduler
    readonly description: RobotDescription
    readonly state: RobotState | undefined
    /** The board's clock now, s. */
    boardTime(): number
    /** Sends a trajectory command and waits for the answer to it. */
    ask(payload: Buffer, accept: (answer: Buffer) => boolean): Promise<Buffer>
    /** Told a trajectory that is about to be sent. */
    begins(trajectory: JointTrajectory): void
    /** Holds joints at positions: ends the trajectory on the board. */
    hold(positions: { joint: number; value: number }[]): void
    onState(listener: (state: RobotState) => void): () => void
    nextSequence(): number
}

/**
 * Sends a trajectory to the board, a few hundred milliseconds ahead of time, and follows what becomes of it.
 *
 * @throws RobotError `trajectory` when it is refused or ends before its end, saying why; the signal's reason
 */
export async function runTrajectory(
    link: TrajectoryLink,
    trajectory: JointTrajectory,
    options: TrajectoryOptions = {},
): Promise<TrajectoryOutcome> {
    const planned = planTrajectory(trajectory, link.description)
    options.signal?.throwIfAborted()
    const names = planned.joints.map(index => link.description.joints[index].name)
    const { joints } = link.state ?? (await firstState(link))
    options.signal?.throwIfAborted()
    const from = planned.joints.map(index => joints[index].position)
    const startTime = link.boardTime() + LEAD
    const points = cutTrajectory(planned, Math.round(startTime * 1000), from)
    // What does not fit a point's bits on the way between two of them is refused before anything is sent.
    for (const point of points) encodeTrajectory(0, 0, planned.mask, [point])
    const watch = new Watch(link, planned, names, startTime, options.onProgress)
    link.begins(trajectory)
    try {
        await send(link, planned, points, watch, options.signal)
        return await watch.end(points[points.length - 1].timeMs / 1000 + GRACE, options.signal)
    } catch (error) {
        if (options.signal?.aborted) stopWhereTheyAre(link, planned)
        throw error
    } finally {
        watch.close()
    }
}

/** A robot that was armed as soon as it was connected has not told where it is. */
function firstState({ scheduler, onState }: TrajectoryLink): Promise<RobotState> {
    return new Promise((resolve, reject) => {
        const timer = scheduler.setTimeout(() => {
            stop()
            reject(new RobotError('trajectory', 'trajectory: no state of the robot has come yet'))
        }, FIRST_STATE_MS)
        const stop = onState(state => {
            stop()
            scheduler.clearTimeout(timer)
            resolve(state)
        })
    })
}

async function send(
    link: TrajectoryLink,
    { mask }: PlannedTrajectory,
    points: WirePoint[],
    watch: Watch,
    signal: AbortSignal | undefined,
): Promise<void> {
    for (let k = 0; k < points.length; k++) {
        while (k > 0 && points[k - 1].timeMs / 1000 - link.boardTime() > AHEAD) {
            await new Promise<void>(resolve => link.scheduler.setTimeout(resolve, LOOK_MS))
            watch.check()
        }
        signal?.throwIfAborted()
        const sequence = link.nextSequence()
        const flags = (k === 0 ? TrajectoryFlag.Start : 0) | (k === points.length - 1 ? TrajectoryFlag.End : 0)
        const payload = encodeTrajectory(sequence, flags, mask, [points[k]])
        const answer = decodeTrajectoryAnswer(
            await link.ask(payload, bytes => decodeTrajectoryAnswer(bytes)?.sequence === sequence),
        )
        if (!answer || answer.result === TrajectoryResult.Accepted) continue
        // A trajectory that has ended on the board says more about why than the refusal of its next point.
        watch.check()
        const joint = answer.joint === undefined ? '' : ` of joint ${link.description.joints[answer.joint].name}`
        const reason = TRAJECTORY_RESULT_NAMES[answer.result] ?? `unknown (${answer.result})`
        const time = (points[k].timeMs / 1000 - watch.startTime).toFixed(3)
        throw new RobotError('trajectory', `trajectory: the robot refused the point at ${time} s${joint}: ${reason}`)
    }
}

/** Where they are by now: the last sample is older than a report takes, and a joint that was sent back there would turn back. */
function stopWhereTheyAre(link: TrajectoryLink, { joints }: PlannedTrajectory): void {
    const { state } = link
    if (!state || state.mode !== 'armed') return
    const behind = link.boardTime() - state.boardTime
    const age = behind > 0 ? Math.min(behind, OLDEST) : 0
    const now = (joint: number) => state.joints[joint].position + state.joints[joint].velocity * age
    link.hold(joints.map(joint => ({ joint, value: now(joint) })))
}

/** Watches the robot's states from the first point on. */
class Watch {
    private readonly worst: number[]
    private failure: RobotError | undefined
    private done = false
    private wasRunning = false
    private last: RobotState | undefined
    private readonly stop: () => void

    constructor(
        private readonly link: TrajectoryLink,
        private readonly planned: PlannedTrajectory,
        private readonly names: string[],
        readonly startTime: number,
        private readonly onProgress: TrajectoryOptions['onProgress'],
    ) {
        this.worst = names.map(() => 0)
        this.stop = link.onState(state => this.seen(state))
    }

    /** @throws RobotError when the trajectory has ended before its end */
    check(): void {
        if (this.failure) throw this.failure
    }

    /** Waits for the end. @param latest board time, s */
    async end(latest: number, signal: AbortSignal | undefined): Promise<TrajectoryOutcome> {
        while (!this.done) {
            this.check()
            signal?.throwIfAborted()
            if (this.link.boardTime() > latest) {
                throw new RobotError('trajectory', 'trajectory: the robot did not say that it has reached its end')
            }
            await new Promise<void>(resolve => this.link.scheduler.setTimeout(resolve, LOOK_MS))
        }
        const final = this.planned.points[this.planned.points.length - 1].positions
        const position = (j: number) => this.last?.joints[this.planned.joints[j]].position ?? NaN
        const byName = (value: (j: number) => number) =>
            Object.fromEntries(this.names.map((name, j) => [name, value(j)]))
        return {
            worstError: byName(j => this.worst[j]),
            finalError: byName(j => Math.abs(position(j) - final[j])),
            startTime: this.startTime,
        }
    }

    close(): void {
        this.stop()
    }

    private seen(state: RobotState): void {
        if (state.trajectory === 'running') {
            this.wasRunning = true
            this.planned.joints.forEach((joint, j) => {
                const { setpoint, position } = state.joints[joint]
                // A report's first samples may be from before the start.
                if (Number.isNaN(setpoint)) return
                this.worst[j] = Math.max(this.worst[j], Math.abs(setpoint - position))
            })
            if (!Number.isNaN(state.joints[this.planned.joints[0]].setpoint)) {
                this.onProgress?.(state, state.boardTime - this.startTime)
            }
        } else if (this.wasRunning && state.trajectory === 'done') {
            this.done = true
        } else if (this.wasRunning) {
            const faults = state.faults.length > 0 ? `, faults: ${state.faults.join(', ')}` : ''
            this.failure ??= new RobotError(
                'trajectory',
                `trajectory: ended by ${state.trajectory}; the robot is in ${state.mode}${faults}`,
            )
        }
        this.last = state
    }
}
