import { McapStreamReader, McapWriter } from '@mcap/core'
import { open } from 'node:fs/promises'
import { AppendFile } from './append-file'
import { decompressHandlers, zstdCompression } from './compression'
import { checkMagic } from './magic'
import { RecordCopy } from './record-copy'

/** Bytes that are read at a time. */
const PIECE = 1024 * 1024

/** What a recording held. */
export interface Recovery {
    /** The recording was neither cut nor damaged. */
    whole: boolean
    messages: number
    chunks: number
    /** Bytes at the input's end that were left out. */
    bytesLeftOut: number
    /** What was wrong with them, when they are more than the beginning of a record. */
    damage?: string
}

/**
 * Writes what a recording holds, up to where it was cut or damaged, to a new file with index and footer.
 *
 * @throws RecordError `unreadable` when the input is no MCAP file, `exists`, `unwritable`, `disk-full`, `write`
 */
export async function recover(input: string, output: string): Promise<Recovery> {
    await checkMagic(input)
    const handlers = await decompressHandlers()
    const compressChunk = await zstdCompression()
    const file = await AppendFile.create(output)
    try {
        const writer = new McapWriter({ writable: file, compressChunk })
        const recovery = await copyRecords(input, new RecordCopy(writer), handlers)
        await writer.end()
        await file.sync()
        return recovery
    } finally {
        await file.close()
    }
}

type Handlers = Awaited<ReturnType<typeof decompressHandlers>>

async function copyRecords(input: string, copy: RecordCopy, decompressHandlers: Handlers): Promise<Recovery> {
    const reader = new McapStreamReader({ includeChunks: true, decompressHandlers })
    let size = 0
    /** Where the last good record ended. */
    let good = 0
    let damage: string | undefined
    for await (const piece of pieces(input)) {
        size += piece.length
        if (damage !== undefined || reader.done()) continue
        reader.append(piece)
        for (;;) {
            let record
            try {
                record = reader.nextRecord()
            } catch (error) {
                damage = (error as Error).message
                break
            }
            // Whether a chunk can be unpacked shows only with what comes after.
            if (record?.type !== 'Chunk') good = size - reader.bytesRemaining()
            if (record === undefined) break
            await copy.take(record)
        }
    }
    await copy.startIfNot()
    const { messages, chunks } = copy
    return { whole: reader.done(), messages, chunks, bytesLeftOut: size - good, damage }
}

async function* pieces(path: string): AsyncGenerator<Uint8Array> {
    const handle = await open(path)
    try {
        for (;;) {
            const { bytesRead, buffer } = await handle.read(new Uint8Array(PIECE), 0, PIECE)
            if (bytesRead === 0) return
            yield buffer.subarray(0, bytesRead)
        }
    } finally {
        await handle.close()
    }
}
