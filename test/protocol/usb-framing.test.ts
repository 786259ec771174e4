import { describe, expect, test } from 'vitest'
import { makeFrame, MAX_FRAME, setFrameCrc } from '../../src/protocol/frame'
import { encodeFrame, FrameDecoder } from '../../src/protocol/usb-framing'

const deviceId = Buffer.from('0123456789abcdef', 'hex')
const short = makeFrame(deviceId, 1, 0x80)
const long = makeFrame(deviceId, 2, 0x81, Buffer.alloc(236, 7))

/** What comes of a stream, given in chunks. */
function decode(...chunks: (Buffer | string)[]) {
    const decoder = new FrameDecoder()
    const frames: string[] = []
    let log = ''
    decoder.onFrame = (frame, length) => frames.push(frame.toString('hex', 0, length))
    decoder.onLog = (bytes, from, to) => {
        for (let i = from; i < to; i++) log += String.fromCharCode(bytes[i])
    }
    for (const chunk of chunks) decoder.push(typeof chunk === 'string' ? Buffer.from(chunk, 'hex') : chunk)
    return { decoder, frames, log, truncated: decoder.end() }
}

const hex = (frame: Buffer) => frame.toString('hex')

describe('encoding', () => {
    test('puts delimiters around a frame', () => {
        expect(hex(encodeFrame(short))).toBe('fefc' + hex(short) + 'fefd')
    })

    test('escapes each 0xFE', () => {
        expect(hex(encodeFrame(Buffer.of(0xfe, 1, 0xfe, 0xfe, 0xff, 0xf8)))).toBe('fefcfef801fef8fef8fff8fefd')
    })
})

describe('decoding', () => {
    test('delivers a frame', () => {
        const { frames, decoder, log } = decode(encodeFrame(long))
        expect(frames).toEqual([hex(long)])
        expect(decoder).toMatchObject({ frames: 1, crcErrors: 0, framingErrors: 0, bytesDiscarded: 0 })
        expect(log).toBe('')
    })

    test('delivers two frames of one chunk, in order', () => {
        expect(decode(Buffer.concat([encodeFrame(short), encodeFrame(long)])).frames).toEqual([hex(short), hex(long)])
    })

    test('delivers frames that come byte by byte', () => {
        const stream = Buffer.concat([encodeFrame(long), encodeFrame(short)])
        expect(decode(...[...stream].map(byte => Buffer.of(byte))).frames).toEqual([hex(long), hex(short)])
    })

    test('finds delimiters and escapes that are split between chunks', () => {
        const frame = makeFrame(deviceId, 1, 1, Buffer.alloc(6, 0xfe))
        const stream = encodeFrame(frame)
        for (let cut = 1; cut < stream.length; cut++) {
            expect(decode(stream.subarray(0, cut), stream.subarray(cut)).frames).toEqual([hex(frame)])
        }
    })

    test('delivers the longest frame when every byte of its payload is escaped', () => {
        const frame = makeFrame(Buffer.alloc(8, 0xfe), 0x3d, 0xfefe, Buffer.alloc(236, 0xfe))
        expect(frame.length).toBe(MAX_FRAME)
        expect(encodeFrame(frame).length).toBeGreaterThanOrEqual(MAX_FRAME + 4 + 236 + 8 + 2)
        expect(decode(encodeFrame(frame)).frames).toEqual([hex(frame)])
    })

    test('hands on log text between frames, cut as it comes', () => {
        const { log, frames } = decode(
            Buffer.from('boot'),
            encodeFrame(short),
            Buffer.from(' ok\n'),
            encodeFrame(short),
        )
        expect(log).toBe('boot ok\n')
        expect(frames.length).toBe(2)
    })

    test.each([
        ['an escaped 0xFE', 'fef8', '\xfe'],
        ['an unknown sequence', 'fe41', '\xfeA'],
        ['two 0xFE and a letter', 'fefe41', '\xfe\xfeA'],
    ])('takes %s outside a frame as text', (_, bytes, text) => {
        expect(decode(bytes).log).toBe(text)
    })

    test('takes the second of two 0xFE as the first byte of a delimiter', () => {
        const { frames, log } = decode('fe', encodeFrame(short))
        expect(frames).toEqual([hex(short)])
        expect(log).toBe('\xfe')
    })

    test('counts gap marks, between frames and inside one, and ignores the reserved sequence', () => {
        const stream = encodeFrame(short)
        const { decoder, frames } = decode('fefbfefafef9', stream.subarray(0, 6), 'fefbfef9', stream.subarray(6))
        expect(decoder).toMatchObject({ frameGaps: 2, logGaps: 1, framingErrors: 0 })
        expect(frames).toEqual([hex(short)])
    })
})

