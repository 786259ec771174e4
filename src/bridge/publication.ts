import { binaryFrame, textFrame } from './access/frame'
import { publishCbor, publishCborRaw } from './ros/cbor'
import { messageCodec } from './ros/cdr'
import type { Topic } from './topics'

const MESSAGE_DATA = 1 // binary opcode of foxglove.websocket.v1
const MESSAGE_DATA_HEADER = 13 // opcode u8, subscription u32, time u64

/**
 * One message of a topic, on its way to every client that asked for it. Each form is made when the first client needs it,
 * and shared by all the others.
 */
export class Publication {
    private jsonText: string | undefined
    private jsonFrame: Buffer | undefined
    private cborFrame: Buffer | undefined
    private cborRawFrame: Buffer | undefined
    private cdrBytes: Uint8Array | undefined
    private foxgloveFrames: Map<number, Buffer> | undefined

    /**
     * @param stamp the sample's time, ms since the Unix epoch
     * @param onEncode called for each form that is made
     */
    constructor(
        readonly topic: Topic,
        readonly message: object,
        readonly stamp: number,
        private readonly onEncode: () => void,
    ) {}

    /** rosbridge's `publish` as text. */
    text(): string {
        if (this.jsonText === undefined) {
            this.onEncode()
            this.jsonText = `{"op":"publish","topic":"${this.topic.name}","msg":${JSON.stringify(this.message)}}`
        }
        return this.jsonText
    }

    json(): Buffer {
        return (this.jsonFrame ??= textFrame(this.text()))
    }

    /** rosbridge's `publish` in CBOR, numbers that JSON has not included. */
    cbor(): Buffer {
        if (this.cborFrame === undefined) {
            this.onEncode()
            this.cborFrame = binaryFrame(publishCbor(this.topic.name, this.topic.type, this.message))
        }
        return this.cborFrame
    }

    /** rosbridge's `publish` in CBOR with the message's CDR bytes in it. */
    cborRaw(): Buffer {
        if (this.cborRawFrame === undefined) {
            this.onEncode()
            this.cborRawFrame = binaryFrame(publishCborRaw(this.topic.name, this.stamp, this.cdr()))
        }
        return this.cborRawFrame
    }

    /** Foxglove's message data for a subscription. Clients number their subscriptions themselves, mostly alike. */
    foxglove(subscription: number): Buffer {
        this.foxgloveFrames ??= new Map()
        let frame = this.foxgloveFrames.get(subscription)
        if (frame === undefined) {
            const header = Buffer.allocUnsafe(MESSAGE_DATA_HEADER)
            header[0] = MESSAGE_DATA
            header.writeUInt32LE(subscription, 1)
            header.writeBigUInt64LE(nanoseconds(this.stamp), 5)
            frame = binaryFrame(header, this.cdr())
            this.foxgloveFrames.set(subscription, frame)
        }
        return frame
    }

    private cdr(): Uint8Array {
        if (this.cdrBytes === undefined) {
            this.onEncode()
            this.cdrBytes = messageCodec(this.topic.type).encode(this.message)
        }
        return this.cdrBytes
    }
}

/** ms as ns, good to a microsecond. */
export function nanoseconds(ms: number): bigint {
    return BigInt(Math.round(ms * 1000)) * 1000n
}
