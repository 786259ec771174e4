import type { Scheduler } from '../host/scheduler'
import { textFrame } from './access/frame'
import type { Outbox } from './access/outbox'
import type { Subscriber } from './hub'
import type { Publication } from './publication'

// A control tick's start is known in steps of 1 ms, so two samples that are one throttle period apart may seem this
// much closer.
const STAMP_STEP = 1 // ms

export const COMPRESSIONS = ['none', 'cbor', 'cbor-raw'] as const
export type Compression = (typeof COMPRESSIONS)[number]

export interface Request {
    /** ms */
    throttleRate: number
    queueLength: number
    compression: Compression
    /** Most characters of a message; a longer one comes in pieces. Infinity: whole. */
    fragmentSize: number
}

/**
 * One client's subscription to one topic. A client may ask several times, each time with another id; it gets the messages
 * once, at the fastest of the rates, with the longest of the queues, in the tightest form and in the smallest pieces that
 * it asked for.
 *
 * Throttling goes by the samples' own time, not by when they come: a board sends several samples in one report, and by
 * arrival all but one of them would be dropped.
 */
export class Subscription implements Subscriber {
    private readonly requests = new Map<unknown, Request>()
    private throttleRate = 0
    private queueLength = 0
    private compression: Compression = 'none'
    private fragmentSize = Infinity
    private last = -Infinity
    private readonly queue: Publication[] = []
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

    wants(stamp: number): boolean {
        return this.queueLength > 0 || this.due(stamp)
    }

    /** Sends the message, or queues it until the throttle lets it through; a full queue loses its oldest. */
    deliver(publication: Publication): void {
        if (this.queueLength === 0) {
            this.last = publication.stamp
            this.send(publication)
            return
        }
        this.queue.push(publication)
        if (this.queue.length > this.queueLength) this.queue.shift()
        if (this.timer === undefined) this.drain()
    }

    /** Sends the message whatever the throttle says. */
    send(publication: Publication): void {
        this.outbox.sample(this.frame(publication))
    }

    close(): void {
        this.requests.clear()
        this.update()
    }

    private frame(publication: Publication): Buffer {
        if (this.compression === 'cbor') return publication.cbor()
        if (this.compression === 'cbor-raw') return publication.cborRaw()
        return this.fragmentSize < Infinity && publication.text().length > this.fragmentSize
            ? fragments(publication.text(), this.fragmentSize)
            : publication.json()
    }

    private due(stamp: number): boolean {
        // A stamp before the last one means that the clock was set: begin anew rather than wait for the old time.
        return this.throttleRate === 0 || stamp < this.last || stamp - this.last >= this.throttleRate - STAMP_STEP
    }

    private drain(): void {
        this.timer = undefined
        const publication = this.queue.shift()
        if (publication === undefined) return
        this.send(publication)
        this.timer = this.scheduler.setTimeout(() => this.drain(), this.throttleRate)
    }

    private update(): void {
        const requests = [...this.requests.values()]
        const throttleRate = requests.length > 0 ? Math.min(...requests.map(request => request.throttleRate)) : 0
        // Without a throttle every message goes at once: there is nothing to queue.
        const queueLength = throttleRate > 0 ? Math.max(...requests.map(request => request.queueLength)) : 0
        this.throttleRate = throttleRate
        this.queueLength = queueLength
        const tightness = requests.map(({ compression }) => COMPRESSIONS.indexOf(compression))
        this.compression = COMPRESSIONS[Math.max(0, ...tightness)]
        this.fragmentSize = Math.min(...requests.map(request => request.fragmentSize), Infinity)
        while (this.queue.length > queueLength) this.queue.shift()
        if (queueLength === 0 && this.timer !== undefined) {
            this.scheduler.clearTimeout(this.timer)
            this.timer = undefined
        }
    }
}

let fragmented = 0

/** A text as rosbridge's `fragment` messages, in one buffer: a slow client loses all of them or none. */
export function fragments(text: string, size: number): Buffer {
    const id = `fragment-${++fragmented}`
    const total = Math.ceil(text.length / size)
    const pieces = Array.from({ length: total }, (_, num) => text.slice(num * size, (num + 1) * size))
    return Buffer.concat(pieces.map((data, num) => textFrame(JSON.stringify({ op: 'fragment', id, data, num, total }))))
}
