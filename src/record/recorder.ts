import { type McapTypes, McapWriter } from '@mcap/core'
import { type BridgeStatistics, Diagnostics } from '../bridge/diagnostics'
import { messageCodec } from '../bridge/ros/cdr'
import { urdf } from '../bridge/ros/urdf'
import { nanoseconds } from '../bridge/publication'
import { DESCRIPTION_TOPIC } from '../bridge/topics'
import type { Parameter } from '../host/parameters'
import type { Robot, RobotState, RobotStatistics, SentCommand } from '../host/robot'
import type { Scheduler } from '../host/scheduler'
import { AppendFile } from './append-file'
import {
    DIAGNOSTICS_TYPE,
    type OtherChannels,
    type RecordedChannel,
    registerOtherTopics,
    registerSampledTopics,
    registerTopic,
} from './channels'
import { encodeCommand } from './command-message'
import { zstdCompression } from './compression'
import { FirmwareWatch } from './firmware-watch'
import {
    clockMetadata,
    finalMetadata,
    firmwareMetadata,
    parameterKindsMetadata,
    parametersMetadata,
    robotMetadata,
} from './metadata'
import { ParameterWatch } from './parameter-watch'
import { RecordError } from './record-error'
import { encodeTrajectoryCommand } from './trajectory-message'

/**
 * Samples in a chunk before they are packed, bytes: what is lost at most when the process is killed. Of the rover's samples,
 * some 1.8 KB a tick, that is a third of a second.
 */
const CHUNK_BYTES = 64 * 1024
/** Samples that wait for a slow disk before the recording ends, bytes: minutes of any robot's. */
const LARGEST_BACKLOG = 64 * 1024 * 1024
/** Between two records of how the clocks compare, s. */
const CLOCK_PERIOD = 60
/** Between two reports on /diagnostics, ms. */
const DIAGNOSTICS_PERIOD = 1000

/** What a recording says about itself. */
export interface RecorderOptions {
    scheduler: Scheduler
    /** Version of this package. */
    hostVersion: string
    /** The robot is simulated: its time is recorded as /clock, too. */
    simulation?: boolean
    /** What the bridge beside it counts, and who commands; undefined while its doors are shut. Without a bridge left out. */
    bridge?: () => { statistics: BridgeStatistics; commander: string | undefined } | undefined
}

/** How far a recording has come. */
export interface RecordingProgress {
    /** Ticks whose samples came. */
    ticks: number
    /** Ticks whose samples were lost on the link. */
    samplesLost: number
    /** Ticks that wait for the disk. */
    ticksWaiting: number
    /** Ticks that are in the file, whatever happens to this process. */
    ticksInFile: number
    /** The last tick in the file; undefined when there is none. */
    lastTickInFile: number | undefined
    /** Length of the file. */
    bytes: number
}

/** What is on its way to the file. */
interface Entry {
    /** Of the control tick; undefined for what is no sample. */
    tick?: number
    sequence: number
    /** When it was, s since the Unix epoch. */
    time: number
    messages: { channelId: number; data: Uint8Array }[]
    bytes: number
    /** s since the Unix epoch */
    received: number
}

/**
 * Writes every sample of a robot, every command that is sent to it and its diagnostics to an MCAP file: profile `ros2`, CDR
 * messages, chunks packed with zstd. The file is only appended to, and each chunk reaches the disk by itself.
 */
export class Recorder {
    /** Resolves when the recording ends by itself, with why. */
    readonly failure: Promise<Error>
    private readonly waiting: Entry[] = []
    private readonly metadata: McapTypes.Metadata[] = []
    private backlog = 0 // bytes
    private draining = false
    private writing = Promise.resolve()
    private failed: Error | undefined
    private fail: (error: Error) => void = () => {}
    private stopListening = () => {}
    private closed = false
    private ticks = 0
    /** Of the samples that the writer has taken. */
    private written = { ticks: 0, last: undefined as number | undefined }
    private inFile = this.written
    private clockAt = -Infinity // s since the Unix epoch
    private commands = 0
    private reports = 0
    private timer: unknown
    private readonly configHash: string
    /** Of the robot, when the recording began. */
    private readonly before: RobotStatistics
    private readonly diagnostics: Diagnostics
    private readonly parameters: ParameterWatch
    /** As in the file last. */
    private parameterKinds: string | undefined
    private firmware: FirmwareWatch | undefined
    private lastTick = -1
    private reconnects: number

