const BURST = 10 // s of the rate that may come at once
const BYTES = 4096 // that count as one message
/** Messages over the rate after which a client is cut off, as a multiple of what may come at once. */
const PATIENCE = 2

/** How much one client may send: messages and bytes fill a bucket that empties at the allowed rate. */
export class RateLimit {
    private level = 0
    private last: number
    private over = 0

    /**
     * @param rate messages a second; each 4 KiB of a message count as one
     * @param now ms
     */
    constructor(
        private readonly rate: number,
        now: number,
    ) {
        this.last = now
    }

    /** What to do with a message of `bytes` at `now` (ms): take it, refuse it, or cut the client off. */
    take(bytes: number, now: number): 'take' | 'refuse' | 'cut off' {
        this.level = Math.max(0, this.level - ((now - this.last) / 1000) * this.rate)
        if (this.level === 0) this.over = 0
        this.last = now
        if (this.level < this.rate * BURST) {
            this.level += Math.max(1, bytes / BYTES)
            return 'take'
        }
        return ++this.over > PATIENCE * this.rate * BURST ? 'cut off' : 'refuse'
    }
}
