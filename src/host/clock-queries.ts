import type { Bytes } from '../protocol/crc16'
import { FrameFlag, makeFrame, ServiceIndex } from '../protocol/frame'
import { writeU16 } from '../protocol/bytes'
import type { ClockSync } from './clock-sync'
import type { Scheduler } from './scheduler'

const GET_UPTIME = 0x1186
/** Between two queries, ms: no divisor of anything else that is periodic, so that they fall on all phases. */
const QUERY_MS = 327.9
/** At connect the clock is queried this often, ms, this many times. */
const SEED_MS = 50
const SEEDS = 8

/**
 * Asks the board for its time. The answer does not say which question it answers, so each question asks for an
 * acknowledgement too, and carries a number of its own that gives it a check sum of its own: the runtime sends the
 * acknowledgement, which carries that, and then the answer. An answer without one is not used: it may be a late or a second one.
 */
export class ClockQueries {
    private board: Bytes | undefined
    private count = 0
    private timer: unknown
    private readonly payload = Buffer.alloc(2)
    private asked: { crc: number; at: number } | undefined
    private acknowledged = false

    constructor(
        private readonly clock: ClockSync,
        private readonly scheduler: Scheduler,
        private readonly send: (frame: Buffer) => void,
    ) {}

    /** Queries this board's clock from now on. */
    start(deviceId: Bytes): void {
        this.board = deviceId
        this.count = 0
        this.ask()
    }

    stop(): void {
        this.board = undefined
        this.asked = undefined
        this.scheduler.clearTimeout(this.timer)
    }

    /** The board has taken in the frame with this check sum. */
    acknowledge(crc: number): void {
        this.acknowledged = this.asked?.crc === crc
    }

    /** An answer: the board's uptime, µs. */
    answer(uptimeUs: number): void {
        const { asked, acknowledged } = this
        this.acknowledged = false
        if (!asked || !acknowledged) return
        this.asked = undefined
        this.clock.add(asked.at, this.scheduler.epoch(), uptimeUs / 1e6)
    }

    private ask(): void {
        const { board, payload } = this
        if (!board) return
        writeU16(payload, 0, this.count & 0xffff)
        this.count++
        const flags = FrameFlag.Command | FrameFlag.AckRequested
        const frame = makeFrame(board, ServiceIndex.Control, GET_UPTIME, payload, flags)
        this.acknowledged = false
        this.asked = { crc: frame[0] | (frame[1] << 8), at: this.scheduler.epoch() }
        this.send(frame)
        this.scheduler.clearTimeout(this.timer)
        this.timer = this.scheduler.setTimeout(() => this.ask(), this.count < SEEDS ? SEED_MS : QUERY_MS)
    }
}
