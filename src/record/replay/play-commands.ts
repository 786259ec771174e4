import { TRAJECTORY_TOPIC } from '../../bridge/topics'
import { type Robot, RobotError, type SentCommand } from '../../host/robot'
import { armWhenReady } from '../../host/robot-drive'
import type { Scheduler } from '../../host/scheduler'
import { COMMANDS_TOPIC, decodeCommand } from '../command-message'
import { RecordError } from '../record-error'
import type { RecordingFile } from '../recording-file'
import { decodeTrajectoryCommand } from '../trajectory-message'

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
    /** Disarms, and ends it. */
    signal?: AbortSignal
    /** Told when the first command is sent, s since the Unix epoch of the scheduler. */
    onStart?: (time: number) => void
}

/**
 * Sends recorded commands to a robot, each as long after the first as it was then. The robot is disarmed at the end.
 *
 * @throws RobotError when it can't be armed, or naming the command that it refuses. It is then disarmed
 */
export async function playCommands(
    commands: readonly SentCommand[],
    robot: Robot,
    scheduler: Scheduler,
    { armed, signal, onStart }: PlayOptions,
): Promise<void> {
    await whenIdle(robot, scheduler, signal)
    if (armed) await armWhenReady(robot, scheduler, signal)
    const trajectories = new AbortController()
    try {
        onStart?.(scheduler.epoch())
        await sendAll(commands, robot, scheduler, trajectories.signal, signal)
    } finally {
        trajectories.abort()
        await robot.disarm()
    }
}

/** From timers alone: when a command is sent does not depend on when promises settle. */
function sendAll(
    commands: readonly SentCommand[],
    robot: Robot,
    scheduler: Scheduler,
    trajectories: AbortSignal,
    signal: AbortSignal | undefined,
): Promise<void> {
    return new Promise((resolve, reject) => {
        const start = scheduler.now()
        const dueAt = (i: number) => start + (commands[i].hostTime - commands[0].hostTime) * 1000
        let next = 0
        let running = 0 // trajectories
        let over = false
        const end = (settle: () => void) => {
            over = true
            settle()
        }
        const fail = (i: number, error: Error) => end(() => reject(refusal(commands, i, error)))
        const watch = (i: number, promise: Promise<unknown>) => void promise.catch((error: Error) => fail(i, error))
        const step = () => {
            if (over) return
            if (signal?.aborted) return end(resolve)
            try {
                for (; next < commands.length && dueAt(next) <= scheduler.now(); next++) {
                    const command = commands[next]
                    if (command.kind === 'setpoint') send(robot, command.joints)
                    else if (command.kind === 'trajectory') {
                        running++
                        const followed = follow(robot, command.trajectory, trajectories)
                        watch(
                            next,
                            followed.finally(() => running--),
                        )
                    } else watch(next, robot[command.kind]())
                }
            } catch (error) {
                return fail(next, error as Error)
            }
            const atEnd = next === commands.length
            if (atEnd && running === 0 && scheduler.now() >= dueAt(commands.length - 1) + TAIL * 1000)
                return end(resolve)
            const wait = atEnd ? LOOK_MS : Math.min(LOOK_MS, dueAt(next) - scheduler.now())
            scheduler.setTimeout(step, wait)
        }
        step()
    })
}

/** Which of the commands a robot refused, and why. */
function refusal(commands: readonly SentCommand[], i: number, error: Error): RobotError {
    const { kind, hostTime } = commands[i]
    const seconds = (hostTime - commands[0].hostTime).toFixed(2)
    const text = `command ${i + 1} of ${commands.length} (${kind}, ${seconds} s after the first): ${error.message}`
    // A setpoint beyond the joint's limits is a RangeError.
    const { code = 'out-of-range', details } = error as Partial<RobotError>
    return new RobotError(code, text, { cause: error, details })
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
