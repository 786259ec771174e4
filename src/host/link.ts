import {
    broadcastClass,
    ControlCommand,
    DEVICE_SCRIPT_MANAGER_CLASS,
    firstPacket,
    FrameFlag,
    isIntactFrame,
    makeBroadcastFrame,
    PACKET_HEADER,
    packetCommand,
    packetServiceIndex,
    ServiceIndex,
    USB_BRIDGE_CLASS,
    UsbBridgeCommand,
} from '../protocol/frame'
import { encodeFrame, FrameDecoder } from '../protocol/usb-framing'
import { Heartbeat } from './heartbeat'
import { LineAssembler } from './line-assembler'
import { RobotError } from './robot'
import type { Scheduler } from './scheduler'
import type { BufferedByteStream } from './serial-stream'

/** The bridge is asked this often, ms, and this many times before the port is closed and opened anew. */
const ASK_MS = 100
const ASK_TIMES = 20
/** Without a frame for this long, ms, the link is lost: every Jacdac device announces itself each 500 ms. */
const SILENCE_MS = 1500
/** A timer that fires later than this, ms, says that this process stood still; then what has come meanwhile is read first. */
const STALL_MS = 50
const AFTER_STALL_MS = 100
/** A pacing frame is worth sending only while less than this waits before it, bytes. */
const PACING_BUFFER_BYTES = 256

const ENABLE_PACKETS = encodeFrame(makeBroadcastFrame(USB_BRIDGE_CLASS, UsbBridgeCommand.EnablePackets))
const ENABLE_LOG = encodeFrame(makeBroadcastFrame(USB_BRIDGE_CLASS, UsbBridgeCommand.EnableLog))
export interface LinkOptions {
    /** Opens the port: `openSerial`, or a stream to a simulated board. */
    open: () => Promise<BufferedByteStream>
    scheduler: Scheduler
    /** Between two pacing frames, ms (default 2; 0: none). Without them the stock runtime oversleeps. */
    pacingMs?: number
    /** Before the port is opened again, ms (default 100); doubles with each failure up to `reconnectMaxMs` (default 2000). */
    reconnectMs?: number
    reconnectMaxMs?: number
    /** How long {@link Link.start} waits for the board's answer, ms (default 5000). */
    startTimeoutMs?: number
    /** Most bytes that may wait in the stream (default 4096, 27 ms at 1.5 Mbaud); a frame that would exceed it is dropped. */
    bufferBytes?: number
}

/** Counters since the link was made. */
export interface LinkStatistics {
    /** Times the link came back after a loss. */
    reconnects: number
    /** Times the port could not be opened. */
    openFailures: number
    bytesIn: number
    bytesOut: number
    /** Frames sent, pacing frames among them. */
    framesOut: number
    pacingFrames: number
    /** Pacing deadlines that passed while this process stood still. */
    pacingMissed: number
    /** Frames not sent because the stream's buffer was full. */
    writesDropped: number
    /** What came in: `frames` intact ones, what was discarded, and marks that the board left frames or log text out. */
    decoder: {
        frames: number
        crcErrors: number
        framingErrors: number
        bytesDiscarded: number
        frameGaps: number
        logGaps: number
    }
}

/**
 * The link to a board: opens the port, has the board forward its frames and log, paces it, and when the board falls silent
 * or the port goes away, opens it again until {@link close}.
 */
export class Link {
    /** Each intact frame of the board while the link is up, but the USB bridge's own. The receiver may keep it. */
    onFrame: (frame: Uint8Array) => void = () => {}
    /** Each line of the board's log, without its end. */
    onLog: (line: string) => void = () => {}
    /**
     * The board has stood still since `silentMs` ago (it says nothing and echoes no pacing frame), or goes on. Known for a
     * paced link only.
     */
    onStall: (stalled: boolean, silentMs: number) => void = () => {}
    /** The pacing of the board and its echoes. */
    readonly heartbeat = new Heartbeat()
    /** The link has come up, or was lost and why (no reason: {@link close}). */
    onConnection: (up: boolean, reason?: Error) => void = () => {}

    /** Silence after which the link is lost, ms. A board that erases its flash says nothing meanwhile. */
    silenceMs = SILENCE_MS

