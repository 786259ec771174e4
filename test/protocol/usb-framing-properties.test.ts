import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeFrame } from '../../src/protocol/frame'
import { encodeFrame, FrameDecoder } from '../../src/protocol/usb-framing'

// A fixed seed: the same streams in every run. With 16 bits of checksum, arbitrary damage passes once in 65536 times
// (frame.test.ts measures it), so no test may say "never" of arbitrary damage under a changing seed.
const runs = { seed: 20240611, numRuns: 300 }

const frame = fc
    .record({
        deviceId: fc.uint8Array({ minLength: 8, maxLength: 8 }),
        index: fc.integer({ min: 0, max: 0x3f }),
        command: fc.integer({ min: 0, max: 0xffff }),
        // 0xFE and the second bytes of sequences come as often as all others together.
        payload: fc.array(fc.oneof(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0xf8, max: 0xff })), {
            maxLength: 236,
        }),
    })
    .map(({ deviceId, index, command, payload }) => makeFrame(deviceId, index, command, Buffer.from(payload)))
/** Noise that holds no delimiter. */
const noise = fc
    .array(
        fc.integer({ min: 0, max: 255 }).filter(byte => byte !== 0xfe),
        { maxLength: 40 },
    )
    .map(Buffer.from)
const wild = fc.array(
    fc.oneof(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0xf8, max: 0xff }), fc.constant(0xfe)),
    { maxLength: 600 },
)

interface Outcome {
    frames: string[]
    log: string
    counters: number[]
}

function decode(chunks: Iterable<Buffer>): Outcome {
    const decoder = new FrameDecoder()
    const frames: string[] = []
    let log = ''
    decoder.onFrame = (bytes, length) => frames.push(bytes.toString('hex', 0, length))
    decoder.onLog = (bytes, from, to) => {
        for (let i = from; i < to; i++) log += String.fromCharCode(bytes[i])
    }
    for (const chunk of chunks) decoder.push(chunk)
    decoder.end()
    const { crcErrors, framingErrors, bytesDiscarded, frameGaps, logGaps } = decoder
    return { frames, log, counters: [decoder.frames, crcErrors, framingErrors, bytesDiscarded, frameGaps, logGaps] }
}

/** `bytes` in pieces of the lengths given, over and over. */
function* cut(bytes: Buffer, lengths: number[]): Generator<Buffer> {
    for (let at = 0, i = 0; at < bytes.length; i++) {
        const length = lengths[i % lengths.length]
        yield bytes.subarray(at, at + length)
        at += length
    }
}
const lengths = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 5 })

test('frames with noise between them come out whole and in order, and the noise as text', () => {
    fc.assert(
        fc.property(fc.array(fc.tuple(noise, frame), { maxLength: 8 }), noise, lengths, (parts, last, pieces) => {
            const stream = Buffer.concat([...parts.flatMap(([text, sent]) => [text, encodeFrame(sent)]), last])
            const { frames, log, counters } = decode(cut(stream, pieces))
            expect(frames).toEqual(parts.map(([, sent]) => sent.toString('hex')))
            expect(log).toBe(Buffer.concat([...parts.map(([text]) => text), last]).toString('latin1'))
            expect(counters).toEqual([parts.length, 0, 0, 0, 0, 0])
        }),
        runs,
    )
})

test('how the stream is cut into chunks makes no difference, whatever it holds', () => {
    fc.assert(
        fc.property(
            fc.array(fc.oneof(frame.map(encodeFrame), wild.map(Buffer.from)), { maxLength: 6 }),
            lengths,
            (parts, pieces) => {
                const stream = Buffer.concat(parts)
                const whole = decode([stream])
                expect(decode(cut(stream, pieces))).toEqual(whole)
                expect(decode(cut(stream, [1]))).toEqual(whole)
            },
        ),
        runs,
    )
})

test('no byte of a stream is counted twice', () => {
    fc.assert(
        fc.property(fc.array(fc.oneof(frame.map(encodeFrame), wild.map(Buffer.from)), { maxLength: 6 }), parts => {
            const stream = Buffer.concat(parts)
            const { frames, log, counters } = decode([stream])
            const delivered = frames.reduce((sum, text) => sum + encodeFrame(Buffer.from(text, 'hex')).length, 0)
            const accounted = delivered + log.length + counters[3] + 2 * (counters[4] + counters[5])
            expect(accounted).toBeLessThanOrEqual(stream.length)
            // What is missing are the second bytes of 0xFE sequences in text.
            expect(stream.length - accounted).toBeLessThanOrEqual([...log].filter(c => c === '\xfe').length)
        }),
        runs,
    )
})

test('a burst of up to 16 bits yields no frame that was not sent, and harms its neighbours only where it touches them', () => {
    const burst = fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        bits: fc.integer({ min: 1, max: 0xffff }),
    })
    fc.assert(
        fc.property(fc.array(frame, { minLength: 3, maxLength: 3 }), burst, (sent, { at, bits }) => {
            const [before, hit, after] = sent.map(encodeFrame)
            const damaged = Buffer.from(hit)
            // Inside the middle frame's bytes, its delimiters included.
            const bit = Math.floor(at * (damaged.length * 8 - 16))
            for (let i = 0; i < 16; i++) if (bits & (1 << i)) damaged[(bit + i) >> 3] ^= 1 << ((bit + i) & 7)
            const { frames, counters } = decode([Buffer.concat([before, damaged, after])])
            expect(frames).toEqual([sent[0], sent[2]].map(each => each.toString('hex')))
            expect(counters[1] + counters[2]).toBeGreaterThan(0)
        }),
        { ...runs, numRuns: 3000 },
    )
})

test('a stream that is cut anywhere and goes on elsewhere loses at most the frames that were cut', () => {
    fc.assert(
        fc.property(
            fc.array(frame, { minLength: 4, maxLength: 4 }),
            fc.integer({ min: 0, max: 1000 }),
            fc.integer({ min: 0, max: 1000 }),
            (sent, first, second) => {
                const [a, b, c, d] = sent.map(encodeFrame)
                // The last part of b and the first part of c are missing.
                const stream = Buffer.concat([a, b.subarray(0, first % b.length), c.subarray(second % c.length), d])
                const { frames } = decode([stream])
                const texts = sent.map(each => each.toString('hex'))
                expect(frames[0]).toBe(texts[0])
                expect(frames[frames.length - 1]).toBe(texts[3])
                // One of the two may be whole: when nothing of it was cut, or the seam itself makes its delimiter.
                const middle = frames.slice(1, -1)
                expect(middle.length).toBeLessThanOrEqual(1)
                for (const text of middle) expect([texts[1], texts[2]]).toContain(text)
            },
        ),
        { ...runs, numRuns: 1000 },
    )
})
