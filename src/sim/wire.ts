import type { VirtualClock } from './virtual-clock'

/** What happens to bytes on their way. */
export interface Disturbance {
    /** What becomes of a chunk: nothing, itself, changed bytes, several. */
    pass(chunk: Uint8Array): { bytes: Uint8Array; delayUs: number }[]
}

/** Bytes that a stalled reader's system keeps for it: the line discipline's buffer of a Linux terminal (n_tty.c, N_TTY_BUF_SIZE). */
const READER_BYTES = 4096
/** Writes that a stalled reader's other end has under way before its own program's buffer fills: ACM_NW of Linux's cdc-acm.h. */
const WRITES_UNDER_WAY = 16

/** One direction of a link: bytes come out in the order in which they went in, each chunk after a delay of its own. */
export class Wire {
    /** Bytes at the other end. The receiver may keep the chunk. */
    onBytes: (chunk: Uint8Array) => void = () => {}
    /** The reader has room again. */
    onRoom: () => void = () => {}
    /** Faults that act now, first to last. */
    readonly disturbances: Disturbance[] = []
    private readonly held: Uint8Array[] = []
    private heldBytes = 0
    private holds = 0
    private last = 0

    /** @param delayUs of the next chunk */
    constructor(
        private readonly clock: VirtualClock,
        private readonly delayUs: () => number,
    ) {}

    /** Bytes that may be written now: no end while the reader reads. */
    get room(): number {
        return this.holds > 0 ? Math.max(0, READER_BYTES - this.heldBytes) : Infinity
    }

    /** Bytes that the writer's program still has, because the reader takes none. */
    get backlog(): number {
        let bytes = 0
        for (let i = WRITES_UNDER_WAY; i < this.held.length; i++) bytes += this.held[i].length
        return bytes
    }

    write(bytes: Uint8Array): void {
        let chunks = [{ bytes, delayUs: 0 }]
        for (const disturbance of this.disturbances) {
            chunks = chunks.flatMap(chunk =>
                disturbance
                    .pass(chunk.bytes)
                    .map(({ bytes, delayUs }) => ({ bytes, delayUs: chunk.delayUs + delayUs })),
            )
        }
        for (const chunk of chunks) this.send(chunk.bytes, chunk.delayUs)
    }

    /** The reader stands still: what comes waits for it, until as many calls of {@link release}. */
    hold(): void {
        this.holds++
    }

    release(): void {
        if (--this.holds > 0) return
        this.heldBytes = 0
        for (const chunk of this.held.splice(0)) this.onBytes(chunk)
        this.onRoom()
    }

    private send(bytes: Uint8Array, laterUs: number): void {
        const time = this.clock.now + this.delayUs() + laterUs
        this.last = Math.max(this.last, time)
        this.clock.at(this.last, () => this.arrive(bytes))
    }

    private arrive(bytes: Uint8Array): void {
        if (this.holds > 0) {
            this.held.push(bytes)
            this.heldBytes += bytes.length
        } else this.onBytes(bytes)
    }
}
