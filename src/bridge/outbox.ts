import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import type { BridgeStatistics } from './diagnostics'

/** How much a client is told, from everything to nothing. */
export const STATUS_LEVELS = ['info', 'warning', 'error', 'none'] as const
export type StatusLevel = (typeof STATUS_LEVELS)[number]

// Answers are few and small. A client that asks and asks and never reads is cut off at this multiple of the bound.
const CUT_OFF = 4

/**
 * The way out to one client. Samples are dropped while more than `bound` bytes wait for the client to read, so a slow one
 * holds at most that much memory and delays nobody. Answers are never dropped.
 */
export class Outbox {
    /** The protocol's own default is `error`; a planner should hear of warnings without asking. */
    level: StatusLevel = 'warning'
    private dropped = 0
    private corked = false

    constructor(
        private readonly socket: WebSocket,
        private readonly connection: Socket,
        private readonly bound: number,
        private readonly statistics: BridgeStatistics,
    ) {}

    /** Sends a serialised sample, or drops and counts it. */
    sample(message: Buffer): void {
        if (this.socket.readyState !== this.socket.OPEN) return
        if (this.socket.bufferedAmount > this.bound) {
            this.statistics.samplesDropped++
            if (this.dropped++ === 0) {
                this.status('warning', `samples are dropped: ${this.socket.bufferedAmount} bytes wait to be read`)
            }
            return
        }
        if (this.dropped > 0) {
            this.status('warning', `${this.dropped} samples were dropped because this client read too slowly`)
            this.dropped = 0
        }
        this.statistics.samplesSent++
        this.statistics.bytesSent += message.length
        this.cork()
        this.socket.send(message, { binary: false })
    }

    /** Tells the client something about an operation of its own, or about the connection. */
    status(level: Exclude<StatusLevel, 'none'>, text: string, id?: unknown): void {
        if (STATUS_LEVELS.indexOf(level) < STATUS_LEVELS.indexOf(this.level)) return
        this.answer({ op: 'status', ...(id === undefined ? {} : { id }), level, msg: text })
    }

    /** Sends an answer, or ends the connection of a client that lets far too many pile up. */
    answer(message: object): void {
        if (this.socket.readyState !== this.socket.OPEN) return
        if (this.socket.bufferedAmount > CUT_OFF * this.bound) {
            this.socket.terminate()
            return
        }
        this.socket.send(JSON.stringify(message))
    }

    /** Lets the samples that come together, of all topics and ticks, leave in one system call. */
    private cork(): void {
        if (this.corked) return
        this.corked = true
        this.connection.cork()
        process.nextTick(() => {
            this.corked = false
            this.connection.uncork()
        })
    }
}
