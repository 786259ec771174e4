import { Mahony } from '../control/mahony'
import { answersProbe, decodeProbe, encodeProbe, type ProbeBehind, type ProbeLook } from '../protocol/bus-probe'
import type { RobotDescription } from '../protocol/description'
import { PROTOCOL_VERSION } from '../protocol/description'
import {
    ControlCommand,
    DEVICE_SCRIPT_MANAGER_CLASS,
    firstPacket,
    FrameFlag,
    makeFrame,
    nextPacket,
    packetCommand,
    PACKET_HEADER,
    packetServiceIndex,
    ServiceIndex,
    RegisterAccess,
} from '../protocol/frame'
import { readU16, readU32, writeU16 } from '../protocol/bytes'
import { ROBOT_SERVICE_CLASS, RobotCommand, RobotRegister } from '../protocol/service'
import { encodeSetpoint, type SetpointEntry } from '../protocol/setpoint'
import { blockNames, JointMode } from '../protocol/state'
import { decodeTelemetry } from '../protocol/telemetry'
import { decodeTiming } from '../protocol/timing'
import { ActuationLatency } from './actuation-latency'
import { ClockQueries } from './clock-queries'
import { BoardLog } from './board-log'
import { type ClockFit, ClockSync } from './clock-sync'
import { type FaultReport, faultReports } from './fault-report'
import { jointHandle, wheelVelocities } from './joint-handle'
import { setpointEntry, setpointOf } from './setpoints'
import type { Link } from './link'
import { type Parameter, type Parameterised, type ParameterStorage, ParameterTable } from './parameters'
import { ProgramManager } from './program-manager'
import { Requests } from './requests'
import {
    type JointHandle,
    type JointSetpoint,
    type LinkQuality,
    type LoopTiming,
    type Robot,
    RobotError,
    type RobotState,
    type RobotStatistics,
    type SentCommand,
} from './robot'
import type { Scheduler } from './scheduler'
import { StateStream } from './state-stream'
import type { JointTrajectory } from './trajectory'
import { runTrajectory, type TrajectoryLink, type TrajectoryOptions, type TrajectoryOutcome } from './trajectory-runner'
import { TelemetryReader } from './telemetry-reader'

const UPTIME_REGISTER = 0x186

/** Commands without a payload, as {@link SentCommand} has them. */
const TOLD_COMMANDS: Partial<Record<RobotCommand, 'arm' | 'disarm' | 'stop'>> = {
    [RobotCommand.Arm]: 'arm',
    [RobotCommand.Disarm]: 'disarm',
    [RobotCommand.Stop]: 'stop',
}

/** Between two commands about parameters, ms: telemetry needs half of the 50 packets a second that the board may send. */
const PARAMETER_PAUSE_MS = 100

type Distribute<T> = T extends unknown ? Omit<T, 'hostTime'> : never

/** While a monitor warns telemetry does not tell of another that begins to: the log is asked for each so many ms. */
const WARNING_MS = 1000

/** Silence of a board that erases its program store, ms: twelve sectors of 0.4 s at the worst (program-manager.ts). */
const ERASING_MS = 6000

/** A Jacdac device on the link: where to send to, and which of its services is meant. */
interface Address {
    deviceId: Buffer
    serviceIndex: number
}

/**
 * One host's conversation with one robot over a link: finds the robot service on the Jacdac bus behind the port, reads
 * its description, turns its telemetry into states and setpoints into frames. Survives losing the link: when it is back,
 * the robot is found and described anew, and states go on.
 */
export class RobotSession implements Robot, Parameterised {
    state: RobotState | undefined
    /** The board's runtime has stood still since `silentMs` ago, or goes on. */
    onStall: (stalled: boolean, silentMs: number) => void = () => {}
    /** The robot has described itself, after connecting or with another program. */
    onDescription: (description: RobotDescription) => void = () => {}
    /** The program in the board's flash. */
    readonly programs: ProgramManager
    faultReports: readonly FaultReport[] = []
    /** The faults that {@link faultReports} was asked for. */
    private reported = ''
    /** When they were, ms. */
    private reportedAt = 0
    private robot: Address | undefined
    private board: Address | undefined
    private described: RobotDescription | undefined
    private reader: TelemetryReader | undefined
    private actuation = new ActuationLatency(0)
    private readonly clock = new ClockSync()
    private readonly boardLog = new BoardLog()
    private readonly requests: Requests
    private readonly table = new ParameterTable(
        (code, payload, accept) => this.ask(code, payload, accept),
        () => this.description,
        () => new Promise(resolve => this.scheduler.setTimeout(() => resolve(undefined), PARAMETER_PAUSE_MS)),
    )
    private readonly listeners = new Set<(state: RobotState) => void>()
    private readonly commandListeners = new Set<(command: SentCommand) => void>()
    private readonly streams = new Set<StateStream<RobotState>>()
    private sequence = 0
    private setpointsSent = 0
    /** Starts anywhere, so that a new session's first command is not taken for the last one's repetition. */
    private trajectorySequence = Math.floor(Math.random() * 0x10000)
    /** Of the last report. */
    private lastTick = 0
    private closed = false
    private connected = false
    private boardSuffices = false
    /** The robot that is there now is the one that {@link described} is about. */
    private describedNow = false
    private readonly clockQueries: ClockQueries
    private ready: { resolve: () => void; reject: (error: Error) => void } | undefined