    private readonly options: Required<LinkOptions>
    private readonly counters = {
        reconnects: 0,
        openFailures: 0,
        bytesIn: 0,
        bytesOut: 0,
        framesOut: 0,
        pacingFrames: 0,
        pacingMissed: 0,
        writesDropped: 0,
    }
    private readonly scheduler: Scheduler
    private readonly decoder = new FrameDecoder()
    private readonly lines = new LineAssembler(line => this.onLog(line))
    private readonly paceNow = () => this.pace()
    private stream: BufferedByteStream | undefined
    /** The end of the stream before. A port must be closed to be opened again. */
    private streamClosed: Promise<void> = Promise.resolve()
    private up = false
    private wasUp = false
    private closed = false
    private opened = false
    private starting: Promise<void> | undefined
    private started: { resolve: () => void; reject: (error: Error) => void } | undefined
    private lastReason: Error | undefined
    private backOffMs: number
    private asked = 0
    private packetsEnabled = false
    private logEnabled = false
    private boardKnown = false
    private stallTimer: unknown
    private lastFrameAt = 0
    private nextPaceAt = 0
    private watchDueAt = 0
    /** One for each purpose: asking, or waiting to reconnect; pacing; watching for silence; the start's time limit. */
    private stepTimer: unknown
    private paceTimer: unknown
    private watchTimer: unknown
    private startTimer: unknown

    constructor(options: LinkOptions) {
        this.options = {
            open: options.open,
            scheduler: options.scheduler,
            pacingMs: options.pacingMs ?? 2,
            reconnectMs: options.reconnectMs ?? 100,
            reconnectMaxMs: options.reconnectMaxMs ?? 2000,
            startTimeoutMs: options.startTimeoutMs ?? 5000,
            bufferBytes: options.bufferBytes ?? 4096,
        }
        this.scheduler = options.scheduler
        this.backOffMs = this.options.reconnectMs
        this.decoder.onFrame = (frame, length) => this.frameArrived(frame, length)
        this.heartbeat.onStall = (stalled, silentMs) => this.stallChanged(stalled, silentMs)
        this.decoder.onLog = (bytes, from, to) => this.lines.push(bytes, from, to)
    }

    get stats(): LinkStatistics {
        const { frames, crcErrors, framingErrors, bytesDiscarded, frameGaps, logGaps } = this.decoder
        return {
            ...this.counters,
            decoder: { frames, crcErrors, framingErrors, bytesDiscarded, frameGaps, logGaps },
        }
    }

    /**
     * Connects. Resolves when the board has answered.
     *
     * @throws what opening the port throws; RobotError `no-answer` when the board does not answer in time. The link is
     * closed then.
     */
    start(): Promise<void> {
        if (this.closed) return Promise.reject(new RobotError('closed', 'the link was closed'))
        this.starting ??= new Promise((resolve, reject) => {
            this.started = { resolve, reject }
            const { startTimeoutMs } = this.options
            this.startTimer = this.scheduler.setTimeout(() => {
                const last = this.lastReason ? ` (${this.lastReason.message})` : ''
                this.giveUp(
                    new RobotError(
                        'no-answer',
                        `no board answered within ${startTimeoutMs} ms${last}: ` +
                            'is it the right port, and is the DeviceScript runtime on the board?',
                    ),
                )
            }, startTimeoutMs)
            void this.connect()
        })
        return this.starting
    }

    /** Closes the port, for good. */
    async close(): Promise<void> {
        this.closed = true
        this.disconnect()
        this.settleStart(new RobotError('closed', 'the link was closed'))
        await this.streamClosed
    }

    /**
     * Sends a frame. Returns false when it was not sent: the link is down, or the board does not take its bytes.
     *
     * @throws RangeError when its length or checksum is wrong
     */
    send(frame: Uint8Array): boolean {
        if (!isIntactFrame(frame, frame.length)) throw new RangeError('not a Jacdac frame: its length or CRC is wrong')
        return this.up && this.write(encodeFrame(frame), this.options.bufferBytes)
    }

