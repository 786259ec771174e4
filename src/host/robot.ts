import type { RobotDescription } from '../protocol/description'
import type { ClockFit } from './clock-sync'
import type { JointTrajectory } from './trajectory'
import type { TrajectoryOptions, TrajectoryOutcome } from './trajectory-runner'
import type { Parameter, ParameterStorage } from './parameters'

/** One tick's sample of the whole robot, in SI units. */
export interface RobotState {
    /** Index of the control tick since the firmware started. */
    tick: number
    /** When the tick started, by the board's clock, s (1 ms steps). */
    boardTime: number
    /** The same instant by the host's clock, s since the Unix epoch. */
    hostTime: number
    /** `hostTime` is right to within this, s. */
    hostTimeBound: number
    /** State machine: `unconfigured`, `calibrating`, `idle`, `armed`, `fault`, `timeout` or `estop`. */
    mode: string
    /** What became of the last trajectory: `none`, `running`, `done`, `underrun` or `aborted`. */
    trajectory: string
    /** Names of the active faults. */
    faults: string[]
    /** In the order of {@link RobotDescription.joints}. */
    joints: JointState[]
    /** Absent when the robot has no IMU or this tick's sample was dropped. */
    imu?: ImuState
    /** The motor supply. Absent when the robot does not measure it or this tick's sample failed. */
    power?: PowerState
    /** Absent when the robot does not drive. */
    odometry?: OdometryState
    /** How much later than its deadline this tick started, s. */
    lateness: number
}

export interface JointState {
    name: string
    /** rad, accumulated over turns */
    position: number
    /** rad/s */
    velocity: number
    /** Motor duty, -1 to 1. */
    effort: number
    /** What the joint was told, in the unit of its mode; NaN when off. */
    setpoint: number
    /** False when this tick's encoder sample was dropped: position and velocity are then the last good estimate. */
    valid: boolean
}

/** Right-handed, x forward, y left, z up (REP-103). */
export interface ImuState {
    /** Quaternion x, y, z, w from world to body, from all samples so far; heading drifts with the gyroscope. */
    orientation: [number, number, number, number]
    /** rad/s */
    angularVelocity: [number, number, number]
    /** Specific force, m/s²: +9.8 on z at rest. */
    linearAcceleration: [number, number, number]
}

/** What all motors together take. */
export interface PowerState {
    /** A */
    current: number
    /** V */
    voltage: number
}

/** Pose in the frame where the robot started (REP-105 `odom`), twist in its own. */
export interface OdometryState {
    /** m */
    x: number
    /** m */
    y: number
    /** rad, counter-clockwise, continuous over turns */
    heading: number
    /** m/s */
    linear: number
    /** rad/s */
    angular: number
}

/** Counters of the link and the loop since `connect`. */
export interface RobotStatistics {
    connected: boolean
    /** Times the link came back after a loss. */
    reconnects: number
    /** Samples received, and samples that the board sent or should have sent and that never came. */
    samplesReceived: number
    samplesLost: number
    /** Frames received intact, and what was discarded on the way. */
    framesReceived: number
    crcErrors: number
    framingErrors: number
    bytesDiscarded: number
    /** Ticks, and ticks that started more than half a period after their deadline, as the board counts them. */
    ticks: number
    lateTicks: number
    /** Bad sensor samples that the board dropped. */
    sensorErrors: number
    /** Period of the loop over the last samples, s. */
    period: { min: number; mean: number; max: number }
    /** Half the round trip of a clock query, s (latest). */
    latency: number
}

/** Histograms the board keeps: `counts[i]` ticks took from `i` to `i + 1` ms, the last bin everything longer. */
export interface LoopTiming {
    periodCounts: number[]
    executionCounts: number[]
}