    private constructor(
        private readonly link: Link,
        private readonly scheduler: Scheduler,
    ) {
        this.requests = new Requests(scheduler)
        this.programs = new ProgramManager(frame => this.link.send(frame), scheduler)
        this.clockQueries = new ClockQueries(this.clock, scheduler, frame => this.link.send(frame))
        link.onStall = (stalled, silentMs) => this.onStall(stalled, silentMs)
        link.onFrame = frame => this.receive(frame)
        link.onLog = line => this.boardLog.hear(line)
        link.onConnection = (up, reason) => (up ? this.linkUp() : this.linkDown(reason))
    }

    /**
     * Opens a session on a link that was not started yet.
     *
     * @param timeoutMs how long the robot may take to be found and described
     * @throws RobotError `no-answer` when no robot is found; what opening the link throws
     */
    static open(link: Link, scheduler: Scheduler, timeoutMs = 8000): Promise<RobotSession> {
        return RobotSession.start(new RobotSession(link, scheduler), link, scheduler, timeoutMs)
    }

    /**
     * The same with a board that may have no program, or one that is no robot's: for {@link programs}.
     *
     * @throws RobotError `no-answer` when no board is found; what opening the link throws
     */
    static openBoard(link: Link, scheduler: Scheduler, timeoutMs = 8000): Promise<RobotSession> {
        const session = new RobotSession(link, scheduler)
        session.boardSuffices = true
        return RobotSession.start(session, link, scheduler, timeoutMs)
    }

    private static async start(
        session: RobotSession,
        link: Link,
        scheduler: Scheduler,
        timeoutMs: number,
    ): Promise<RobotSession> {
        const found = new Promise<void>((resolve, reject) => (session.ready = { resolve, reject }))
        const timer = scheduler.setTimeout(
            () =>
                session.ready?.reject(
                    new RobotError(
                        'no-answer',
                        `no robot answered within ${timeoutMs} ms: ${session.board ? 'the board is there, but runs no tendon firmware (see `tendon build`)' : 'the port is open, but no Jacdac device speaks on it'}`,
                        { details: session.boardLog.errors },
                    ),
                ),
            timeoutMs,
        )
        found.catch(() => undefined)
        try {
            await link.start()
            await found
            return session
        } catch (error) {
            await session.close()
            throw error
        } finally {
            scheduler.clearTimeout(timer)
        }
    }

    get description(): RobotDescription {
        if (!this.described) throw new RobotError('closed', 'the session is not open')
        return this.described
    }

    async arm(): Promise<void> {
        const answer = await this.ask(RobotCommand.Arm).catch((error: RobotError) => {
            // A board that stood still carries it out when it goes on: what is sent behind it takes it back.
            if (error.code === 'no-answer') this.disarm().catch(() => undefined)
            throw error
        })
        const blocked = readU32(answer, 0)
        if (blocked === 0) return
        const reports = await this.faults().catch(() => [])
        const startup = reports.some(({ fault }) => fault === 'startup')
        throw new RobotError('blocked', `arming is blocked by: ${blockNames(blocked).join(', ')}`, {
            details: [...reports.map(({ sentence }) => sentence), ...(startup ? this.boardLog.errors : [])],
        })
    }

    async faults(): Promise<FaultReport[]> {
        const reports = faultReports(await this.ask(RobotCommand.Faults), this.description)
        if (!reports) throw new RobotError('protocol', 'the robot sent a fault log of another length')
        this.faultReports = reports
        return reports
    }

    async disarm(): Promise<void> {
        await this.ask(RobotCommand.Disarm)
    }

    async stop(): Promise<void> {
        await this.ask(RobotCommand.Stop)
    }