    private async connect(): Promise<void> {
        await this.streamClosed
        if (this.closed) return
        let stream: BufferedByteStream
        try {
            stream = await this.options.open()
        } catch (error) {
            this.openFailed(error as Error)
            return
        }
        if (this.closed) {
            await stream.close()
            return
        }
        this.opened = true
        this.stream = stream
        // When the connection before was closed by a frame's receiver, the rest of that frame's chunk came after it.
        this.decoder.end()
        this.lines.flush()
        stream.onData = chunk => {
            if (this.stream === stream) this.receive(chunk)
        }
        stream.onClose = reason => {
            if (this.stream === stream) this.lost(reason ?? new RobotError('disconnected', 'the port was closed'))
        }
        this.asked = 0
        this.packetsEnabled = this.logEnabled = false
        this.ask()
    }

    private openFailed(error: Error): void {
        this.counters.openFailures++
        if (this.closed) return
        // The first attempt tells its caller what is wrong with the port; afterwards it may come back any time.
        if (this.opened) this.reconnectLater(error)
        else this.giveUp(error)
    }

    private ask(): void {
        if (this.asked++ === ASK_TIMES) {
            this.lost(new RobotError('no-answer', `the board did not answer ${ASK_TIMES} times`))
            return
        }
        this.stepTimer = this.scheduler.setTimeout(() => this.ask(), ASK_MS)
        if (!this.packetsEnabled) this.write(ENABLE_PACKETS, this.options.bufferBytes)
        if (!this.logEnabled) this.write(ENABLE_LOG, this.options.bufferBytes)
    }

    private receive(chunk: Uint8Array): void {
        this.counters.bytesIn += chunk.length
        this.decoder.push(chunk)
    }

    private frameArrived(frame: Buffer, length: number): void {
        // A frame's receiver may have closed the link with more frames in the same chunk.
        if (!this.stream) return
        const now = this.scheduler.now()
        const report = (frame[3] & FrameFlag.Command) === 0
        if (report && broadcastClass(frame) === USB_BRIDGE_CLASS) {
            this.bridgeAnswered(packetCommand(frame, firstPacket(frame)))
        } else if (this.up) {
            this.lastFrameAt = now
            this.heartbeat.alive(now)
            if (report && !this.boardKnown) this.lookForBoard(frame)
            const at = firstPacket(frame)
            if (report && packetServiceIndex(frame, at) === ServiceIndex.Ack) {
                this.heartbeat.echo(packetCommand(frame, at), now)
            }
            this.onFrame(Buffer.from(frame.subarray(0, length)))
        }
    }

    private bridgeAnswered(command: number): void {
        if (command === UsbBridgeCommand.EnablePackets) this.packetsEnabled = true
        // A bridge that knows no log has answered, too.
        if (command === UsbBridgeCommand.EnableLog || command === UsbBridgeCommand.Unknown) this.logEnabled = true
        if (this.up || !this.packetsEnabled || !this.logEnabled) return
        this.scheduler.clearTimeout(this.stepTimer)
        this.up = true
        this.lastFrameAt = this.scheduler.now()
        if (this.wasUp) this.counters.reconnects++
        this.wasUp = true
        this.backOffMs = this.options.reconnectMs
        this.watchIn(SILENCE_MS)
        if (this.options.pacingMs > 0) {
            this.nextPaceAt = this.scheduler.now() + this.options.pacingMs
            this.paceTimer = this.scheduler.setTimeout(this.paceNow, this.options.pacingMs)
        }
        this.settleStart()
        this.onConnection(true)
    }

    /** Pacing frames go to the board alone once it has announced itself: a broadcast would occupy the bus behind it. */
    private lookForBoard(frame: Buffer): void {
        const at = firstPacket(frame)
        const announces =
            packetServiceIndex(frame, at) === ServiceIndex.Control &&
            packetCommand(frame, at) === ControlCommand.Announce
        if (!announces) return
        const payload = frame.subarray(at + PACKET_HEADER, at + PACKET_HEADER + frame[at])
        for (let i = 4; i + 4 <= payload.length; i += 4) {
            if (payload.readUInt32LE(i) !== DEVICE_SCRIPT_MANAGER_CLASS) continue
            this.heartbeat.found(Buffer.from(frame.subarray(4, 12)), this.lastFrameAt)
            this.boardKnown = true
            return
        }
    }

