import { setTimeout as sleep } from 'node:timers/promises'
import type { BufferedByteStream } from '../host/serial-stream'

/** The ROM's speed, bit/s. */
export const ROM_BAUD = 115_200
const ATTEMPTS = 4
const ANSWER_MS = 120

/** "Serial Protocol" of Espressif's esptool documentation, SYNC: 0x07 0x07 0x12 0x20 and 32 times 0x55, in a SLIP frame. */
const SYNC = Buffer.from([
    0xc0,
    0,
    0x08,
    36,
    0,
    0,
    0,
    0,
    0,
    0x07,
    0x07,
    0x12,
    0x20,
    ...Array<number>(32).fill(0x55),
    0xc0,
])
/** A frame that answers it begins so. */
const ANSWER = Buffer.of(0xc0, 0x01, 0x08)

/** Whether an ESP32's ROM loader answers on a port that was opened at {@link ROM_BAUD}. Closes the port. */
export async function answersAsRomLoader(stream: BufferedByteStream): Promise<boolean> {
    let received = Buffer.alloc(0)
    stream.onData = chunk => (received = Buffer.concat([received, chunk]).subarray(-4096))
    try {
        for (let i = 0; i < ATTEMPTS && !received.includes(ANSWER); i++) {
            stream.write(SYNC)
            await sleep(ANSWER_MS)
        }
        return received.includes(ANSWER)
    } finally {
        await stream.close()
    }
}