    drive(velocity: { linear: number; angular: number }): void {
        const { joints } = this.description
        const wheels = wheelVelocities(this.description, velocity)
        this.setpoint(
            wheels.map(({ name, velocity: value }) => ({
                joint: joints.findIndex(joint => joint.name === name),
                mode: JointMode.Velocity,
                value,
            })),
        )
    }

    command(setpoints: Record<string, JointSetpoint>): void {
        const { description } = this
        const entries = Object.entries(setpoints).map(([name, setpoint]) => setpointEntry(description, name, setpoint))
        if (entries.length > 0) this.setpoint(entries)
    }

    joint(name: string): JointHandle {
        return jointHandle(this.description, name, entry => this.setpoint([entry]))
    }

    follow(trajectory: JointTrajectory, options?: TrajectoryOptions): Promise<TrajectoryOutcome> {
        return runTrajectory(this.trajectoryLink(), trajectory, options)
    }

    onCommand(listener: (command: SentCommand) => void): () => void {
        this.commandListeners.add(listener)
        return () => this.commandListeners.delete(listener)
    }

    /** The runtime's own account of the program in its flash. */
    async firmwareHash(): Promise<string | undefined> {
        try {
            return (await this.programs.status()).sha256
        } catch {
            // A runtime without this register; a link that is lost is told elsewhere.
            return undefined
        }
    }

    states(options: { signal?: AbortSignal } = {}): AsyncIterableIterator<RobotState> {
        const stream: StateStream<RobotState> = new StateStream(() => this.streams.delete(stream))
        if (this.closed || options.signal?.aborted) stream.end()
        else this.streams.add(stream)
        options.signal?.addEventListener('abort', () => stream.end(), { once: true })
        return stream
    }

    onState(listener: (state: RobotState) => void): () => void {
        this.listeners.add(listener)
        return () => this.listeners.delete(listener)
    }

    statistics(): RobotStatistics {
        const link = this.link.stats
        return {
            connected: this.connected,
            reconnects: link.reconnects,
            framesReceived: link.decoder.frames,
            crcErrors: link.decoder.crcErrors,
            framingErrors: link.decoder.framingErrors,
            bytesDiscarded: link.decoder.bytesDiscarded,
            latency: this.clock.latency,
            ...(this.reader as TelemetryReader).statistics(),
        }
    }

    linkQuality(): LinkQuality {
        const { heartbeat, stats } = this.link
        const { p50, p99, count } = heartbeat.roundTrip.quantiles()
        return {
            roundTrip: { p50: p50 / 1000, p99: p99 / 1000, count },
            echoesLost: heartbeat.echoesLost,
            actuation: this.actuation.quantiles(),
            stalled: heartbeat.stalled,
            stalls: heartbeat.stalls,
            setpointsSent: this.setpointsSent,
            writesDropped: stats.writesDropped,
            frameGaps: stats.decoder.frameGaps,
        }
    }

    clockFit(): ClockFit | undefined {
        return this.clock.fit(this.scheduler.epoch())
    }

    async timing(): Promise<LoopTiming> {
        const timing = decodeTiming(await this.ask(RobotCommand.Timing))
        if (!timing) throw new RobotError('protocol', 'the robot sent histograms of another length')
        return { periodCounts: timing.period, executionCounts: timing.execution, setpoints: timing.setpoints }
    }

    /** Whether a robot has announced itself since the link came up, or since its program was replaced. */
    get robotFound(): boolean {
        return this.robot !== undefined
    }

    /** … and has described itself. */
    get robotDescribed(): boolean {
        return this.robot !== undefined && this.describedNow
    }

    /**
     * Replaces the board's program: what ran stops at once, armed or not. Afterwards the robot is found and described anew.
     *
     * @throws RobotError `no-answer`, `disconnected`: then the board has no program
     */
    async replaceProgram(program: Buffer, onProgress?: (written: number, total: number) => void): Promise<void> {
        const { link } = this
        const { silenceMs } = link
        link.silenceMs = ERASING_MS
        try {
            this.forgetRobot()
            await this.programs.write(program, onProgress)
        } finally {
            link.silenceMs = silenceMs
            this.forgetRobot()
        }
    }

    /**
     * Looks at the robot's I2C bus. What each look read, undefined where nobody acknowledged; undefined altogether when the robot
     * does not look: it is not disarmed, or the multiplexer does not answer.
     */
    async probe(looks: readonly ProbeLook[], behind?: ProbeBehind): Promise<(Buffer | undefined)[] | undefined> {
        const accept = (answer: Buffer) => answersProbe(answer, looks)
        return decodeProbe(await this.ask(RobotCommand.Probe, encodeProbe(looks, behind), accept), looks)
    }

