import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ESPLoader, type FlashSizeValues, Transport } from 'esptool-js'
import type { BoardImage } from './board-image'
import { FlashError } from './flash-error'
import { WebSerialPort } from './web-serial'

/** The ROM's speed, and the one that is asked for once its loader runs, bit/s. */
const ROM_BAUD = 115_200
const FAST_BAUD = 460_800

export interface EspFlashOptions {
    onProgress?: (written: number, total: number) => void
    /** What goes on, for people. */
    onStep?: (text: string) => void
    /** USB ids of the port, which tell how the chip is reset. */
    usb?: { vendorId?: string; productId?: string }
    /** How often the chip is reset and called (default 7). */
    attempts?: number
    /** Whether Espressif's loader is uploaded first (default true); the ROM's own is slower. */
    stub?: boolean
}

/**
 * Writes an image through the ROM loader of an ESP32 kind, has the chip compute the MD5 of what it holds, and restarts it.
 * Nothing is written before the chip has said that it is the image's kind and that its flash is large enough.
 *
 * @throws FlashError `no-board`, `wrong-chip`, `transfer`, `verify`
 */
export async function flashEsp(path: string, image: BoardImage, options: EspFlashOptions = {}): Promise<void> {
    const { chip } = image
    if (chip.format !== 'bin') throw new RangeError(`${chip.name} has no serial loader`)
    const device = new WebSerialPort(path, options.usb)
    const transport = new Transport(device as unknown as ConstructorParameters<typeof Transport>[0])
    // It would print to the console whatever it is told.
    transport.trace = () => undefined
    const silent = { clean: () => undefined, write: () => undefined, writeLine: () => undefined }
    const loader = new ESPLoader({ transport, baudrate: FAST_BAUD, romBaudrate: ROM_BAUD, terminal: silent })
    try {
        options.onStep?.(`calling the chip on ${path}`)
        await connect(loader, path, options.attempts)
        if (loader.chip.CHIP_NAME !== chip.espName) {
            throw new FlashError(
                'wrong-chip',
                `the chip on ${path} is an ${loader.chip.CHIP_NAME}, the image for board ${image.board} is for ${chip.espName}. Nothing was written.`,
            )
        }
        await write(loader, image, chip.imageAddress, options)
        options.onStep?.('verified; restarting the chip')
        await restart(device)
    } finally {
        await transport.disconnect().catch(() => undefined)
        await device.close()
    }
}

async function connect(loader: ESPLoader, path: string, attempts = 7): Promise<void> {
    try {
        await loader.connect('default_reset', attempts, true)
    } catch (error) {
        throw new FlashError(
            'no-board',
            `no ROM loader answers on ${path} (${(error as Error).message}): hold BOOT, press and release EN (or RESET), ` +
                'release BOOT, and run the same command again',
            { cause: error },
        )
    }
}

async function write(loader: ESPLoader, image: BoardImage, address: number, options: EspFlashOptions): Promise<void> {
    const { data } = image.regions[0]
    try {
        if (options.stub ?? true) {
            options.onStep?.("uploading Espressif's loader")
            await loader.runStub()
            await loader.changeBaud()
        }
        const size = await loader.detectFlashSize()
        if (size === undefined || loader.flashSizeBytes(size as FlashSizeValues) < address + data.length) {
            throw new FlashError(
                'wrong-chip',
                `the chip's flash is ${size ?? 'of unknown size'}, the image ends at ${address + data.length} bytes. Nothing was written.`,
            )
        }
        options.onStep?.(`writing ${data.length} bytes`)
        await loader.writeFlash({
            fileArray: [{ data, address }],
            flashMode: 'keep',
            flashFreq: 'keep',
            flashSize: 'keep',
            eraseAll: false,
            compress: true,
            reportProgress: (_, written, total) => options.onProgress?.(written, total),
            calculateMD5Hash: bytes => createHash('md5').update(bytes).digest('hex'),
        })
    } catch (error) {
        if (error instanceof FlashError) throw error
        const { message } = error as Error
        if (/MD5/.test(message)) {
            throw new FlashError(
                'verify',
                'the flash does not hold what was written (MD5 differs): run the same command again',
                { cause: error },
            )
        }
        throw new FlashError('transfer', `the chip stopped answering (${message}): run the same command again`, {
            cause: error,
        })
    }
}

/** EN low for a moment, through the RTS line. */
async function restart(device: WebSerialPort): Promise<void> {
    await device.setSignals({ dataTerminalReady: false, requestToSend: true })
    await sleep(100)
    await device.setSignals({ dataTerminalReady: false, requestToSend: false })
}