/** A joint's setpoints. Each returns when the setpoint is on its way; telemetry tells what came of it. */
export interface JointHandle {
    readonly name: string
    /** Motor duty, -1 to 1. @throws RangeError outside the joint's limits */
    setEffort(duty: number): void
    /** rad/s. @throws RangeError outside the joint's limits */
    setVelocity(velocity: number): void
    /** rad. @throws RangeError outside the joint's limits */
    setPosition(position: number): void
    /** Lets the joint coast. */
    off(): void
}

/**
 * A robot as a planner sees it, wherever it runs. Setpoints have a deadline (100 ms unless the robot's data says
 * otherwise): a planner repeats them, and when it stops, the robot stops.
 */
export interface Robot {
    readonly description: RobotDescription
    /** The latest state, or undefined before the first sample. */
    readonly state: RobotState | undefined
    /** Lets the motors move. @throws RobotError `blocked` with every reason by name */
    arm(): Promise<void>
    /** Motors off, state idle. Also clears an emergency stop. */
    disarm(): Promise<void>
    /** Emergency stop: motors off, latched until `disarm`. */
    stop(): Promise<void>
    /** Body velocity, m/s and rad/s. @throws RobotError `no-drive`; RangeError when not finite */
    drive(velocity: { linear: number; angular: number }): void
    /** @throws RobotError `unknown-joint`, naming those there are */
    joint(name: string): JointHandle
    /**
     * Moves joints through points at stated times. The board takes them some 400 ms ahead of time and follows the curve by its own
     * clock. Resolves at the end; then the robot waits for the next setpoint as always. A setpoint, or another trajectory, for
     * whatever joint, ends it.
     *
     * @throws RobotError `trajectory` when it is refused or ends early, `unknown-joint`; the signal's reason when aborted: the
     * joints then stop where they are
     */
    follow(trajectory: JointTrajectory, options?: TrajectoryOptions): Promise<TrajectoryOutcome>
    /** Every sample from now on, in order, none twice. A reader that lags loses the oldest and is told by a gap in `tick`. */
    states(options?: { signal?: AbortSignal }): AsyncIterableIterator<RobotState>
    /** Called with every sample; returns a function that stops it. */
    onState(listener: (state: RobotState) => void): () => void
    statistics(): RobotStatistics
    timing(): Promise<LoopTiming>
    /** How the board's clock and the host's compare now; undefined before they did. Absent where there is but one clock. */
    clockFit?(): ClockFit | undefined
    /** Every parameter with its value, in the board's order. Read from the board once, and anew after a reconnection. */
    parameters(): Promise<Parameter[]>
    /** @throws RobotError `unknown-parameter`, naming those there are */
    getParameter(name: string): Promise<Parameter>
    /**
     * Changes a parameter while the robot runs; the output of a control loop does not jump. Lost at the next restart unless
     * it is stored. @throws RobotError `unknown-parameter`, `out-of-range`, `armed`
     */
    setParameter(name: string, value: number): Promise<Parameter>
    /** Writes what is in force to the board's flash. @throws RobotError `armed`, `not-stored` */
    storeParameters(): Promise<void>
    /** Every parameter to its default; what is stored stays until the next store. @throws RobotError `armed` */
    resetParameters(): Promise<void>
    /** What the board's flash holds, and what was made of it at start. */
    parameterStorage(): Promise<ParameterStorage>
    /** Called with each parameter that changes; returns a function that stops it. */
    onParameter(listener: (parameter: Parameter) => void): () => void
    close(): Promise<void>
}

export type RobotErrorCode =
    | 'armed'
    | 'blocked'
    | 'closed'
    | 'disconnected'
    | 'leased'
    | 'no-answer'
    | 'no-drive'
    | 'no-port'
    | 'not-stored'
    | 'out-of-range'
    | 'protocol'
    | 'trajectory'
    | 'unknown-joint'
    | 'unknown-parameter'

/** What went wrong between planner and robot. Compare `code`, not the text. */
export class RobotError extends Error {
    constructor(
        readonly code: RobotErrorCode,
        message: string,
        options?: ErrorOptions,
    ) {
        super(message, options)
        this.name = 'RobotError'
    }
}
