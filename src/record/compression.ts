import { Zstd } from '@hpcc-js/wasm-zstd'
import type { McapTypes, McapWriterOptions } from '@mcap/core'

/** How chunks are packed. */
export type CompressChunk = NonNullable<McapWriterOptions['compressChunk']>

/** Packs chunks with zstd at its default level. */
export async function zstdCompression(): Promise<CompressChunk> {
    const zstd = await Zstd.load()
    return data => ({ compression: 'zstd', compressedData: zstd.compress(data) })
}

/** What @mcap/core's readers need to read a recording. */
export async function decompressHandlers(): Promise<McapTypes.DecompressHandlers> {
    const zstd = await Zstd.load()
    return { zstd: bytes => zstd.decompress(bytes) }
}
