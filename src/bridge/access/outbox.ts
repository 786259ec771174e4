import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import type { SharedBatches } from './shared-batches'

/** What the doors count about samples, over all clients. */
export interface SampleCounts {
    /** Samples handed to the sockets. */
    samplesSent: number
    /** Samples that slow clients lost. */
    samplesDropped: number
    /** Bytes of the samples sent. */
    bytesSent: number
}

// Handed to the kernel at once, bytes. What waits behind it can still be dropped, or overtaken by an answer.
const BATCH = 64 * 1024
// Answers are few and small. A client that asks and asks and never reads is cut off at this multiple of the bound.
const CUT_OFF = 4

/**
 * The way out to one client, in two lanes. Answers go first and are never dropped. Samples wait while the client does not
 * read, the oldest making room for new ones, so that a slow client holds a bounded amount of memory and delays nobody.
 *
 * Frames come ready to send: those to clients are not masked, so that one sample has the same bytes for all of them. They
 * are written past the WebSocket object, which would frame them anew for each client; without compression it writes its
 * own frames whole and at once, so the two do not mix.
 */
export class Outbox {
    /** Told when the client begins to lose samples (undefined), and when it has caught up (how many it lost). */
    onLoss: (lost: number | undefined) => void = () => {}
    private answers: Buffer[] = []
    private answerBytes = 0
    private samples: Buffer[] = []
    private sampleBytes = 0
    private lost = 0
    private scheduled = false

    constructor(
        private readonly socket: WebSocket,
        private readonly connection: Socket,
        private readonly bound: number,
        private readonly counts: SampleCounts,
        private readonly shared: SharedBatches,
    ) {
        connection.on('drain', () => this.flush())
    }

    /** Bytes that wait for the client to read. */
    get waiting(): number {
        return this.answerBytes + this.sampleBytes + this.connection.writableLength
    }

    /** Sends a sample's frame, or drops and counts the oldest that wait. */
    sample(frame: Buffer): void {
        this.samples.push(frame)
        this.sampleBytes += frame.length
        if (this.sampleBytes > this.bound) this.dropOldest()
        this.schedule()
    }

    /** Sends an answer's frame, ahead of samples; ends the connection of a client that lets far too many pile up. */
    answer(frame: Buffer): void {
        if (this.answerBytes > CUT_OFF * this.bound) {
            this.socket.terminate()
            return
        }
        this.answers.push(frame)
        this.answerBytes += frame.length
        this.schedule()
    }

    private dropOldest(): void {
        let count = 0
        while (this.sampleBytes > this.bound && count < this.samples.length - 1) {
            this.sampleBytes -= this.samples[count++].length
        }
        if (count === 0) return
        this.samples.splice(0, count)
        this.counts.samplesDropped += count
        if (this.lost === 0) this.onLoss(undefined)
        this.lost += count
    }

    /** What comes in one turn, of all topics and ticks, leaves in one system call. */
    private schedule(): void {
        if (this.scheduled) return
        this.scheduled = true
        process.nextTick(() => this.flush())
    }

    private flush(): void {
        this.scheduled = false
        if (this.socket.readyState !== this.socket.OPEN) {
            this.answers = []
            this.samples = []
            this.answerBytes = this.sampleBytes = 0
            return
        }
        while (this.connection.writableLength === 0 && this.answers.length + this.samples.length > 0) {
            const batch = this.takeAnswers()
            this.takeSamples(batch)
            this.connection.write(this.shared.join(batch))
        }
        if (this.lost > 0 && this.samples.length === 0) {
            this.onLoss(this.lost)
            this.lost = 0
        }
    }

    private takeAnswers(): Buffer[] {
        const batch = this.answers
        this.answers = []
        this.answerBytes = 0
        return batch
    }

    private takeSamples(batch: Buffer[]): void {
        let bytes = 0
        let count = 0
        while (count < this.samples.length && bytes < BATCH) bytes += this.samples[count++].length
        if (count === 0) return
        const taken = count === this.samples.length ? this.samples : this.samples.splice(0, count)
        if (taken === this.samples) this.samples = []
        for (const frame of taken) batch.push(frame)
        this.sampleBytes -= bytes
        this.counts.samplesSent += count
        this.counts.bytesSent += bytes
    }
}
