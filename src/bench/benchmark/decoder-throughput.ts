import { once } from 'node:events'
import { SlipDecoder, SlipEncoder } from '@serialport/parser-slip-encoder'
import { common, type MavLinkPacket, MavLinkPacketParser, MavLinkPacketSplitter, MavLinkProtocolV2 } from 'node-mavlink'
import { makeFrame } from '../../protocol/frame'
import { encodeFrame, FrameDecoder } from '../../protocol/usb-framing'
import { Random } from '../../sim/random'
import { type Repeated, repeated } from './repeated'

/** Bytes of each payload: about those of the rover's telemetry report. */
const PAYLOAD = 184
const FRAMES = 4000
/** Bytes of a chunk: what a serial port hands over at once is cut anywhere. */
const CHUNK = 1024
const REPETITIONS = 9

/** A decoder at work on a stream that holds {@link FRAMES} payloads. */
interface Contender {
    name: string
    /** What it does to each payload. */
    does: string
    chunks: Buffer[]
    /** Decodes all chunks; calls back with each payload's bytes, in memory that the receiver may keep. */
    decode(chunks: Buffer[], onPayload: (payload: Buffer) => void): Promise<void>
}

export interface DecoderThroughput {
    payloadBytes: number
    chunkBytes: number
    repetitions: number
    decoders: { name: string; does: string; megabytesPerSecond: Repeated }[]
}

/**
 * Payload bytes per second of wall time through each decoder, the same payloads for all, repetitions taking turns. Each
 * hands over payloads that may be kept. Uncounted: encoding, and one run of each in which every payload is compared.
 */
export async function measureDecoders(): Promise<DecoderThroughput> {
    const payloads = makePayloads()
    const contenders = [tendon(payloads), await slip(payloads), mavlink(payloads)]
    const rates: number[][] = contenders.map(() => [])
    for (const contender of contenders) await check(contender, payloads)
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
        for (const [i, { decode, chunks }] of contenders.entries()) {
            let count = 0
            const start = performance.now()
            await decode(chunks, () => count++)
            const seconds = (performance.now() - start) / 1000
            if (count !== FRAMES) throw new Error(`${contenders[i].name} gave ${count} payloads of ${FRAMES}`)
            rates[i].push((FRAMES * PAYLOAD) / 1e6 / seconds)
        }
    }
    return {
        payloadBytes: PAYLOAD,
        chunkBytes: CHUNK,
        repetitions: REPETITIONS,
        decoders: contenders.map(({ name, does }, i) => ({ name, does, megabytesPerSecond: repeated(rates[i]) })),
    }
}

/** Random bytes: every value means something in some framing. The last is not 0, which MAVLink would cut off. */
function makePayloads(): Buffer[] {
    const random = new Random(1)
    return Array.from({ length: FRAMES }, () => {
        const payload = Buffer.from(Array.from({ length: PAYLOAD }, () => random.next() & 0xff))
        payload[PAYLOAD - 1] |= 1
        return payload
    })
}

function cut(stream: Buffer[]): Buffer[] {
    const bytes = Buffer.concat(stream)
    return Array.from({ length: Math.ceil(bytes.length / CHUNK) }, (_, i) => bytes.subarray(i * CHUNK, (i + 1) * CHUNK))
}

async function check({ name, decode, chunks }: Contender, payloads: Buffer[]): Promise<void> {
    const decoded: Buffer[] = []
    await decode(chunks, payload => decoded.push(payload))
    const wrong = payloads.findIndex((payload, i) => !decoded[i]?.equals(payload))
    if (wrong >= 0 || decoded.length !== FRAMES) throw new Error(`${name} decoded payload ${wrong} wrongly`)
}

function tendon(payloads: Buffer[]): Contender {
    const deviceId = Buffer.from('0011223344556677', 'hex')
    return {
        name: 'tendon FrameDecoder',
        does: 'unframes, checks length and CRC-16, copies',
        chunks: cut(payloads.map(payload => encodeFrame(makeFrame(deviceId, 1, 0x1180, payload, 0)))),
        decode: async (chunks, onPayload) => {
            const decoder = new FrameDecoder()
            decoder.onFrame = frame => onPayload(Buffer.from(frame.subarray(16, 16 + frame[12])))
            for (const chunk of chunks) decoder.push(chunk)
        },
    }
}

async function slip(payloads: Buffer[]): Promise<Contender> {
    const encoder = new SlipEncoder()
    const encoded: Buffer[] = []
    encoder.on('data', (packet: Buffer) => encoded.push(packet))
    await feed(encoder, payloads, encoder)
    return {
        name: '@serialport/parser-slip-encoder',
        does: 'unframes (SLIP has no check sum), copies',
        chunks: cut(encoded),
        decode: async (chunks, onPayload) => {
            const decoder = new SlipDecoder()
            decoder.on('data', onPayload)
            await feed(decoder, chunks, decoder)
        },
    }
}

function mavlink(payloads: Buffer[]): Contender {
    const protocol = new MavLinkProtocolV2()
    const packets = payloads.map((payload, i) => {
        const message = new common.EncapsulatedData()
        message.seqnr = 1
        message.data = [...payload]
        return protocol.serialize(message, i & 0xff)
    })
    return {
        name: 'node-mavlink splitter and parser',
        does: 'unframes, checks length and CRC-16, reads the header, copies',
        chunks: cut(packets),
        decode: async (chunks, onPayload) => {
            const splitter = new MavLinkPacketSplitter()
            const parser = splitter.pipe(new MavLinkPacketParser())
            // Behind the message's sequence number.
            parser.on('data', (packet: MavLinkPacket) => onPayload(packet.payload.subarray(2, 2 + PAYLOAD)))
            await feed(splitter, chunks, parser)
        },
    }
}

/** Writes all chunks to a stream, as its back pressure allows, and waits for the last stream's end. */
async function feed(
    into: NodeJS.WritableStream,
    chunks: Buffer[],
    last: NodeJS.ReadableStream & NodeJS.EventEmitter,
): Promise<void> {
    const ended = once(last, 'end')
    for (const chunk of chunks) if (!into.write(chunk)) await once(into, 'drain')
    into.end()
    await ended
}
