import { McapIndexedReader, type McapTypes } from '@mcap/core'
import { parse } from '@foxglove/rosmsg'
import { MessageReader } from '@foxglove/rosmsg2-serialization'
import { readFile } from 'node:fs/promises'
import { decompressHandlers } from '../../src/record/compression'

/** A message of a recording, decoded with the schema that is in the file. */
export interface ReadMessage {
    topic: string
    sequence: number
    /** ns */
    logTime: bigint
    publishTime: bigint
    message: Record<string, unknown>
}

/** Opens a file by its index, as Foxglove and rosbag2 do. @throws Error when there is none */
export async function openIndexed(path: string): Promise<McapIndexedReader> {
    const bytes = await readFile(path)
    return McapIndexedReader.Initialize({
        readable: {
            size: async () => BigInt(bytes.length),
            read: async (offset, size) => bytes.subarray(Number(offset), Number(offset + size)),
        },
        decompressHandlers: await decompressHandlers(),
    })
}

/** Every message of a file, or those of some topics, in the order of their log times. */
export async function readMessages(path: string, topics?: string[]): Promise<ReadMessage[]> {
    const reader = await openIndexed(path)
    const decoders = new Map<number, MessageReader>()
    const messages: ReadMessage[] = []
    for await (const { channelId, sequence, logTime, publishTime, data } of reader.readMessages({ topics })) {
        const channel = reader.channelsById.get(channelId)!
        let decoder = decoders.get(channelId)
        if (decoder === undefined) {
            const schema = reader.schemasById.get(channel.schemaId)!
            decoder = new MessageReader(parse(new TextDecoder().decode(schema.data), { ros2: true }))
            decoders.set(channelId, decoder)
        }
        const message = decoder.readMessage<Record<string, unknown>>(data)
        messages.push({ topic: channel.topic, sequence, logTime, publishTime, message })
    }
    return messages
}

/** The ticks that a file has. */
export async function readTicks(path: string): Promise<number[]> {
    return (await readMessages(path, ['/ticks'])).map(({ message }) => message.tick as number)
}

/** The file's metadata records of a name, in order. */
export async function readMetadata(path: string, name: string): Promise<Record<string, string>[]> {
    const reader = await openIndexed(path)
    const found: Record<string, string>[] = []
    for await (const record of reader.readMetadata({ name })) found.push(Object.fromEntries(record.metadata))
    return found
}

/** Where the file's chunks end. */
export function chunkEnds(reader: McapIndexedReader): bigint[] {
    return reader.chunkIndexes.map(
        ({ chunkStartOffset, chunkLength }: McapTypes.ChunkIndex) => chunkStartOffset + chunkLength,
    )
}
