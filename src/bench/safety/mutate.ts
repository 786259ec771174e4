import { FRAME_HEADER, makeFrame, PACKET_HEADER } from '../../protocol/frame'
import { MAX_PAYLOAD } from '../../protocol/service'
import type { Random } from '../../sim/random'

const upTo = (random: Random, most: number) => Math.floor(random.uniform() * most)
const noise = (random: Random, length: number) => Buffer.from(Array.from({ length }, () => upTo(random, 256)))

/** Ways in which bytes of a frame, as they travel, come out wrong. Each is given a copy. */
const DAMAGES: ((bytes: Buffer, random: Random) => Buffer)[] = [
    // Some bits turned over.
    (bytes, random) => {
        for (let n = 1 + upTo(random, 8); n > 0; n--) bytes[upTo(random, bytes.length)] ^= 1 << upTo(random, 8)
        return bytes
    },
    // A run of bytes overwritten.
    (bytes, random) => {
        noise(random, 1 + upTo(random, bytes.length / 2)).copy(bytes, upTo(random, bytes.length))
        return bytes
    },
    // Bytes lost.
    (bytes, random) => {
        const at = upTo(random, bytes.length)
        return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + upTo(random, 8))])
    },
    // Bytes too many: noise, or a part that comes twice.
    (bytes, random) => {
        const at = upTo(random, bytes.length)
        const more = random.uniform() < 0.5 ? noise(random, 1 + upTo(random, 16)) : bytes.subarray(upTo(random, at))
        return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)])
    },
    // Cut off.
    (bytes, random) => bytes.subarray(0, upTo(random, bytes.length)),
    // Two bytes exchanged.
    (bytes, random) => {
        const [a, b] = [upTo(random, bytes.length), upTo(random, bytes.length)]
        ;[bytes[a], bytes[b]] = [bytes[b], bytes[a]]
        return bytes
    },
    // The second half of another one: a delimiter lost between two.
    (bytes, random) =>
        Buffer.concat([bytes.subarray(0, upTo(random, bytes.length)), bytes.subarray(upTo(random, bytes.length))]),
]

/** What a bad wire makes of an encoded frame: never the same bytes. */
export function damaged(bytes: Uint8Array, random: Random): Buffer {
    for (;;) {
        const mutant = DAMAGES[upTo(random, DAMAGES.length)](Buffer.from(bytes), random)
        if (!mutant.equals(bytes)) return mutant
    }
}

/**
 * A frame with one packet whose payload was cut, lengthened or filled with noise, its lengths and its checksum right: what only
 * the receiver's own look at the payload can refuse.
 */
export function sealed(frame: Buffer, random: Random): Buffer {
    const payload = payloadOf(frame)
    const kind = upTo(random, 3)
    if (kind === 0) return withPayload(frame, payload.subarray(0, upTo(random, payload.length)))
    const most = MAX_PAYLOAD - payload.length
    if (kind === 1) return withPayload(frame, Buffer.concat([payload, noise(random, upTo(random, most) + 1)]))
    return withPayload(frame, noise(random, upTo(random, MAX_PAYLOAD)))
}

/** The payload of a frame's first packet. */
export function payloadOf(frame: Buffer): Buffer {
    const at = FRAME_HEADER + PACKET_HEADER
    return frame.subarray(at, at + frame[FRAME_HEADER])
}

/** The frame with another payload, lengths and checksum right. */
export function withPayload(frame: Buffer, payload: Buffer): Buffer {
    const [index, command] = [frame[FRAME_HEADER + 1], frame.readUInt16LE(FRAME_HEADER + 2)]
    return makeFrame(frame.subarray(4, FRAME_HEADER), index, command, payload, frame[3])
}
