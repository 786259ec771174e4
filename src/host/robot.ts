import type { RobotDescription } from '../protocol/description'
import type { ClockFit } from './clock-sync'
import type { Quantiles } from './quantiles'
import type { FaultReport } from './fault-report'
import type { JointTrajectory } from './trajectory'
import type { TrajectoryOptions, TrajectoryOutcome } from './trajectory-runner'

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
    /** Names of the faults that hold or are latched. */
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

/** How well the link carries, since `connect`. */
export interface LinkQuality {
    /** From asking the board to its own answer (by the runtime, so the tick may come first), of the last 1000, s. */
    roundTrip: Quantiles
    /** Of those, the questions that were never answered. */
    echoesLost: number
    /** From sending a changed setpoint to the start of the tick that first acts on it, of the last 1000, s. */
    actuation: Quantiles
    /** The board stands still now, and the times that it did. */
    stalled: boolean
    stalls: number
    /** Setpoints given to the port. */
    setpointsSent: number
    /** Frames not sent because the port took no more. */
    writesDropped: number
    /** Times that the board says it left out frames because the host was slow. */
    frameGaps: number
}

/** Histograms the board keeps: `counts[i]` ticks took from `i` to `i + 1` ms, the last bin everything longer. */
export interface LoopTiming {
    periodCounts: number[]
    executionCounts: number[]
    /**
     * Of setpoints, since the program started: accepted, refused (malformed or not newer) and lost (numbers that were skipped while
     * armed). Absent from boards whose program is older.
     */
    setpoints?: { accepted: number; refused: number; lost: number }
}

/** What a joint is told: rad, rad/s, motor duty -1 to 1, or to coast. */
export type JointSetpoint = { position: number } | { velocity: number } | { effort: number } | 'off'

/** What was sent to a robot, whoever wanted it. */
export type SentCommand = {
    /** s since the Unix epoch */
    hostTime: number
} & (
    | { kind: 'setpoint'; joints: { name: string; setpoint: JointSetpoint }[] }
    | { kind: 'trajectory'; trajectory: JointTrajectory }
    | { kind: 'arm' | 'disarm' | 'stop' }
)

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
    /**
     * Motors off. Clears an emergency stop, and of the latched faults those whose causes are gone: the state is `idle` then, or
     * stays `fault` while a cause holds.
     */
    disarm(): Promise<void>
    /** Emergency stop: motors off, latched until `disarm`. */
    stop(): Promise<void>
    /** Body velocity, m/s and rad/s. @throws RobotError `no-drive`; RangeError when not finite */
    drive(velocity: { linear: number; angular: number }): void
    /** @throws RobotError `unknown-joint`, naming those there are */
    joint(name: string): JointHandle
    /**
     * Commands joints in one frame: all of them follow from the same tick on, and those that are not named stay as they are.
     *
     * @throws RobotError `unknown-joint`; RangeError naming the joint, the value and what is allowed; then none is commanded
     */
    command(setpoints: Record<string, JointSetpoint>): void
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
    /** Called with every command that is sent, whoever wanted it; returns a function that stops it. Absent where none is. */
    onCommand?(listener: (command: SentCommand) => void): () => void
    /** SHA-256 of the program that the board runs, hex; undefined when the board does not tell. Absent where there is no board. */
    firmwareHash?(): Promise<string | undefined>
    /** What is known about each fault that holds or is latched, as last asked for: asked anew whenever `state.faults` changes. */
    readonly faultReports?: readonly FaultReport[]
    /** Asks the board for it. */
    faults?(): Promise<FaultReport[]>
    statistics(): RobotStatistics
    timing(): Promise<LoopTiming>
    /** How the board's clock and the host's compare now; undefined before they did. Absent where there is but one clock. */
    clockFit?(): ClockFit | undefined
    /** Absent where there is no link. */
    linkQuality?(): LinkQuality
    close(): Promise<void>
}

/** What a person watches a robot by, and moves its joints by hand with: all of it can be had over a bridge, too. */
export interface OperatedRobot extends Pick<
    Robot,
    'description' | 'state' | 'arm' | 'disarm' | 'stop' | 'statistics' | 'timing' | 'clockFit' | 'close'
> {
    /** Joint velocities, rad/s, in one frame. */
    command(setpoints: Record<string, { velocity: number }>): void
    linkQuality?(): LinkQuality | undefined
    /** Called when velocities are refused after they were sent: somebody else commands. Absent where that cannot be. */
    onRefused?(listener: () => void): void
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
    | 'other-robot'
    | 'protocol'
    | 'trajectory'
    | 'unknown-joint'
    | 'unknown-parameter'

/** What went wrong between planner and robot. Compare `code`, not the text. */
export class RobotError extends Error {
    /** More about it, one sentence each, for people: of `blocked`, what is known about the faults that block. */
    readonly details: readonly string[]

    constructor(
        readonly code: RobotErrorCode,
        message: string,
        options?: ErrorOptions & { details?: readonly string[] },
    ) {
        super(message, options)
        this.name = 'RobotError'
        this.details = options?.details ?? []
    }
}
