import {
    hasParameters,
    type Parameter,
    type Parameterised,
    type ParameterStorage,
    withParameters,
} from '../host/parameters'
import {
    type JointHandle,
    type JointSetpoint,
    type LoopTiming,
    type Robot,
    RobotError,
    type RobotState,
    type RobotStatistics,
} from '../host/robot'
import type { Scheduler } from '../host/scheduler'
import { StateStream } from '../host/state-stream'
import type { TrajectoryOptions, TrajectoryOutcome } from '../host/trajectory-runner'
import type { RobotDescription } from '../protocol/description'
import type { Recorder } from '../record/recorder'
import { PACKAGE_VERSION } from '../version'
import { abortable } from './abortable'
import type { JointName, ParameterName, RobotSpec, Setpoints, TypedState, TypedTrajectory } from './robot-spec'

/** Ends what was asked for. */
export interface Cancellable {
    signal?: AbortSignal
}

/** A change of the robot's faults or of its mode. */
export interface FaultChange {
    /** s since the Unix epoch */
    hostTime: number
    mode: string
    /** All that are active now. */
    faults: string[]
    /** New ones, and those that are gone. */
    raised: string[]
    cleared: string[]
}

export interface RepeatOptions extends Cancellable {
    /** How long; without it until the signal is aborted. */
    seconds?: number
    /** Between two of them, ms (default 20): less than the robot's deadline. */
    periodMs?: number
}

/** A recording under way. */
export type Recording = Pick<Recorder, 'progress' | 'close' | 'failure'>

const REPEAT_MS = 20
const UNTIL_MS = 10_000

/**
 * A robot that a program is connected to. Setpoints have a deadline ({@link RobotDescription.commandTimeoutMs}): a program
 * repeats them, and when it stops, the robot stops.
 */
export class ConnectedRobot<S extends RobotSpec = RobotSpec> {
    constructor(
        private readonly robot: Robot,
        private readonly scheduler: Scheduler,
        private readonly simulation: boolean,
    ) {}

    get description(): RobotDescription {
        return this.robot.description
    }

    /** The latest state, or undefined before the first sample. */
    get state(): TypedState<S> | undefined {
        return this.robot.state as TypedState<S> | undefined
    }

    /**
     * Lets the motors move. An arming that is aborted is taken back.
     *
     * @throws RobotError `blocked` with every reason by name; the signal's reason
     */
    async arm({ signal }: Cancellable = {}): Promise<void> {
        signal?.throwIfAborted()
        const armed = this.robot.arm()
        await abortable(armed, signal).catch((error: unknown) => {
            if (signal?.aborted) armed.then(() => this.robot.disarm()).catch(() => undefined)
            throw error
        })
    }

    /** Motors off. Also clears an emergency stop. */
    disarm(): Promise<void> {
        return this.robot.disarm()
    }

    /** Emergency stop: motors off, latched until {@link disarm}. */
    stop(): Promise<void> {
        return this.robot.stop()
    }

    /** Body velocity, m/s and rad/s. @throws RobotError `no-drive`; RangeError when not finite */
    drive(velocity: S['drives'] extends false ? never : { linear: number; angular: number }): void {
        this.robot.drive(velocity)
    }

    /** @throws RobotError `unknown-joint`, naming those there are */
    joint(name: JointName<S>): JointHandle {
        return this.robot.joint(name)
    }

    /** Commands joints in one frame. @throws RobotError `unknown-joint`; RangeError: then none is commanded */
    command(setpoints: Setpoints<S>): void {
        this.robot.command(setpoints as Record<string, JointSetpoint>)
    }

    /**
     * Commands joints again and again, so that their deadline does not pass: the same, or what a function says for the time
     * since the beginning, s. Resolves at the end or when the signal is aborted: then nothing more is sent, and the deadline
     * stops the robot.
     *
     * @throws RobotError when the robot is no longer armed; what {@link command} throws
     */
    async repeat(
        setpoints: Setpoints<S> | ((time: number) => Setpoints<S>),
        options: RepeatOptions = {},
    ): Promise<void> {
        const { seconds = Infinity, signal, periodMs = REPEAT_MS } = options
        const start = this.scheduler.now()
        const heard = this.state?.tick
        for (let sent = 0; !signal?.aborted; sent++) {
            const time = (this.scheduler.now() - start) / 1000
            if (time >= seconds) return
            const { state } = this
            // A sample from before says nothing about now.
            if (time > STALE && state !== undefined && state.tick !== heard && state.mode !== 'armed') {
                throw new RobotError('blocked', whyNotArmed(state))
            }
            this.command(typeof setpoints === 'function' ? setpoints(time) : setpoints)
            await this.pause(start + (sent + 1) * periodMs - this.scheduler.now(), signal)
        }
    }

    /**
     * Moves joints through points at stated times. When aborted, the joints stop where they are.
     *
     * @throws RobotError `trajectory` when it is refused or ends early; the signal's reason
     */
    follow(trajectory: TypedTrajectory<S>, options?: TrajectoryOptions): Promise<TrajectoryOutcome> {
        return this.robot.follow(trajectory, options)
    }

