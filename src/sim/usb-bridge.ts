import {
    broadcastClass,
    firstPacket,
    FrameFlag,
    makeBroadcastFrame,
    packetCommand,
    USB_BRIDGE_CLASS,
    UsbBridgeCommand,
} from '../protocol/frame'
import { encodeFrame, FrameDecoder, MAGIC, Sequence } from '../protocol/usb-framing'

/** Bytes of frames that wait for the wire: JD_USB_QUEUE_SIZE of the DeviceScript runtime (jd_config.h). */
export const FRAME_QUEUE_BYTES = 2048
/** Bytes of log text that wait for the wire. */
export const LOG_BYTES = 4096
/** Most bytes of log text sent between two looks at the frame queue: the runtime fills one 64-byte USB packet. */
const LOG_CHUNK = 64

/** What has gone through the bridge and what was lost in it. */
export interface UsbBridgeStatistics {
    /** Frames from the host for the board, and the bridge's own commands among what came. */
    framesReceived: number
    commandsReceived: number
    /** Frames from the board sent to the host, and dropped because the queue was full. */
    framesSent: number
    framesDropped: number
    /** Bytes of log text overwritten before they were sent. */
    logBytesDropped: number
    /** Errors in what the host sent. */
    crcErrors: number
    framingErrors: number
    bytesDiscarded: number
}

/**
 * The board's end of the byte stream, as the runtime's USB bridge behaves (jacdac-c, jd_usb.c; usbbridge.md): frames flow
 * to the host after *enable packets*, log text after *enable log*, frames first; a full queue drops the newest frame and
 * marks the gap once. Unlike jd_usb.c, which sends its log as soon as the host has spoken, it waits for *enable log* as
 * the specification says, and it refuses a frame with surplus bytes.
 */
export class UsbBridge {
    /** A frame from the host for the board, its checksum right. The receiver may keep it. */
    onFrame: (frame: Uint8Array) => void = () => {}
    /** Bytes for the host. The receiver may keep them. */
    onBytes: (chunk: Uint8Array) => void = () => {}
    /** Bytes that the wire takes now. When that was 0 and no longer is, call {@link flush}. */
    room: () => number = () => Infinity

    private readonly decoder = new FrameDecoder()
    private readonly queue = new FrameQueue(FRAME_QUEUE_BYTES)
    private readonly logText = new LogRing(LOG_BYTES)
    private packetsEnabled = false
    private logEnabled = false
    /** As in jd_usb.c: 0 no gap, 1 to be marked, 2 marked and not over yet. */
    private gap = 0
    /** Encoded and not yet sent, from `sent` on; `sendingFrame` when it is the frame at the queue's front. */
    private sending: Buffer | undefined
    private sent = 0
    private sendingFrame = false
    private flushing = false
    private framesReceived = 0
    private commandsReceived = 0
    private framesSent = 0
    private framesDropped = 0

    constructor() {
        this.decoder.onFrame = (frame, length) => this.frameArrived(Buffer.from(frame.subarray(0, length)))
    }

    get statistics(): UsbBridgeStatistics {
        const { framesReceived, commandsReceived, framesSent, framesDropped } = this
        const { crcErrors, framingErrors, bytesDiscarded } = this.decoder
        const logBytesDropped = this.logText.dropped
        return {
            framesReceived,
            commandsReceived,
            framesSent,
            framesDropped,
            logBytesDropped,
            crcErrors,
            framingErrors,
            bytesDiscarded,
        }
    }

    /** Bytes from the host, cut anywhere. */
    receive(chunk: Uint8Array): void {
        this.decoder.push(chunk)
    }

    /** A frame from the board. Returns false when it was dropped; one before *enable packets* is not for the host. */
    sendFrame(frame: Uint8Array): boolean {
        if (!this.packetsEnabled) return true
        const queued = this.queue.push(frame)
        if (queued) {
            if (this.gap === 2) this.gap = 0
        } else {
            this.framesDropped++
            if (this.gap === 0) this.gap = 1
        }
        this.flush()
        return queued
    }

    /** Log text of the board, kept until the host wants it; the oldest gives way. */
    log(text: string): void {
        this.logText.push(Buffer.from(text))
        this.flush()
    }

    /** Sends what waits, as far as the wire takes it. */
    flush(): void {
        // What is sent may be answered, and the answer make more to send, before the call returns.
        if (this.flushing) return
        this.flushing = true
        try {
            while (this.sendSome());
        } finally {
            this.flushing = false
        }
    }

    /** The board was reset: nothing is enabled, nothing waits. */
    reset(): void {
        this.decoder.end()
        this.queue.clear()
        this.logText.clear()
        this.packetsEnabled = this.logEnabled = this.sendingFrame = false
        this.gap = this.sent = 0
        this.sending = undefined
    }

