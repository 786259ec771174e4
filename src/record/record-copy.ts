import type { McapTypes, McapWriter } from '@mcap/core'

/** Takes a file's records in their order and writes them anew, with numbers of its own for schemas and channels. */
export class RecordCopy {
    messages = 0
    chunks = 0
    private started = false
    /** Our numbers by those of the file. 0 is no schema. */
    private readonly schemas = new Map([[0, 0]])
    private readonly channels = new Map<number, number>()

    constructor(private readonly writer: McapWriter) {}

    /** What is no data (indexes, statistics, footer) is left to the writer, which makes it anew. */
    async take(record: McapTypes.TypedMcapRecord): Promise<void> {
        switch (record.type) {
            case 'Header':
                await this.writer.start({ profile: record.profile, library: record.library })
                this.started = true
                break
            case 'Chunk':
                this.chunks++
                break
            case 'Schema':
                // Each is in the file twice, the second time in its summary.
                if (!this.schemas.has(record.id)) this.schemas.set(record.id, await this.writer.registerSchema(record))
                break
            case 'Channel':
                if (!this.channels.has(record.id)) {
                    const schemaId = this.schemas.get(record.schemaId) ?? 0
                    this.channels.set(record.id, await this.writer.registerChannel({ ...record, schemaId }))
                }
                break
            case 'Message':
                await this.writer.addMessage({ ...record, channelId: this.channels.get(record.channelId)! })
                this.messages++
                break
            case 'Metadata':
                await this.writer.addMetadata(record)
                break
            case 'Attachment':
                await this.writer.addAttachment(record)
        }
    }

    /** For a file that was cut within its header. */
    async startIfNot(): Promise<void> {
        if (!this.started) await this.writer.start()
        this.started = true
    }
}
