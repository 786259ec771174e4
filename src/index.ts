import { abortable } from './api/abortable'
import { ConnectedRobot } from './api/connected-robot'
import { mismatch, type RobotSpec } from './api/robot-spec'
import { connect as connectRobot, type ConnectOptions as Target } from './connect'
import { RobotError } from './host/robot'
import { systemScheduler } from './host/scheduler'

export {
    ConnectedRobot,
    type Cancellable,
    type FaultChange,
    type Recording,
    type RepeatOptions,
} from './api/connected-robot'
export type {
    JointName,
    JointSpec,
    ParameterName,
    RobotSpec,
    Setpoints,
    TypedState,
    TypedTrajectory,
} from './api/robot-spec'
export {
    type ImuState,
    type JointHandle,
    type JointSetpoint,
    type JointState,
    type LoopTiming,
    type OdometryState,
    type PowerState,
    RobotError,
    type RobotErrorCode,
    type RobotState,
    type RobotStatistics,
} from './host/robot'
export type { JointTrajectory, TrajectoryPoint } from './host/trajectory'
export type { TrajectoryOptions, TrajectoryOutcome } from './host/trajectory-runner'
export type { Parameter, ParameterStorage } from './host/parameters'
export type { RobotDescription } from './protocol/description'
export { RecordError, type RecordErrorCode } from './record/record-error'
export type { RecordingProgress } from './record/recorder'

/** Where the robot is, and what the program knows of it. */
export type ConnectOptions<S extends RobotSpec = RobotSpec> = Target & {
    /** What `tendon types` wrote: joint names become literal types, and another robot is refused. */
    robot?: S
    signal?: AbortSignal
}

/**
 * Connects to a robot: on a serial port (`auto` finds it), or one that is simulated in this process in real time.
 *
 * ```ts
 * import { connect } from 'tendon'
 * import { rover } from './rover'
 *
 * const robot = await connect({ sim: 'rover', robot: rover })
 * await robot.arm()
 * await robot.repeat({ left_wheel: { velocity: 2 }, right_wheel: { velocity: 2 } }, { seconds: 1 })
 * await robot.close()
 * ```
 *
 * @throws RobotError when there is no such port, nobody answers, it is no robot, or `other-robot`; the signal's reason
 */
export async function connect<const S extends RobotSpec = RobotSpec>(
    options: ConnectOptions<S>,
): Promise<ConnectedRobot<S>> {
    const { robot: spec, signal, ...target } = options
    signal?.throwIfAborted()
    const opening = connectRobot(target as Target)
    const robot = await abortable(opening, signal).catch((error: unknown) => {
        opening.then(robot => robot.close()).catch(() => undefined)
        throw error
    })
    const wrong = spec && mismatch(spec, robot.description)
    if (wrong !== undefined) {
        await robot.close()
        throw new RobotError(
            'other-robot',
            `this is another robot than its types say: ${wrong}. Make them anew: tendon types`,
        )
    }
    return new ConnectedRobot<S>(robot, systemScheduler, 'sim' in target)
}