    /** Every sample from now on, in order. A reader that lags loses the oldest and is told by a gap in `tick`. */
    states(options?: Cancellable): AsyncIterableIterator<TypedState<S>> {
        return this.robot.states(options) as AsyncIterableIterator<TypedState<S>>
    }

    /** Called with every sample; returns a function that stops it. */
    onState(listener: (state: TypedState<S>) => void): () => void {
        return this.robot.onState(listener as never)
    }

    /**
     * The first state for which this holds.
     *
     * @param options.timeoutMs how long it may take (default 10 s)
     * @throws RobotError `no-answer` when it takes longer; the signal's reason
     */
    until(test: (state: TypedState<S>) => boolean, options: Cancellable & { timeoutMs?: number } = {}) {
        const { signal, timeoutMs = UNTIL_MS } = options
        let stop = () => {}
        const found = new Promise<TypedState<S>>((resolve, reject) => {
            if (this.state !== undefined && test(this.state)) return resolve(this.state)
            const late = () => reject(new RobotError('no-answer', `no such state came within ${timeoutMs} ms`))
            const timer = this.scheduler.setTimeout(late, timeoutMs)
            const forget = this.onState(state => {
                try {
                    if (test(state)) resolve(state)
                } catch (error) {
                    reject(error as Error)
                }
            })
            stop = () => {
                forget()
                this.scheduler.clearTimeout(timer)
            }
        })
        return abortable(found, signal).finally(() => stop())
    }

    /** Every change of faults and mode from now on; the first is how it is. */
    faults({ signal }: Cancellable = {}): AsyncIterableIterator<FaultChange> {
        let before: { mode: string | undefined; faults: string[] } = { mode: undefined, faults: [] }
        const forget = this.robot.onState(state => look(state))
        const stream: StateStream<FaultChange> = new StateStream(forget)
        const look = ({ mode, faults, hostTime }: { mode: string; faults: string[]; hostTime: number }) => {
            const raised = faults.filter(fault => !before.faults.includes(fault))
            const cleared = before.faults.filter(fault => !faults.includes(fault))
            if (mode === before.mode && raised.length + cleared.length === 0) return
            before = { mode, faults }
            stream.push({ hostTime, mode, faults, raised, cleared })
        }
        if (this.state !== undefined) look(this.state)
        if (signal?.aborted) stream.end()
        signal?.addEventListener('abort', () => stream.end(), { once: true })
        return stream
    }

    /** Its parameters, in the board's order; none when the robot has no table of them. */
    async parameters({ signal }: Cancellable = {}): Promise<(Parameter & { name: ParameterName<S> })[]> {
        const { robot } = this
        return (await abortable(hasParameters(robot) ? robot.parameters() : Promise.resolve([]), signal)) as never
    }

    /**
     * Changes a parameter while the robot runs, and resolves with what is in force then. Lost at the next restart unless it is
     * stored. @throws RobotError saying what is allowed
     */
    async setParameter(name: ParameterName<S>, value: number): Promise<Parameter> {
        return this.table.setParameter(name, value)
    }

    /** Writes what is in force to the board's flash. @throws RobotError `armed`, `not-stored` */
    async storeParameters(): Promise<void> {
        return this.table.storeParameters()
    }

    /** Every parameter to its default; what is stored stays until the next store. @throws RobotError `armed` */
    async resetParameters(): Promise<void> {
        return this.table.resetParameters()
    }

    /** What the board's flash holds, and what was made of it at start. */
    async parameterStorage(): Promise<ParameterStorage> {
        return this.table.parameterStorage()
    }

    /** Records every sample and command to a new MCAP file, until it is closed. @throws RecordError `exists`, `unwritable` */
    async record(file: string): Promise<Recording> {
        const { startRecording } = await import('../record/start-recording')
        const { scheduler, simulation } = this
        return startRecording(this.robot, file, { scheduler, simulation, hostVersion: PACKAGE_VERSION })
    }

    statistics(): RobotStatistics {
        return this.robot.statistics()
    }

    /** Histograms of the loop that the board keeps. */
    timing(): Promise<LoopTiming> {
        return this.robot.timing()
    }

    /** SHA-256 of the program that the board runs; undefined when it does not tell. */
    async firmwareHash(): Promise<string | undefined> {
        return this.robot.firmwareHash?.()
    }

    close(): Promise<void> {
        return this.robot.close()
    }

    private get table(): Parameterised {
        return withParameters(this.robot)
    }

    private pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
        return new Promise(resolve => {
            const end = () => {
                this.scheduler.clearTimeout(timer)
                signal?.removeEventListener('abort', end)
                resolve()
            }
            const timer = this.scheduler.setTimeout(end, ms)
            signal?.addEventListener('abort', end, { once: true })
        })
    }
}

/** A sample that comes later than this is of now, s. */
const STALE = 0.2

function whyNotArmed({ mode, faults }: Pick<RobotState, 'mode' | 'faults'>): string {
    if (mode === 'timeout') return 'the robot stopped because no setpoint came before its deadline: arm it again'
    return `the robot is ${mode}: ${faults.join(', ') || 'arm it first'}`
}
