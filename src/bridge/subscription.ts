import type { Scheduler } from '../host/scheduler'
import type { Outbox } from './outbox'

// A control tick's start is known in steps of 1 ms, so two samples that are one throttle period apart may seem this
// much closer.
const STAMP_STEP = 1 // ms

interface Request {
    /** ms */
    throttleRate: number
    queueLength: number
}

/**
 * One client's subscription to one topic. A client may ask several times, each time with another id; it gets the messages
 * once, at the fastest of the rates and with the longest of the queues it asked for.
 *
 * Throttling goes by the samples' own time, not by when they come: a board sends several samples in one report, and by
 * arrival all but one of them would be dropped.
 */
export class Subscription {
    private readonly requests = new Map<unknown, Request>()
    private throttleRate = 0
    private queueLength = 0
    private last = -Infinity
    private readonly queue: Buffer[] = []
    private timer: unknown

    constructor(
        private readonly outbox: Outbox,
        private readonly scheduler: Scheduler,
    ) {}

    /** Requests that were not withdrawn. */
    get count(): number {
        return this.requests.size
    }

    request(id: unknown, request: Request): void {
        this.requests.set(id, request)
        this.update()
    }

    /** Withdraws one request, or all of them when `id` is undefined. False when there was none. */
    withdraw(id: unknown): boolean {
        const found = id === undefined ? this.count > 0 : this.requests.delete(id)
        if (id === undefined) this.requests.clear()
        this.update()
        return found
    }

    /** Whether a message with this stamp (ms) is due. Asked first, so that nothing is serialised in vain. */
    wants(stamp: number): boolean {
        return this.queueLength > 0 || this.due(stamp)
    }

    /** Sends the message, or queues it until the throttle lets it through; a full queue loses its oldest. */
    deliver(message: Buffer, stamp: number): void {
        if (this.queueLength === 0) {
            this.last = stamp
            this.outbox.sample(message)
            return
        }
        this.queue.push(message)
        if (this.queue.length > this.queueLength) this.queue.shift()
        if (this.timer === undefined) this.drain()
    }

    close(): void {
        this.requests.clear()
        this.update()
    }

    private due(stamp: number): boolean {
        // A stamp before the last one means that the clock was set: begin anew rather than wait for the old time.
        return this.throttleRate === 0 || stamp < this.last || stamp - this.last >= this.throttleRate - STAMP_STEP
    }

    private drain(): void {
        this.timer = undefined
        const message = this.queue.shift()
        if (message === undefined) return
        this.outbox.sample(message)
        this.timer = this.scheduler.setTimeout(() => this.drain(), this.throttleRate)
    }

    private update(): void {
        const requests = [...this.requests.values()]
        const throttleRate = requests.length > 0 ? Math.min(...requests.map(request => request.throttleRate)) : 0
        // Without a throttle every message goes at once: there is nothing to queue.
        const queueLength = throttleRate > 0 ? Math.max(...requests.map(request => request.queueLength)) : 0
        this.throttleRate = throttleRate
        this.queueLength = queueLength
        while (this.queue.length > queueLength) this.queue.shift()
        if (queueLength === 0 && this.timer !== undefined) {
            this.scheduler.clearTimeout(this.timer)
            this.timer = undefined
        }
    }
}
