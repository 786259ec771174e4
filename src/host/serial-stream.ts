import { SerialPort } from 'serialport'
import type { ByteStream } from './byte-stream'
import { describePorts, listPorts } from './ports'
import { RobotError } from './robot'

/**
 * Speed of an ESP32's UART in the DeviceScript runtime, bit/s, which Jacdac's own serial transport uses, too (usbbridge.md asks
 * for 1 Mbaud or more). A board with USB of its own ignores it.
 */
export const DEFAULT_BAUD_RATE = 1_500_000

/** A byte stream that tells how much of what was written still waits. */
export interface BufferedByteStream extends ByteStream {
    /** Bytes written that the system has not taken yet. */
    readonly bufferedBytes?: number
}

/**
 * Opens a serial port, or a pseudo-terminal, by path. The stream ends when the port is closed or unplugged; on Linux an
 * unplugged port may show it only at the next write.
 *
 * @param options.baudRate bit/s
 * @throws RobotError `no-port`, saying why and what to do
 */
export async function openSerial(path: string, options: { baudRate?: number } = {}): Promise<BufferedByteStream> {
    const { baudRate = DEFAULT_BAUD_RATE } = options
    const port = new SerialPort({ path, baudRate, autoOpen: false })
    const failure = await new Promise<Error | null>(resolve => port.open(error => resolve(error ?? null)))
    if (failure) throw new RobotError('no-port', await explain(path, failure), { cause: failure })
    return new SerialStream(port)
}

class SerialStream implements BufferedByteStream {
    onData: (chunk: Uint8Array) => void = () => {}
    onClose: (reason?: Error) => void = () => {}
    private readonly closed: Promise<void>
    private reason: Error | undefined

    constructor(private readonly port: SerialPort) {
        port.on('data', (chunk: Buffer) => this.onData(chunk))
        // A failed write closes the port by itself; any other error leaves it in no state to go on.
        port.on('error', (error: Error) => {
            this.reason ??= error
            void this.close()
        })
        this.closed = new Promise(resolve =>
            port.once('close', (error: Error | null) => {
                resolve()
                this.onClose(error ?? this.reason)
            }),
        )
    }

    get bufferedBytes(): number {
        return this.port.writableLength
    }

    write(bytes: Uint8Array): void {
        if (this.port.isOpen) this.port.write(bytes)
    }

    close(): Promise<void> {
        if (this.port.isOpen) this.port.close()
        return this.closed
    }
}

/** What went wrong when opening `path`, and what to do about it. */
async function explain(path: string, failure: Error): Promise<string> {
    const cause = failure.message.replace(/^Error:?\s*/, '')
    return `Cannot open serial port ${path}: ${cause}. ${await remedy(cause)}`
}

async function remedy(cause: string): Promise<string> {
    if (/permission denied|access denied/i.test(cause)) {
        return process.platform === 'linux'
            ? 'Add yourself to the group that owns the port (often: sudo usermod -aG dialout $USER) and log in again.'
            : 'Close the program that uses the port, or run with the right to open it.'
    }
    if (/cannot lock|resource busy|temporarily unavailable/i.test(cause)) {
        return 'Another program has the port open (a serial monitor, another bridge): close it.'
    }
    if (/no such file|not found/i.test(cause)) {
        return `Serial ports that exist: ${describePorts(await listPorts())}.`
    }
    return `This is no serial port, or not one with these settings. Serial ports that exist: ${describePorts(await listPorts())}.`
}
