/**
 * The byte stream between host and board: Jacdac frames and log text side by side (jacdac-spec, usbbridge.md). 0xFE
 * starts a two-byte sequence; everything outside a frame is log text, which as UTF-8 never holds 0xFE.
 */
import type { Bytes } from './crc16'
import { FRAME_HEADER, isIntactFrame, MAX_FRAME, MIN_FRAME } from './frame'

/** First byte of every sequence. */
export const MAGIC = 0xfe

/** Second byte of a sequence. */
export enum Sequence {
    /** A literal 0xFE. */
    LiteralMagic = 0xf8,
    /** To be ignored. */
    Reserved = 0xf9,
    /** Log text was dropped here. */
    LogGap = 0xfa,
    /** Frames were dropped here. */
    FrameGap = 0xfb,
    FrameStart = 0xfc,
    FrameEnd = 0xfd,
}

/** `frame` as it travels: between delimiters, each 0xFE escaped. */
export function encodeFrame(frame: Bytes): Buffer {
    const length = frame.length
    let total = length + 4
    for (let i = 0; i < length; i++) if (frame[i] === MAGIC) total++
    const bytes = Buffer.alloc(total)
    bytes[0] = MAGIC
    bytes[1] = Sequence.FrameStart
    let at = 2
    for (let i = 0; i < length; i++) {
        const byte = frame[i]
        bytes[at++] = byte
        if (byte === MAGIC) bytes[at++] = Sequence.LiteralMagic
    }
    bytes[at] = MAGIC
    bytes[at + 1] = Sequence.FrameEnd
    return bytes
}

/** Copies bytes from index `from` up to 0xFE or `to`, into `target` from `at` on. Returns the index where it stopped. */
function copyPlain(bytes: Bytes, from: number, to: number, target: Buffer, at: number): number {
    const shift = at - from
    let i = from
    for (; i < to; i++) {
        const byte = bytes[i]
        if (byte === MAGIC) break
        target[i + shift] = byte
    }
    return i
}

enum State {
    /** Bytes are log text. */
    Outside,
    /** Bytes belong to a frame. */
    Inside,
    /** A frame was broken: bytes are discarded up to the next delimiter. */
    Skipping,
}

/**
 * Takes the stream apart, in chunks cut anywhere. Whatever breaks a frame (a wrong byte, length or checksum, a start
 * inside a frame) is counted, and decoding goes on at the next delimiter. Memory is one frame.
 */
export class FrameDecoder {
    /** Frames handed to {@link onFrame}. */
    frames = 0
    /** Frames of the right length and with a wrong checksum. */
    crcErrors = 0
    /** Frames cut, too long, of another length than they say or with an undefined sequence; frame ends without a start. */
    framingErrors = 0
    /** Bytes of the stream that were neither part of a delivered frame nor log text nor a mark. */
    bytesDiscarded = 0
    /** Marks saying that the sender dropped frames. */
    frameGaps = 0
    /** Marks saying that the sender dropped log text. */
    logGaps = 0

    /** Called with each intact frame: the first `length` bytes of a buffer that the next frame will overwrite. */
    onFrame: (frame: Buffer, length: number) => void = () => {}
    /** Called with log text: bytes `from` up to, not including, `to`, valid during the call. Cut anywhere. */
    onLog: (bytes: Bytes, from: number, to: number) => void = () => {}

    private readonly frame = Buffer.alloc(MAX_FRAME)
    private state: State = State.Outside
    /** Bytes of the current frame so far. */
    private fill = 0
    /** Bytes of the stream that the current frame has taken so far, in chunks before this one. */
    private taken = 0
    /** The last byte was 0xFE and what it means is open. */
    private magic = false

    /** Decodes the next chunk of the stream. */
    push(chunk: Bytes): void {
        const end = chunk.length
        let i = 0
        while (i < end) {
            if (this.magic) {
                this.magic = false
                this.sequence(chunk[i++])
                continue
            }
            const from = i
            if (this.state === State.Inside) {
                const room = MAX_FRAME - this.fill
                i = copyPlain(chunk, i, end - i < room ? end : i + room, this.frame, this.fill)
                this.fill += i - from
                this.taken += i - from
            } else {
                while (i < end && chunk[i] !== MAGIC) i++
                if (this.state === State.Skipping) this.bytesDiscarded += i - from
                else if (i > from) this.onLog(chunk, from, i)
            }
            if (i === end) return
            if (chunk[i] === MAGIC) {
                this.magic = true
                i++
            } else {
                this.fail()
            }
        }
    }

    /**
     * The stream is over: what comes next belongs to another one.
     *
     * @returns whether it ended inside a frame, which was counted and discarded
     */
    end(): boolean {
        const truncated = this.state === State.Inside
        if (truncated) this.fail()
        if (this.magic) this.bytesDiscarded++
        this.magic = false
        this.state = State.Outside
        return truncated
    }

    /** 0xFE and `byte` have come. */
    private sequence(byte: number): void {
        switch (byte) {
            case Sequence.FrameStart:
                if (this.state === State.Inside) this.fail()
                this.state = State.Inside
                this.fill = 0
                this.taken = 2
                return
            case Sequence.FrameEnd:
                this.frameEnd()
                return
            case Sequence.FrameGap:
                this.frameGaps++
                return
            case Sequence.LogGap:
                this.logGaps++
                return
            case Sequence.Reserved:
                this.bytesDiscarded += 2
                return
            case Sequence.LiteralMagic:
                if (this.state === State.Inside && this.fill < MAX_FRAME) {
                    this.frame[this.fill++] = MAGIC
                    this.taken += 2
                    return
                }
        }
        if (this.state === State.Inside) this.fail()
        // The second of two 0xFE may be the first of a delimiter.
        this.magic = byte === MAGIC
        if (this.state === State.Skipping) {
            this.bytesDiscarded += this.magic ? 1 : 2
            return
        }
        const second = !this.magic && byte !== Sequence.LiteralMagic
        const literal = Buffer.alloc(second ? 2 : 1)
        literal[0] = MAGIC
        if (second) literal[1] = byte
        this.onLog(literal, 0, literal.length)
    }

    private frameEnd(): void {
        const state = this.state
        this.state = State.Outside
        if (state !== State.Inside) {
            // The end of a frame that broke was counted when it broke.
            if (state === State.Outside) this.framingErrors++
            this.bytesDiscarded += 2
        } else if (isIntactFrame(this.frame, this.fill)) {
            this.frames++
            this.onFrame(this.frame, this.fill)
        } else {
            if (this.fill >= MIN_FRAME && this.fill === FRAME_HEADER + this.frame[2]) this.crcErrors++
            else this.framingErrors++
            this.bytesDiscarded += this.taken + 2
        }
    }

    /** The current frame is broken. */
    private fail(): void {
        this.framingErrors++
        this.bytesDiscarded += this.taken
        this.state = State.Skipping
    }
}
