import { motorsOff } from './motors-off'
import type { Robot } from './robot'
import { RobotError } from './robot'
import type { Scheduler } from './scheduler'

/** Between two setpoints of a drive, ms: five of them fit the usual deadline. */
export const SETPOINT_MS = 20

/**
 * What a robot does when nobody plans for it: in `tendon sim`, which measures it meanwhile, and in `tendon start`, which shows
 * it. A robot has its own in `src/robots/<name>/drive.ts`, exported as `drive`; without that file it drives as `tendon`'s
 * common drive does (`src/cli/drive.ts`).
 */
export interface RobotDrive {
    /** What {@link perform} is called on screen: one word. */
    readonly name: string
    /** The pattern of {@link command} begins anew after this, s. */
    readonly roundSeconds: number
    /** Sends the setpoints that belong `time` s after the drive's beginning. Called for an armed robot, again and again. */
    command(robot: Robot, time: number): void
    /** Arms the robot and does once what is worth seeing. {@link performRound} is one round of the pattern. */
    perform(robot: Robot, scheduler: Scheduler, options: PerformOptions): Promise<Performance>
}

export interface PerformOptions {
    /** Ends it before its time. */
    signal?: AbortSignal
    /** Told the part that is done, 0 to 1. */
    onProgress?: (part: number) => void
}

/** How a performance ended. */
export interface Performance {
    /** Whether it came to its end. */
    finished: boolean
    /** Times the robot had stopped by its deadline and was armed again. */
    rearmed: number
    /** From the first to the last pose by odometry, m, where the way is meant to close. */
    closingError?: number
}

/** Between two looks at whether a robot is ready, ms, and how long that may take. */
const LOOK_MS = 20
const PATIENCE_MS = 10_000

/**
 * Arms a robot, when it has started and measured what it must.
 *
 * @throws RobotError `blocked` with every reason by name
 */
export async function armWhenReady(robot: Robot, scheduler: Scheduler, signal?: AbortSignal): Promise<void> {
    const end = scheduler.now() + PATIENCE_MS
    const starting = () => !robot.state || robot.state.mode === 'unconfigured' || robot.state.mode === 'calibrating'
    while (starting() && scheduler.now() < end && !signal?.aborted) {
        await new Promise<void>(resolve => scheduler.setTimeout(resolve, LOOK_MS))
    }
    await robot.arm()
}

/**
 * One round of a drive's pattern on a robot that it arms, and arms again when the deadline has stopped it; then nothing more
 * is sent. Whether the robot is disarmed at the end is `disarm`: one that balances is better left to itself.
 *
 * @throws RobotError when the robot can't be armed, or a fault stops it
 */
export async function performRound(
    drive: RobotDrive,
    robot: Robot,
    scheduler: Scheduler,
    { signal, onProgress }: PerformOptions,
    disarm: boolean,
): Promise<Performance> {
    const sleep = (ms: number) => new Promise<void>(resolve => scheduler.setTimeout(resolve, ms))
    let rearmed = 0
    let time = 0
    await armWhenReady(robot, scheduler, signal)
    for (; time < drive.roundSeconds && !signal?.aborted; time += SETPOINT_MS / 1000) {
        const { mode, faults } = robot.state ?? { mode: 'armed', faults: [] }
        if (mode === 'timeout') {
            rearmed++
            await robot.arm()
        } else if (mode === 'fault' || mode === 'estop') {
            throw new RobotError('blocked', `the robot stopped on its way: mode ${mode}, faults ${faults.join(', ')}`)
        }
        drive.command(robot, time)
        onProgress?.(time / drive.roundSeconds)
        await sleep(SETPOINT_MS)
    }
    const finished = time >= drive.roundSeconds
    if (finished) onProgress?.(1)
    if (disarm) await motorsOff(robot)
    return { finished, rearmed }
}
