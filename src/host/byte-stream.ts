/** A two-way stream of bytes: a serial port, a pseudo-terminal or a simulated board in this process. */
export interface ByteStream {
    /** Sends bytes. Never throws; a closed stream drops them. */
    write(bytes: Uint8Array): void
    /** Set by the one user of the stream. Chunks arrive in order, cut anywhere. */
    onData: (chunk: Uint8Array) => void
    /** Set by the one user of the stream. Called once, when the stream ends for whatever reason. */
    onClose: (reason?: Error) => void
    close(): Promise<void>
}