    private constructor(
        private readonly robot: Robot,
        private readonly file: AppendFile,
        private readonly writer: McapWriter,
        private readonly channels: RecordedChannel[],
        private readonly others: OtherChannels,
        private readonly options: RecorderOptions,
    ) {
        this.configHash = robot.description.configHash
        this.before = { ...robot.statistics() }
        this.reconnects = this.before.reconnects
        this.diagnostics = new Diagnostics(robot)
        this.parameters = new ParameterWatch(robot, parameters => this.takeParameters(parameters))
        this.failure = new Promise(resolve => (this.fail = resolve))
    }

    /** Creates the file and records from the next sample on. @throws RecordError `exists`, `unwritable`, `disk-full`, `write` */
    static async start(robot: Robot, path: string, options: RecorderOptions): Promise<Recorder> {
        const { description } = robot
        const compressChunk = await zstdCompression()
        const file = await AppendFile.create(path)
        try {
            const writer = new McapWriter({ writable: file, chunkSize: CHUNK_BYTES, compressChunk })
            await writer.start({ profile: 'ros2', library: `tendon ${options.hostVersion}` })
            await writer.addMetadata(robotMetadata(robot, options))
            const channels = await registerSampledTopics(writer, description, options.simulation ?? false)
            const others = await registerOtherTopics(writer)
            await writeDescription(writer, robot, options.scheduler)
            await file.sync()
            const recorder = new Recorder(robot, file, writer, channels, others, options)
            recorder.listen()
            return recorder
        } catch (error) {
            await file.close()
            throw error
        }
    }

    progress(): RecordingProgress {
        const { ticks, last } = this.inFile
        return {
            ticks: this.ticks,
            samplesLost: this.robot.statistics().samplesLost - this.before.samplesLost,
            ticksWaiting: this.waiting.filter(entry => entry.tick !== undefined).length,
            ticksInFile: ticks,
            lastTickInFile: last,
            bytes: Number(this.file.position()),
        }
    }

    /** Ends the recording: the open chunk, the index and the footer are written. Once only. @throws RecordError, also what ended it before */
    async close(): Promise<void> {
        this.stopListening()
        this.firmware?.close()
        this.closed = true
        await this.writing
        try {
            if (this.failed) throw this.failed
            await this.writeClock()
            await this.writer.addMetadata(finalMetadata(this.before, this.robot.statistics(), this.parameters.unknown))
            await this.writer.end()
            await this.file.sync()
            this.inFile = this.written
        } finally {
            await this.file.close()
        }
    }

    private listen(): void {
        const { robot, options } = this
        const stopStates = robot.onState(state => this.take(state))
        const stopCommands = robot.onCommand?.(command => this.takeCommand(command))
        this.stopListening = () => {
            stopStates()
            stopCommands?.()
            this.parameters.stop()
            options.scheduler.clearTimeout(this.timer)
        }
        this.report()
        // The board is asked while the recording runs already.
        this.firmware = new FirmwareWatch(robot, options.scheduler.epoch(), firmware =>
            this.takeMetadata(firmwareMetadata(firmware)),
        )
    }

    private takeMetadata(record: McapTypes.Metadata): void {
        if (this.closed || this.failed) return
        this.metadata.push(record)
        this.wake()
    }

    private takeParameters(parameters: Parameter[]): void {
        const time = this.options.scheduler.epoch()
        const kinds = parameterKindsMetadata(parameters, time)
        const text = kinds.metadata.get('kinds')
        if (text !== this.parameterKinds) this.takeMetadata(kinds)
        this.parameterKinds = text
        this.takeMetadata(parametersMetadata(parameters, time))
    }

    private takeCommand(command: SentCommand): void {
        const data = command.kind === 'trajectory' ? encodeTrajectoryCommand(command) : encodeCommand(command)
        const channelId = command.kind === 'trajectory' ? this.others.trajectories : this.others.commands
        this.push({ sequence: this.commands++, time: command.hostTime, messages: [{ channelId, data }] })
    }

