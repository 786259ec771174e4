import { open } from 'node:fs/promises'
import { RecordError } from './record-error'

const MAGIC = [0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a] // MCAP specification, section "Magic"

/** @throws RecordError `unreadable` when a file can't be read, or is no MCAP file */
export async function checkMagic(path: string): Promise<void> {
    const start = new Uint8Array(MAGIC.length)
    try {
        const handle = await open(path)
        try {
            await handle.read(start, 0, start.length, 0)
        } finally {
            await handle.close()
        }
    } catch (cause) {
        throw new RecordError('unreadable', `cannot read ${path}: ${(cause as Error).message}`, { cause })
    }
    if (!MAGIC.every((byte, i) => start[i] === byte)) {
        throw new RecordError('unreadable', `${path} is no MCAP file: it does not begin with the bytes that they do`)
    }
}
