import { McapIndexedReader } from '@mcap/core'
import { parse } from '@foxglove/rosmsg'
import { MessageReader } from '@foxglove/rosmsg2-serialization'
import { type FileHandle, open } from 'node:fs/promises'
import { decompressHandlers } from './compression'
import { checkMagic } from './magic'
import { RecordError } from './record-error'

/** A message as it is in the file. */
export interface RecordedMessage {
    topic: string
    sequence: number
    /** When the host had it, ns since the Unix epoch. */
    logTime: bigint
    /** When it was, ns since the Unix epoch. */
    publishTime: bigint
    data: Uint8Array
}

/** A topic of a recording, with the definition of its messages. */
export interface RecordedTopic {
    name: string
    /** ROS 2 spelling: `pkg/msg/Name` */
    type: string
    definitions: MessageDefinitions
    decode(data: Uint8Array): Record<string, unknown>
}

export type MessageDefinitions = ReturnType<typeof parse>

/** A whole recording, read by its index. */
export class RecordingFile {
    readonly topics: ReadonlyMap<string, RecordedTopic>

    private constructor(
        private readonly handle: FileHandle,
        private readonly reader: McapIndexedReader,
    ) {
        const topics = new Map<string, RecordedTopic>()
        for (const { topic, schemaId, messageEncoding } of reader.channelsById.values()) {
            const schema = reader.schemasById.get(schemaId)
            if (schema === undefined || messageEncoding !== 'cdr' || schema.encoding !== 'ros2msg') continue
            const definitions = parse(new TextDecoder().decode(schema.data), { ros2: true })
            const decoder = new MessageReader(definitions)
            const decode = (data: Uint8Array) => decoder.readMessage<Record<string, unknown>>(data)
            topics.set(topic, { name: topic, type: schema.name, definitions, decode })
        }
        this.topics = topics
    }

    /** @throws RecordError `unreadable` when it is no MCAP file, or has no index because it was cut */
    static async open(path: string): Promise<RecordingFile> {
        await checkMagic(path)
        const handle = await open(path)
        try {
            const readable = {
                size: async () => BigInt((await handle.stat()).size),
                read: async (offset: bigint, size: bigint) => {
                    const bytes = new Uint8Array(Number(size))
                    await handle.read(bytes, 0, bytes.length, Number(offset))
                    return bytes
                },
            }
            const handlers = await decompressHandlers()
            const reader = await McapIndexedReader.Initialize({ readable, decompressHandlers: handlers })
            return new RecordingFile(handle, reader)
        } catch (cause) {
            await handle.close()
            const { message } = cause as Error
            // The same bytes are at a file's end as at its beginning, which is right.
            const why = /Expected MCAP magic/.test(message)
                ? 'has no index: it was cut, or is still being written'
                : `cannot be read by its index (${message})`
            const text = `${path} ${why}. Mend it with: tendon recover ${path} <new file>`
            throw new RecordError('unreadable', text, { cause })
        }
    }

    /** Messages in the order of their log times, of some topics or of all that can be decoded. */
    async *messages(topics: Iterable<string> = this.topics.keys()): AsyncGenerator<RecordedMessage> {
        for await (const message of this.reader.readMessages({ topics: [...topics] })) {
            const { topic } = this.reader.channelsById.get(message.channelId)!
            const { sequence, logTime, publishTime, data } = message
            yield { topic, sequence, logTime, publishTime, data }
        }
    }

    /** When its first message was received, s since the Unix epoch; 0 of a file without messages. */
    get startTime(): number {
        return Number(this.reader.statistics?.messageStartTime ?? 0n) / 1e9
    }

    /** The metadata records of this name, in order. */
    async *metadataRecords(name: string): AsyncGenerator<ReadonlyMap<string, string>> {
        for await (const { metadata } of this.reader.readMetadata({ name })) yield metadata
    }

    /** The first of them. */
    async metadata(name: string): Promise<ReadonlyMap<string, string> | undefined> {
        for await (const metadata of this.metadataRecords(name)) return metadata
        return undefined
    }

    async close(): Promise<void> {
        await this.handle.close()
    }
}