describe('damage', () => {
    /** The damaged bytes are discarded and counted, the frame after them is delivered. */
    test.each([
        ['a bad checksum', () => encodeFrame(flip(short, 5)), { crcErrors: 1, framingErrors: 0 }, 20],
        ['a size byte that says more', () => encodeFrame(flip(short, 2)), { crcErrors: 0, framingErrors: 1 }, 20],
        ['a missing byte', () => without(encodeFrame(short), 9), { crcErrors: 0, framingErrors: 1 }, 19],
        ['a missing end', () => encodeFrame(short).subarray(0, 18), { crcErrors: 0, framingErrors: 1 }, 18],
        ['an end alone', () => Buffer.of(0xfe, 0xfd), { crcErrors: 0, framingErrors: 1 }, 2],
        ['an undefined sequence', () => patched(6, 0xfe, 0x00), { crcErrors: 0, framingErrors: 1 }, 20],
        ['two 0xFE inside', () => patched(6, 0xfe, 0xfe), { crcErrors: 0, framingErrors: 1 }, 20],
        ['an end inside', () => patched(6, 0xfe, 0xfd), { crcErrors: 0, framingErrors: 2 }, 10],
        ['a frame too long', () => overlong(), { crcErrors: 0, framingErrors: 1 }, 304],
        ['a frame without a packet', () => emptyFrame(), { crcErrors: 0, framingErrors: 1 }, 16],
    ])('%s is discarded and counted, and the next frame delivered', (_, damaged, counters, discarded) => {
        const { decoder, frames } = decode(damaged(), encodeFrame(long))
        expect(frames).toEqual([hex(long)])
        expect(decoder).toMatchObject({ ...counters, bytesDiscarded: discarded })
        const split = decode(...[...damaged(), ...encodeFrame(long)].map(byte => Buffer.of(byte)))
        expect(split.frames).toEqual([hex(long)])
        expect(split.decoder).toMatchObject({ ...counters, bytesDiscarded: discarded })
    })

    test('after an end inside a frame, the frame’s rest counts as text and the second end as stray', () => {
        const damaged = patched(6, 0xfe, 0xfd)
        const { log, decoder } = decode(damaged)
        expect(log.length).toBe(10)
        expect(decoder.bytesDiscarded + log.length).toBe(damaged.length)
    })

    test('what follows a broken frame is not taken for text before the next delimiter', () => {
        expect(decode('fefc01fe00', Buffer.from('junk'), encodeFrame(short), Buffer.from('text')).log).toBe('text')
    })

    test('a frame that the stream’s end cuts is reported, counted and not delivered', () => {
        const { truncated, frames, decoder } = decode(encodeFrame(short).subarray(0, 19))
        expect(truncated).toBe(true)
        expect(frames).toEqual([])
        expect(decoder).toMatchObject({ framingErrors: 1, bytesDiscarded: 19 })
    })

    test('the next stream starts clean after one that was cut', () => {
        const decoder = new FrameDecoder()
        let frames = 0
        decoder.onFrame = () => frames++
        for (const end of [1, 2, 10, 19]) {
            decoder.push(encodeFrame(short).subarray(0, end))
            expect(decoder.end()).toBe(end > 1)
            decoder.push(encodeFrame(short))
            expect(decoder.end()).toBe(false)
        }
        expect(frames).toBe(4)
    })
})

function flip(frame: Buffer, index: number): Buffer {
    const copy = Buffer.from(frame)
    copy[index] ^= 0x08
    return copy
}

function without(bytes: Buffer, index: number): Buffer {
    return Buffer.concat([bytes.subarray(0, index), bytes.subarray(index + 1)])
}

/** The short frame, encoded, with `bytes` over what stands at `index`. */
function patched(index: number, ...bytes: number[]): Buffer {
    const copy = Buffer.from(encodeFrame(short))
    copy.set(bytes, index)
    return copy
}

function overlong(): Buffer {
    return Buffer.concat([Buffer.of(0xfe, 0xfc), Buffer.alloc(300, 0x55), Buffer.of(0xfe, 0xfd)])
}

function emptyFrame(): Buffer {
    const frame = Buffer.alloc(12)
    setFrameCrc(frame)
    return encodeFrame(frame)
}
