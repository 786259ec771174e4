import { TRAJECTORY_TOPIC } from '../../bridge/topics'
import { withParameters } from '../../host/parameters'
import { type Robot, RobotError, type SentCommand } from '../../host/robot'
import { armWhenReady } from '../../host/robot-drive'
import type { Scheduler } from '../../host/scheduler'
import { COMMANDS_TOPIC, decodeCommand } from '../command-message'
import { RecordError } from '../record-error'
import type { RecordingFile } from '../recording-file'
import { decodeTrajectoryCommand } from '../trajectory-message'
import { applyStep, type ParameterStep } from './parameter-steps'

/**
 * After the last command the robot is watched for so long, s: until its setpoint's deadline has passed. A trajectory comes to its
 * end.
 */
const TAIL = 0.5

/** Every command of a recording, in the order in which they were sent. @throws RecordError `incomplete` when it has none */
export async function recordedCommands(recording: RecordingFile, path: string): Promise<SentCommand[]> {
    const topics = [COMMANDS_TOPIC, TRAJECTORY_TOPIC].filter(topic => recording.topics.has(topic))
    const commands: SentCommand[] = []
    for await (const { topic, data } of recording.messages(topics)) {
        commands.push(topic === COMMANDS_TOPIC ? decodeCommand(data) : decodeTrajectoryCommand(data))
    }
    if (topics.length > 0 && commands.length > 0) return commands
    throw new RecordError('incomplete', `${path} has no commands: nothing was sent to the robot while it was recorded`)
}

export interface PlayOptions {
    /** The robot was armed when the recording began. */
    armed: boolean
    /** Changes of parameters, which the robot is given among the commands. */
    changes?: readonly ParameterStep[]
    /** Disarms, and ends it. */
    signal?: AbortSignal
    /** Told when the first command is sent, s since the Unix epoch of the scheduler. */
    onStart?: (time: number) => void
}

/**
 * Sends recorded commands to a robot, and changes of parameters, each as long after the first command as it was then. The robot is
 * disarmed at the end.
 *
 * @throws RobotError when it can't be armed, or naming the command that it refuses. It is then disarmed
 */
export async function playCommands(
    commands: readonly SentCommand[],
    robot: Robot,
    scheduler: Scheduler,
    { armed, changes = [], signal, onStart }: PlayOptions,
): Promise<void> {
    await whenIdle(robot, scheduler, signal)
    if (armed) await armWhenReady(robot, scheduler, signal)
    const trajectories = new AbortController()
    try {
        onStart?.(scheduler.epoch())
        await sendAll(inOrder(commands, changes), robot, scheduler, trajectories.signal, signal)
    } finally {
        trajectories.abort()
        await robot.disarm()
    }
}

/** Something that is sent, and what it is called when the robot refuses it. */
interface Sending {
    /** s since the Unix epoch */
    time: number
    name: string
    what: SentCommand | ParameterStep
}

function inOrder(commands: readonly SentCommand[], changes: readonly ParameterStep[]): Sending[] {
    const [{ hostTime: first }] = commands
    const after = (time: number) => `${(time - first).toFixed(2)} s after the first`
    return [
        ...changes.map(what => ({ time: what.time, name: `change of parameters (${after(what.time)} command)`, what })),
        ...commands.map((what, i) => ({
            time: what.hostTime,
            name: `command ${i + 1} of ${commands.length} (${what.kind}, ${after(what.hostTime)})`,
            what,
        })),
    ].sort((a, b) => a.time - b.time)
}

/** From timers alone: when something is sent does not depend on when promises settle. */
function sendAll(
    sendings: readonly Sending[],
    robot: Robot,
    scheduler: Scheduler,
    trajectories: AbortSignal,
    signal: AbortSignal | undefined,
): Promise<void> {
    return new Promise((resolve, reject) => {
        const start = scheduler.now()
        const dueAt = (i: number) => start + (sendings[i].time - sendings[0].time) * 1000
        let next = 0
        let running = 0 // trajectories and changes of parameters
        let over = false
        const end = (settle: () => void) => {
            over = true
            settle()
        }
        const fail = (i: number, error: Error) => end(() => reject(refusal(sendings[i].name, error)))
        const watch = (i: number, promise: Promise<unknown>) => void promise.catch((error: Error) => fail(i, error))
        const run = (i: number, promise: Promise<unknown>) => {
            running++
            watch(
                i,
                promise.finally(() => running--),
            )
        }
        const step = () => {
            if (over) return
            if (signal?.aborted) return end(resolve)
            try {
                for (; next < sendings.length && dueAt(next) <= scheduler.now(); next++) {
                    const { what } = sendings[next]
                    if ('changes' in what) run(next, applyStep(withParameters(robot), what))
                    else if (what.kind === 'setpoint') send(robot, what.joints)
                    else if (what.kind === 'trajectory') run(next, follow(robot, what.trajectory, trajectories))
                    else watch(next, robot[what.kind]())
                }
            } catch (error) {
                return fail(next, error as Error)
            }
            const atEnd = next === sendings.length
            if (atEnd && running === 0 && scheduler.now() >= dueAt(sendings.length - 1) + TAIL * 1000)
                return end(resolve)
            const wait = atEnd ? LOOK_MS : Math.min(LOOK_MS, dueAt(next) - scheduler.now())
            scheduler.setTimeout(step, wait)
        }
        step()
    })
}

/** What a robot refused, and why. */
function refusal(name: string, error: Error): RobotError {
    // A setpoint beyond the joint's limits is a RangeError.
    const { code = 'out-of-range', details } = error as Partial<RobotError>
    return new RobotError(code, `${name}: ${error.message}`, { cause: error, details })
}

/** Between two looks whether it is to end, ms. */
const LOOK_MS = 50
/** How long a robot may take to be ready, ms. */
const PATIENCE_MS = 10_000

/** Waits until the robot has started. */
async function whenIdle(robot: Robot, scheduler: Scheduler, signal: AbortSignal | undefined): Promise<void> {
    const end = scheduler.now() + PATIENCE_MS
    const ready = () => robot.state !== undefined && !['unconfigured', 'calibrating'].includes(robot.state.mode)
    while (!ready() && !signal?.aborted) {
        if (scheduler.now() > end) {
            throw new RobotError('blocked', `the robot is ${robot.state?.mode ?? 'silent'} after ${PATIENCE_MS} ms`)
        }
        await new Promise<void>(resolve => scheduler.setTimeout(resolve, LOOK_MS))
    }
}

function send(robot: Robot, joints: Extract<SentCommand, { kind: 'setpoint' }>['joints']): void {
    robot.command(Object.fromEntries(joints.map(({ name, setpoint }) => [name, setpoint])))
}

/** A trajectory that the next command ends has ended as it did then: only one that is refused is a failure. */
async function follow(
    robot: Robot,
    trajectory: Extract<SentCommand, { kind: 'trajectory' }>['trajectory'],
    signal: AbortSignal,
): Promise<void> {
    await robot.follow(trajectory, { signal }).catch((error: unknown) => {
        if (signal.aborted || (error instanceof RobotError && /ended by/.test(error.message))) return
        throw error
    })
}