    /** Sends one chunk; false when nothing waits or the wire is full. */
    private sendSome(): boolean {
        this.sending ??= this.next()
        if (!this.sending) return false
        const count = Math.min(this.room(), this.sending.length - this.sent)
        if (count <= 0) return false
        const chunk = this.sending.subarray(this.sent, this.sent + count)
        this.sent += count
        if (this.sent === this.sending.length) {
            this.sending = undefined
            this.sent = 0
            if (this.sendingFrame) {
                this.queue.shift()
                this.framesSent++
            }
        }
        this.onBytes(chunk)
        return true
    }

    private next(): Buffer | undefined {
        this.sendingFrame = false
        if (this.gap === 1) {
            this.gap = 2
            return Buffer.of(MAGIC, Sequence.FrameGap)
        }
        const frame = this.queue.front()
        if (frame) {
            this.sendingFrame = true
            return encodeFrame(frame)
        }
        return this.logEnabled ? this.logText.take(LOG_CHUNK) : undefined
    }

    private frameArrived(frame: Buffer): void {
        const forBridge = (frame[3] & FrameFlag.Command) !== 0 && broadcastClass(frame) === USB_BRIDGE_CLASS
        if (!forBridge) {
            this.framesReceived++
            this.onFrame(frame)
            return
        }
        this.commandsReceived++
        const command = packetCommand(frame, firstPacket(frame))
        if (command === UsbBridgeCommand.EnablePackets || command === UsbBridgeCommand.DisablePackets) {
            this.packetsEnabled = command === UsbBridgeCommand.EnablePackets
            this.answer(command)
        } else if (command === UsbBridgeCommand.EnableLog || command === UsbBridgeCommand.DisableLog) {
            this.logEnabled = command === UsbBridgeCommand.EnableLog
            this.answer(command)
        } else {
            this.answer(UsbBridgeCommand.Unknown)
        }
    }

    private answer(command: number): void {
        this.queue.push(makeBroadcastFrame(USB_BRIDGE_CLASS, command, undefined, 0))
        this.flush()
    }
}

/**
 * Frames in a ring of `size` bytes, each in one piece at a multiple of 4, so that it is full exactly when the runtime's
 * (jd_queue.c) is.
 */
class FrameQueue {
    private readonly frames: Buffer[] = []
    private head = 0
    private tail = 0
    /** Where the frames before the wrap end. */
    private wrap: number

    constructor(private readonly size: number) {
        this.wrap = size
    }

    /** Copies `frame` in; false when it has no room. */
    push(frame: Uint8Array): boolean {
        const space = (frame.length + 3) & ~3
        if (this.head <= this.tail && this.tail + space <= this.size) {
            this.tail += space
        } else if (this.head <= this.tail && this.head > space) {
            this.wrap = this.tail
            this.tail = space
        } else if (this.head > this.tail && this.tail + space < this.head) {
            this.tail += space
        } else {
            return false
        }
        this.frames.push(Buffer.from(frame))
        return true
    }

    front(): Buffer | undefined {
        return this.frames[0]
    }

    shift(): void {
        const space = ((this.frames.shift()?.length ?? 0) + 3) & ~3
        if (this.head >= this.wrap) {
            this.head = space
            this.wrap = this.size
        } else {
            this.head += space
        }
    }

    clear(): void {
        this.frames.length = 0
        this.head = this.tail = 0
        this.wrap = this.size
    }
}

/** The last `size` bytes of log text. */
class LogRing {
    dropped = 0
    private readonly bytes: Buffer
    private start = 0
    private count = 0
    private gap = false

    constructor(size: number) {
        this.bytes = Buffer.alloc(size)
    }

    push(text: Uint8Array): void {
        const { bytes } = this
        for (const byte of text) {
            bytes[(this.start + this.count) % bytes.length] = byte
            if (this.count < bytes.length) {
                this.count++
            } else {
                this.start = (this.start + 1) % bytes.length
                this.dropped++
                this.gap = true
            }
        }
    }

    /** The oldest bytes, at most `most`, as they travel, after a mark when some before them were lost. */
    take(most: number): Buffer | undefined {
        if (this.count === 0) return undefined
        const out: number[] = []
        if (this.gap) out.push(MAGIC, Sequence.LogGap)
        this.gap = false
        const count = Math.min(most, this.count)
        for (let i = 0; i < count; i++) {
            const byte = this.bytes[(this.start + i) % this.bytes.length]
            out.push(byte)
            if (byte === MAGIC) out.push(Sequence.LiteralMagic)
        }
        this.start = (this.start + count) % this.bytes.length
        this.count -= count
        return Buffer.from(out)
    }

    clear(): void {
        this.start = this.count = 0
        this.gap = false
    }
}
