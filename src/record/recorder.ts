import { McapWriter } from '@mcap/core'
import { messageCodec } from '../bridge/ros/cdr'
import { urdf } from '../bridge/ros/urdf'
import { nanoseconds } from '../bridge/publication'
import { DESCRIPTION_TOPIC } from '../bridge/topics'
import type { Robot, RobotState } from '../host/robot'
import type { Scheduler } from '../host/scheduler'
import { AppendFile } from './append-file'
import { type RecordedChannel, registerSampledTopics, registerTopic } from './channels'
import { zstdCompression } from './compression'
import { clockMetadata, finalMetadata, robotMetadata } from './metadata'
import { RecordError } from './record-error'

/**
 * Samples in a chunk before they are packed, bytes: what is lost at most when the process is killed. Of the rover's samples,
 * some 1.8 KB a tick, that is a third of a second.
 */
const CHUNK_BYTES = 64 * 1024
/** Samples that wait for a slow disk before the recording ends, bytes: minutes of any robot's. */
const LARGEST_BACKLOG = 64 * 1024 * 1024
/** Between two records of how the clocks compare, s. */
const CLOCK_PERIOD = 60

/** What a recording says about itself. */
export interface RecorderOptions {
    scheduler: Scheduler
    /** Version of this package. */
    hostVersion: string
    /** The robot is simulated: its time is recorded as /clock, too. */
    simulation?: boolean
    /** SHA-256 of the program that the board runs, hex. */
    firmwareHash?: string
}

/** How far a recording has come. */
export interface RecordingProgress {
    /** Ticks whose samples came. */
    ticks: number
    /** Ticks that wait for the disk. */
    ticksWaiting: number
    /** Ticks that are in the file, whatever happens to this process. */
    ticksInFile: number
    /** The last tick in the file; undefined when there is none. */
    lastTickInFile: number | undefined
    /** Length of the file. */
    bytes: number
}

/** A sample on its way to the file. */
interface Sample {
    state: RobotState
    messages: { channelId: number; data: Uint8Array }[]
    bytes: number
    /** s since the Unix epoch */
    received: number
}

/**
 * Writes every sample of a robot to an MCAP file: profile `ros2`, CDR messages, chunks packed with zstd. The file is only
 * appended to, and each chunk reaches the disk by itself.
 */
export class Recorder {
    /** Resolves when the recording ends by itself, with why. */
    readonly failure: Promise<Error>
    private readonly waiting: Sample[] = []
    private backlog = 0 // bytes
    private draining = false
    private writing = Promise.resolve()
    private failed: Error | undefined
    private fail: (error: Error) => void = () => {}
    private stopListening = () => {}
    private ticks = 0
    /** Of the samples that the writer has taken. */
    private written = { ticks: 0, last: undefined as number | undefined }
    private inFile = this.written
    private clockAt = -Infinity // s since the Unix epoch
    private readonly configHash: string

    private constructor(
        private readonly robot: Robot,
        private readonly file: AppendFile,
        private readonly writer: McapWriter,
        private readonly channels: RecordedChannel[],
        private readonly options: RecorderOptions,
    ) {
        this.configHash = robot.description.configHash
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
            await writer.addMetadata(await robotMetadata(robot, options))
            const channels = await registerSampledTopics(writer, description, options.simulation ?? false)
            await writeDescription(writer, robot, options.scheduler)
            await file.sync()
            const recorder = new Recorder(robot, file, writer, channels, options)
            recorder.stopListening = robot.onState(state => recorder.take(state))
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
            ticksWaiting: this.waiting.length,
            ticksInFile: ticks,
            lastTickInFile: last,
            bytes: Number(this.file.position()),
        }
    }

    /** Ends the recording: the open chunk, the index and the footer are written. Once only. @throws RecordError, also what ended it before */
    async close(): Promise<void> {
        this.stopListening()
        await this.writing
        try {
            if (this.failed) throw this.failed
            await this.writeClock()
            await this.writer.addMetadata(finalMetadata(this.robot.statistics()))
            await this.writer.end()
            await this.file.sync()
            this.inFile = this.written
        } finally {
            await this.file.close()
        }
    }

    private take(state: RobotState): void {
        const { configHash } = this.robot.description
        if (configHash !== this.configHash) {
            const text = `the robot was given another configuration (${this.configHash} before, ${configHash} now): record it anew`
            return this.end(new RecordError('other-robot', text))
        }
        const messages: Sample['messages'] = []
        let bytes = 0
        for (const { id, encode } of this.channels) {
            const data = encode(state)
            if (data === undefined) continue
            messages.push({ channelId: id, data })
            bytes += data.length
        }
        this.backlog += bytes
        if (this.backlog > LARGEST_BACKLOG) {
            return this.end(new RecordError('too-slow', `the disk of ${this.file.path} is too slow for the samples`))
        }
        this.ticks++
        this.waiting.push({ state, messages, bytes, received: this.options.scheduler.epoch() })
        if (!this.draining) this.writing = this.drain()
    }

    /** Writes what waits. The writer takes one call at a time. */
    private async drain(): Promise<void> {
        this.draining = true
        try {
            for (let sample; (sample = this.waiting.shift()) && !this.failed;) {
                this.backlog -= sample.bytes
                if (sample.received - this.clockAt >= CLOCK_PERIOD) await this.writeClock()
                await this.write(sample)
            }
        } catch (error) {
            this.end(error as Error)
        } finally {
            this.draining = false
        }
    }

    private async write({ state, messages, received }: Sample): Promise<void> {
        const logTime = nanoseconds(received * 1000)
        const publishTime = nanoseconds(state.hostTime * 1000)
        const before = this.written
        for (const { channelId, data } of messages) {
            await this.writer.addMessage({ channelId, sequence: state.tick, logTime, publishTime, data })
        }
        this.written = { ticks: before.ticks + 1, last: state.tick }
        // A chunk may have ended in the middle of this sample: what is certain to be in the file is the one before.
        if (await this.file.sync()) this.inFile = before
    }

    private async writeClock(): Promise<void> {
        const metadata = clockMetadata(this.robot)
        if (metadata === undefined) return
        this.clockAt = this.options.scheduler.epoch()
        await this.writer.addMetadata(metadata)
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
