import {
    closeSync,
    lstatSync,
    readdirSync,
    readlinkSync,
    renameSync,
    symlinkSync,
    unlinkSync,
    writeSync,
} from 'node:fs'
import type { ReadStream } from 'node:tty'
import * as nodePty from '@lydell/node-pty'
import { SerialPort } from 'serialport'

/** Most bytes that wait for a host which does not read; what comes on top is dropped, as on a board's USB. */
const BUFFER_BYTES = 16384
/** How long to wait before offering bytes again that the terminal did not take, ms. */
const RETRY_MS = 1

/** The board's end of the byte stream. */
export interface PtyStream {
    /** Sends bytes. Never throws; a closed stream, or one whose buffer is full, drops them. */
    write(bytes: Uint8Array): void
    onData: (chunk: Uint8Array) => void
    onClose: (reason?: Error) => void
    close(): Promise<void>
    /** Bytes written that the host's side has not taken yet. */
    readonly bufferedBytes: number
    /** Bytes dropped because the buffer was full. */
    readonly droppedBytes: number
}

/** A pseudo-terminal that the host opens like any serial port. */
export interface PtyPort {
    /** What the host opens. */
    readonly path: string
    readonly stream: PtyStream
    /** Unplugs: the host's port reports that it is gone. */
    close(): Promise<void>
}

/** What `open` of node-pty returns; its type declarations leave it out. */
interface PtyPair {
    /** The board's side. */
    readonly master: ReadStream
    /** The host's side, on which node-pty itself is listening. */
    readonly slave: ReadStream
    /** File descriptor of `master`. */
    readonly fd: number
    readonly ptsName: string
}
const { open } = nodePty as unknown as { open(options: { encoding: null }): PtyPair }

/**
 * Opens a pseudo-terminal: bytes written at one end come out at the other, all 256 values unchanged.
 *
 * @param options.link a symbolic link to make, so that a board that comes back, as another terminal, has the same path
 * @throws Error when something that is no link stands at `link`
 */
export async function openPty(options: { link?: string } = {}): Promise<PtyPort> {
    const { link } = options
    if (link !== undefined) checkLink(link)
    const pair = open({ encoding: null })
    // Opening it as a serial port makes it raw, for good: no echo, no line editing, no new-line translation. It stays open
    // because the board's end would break when the last host closes; it reads nothing and takes no lock.
    const hold = await SerialPort.binding.open({ path: pair.ptsName, baudRate: 115200, lock: false, hupcl: false })
    // node-pty reads what is meant for the host; its socket has to go, and the descriptor that the socket was made from.
    await closed(pair.slave)
    closeOthers(pair.ptsName, (hold as { fd?: number | null }).fd ?? -1)

    const stream = new PtyEnd(pair, async () => {
        if (link !== undefined) unlink(link, pair.ptsName)
        await closed(pair.master)
        await hold.close()
    })
    if (link !== undefined) {
        symlinkSync(pair.ptsName, `${link}.${process.pid}`)
        renameSync(`${link}.${process.pid}`, link)
    }
    return { path: link ?? pair.ptsName, stream, close: () => stream.close() }
}

class PtyEnd implements PtyStream {
    onData: (chunk: Uint8Array) => void = () => {}
    onClose: (reason?: Error) => void = () => {}
    bufferedBytes = 0
    droppedBytes = 0
    private readonly waiting: Uint8Array[] = []
    private retry: NodeJS.Timeout | undefined
    private closing: Promise<void> | undefined

    constructor(
        private readonly pair: PtyPair,
        private readonly release: () => Promise<void>,
    ) {
        pair.master.on('data', (chunk: Buffer) => this.onData(chunk))
        pair.master.on('error', error => void this.end(error))
    }

    write(bytes: Uint8Array): void {
        if (this.closing || bytes.length === 0) return
        if (this.bufferedBytes + bytes.length > BUFFER_BYTES) {
            this.droppedBytes += bytes.length
            return
        }
        this.waiting.push(bytes)
        this.bufferedBytes += bytes.length
        if (!this.retry) this.drain()
    }

    close(): Promise<void> {
        return this.end()
    }

    // Not through the socket: libuv writes to a terminal's master side blocking, and the host may be this process.
    private drain(): void {
        this.retry = undefined
        while (this.waiting.length > 0) {
            const bytes = this.waiting[0]
            const count = this.offer(bytes)
            if (count < 0) return
            this.bufferedBytes -= count
            if (count === bytes.length) {
                this.waiting.shift()
            } else {
                this.waiting[0] = bytes.subarray(count)
                this.retry = setTimeout(() => this.drain(), RETRY_MS)
                return
            }
        }
    }

    /** How many bytes the terminal took, -1 when it is gone. */
    private offer(bytes: Uint8Array): number {
        try {
            return writeSync(this.pair.fd, bytes)
        } catch (error) {
            if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0
            void this.end(error as Error)
            return -1
        }
    }

    private end(reason?: Error): Promise<void> {
        this.closing ??= (async () => {
            clearTimeout(this.retry)
            this.waiting.length = 0
            this.bufferedBytes = 0
            await this.release()
            this.onClose(reason)
        })()
        return this.closing
    }
}

function closed(socket: ReadStream): Promise<void> {
    return new Promise(resolve => {
        if (socket.closed) return resolve()
        socket.once('close', () => resolve())
        socket.destroy()
    })
}

/** Closes this process's descriptors of `path` except `keep`, where the system can tell them. */
function closeOthers(path: string, keep: number): void {
    let entries: string[] = []
    try {
        entries = readdirSync('/proc/self/fd')
    } catch {
        return // no such directory outside Linux: one descriptor stays open until the process ends
    }
    for (const entry of entries) {
        const fd = parseInt(entry, 10)
        if (fd !== keep && linkTarget(`/proc/self/fd/${entry}`) === path) closeSync(fd)
    }
}

function linkTarget(path: string): string | undefined {
    try {
        return readlinkSync(path)
    } catch {
        return undefined
    }
}

function checkLink(link: string): void {
    const found = lstatSync(link, { throwIfNoEntry: false })
    if (found && !found.isSymbolicLink()) throw new Error(`${link} exists and is no symbolic link: choose another path`)
}

function unlink(link: string, target: string): void {
    if (linkTarget(link) === target) unlinkSync(link)
}