    private pace(): void {
        const { pacingMs } = this.options
        const now = this.scheduler.now()
        this.heartbeat.watch(now, now - this.nextPaceAt)
        // Deadlines are absolute, so lateness does not add up; those that passed meanwhile are left out, not made up for.
        this.nextPaceAt += pacingMs
        if (this.nextPaceAt <= now) {
            const missed = Math.floor((now - this.nextPaceAt) / pacingMs) + 1
            this.nextPaceAt += missed * pacingMs
            this.counters.pacingMissed += missed
        }
        this.paceTimer = this.scheduler.setTimeout(this.paceNow, this.nextPaceAt - now)
        if (this.write(this.heartbeat.frame(now), PACING_BUFFER_BYTES)) this.counters.pacingFrames++
    }

    /** A board that was reset has forgotten that its frames are wanted: while it is silent it is told again. */
    private stallChanged(stalled: boolean, silentMs: number): void {
        this.scheduler.clearTimeout(this.stallTimer)
        if (stalled) this.enableAgain()
        this.onStall(stalled, silentMs)
    }

    private enableAgain(): void {
        this.stallTimer = this.scheduler.setTimeout(() => this.enableAgain(), ASK_MS)
        this.write(ENABLE_PACKETS, PACING_BUFFER_BYTES)
        this.write(ENABLE_LOG, PACING_BUFFER_BYTES)
    }

    private watchIn(ms: number): void {
        this.watchDueAt = this.scheduler.now() + ms
        this.watchTimer = this.scheduler.setTimeout(() => this.watch(), ms)
    }

    private watch(): void {
        const now = this.scheduler.now()
        const silentMs = now - this.lastFrameAt
        const { silenceMs } = this
        // Not at once: rounding may leave less than moves the clock, and simulated time would stand still. Nor longer than
        // usual: the patience may be less again by then.
        const left = silenceMs - silentMs
        if (left > 0) this.watchIn(Math.min(Math.max(1, left), SILENCE_MS))
        else if (now - this.watchDueAt > STALL_MS) this.watchIn(AFTER_STALL_MS)
        else this.lost(new RobotError('disconnected', `the board sent nothing for ${silenceMs} ms`))
    }

    private write(bytes: Uint8Array, bufferBytes: number): boolean {
        const { stream, counters } = this
        if (!stream) return false
        if ((stream.bufferedBytes ?? 0) + bytes.length > bufferBytes) {
            counters.writesDropped++
            return false
        }
        counters.bytesOut += bytes.length
        counters.framesOut++
        stream.write(bytes)
        return true
    }

    private lost(reason: Error): void {
        this.disconnect(reason)
        if (!this.closed) this.reconnectLater(reason)
    }

    private reconnectLater(reason: Error): void {
        this.lastReason = reason
        this.stepTimer = this.scheduler.setTimeout(() => void this.connect(), this.backOffMs)
        this.backOffMs = Math.min(2 * this.backOffMs, this.options.reconnectMaxMs)
    }

    /** Ends the present connection, if there is one, and everything that waits. */
    private disconnect(reason?: Error): void {
        const { stream, up } = this
        this.scheduler.clearTimeout(this.stepTimer)
        this.scheduler.clearTimeout(this.paceTimer)
        this.scheduler.clearTimeout(this.watchTimer)
        this.scheduler.clearTimeout(this.stallTimer)
        this.stream = undefined
        this.up = this.boardKnown = false
        this.heartbeat.reset()
        this.decoder.end()
        this.lines.flush()
        if (stream) this.streamClosed = stream.close().catch(() => undefined)
        if (up) this.onConnection(false, reason)
    }

    private giveUp(error: Error): void {
        this.settleStart(error)
        void this.close()
    }

    /** The first connection has answered, or with an error, will not. */
    private settleStart(error?: Error): void {
        this.scheduler.clearTimeout(this.startTimer)
        if (error) this.started?.reject(error)
        else this.started?.resolve()
        this.started = undefined
    }
}
