/** Samples a reader may lag behind before it loses the oldest: 10 s at 100 Hz. */
const CAPACITY = 1000

/** One reader's view of a stream: a bounded queue behind an async iterator. The writer never waits. */
export class StateStream<T> implements AsyncIterableIterator<T> {
    private readonly queue: T[] = []
    /** Calls of {@link next} that wait for a value, oldest first. */
    private readonly waiting: ((result: IteratorResult<T>) => void)[] = []
    private ended = false

    /** @param onEnd called once, when either side ends the stream */
    constructor(private readonly onEnd: () => void) {}

    push(value: T): void {
        if (this.ended) return
        const waiting = this.waiting.shift()
        if (waiting) {
            waiting({ value, done: false })
            return
        }
        if (this.queue.length === CAPACITY) this.queue.shift()
        this.queue.push(value)
    }

    end(): void {
        if (this.ended) return
        this.ended = true
        for (const waiting of this.waiting.splice(0)) waiting({ value: undefined, done: true })
        this.onEnd()
    }

    next(): Promise<IteratorResult<T>> {
        const value = this.queue.shift()
        if (value !== undefined) return Promise.resolve({ value, done: false })
        if (this.ended) return Promise.resolve({ value: undefined, done: true })
        return new Promise(resolve => this.waiting.push(resolve))
    }

    return(): Promise<IteratorResult<T>> {
        this.end()
        return Promise.resolve({ value: undefined, done: true })
    }

    [Symbol.asyncIterator](): this {
        return this
    }
}