    parameters(): Promise<Parameter[]> {
        return this.table.list()
    }

    getParameter(name: string): Promise<Parameter> {
        return this.table.get(name)
    }

    setParameter(name: string, value: number): Promise<Parameter> {
        return this.table.set(name, value)
    }

    storeParameters(): Promise<void> {
        return this.table.store()
    }

    resetParameters(): Promise<void> {
        return this.table.reset()
    }

    parameterStorage(): Promise<ParameterStorage> {
        return this.table.storage()
    }

    onParameter(listener: (parameter: Parameter) => void): () => void {
        return this.table.onChange(listener)
    }

    async close(): Promise<void> {
        if (this.closed) return
        this.closed = true
        this.programs.lost(new RobotError('closed', 'the session was closed'))
        this.clockQueries.stop()
        this.requests.abort(new RobotError('closed', 'the session was closed'))
        for (const stream of [...this.streams]) stream.end()
        await this.link.close()
    }

    private tell(command: Distribute<SentCommand>): void {
        const { commandListeners: listeners } = this
        if (listeners.size === 0) return
        const sent = { ...command, hostTime: this.scheduler.epoch() } as SentCommand
        for (const listener of listeners) listener(sent)
    }

    private trajectoryLink(): TrajectoryLink {
        const { scheduler, description } = this
        const currentState = () => this.state
        return {
            scheduler,
            description,
            get state() {
                return currentState()
            },
            boardTime: () => this.clock.toBoard(scheduler.epoch()),
            ask: (payload, accept) => this.ask(RobotCommand.Trajectory, payload, accept),
            hold: positions => this.setpoint(positions.map(entry => ({ ...entry, mode: JointMode.Position }))),
            begins: trajectory => this.tell({ kind: 'trajectory', trajectory }),
            onState: listener => this.onState(listener),
            nextSequence: () => (this.trajectorySequence = (this.trajectorySequence + 1) & 0xffff),
        }
    }

    private setpoint(entries: SetpointEntry[]): void {
        if (!this.robot || !this.connected) return
        this.sequence = (this.sequence + 1) & 0xffff
        this.setpointsSent++
        this.actuation.sent(entries, this.scheduler.epoch())
        this.send(this.robot, RobotCommand.Setpoint, encodeSetpoint(this.sequence, 0, entries))
        if (this.commandListeners.size === 0) return
        const { joints } = this.description
        this.tell({
            kind: 'setpoint',
            joints: entries.map(entry => ({ name: joints[entry.joint].name, setpoint: setpointOf(entry) })),
        })
    }

    private ask(code: RobotCommand, payload?: Buffer, accept?: (answer: Buffer) => boolean): Promise<Buffer> {
        if (this.closed) return Promise.reject(new RobotError('closed', 'the session was closed'))
        const { robot } = this
        if (!robot || !this.connected)
            return Promise.reject(new RobotError('disconnected', 'the link to the robot is down'))
        const kind = TOLD_COMMANDS[code]
        if (kind !== undefined) this.tell({ kind })
        return this.requests.ask(code, () => this.send(robot, code, payload), accept)
    }

    private send(to: Address, code: number, payload?: Buffer): void {
        this.link.send(makeFrame(to.deviceId, to.serviceIndex, code, payload))
    }

    private linkUp(): void {
        this.connected = true
        this.clock.reset()
        this.robot = undefined
        this.describedNow = false
        this.board = undefined
    }

    private linkDown(reason?: Error): void {
        this.connected = false
        this.clockQueries.stop()
        const text = `the link to the robot was lost${reason ? `: ${reason.message}` : ''}`
        const error = new RobotError('disconnected', text)
        this.programs.lost(error)
        this.requests.abort(error)
    }

    private forgetRobot(): void {
        this.robot = undefined
        this.describedNow = false
        this.requests.abort(new RobotError('disconnected', "the robot's program was replaced"))
    }

    private receive(frame: Uint8Array): void {
        this.programs.receive(frame)
        if (frame[3] & FrameFlag.Command) return
        for (let at = firstPacket(frame); at > 0; at = nextPacket(frame, at)) {
            const service = packetServiceIndex(frame, at)
            const code = packetCommand(frame, at)
            const start = at + PACKET_HEADER
            if (service === ServiceIndex.Control && code === ControlCommand.Announce) {
                this.announced(frame, start, frame[at])
            } else if (this.robot && service === this.robot.serviceIndex && isFrom(frame, this.robot)) {
                this.robotReport(code, Buffer.from(frame.subarray(start, start + frame[at])))
            } else if (code === (RegisterAccess.Get | UPTIME_REGISTER) && this.board && isFrom(frame, this.board)) {
                this.clockQueries.answer(uptimeOf(frame, start))
            } else if (service === ServiceIndex.Ack && this.board && isFrom(frame, this.board)) {
                this.clockQueries.acknowledge(code)
            }
        }
    }

