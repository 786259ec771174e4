const LONGEST = 1000 // messages

/** Messages between the socket and a reader that takes them when it likes. A full queue loses its oldest. */
export class MessageQueue {
    private readonly messages: unknown[] = []
    private ended = false
    private error: Error | undefined
    private wake = () => {}

    push(message: unknown): void {
        this.messages.push(message)
        if (this.messages.length > LONGEST) this.messages.shift()
        this.wake()
    }

    /** Ends the queue: after the messages in it, the reader gets the error or the end. */
    end(error?: Error): void {
        this.ended = true
        this.error ??= error
        this.wake()
    }

    /** The next message as soon as there is one; undefined at the end. */
    async next(): Promise<{ message: unknown } | undefined> {
        while (this.messages.length === 0 && !this.ended) await new Promise<void>(resolve => (this.wake = resolve))
        if (this.messages.length > 0) return { message: this.messages.shift() }
        if (this.error !== undefined) throw this.error
        return undefined
    }
}