    private report(): void {
        const { scheduler, bridge } = this.options
        const time = scheduler.epoch()
        const { statistics, commander } = bridge?.() ?? {}
        const message = this.diagnostics.report(time, statistics, commander)
        const data = messageCodec(DIAGNOSTICS_TYPE).encode(message)
        this.push({ sequence: this.reports++, time, messages: [{ channelId: this.others.diagnostics, data }] })
        if (this.failed) return
        this.parameters.look()
        this.firmware?.look()
        this.timer = scheduler.setTimeout(() => this.report(), DIAGNOSTICS_PERIOD)
    }

    private take(state: RobotState): void {
        const { configHash } = this.robot.description
        if (configHash !== this.configHash) {
            const text = `the robot was given another configuration (${this.configHash} before, ${configHash} now): record it anew`
            return this.end(new RecordError('other-robot', text))
        }
        const messages: Entry['messages'] = []
        for (const { id, encode } of this.channels) {
            const data = encode(state)
            if (data !== undefined) messages.push({ channelId: id, data })
        }
        const { tick, hostTime: time } = state
        if (tick !== this.lastTick + 1) this.lookForRestart(tick)
        this.lastTick = tick
        if (this.push({ tick, sequence: tick, time, messages })) this.ticks++
    }

    /** A board that counts its ticks anew has restarted; one that was away may have, and count more of them by now. */
    private lookForRestart(tick: number): void {
        const { reconnects } = this.robot.statistics()
        if (tick > this.lastTick && reconnects === this.reconnects) return
        this.reconnects = reconnects
        this.firmware?.restarted(this.options.scheduler.epoch())
    }

    /** Returns whether there is room. */
    private push(entry: Omit<Entry, 'bytes' | 'received'>): boolean {
        const bytes = entry.messages.reduce((sum, { data }) => sum + data.length, 0)
        this.backlog += bytes
        if (this.backlog > LARGEST_BACKLOG) {
            this.end(new RecordError('too-slow', `the disk of ${this.file.path} is too slow for the samples`))
            return false
        }
        this.waiting.push({ ...entry, bytes, received: this.options.scheduler.epoch() })
        this.wake()
        return true
    }

    private wake(): void {
        if (!this.draining) this.writing = this.drain()
    }

    /** Writes what waits. The writer takes one call at a time. */
    private async drain(): Promise<void> {
        this.draining = true
        try {
            while (this.waiting.length + this.metadata.length > 0 && !this.failed) {
                const record = this.metadata.shift()
                if (record !== undefined) await this.writeMetadata(record)
                const entry = this.waiting.shift()
                if (entry === undefined) continue
                this.backlog -= entry.bytes
                if (entry.received - this.clockAt >= CLOCK_PERIOD) await this.writeClock()
                await this.write(entry)
            }
        } catch (error) {
            this.end(error as Error)
        } finally {
            this.draining = false
        }
    }

    private async write({ tick, sequence, time, messages, received }: Entry): Promise<void> {
        const logTime = nanoseconds(received * 1000)
        const publishTime = nanoseconds(time * 1000)
        const before = this.written
        for (const { channelId, data } of messages) {
            await this.writer.addMessage({ channelId, sequence, logTime, publishTime, data })
        }
        if (tick !== undefined) this.written = { ticks: before.ticks + 1, last: tick }
        // A chunk may have ended in the middle of this entry: what is certain to be in the file is the one before.
        if (await this.file.sync()) this.inFile = before
    }

    private async writeClock(): Promise<void> {
        const metadata = clockMetadata(this.robot)
        if (metadata === undefined) return
        this.clockAt = this.options.scheduler.epoch()
        await this.writeMetadata(metadata)
    }

    private async writeMetadata(record: McapTypes.Metadata): Promise<void> {
        await this.writer.addMetadata(record)
        // What is to be synchronised after an entry is then a chunk.
        await this.file.sync()
    }

    private end(error: Error): void {
        this.stopListening()
        if (this.failed) return
        this.failed = error
        this.waiting.length = 0
        this.fail(error)
    }
}

async function writeDescription(writer: McapWriter, { description }: Robot, scheduler: Scheduler): Promise<void> {
    const { schemaName: name, schema, encode } = messageCodec('std_msgs/msg/String')
    const channelId = await registerTopic(writer, { topic: DESCRIPTION_TOPIC, name, schema, latched: true })
    const logTime = nanoseconds(scheduler.epoch() * 1000)
    const data = encode({ data: urdf(description) })
    await writer.addMessage({ channelId, sequence: 0, logTime, publishTime: logTime, data })
}