    private announced(frame: Uint8Array, start: number, length: number): void {
        for (let i = 1; i * 4 < length; i++) {
            const serviceClass = readU32(frame as Buffer, start + i * 4)
            const address = { deviceId: Buffer.from(frame.subarray(4, 12)), serviceIndex: i }
            if (serviceClass === DEVICE_SCRIPT_MANAGER_CLASS && !this.board) {
                this.board = { ...address, serviceIndex: ServiceIndex.Control }
                this.programs.foundAt(address.deviceId, i)
                if (this.boardSuffices) this.ready?.resolve()
                this.clockQueries.start(address.deviceId)
            }
            if (serviceClass === ROBOT_SERVICE_CLASS && !this.robot) {
                this.robot = address
                void this.describe()
            }
        }
    }

    private async describe(): Promise<void> {
        try {
            let text = Buffer.alloc(0)
            for (let total = 1; text.length < total;) {
                const offset = text.length
                const request = Buffer.alloc(2)
                writeU16(request, 0, offset)
                const answer = await this.ask(RobotCommand.Describe, request, a => readU16(a, 2) === offset)
                total = readU16(answer, 0)
                text = Buffer.concat([text, answer.subarray(4)])
            }
            this.use(JSON.parse(text.toString('utf8')) as RobotDescription)
            this.describedNow = true
            this.ready?.resolve()
            this.onDescription(this.description)
        } catch (error) {
            // With the link lost this starts over when it is back; anything else the user must hear of.
            if ((error as RobotError).code !== 'disconnected') this.ready?.reject(error as Error)
        }
    }

    private use(description: RobotDescription): void {
        if (description.protocol !== PROTOCOL_VERSION) {
            throw new RobotError(
                'protocol',
                `the robot speaks protocol ${description.protocol}, this host ${PROTOCOL_VERSION}: build and flash its firmware anew`,
            )
        }
        const same = this.described?.configHash === description.configHash
        // The reader goes on with the object that it has, whose limits and biases may have changed with the parameters.
        this.described = same && this.described ? Object.assign(this.described, description) : description
        this.table.reconnected()
        if (!same || !this.reader) {
            const attitude = new Mahony({ kp: 0.5, ki: 0.02 })
            this.reader = new TelemetryReader(description, this.clock, this.scheduler, attitude)
            this.actuation = new ActuationLatency(description.joints.length)
        }
    }

    /** Asks what has happened when the faults in telemetry are others than before, when a monitor begins to warn, and while one does. */
    private explain(faults: readonly string[], warning: boolean): void {
        const names = faults.length === 0 && !warning ? '' : `${faults.join()}${warning ? ' and a warning' : ''}`
        const now = this.scheduler.now()
        if (names === this.reported && !(warning && now - this.reportedAt >= WARNING_MS)) return
        this.reported = names
        this.reportedAt = now
        if (names === '') this.faultReports = []
        // Without an answer there is a link to mend first; arming asks again.
        else this.faults().catch(() => undefined)
    }

    private robotReport(code: number, payload: Buffer): void {
        if (code !== (RegisterAccess.Get | RobotRegister.Telemetry)) {
            this.requests.answer(code, payload)
            return
        }
        const { reader, described } = this
        if (!reader || !described) return
        const report = decodeTelemetry(
            payload,
            described.joints.length,
            described.imu !== undefined,
            described.power !== undefined,
        )
        if (!report) return
        // Ticks count from 0 again: the board has restarted on a link that stayed up, and may have other parameters now.
        if (report.tick < this.lastTick) void this.describe()
        this.lastTick = report.tick
        for (const state of reader.read(report)) {
            this.state = state
            this.actuation.sample(state)
            this.explain(state.faults, report.warning)
            for (const listener of this.listeners) listener(state)
            for (const stream of this.streams) stream.push(state)
        }
    }
}

/** µs */
function uptimeOf(frame: Uint8Array, start: number): number {
    return readU32(frame as Buffer, start) + readU32(frame as Buffer, start + 4) * 0x100000000
}

function isFrom(frame: Uint8Array, address: Address): boolean {
    for (let i = 0; i < 8; i++) if (frame[4 + i] !== address.deviceId[i]) return false
    return true
}
