import type { Bytes } from '../protocol/crc16'
import { ControlCommand, FrameFlag, makeBroadcastFrame, makeFrame } from '../protocol/frame'
import { writeU16 } from '../protocol/bytes'
import { encodeFrame } from '../protocol/usb-framing'
import { RecentValues } from './quantiles'

/*
 * What paces the board: a command for a service that it does not have. The runtime takes it in, finds no service and says
 * nothing; the control service's own *noop* is not implemented there and would be answered with an error each time.
 */
const NO_SERVICE_INDEX = 0x30
const NO_SERVICE_CLASS = 0x1bb5f0ff
/** Paces a board whose device id is not known yet. */
const PACING_FOR_ALL = encodeFrame(makeBroadcastFrame(NO_SERVICE_CLASS, ControlCommand.Noop))
/**
 * When nothing was heard and nothing asked for so long, ms, the next pacing frame asks for an acknowledgement, which the
 * runtime gives by itself.
 */
const ASK_AFTER_MS = 12
/**
 * Silence after which the board stands still, ms. A living one is silent for 30 at most: asked after 12 to 14, it answers when
 * its tick is over, which takes 11 when the heap is collected, and the link takes 1 to 2 each way.
 */
export const SILENT_MS = 40
/** The watching timer that is this late, ms, says that this process stood still; then what has come meanwhile is read first. */
const LATE_MS = 10
/** … for so long, ms. */
const AFTER_LATE_MS = 20
/** Echoes that are waited for at most. */
const MOST_PENDING = 64

/** The pacing of a board, and what its echoes tell: that it lives, and how long the way there and back takes. */
export class Heartbeat {
    /** The board has fallen silent (with how long ago it last spoke, ms), or speaks again. */
    onStall: (stalled: boolean, silentMs: number) => void = () => {}
    stalled = false
    /** Times that it has stalled. */
    stalls = 0
    /** Echoes asked for that never came. */
    echoesLost = 0
    /** From asking to the echo, ms. */
    readonly roundTrip = new RecentValues()
    private board: Bytes | undefined
    private plain: Uint8Array = PACING_FOR_ALL
    private readonly payload = Buffer.alloc(2)
    private sequence = 0
    private lastAsked = 0
    /** When each echo was asked for, by the check sum that it will carry. Oldest first. */
    private readonly pending = new Map<number, number>()
    private lastLife = 0
    private judgeFrom = 0

    /** The board has announced itself. */
    found(deviceId: Bytes, now: number): void {
        this.board = deviceId
        this.plain = encodeFrame(makeFrame(deviceId, NO_SERVICE_INDEX, ControlCommand.Noop))
        this.lastLife = now
    }

    /** The link was lost; silence means nothing until the board is found again. */
    reset(): void {
        this.board = undefined
        this.plain = PACING_FOR_ALL
        this.stalled = false
        this.pending.clear()
    }

    /** The next pacing frame, as it travels. */
    frame(now: number): Uint8Array {
        const { board, payload } = this
        if (!board || now - Math.max(this.lastLife, this.lastAsked) < ASK_AFTER_MS) return this.plain
        this.lastAsked = now
        this.sequence = (this.sequence + 1) & 0xffff
        writeU16(payload, 0, this.sequence)
        const flags = FrameFlag.Command | FrameFlag.AckRequested
        const frame = makeFrame(board, NO_SERVICE_INDEX, ControlCommand.Noop, payload, flags)
        this.pending.set(frame[0] | (frame[1] << 8), now)
        if (this.pending.size > MOST_PENDING) {
            this.pending.delete(this.pending.keys().next().value as number)
            this.echoesLost++
        }
        return encodeFrame(frame)
    }

    /** An acknowledgement of the frame with this check sum. */
    echo(crc: number, now: number): void {
        const asked = this.pending.get(crc)
        if (asked === undefined) return
        // Echoes come in order: those asked for before are lost.
        for (const [other] of this.pending) {
            this.pending.delete(other)
            if (other === crc) break
            this.echoesLost++
        }
        this.roundTrip.add(now - asked)
    }

    /** The board has sent something. */
    alive(now: number): void {
        const silentMs = now - this.lastLife
        this.lastLife = now
        if (!this.stalled) return
        this.stalled = false
        this.onStall(false, silentMs)
    }

    /** Called with every pacing frame; `lateMs` is how late. */
    watch(now: number, lateMs: number): void {
        if (lateMs > LATE_MS) this.judgeFrom = now + AFTER_LATE_MS
        if (!this.board || this.stalled || now < this.judgeFrom || now - this.lastLife <= SILENT_MS) return
        this.stalled = true
        this.stalls++
        this.onStall(true, now - this.lastLife)
    }
}
