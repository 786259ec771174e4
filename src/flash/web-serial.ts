import { SerialPort } from 'serialport'

/** A serial port as browsers have it, which is what `esptool-js` talks to, over the `serialport` package. */
export class WebSerialPort {
    readable: ReadableStream<Uint8Array> | null = null
    writable: WritableStream<Uint8Array> | null = null
    private port: SerialPort | undefined

    constructor(
        private readonly path: string,
        private readonly usb: { vendorId?: string; productId?: string } = {},
    ) {}

    getInfo(): { usbVendorId?: number; usbProductId?: number } {
        const { vendorId, productId } = this.usb
        if (vendorId === undefined || productId === undefined) return {}
        return { usbVendorId: parseInt(vendorId, 16), usbProductId: parseInt(productId, 16) }
    }

    async open({ baudRate }: { baudRate: number }): Promise<void> {
        const port = new SerialPort({ path: this.path, baudRate, autoOpen: false })
        await new Promise<void>((resolve, reject) => port.open(error => (error ? reject(error) : resolve())))
        this.port = port
        this.readable = new ReadableStream({
            start: controller => {
                port.on('data', (chunk: Buffer) => controller.enqueue(new Uint8Array(chunk)))
                // An unplugged board ends the stream; `esptool-js` then runs into its time limit.
                port.once('close', () => {
                    try {
                        controller.close()
                    } catch {
                        // Cancelled by the reader already.
                    }
                })
                port.on('error', () => undefined)
            },
        })
        this.writable = new WritableStream({
            write: chunk =>
                new Promise((resolve, reject) => {
                    if (!port.isOpen) reject(new Error('the port was closed'))
                    else port.write(Buffer.from(chunk), error => (error ? reject(error) : resolve()))
                }),
        })
    }

    /** Reset lines. A port without any (a pseudo-terminal) has its board reset by hand. */
    setSignals(signals: { dataTerminalReady?: boolean; requestToSend?: boolean }): Promise<void> {
        const { dataTerminalReady: dtr, requestToSend: rts } = signals
        return new Promise(resolve => {
            if (!this.port?.isOpen) resolve()
            else
                this.port.set({ ...(dtr !== undefined && { dtr }), ...(rts !== undefined && { rts }) }, () => resolve())
        })
    }

    setBaudRate(baudRate: number): Promise<void> {
        return new Promise((resolve, reject) =>
            (this.port as SerialPort).update({ baudRate }, error => (error ? reject(error) : resolve())),
        )
    }

    async close(): Promise<void> {
        const { port } = this
        this.readable = this.writable = null
        if (port?.isOpen) await new Promise<void>(resolve => port.close(() => resolve()))
    }
}
