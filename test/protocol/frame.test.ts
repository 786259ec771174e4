import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { crc16 } from '../../src/protocol/crc16'
import {
    broadcastClass,
    firstPacket,
    FrameFlag,
    isIntactFrame,
    makeBroadcastFrame,
    makeFrame,
    MAX_FRAME,
    nextPacket,
    PACKET_HEADER,
    packetCommand,
    packetServiceIndex,
    setFrameCrc,
} from '../../src/protocol/frame'

/** What is used here of jacdac-ts, which packs and checks frames by itself; its package names no type declarations. */
interface JacdacTs {
    crc(bytes: Uint8Array): number
    Packet: {
        from(serviceCommand: number, data: Uint8Array): JacdacPacket
        fromFrame(frame: Uint8Array, timestamp: number): JacdacPacket[]
    }
}
interface JacdacPacket {
    deviceIdentifier: string
    serviceIndex: number
    readonly serviceCommand: number
    readonly frameFlags: number
    readonly requiresAck: boolean
    readonly data: Uint8Array
    toBuffer(): Uint8Array
}
const { crc: jacdacCrc, Packet } = createRequire(import.meta.url)('jacdac-ts') as JacdacTs

const deviceId = Buffer.from('0123456789abcdef', 'hex')

/** Seeded bytes (xorshift). */
function randomBytes(count: number, seed: number): Buffer {
    const bytes = Buffer.alloc(count)
    let x = seed
    for (let i = 0; i < count; i++) {
        x ^= x << 13
        x ^= x >>> 17
        x ^= x << 5
        bytes[i] = x >>> 11
    }
    return bytes
}

describe('CRC-16', () => {
    test('gives the published check value of CCITT-FALSE', () => {
        expect(crc16(Buffer.from('123456789'), 0, 9)).toBe(0x29b1)
    })

    test('is the initial value of no bytes, and of one byte the value worked out by hand', () => {
        expect(crc16(Buffer.alloc(0), 0, 0)).toBe(0xffff)
        // 0xffff with 0xff into the top byte: 0x00ff, then eight shifts with no bit reaching the polynomial.
        expect(crc16(Buffer.of(0xff), 0, 1)).toBe(0xff00)
    })

    test('agrees with jacdac-ts at every length and start', () => {
        const bytes = randomBytes(300, 12345)
        for (let from = 0; from < 8; from++) {
            for (let to = from; to < 300; to++) {
                expect(crc16(bytes, from, to)).toBe(jacdacCrc(bytes.subarray(from, to)))
            }
        }
    })
})

describe('a frame', () => {
    test('that enables packets is the known 16 bytes', () => {
        const frame = makeBroadcastFrame(0x18f61a4a, 0x81)
        expect(frame.subarray(2).toString('hex')).toBe('04054a1af618aaaaaaaa003d8100')
        expect(frame.readUInt16LE(0)).toBe(jacdacCrc(frame.subarray(2)))
        expect(broadcastClass(frame)).toBe(0x18f61a4a)
    })

    test('is read by jacdac-ts as it was made', () => {
        for (let length = 0; length <= 236; length++) {
            const payload = randomBytes(length, 77 + length)
            const frame = makeFrame(deviceId, 5, 0x1234, payload)
            expect(frame.length).toBe(12 + Math.ceil((4 + length) / 4) * 4)
            const packets = Packet.fromFrame(frame, 0)
            expect(packets.length).toBe(1)
            expect(packets[0].deviceIdentifier).toBe('0123456789abcdef')
            expect(packets[0].frameFlags).toBe(0x01)
            expect(packets[0].serviceIndex).toBe(5)
            expect(packets[0].serviceCommand).toBe(0x1234)
            expect(Buffer.from(packets[0].data)).toEqual(payload)
        }
    })

    test('of jacdac-ts, which is not padded, is intact', () => {
        const packet = Packet.from(0x81, Buffer.of(1, 2, 3, 4, 5))
        packet.deviceIdentifier = '0123456789abcdef'
        packet.serviceIndex = 7
        const frame = packet.toBuffer()
        expect(frame.length).toBe(21)
        expect(isIntactFrame(frame, 21)).toBe(true)
        const at = firstPacket(frame)
        expect([at, packetServiceIndex(frame, at), packetCommand(frame, at)]).toEqual([12, 7, 0x81])
        expect(nextPacket(frame, at)).toBe(-1)
    })

    test('carries the flags it is given', () => {
        const frame = makeFrame(deviceId, 0, 0x80, undefined, FrameFlag.Command | FrameFlag.AckRequested)
        expect(frame[3]).toBe(0x03)
        expect(Packet.fromFrame(frame, 0)[0].requiresAck).toBe(true)
        expect(broadcastClass(frame)).toBe(-1)
    })

    test('of a class with the top bit set gives the class back', () => {
        expect(broadcastClass(makeBroadcastFrame(0xf0000001, 0))).toBe(0xf0000001)
    })

    test('takes 236 bytes of payload and refuses 237', () => {
        expect(makeFrame(deviceId, 1, 1, Buffer.alloc(236)).length).toBe(MAX_FRAME)
        expect(() => makeFrame(deviceId, 1, 1, Buffer.alloc(237))).toThrow(/237/)
    })

    test.each([
        ['shorter than it says', 19],
        ['longer than it says', 21],
        ['cut to its header', 12],
        ['empty', 0],
    ])('%s is not intact', (_, length) => {
        const frame = Buffer.concat([makeFrame(deviceId, 1, 1, Buffer.alloc(4)), Buffer.alloc(1)])
        expect(isIntactFrame(frame, 20)).toBe(true)
        expect(isIntactFrame(frame, length)).toBe(false)
    })

    test('without a packet is not intact, however right its checksum', () => {
        const frame = Buffer.alloc(12)
        setFrameCrc(frame)
        expect(isIntactFrame(frame, 12)).toBe(false)
    })
})

describe('packets of a frame', () => {
    /** Three packets of 0, 3 and 4 payload bytes: 4 + (4 + 3 + 1) + 8 bytes. */
    function threePackets(): Buffer {
        const frame = Buffer.from(
            '0000' + '1401' + '0123456789abcdef' + '00018000' + '03420102' + 'aabbcc00' + '04033412' + '11223344',
            'hex',
        )
        setFrameCrc(frame)
        return frame
    }

    function walk(frame: Buffer): number[][] {
        const found = []
        for (let at = firstPacket(frame); at > 0; at = nextPacket(frame, at)) {
            const data = frame.subarray(at + PACKET_HEADER, at + PACKET_HEADER + frame[at])
            found.push([packetServiceIndex(frame, at), packetCommand(frame, at), ...data])
        }
        return found
    }

    test('are found one after the other', () => {
        expect(walk(threePackets())).toEqual([
            [1, 0x80],
            [2, 0x0201, 0xaa, 0xbb, 0xcc],
            [3, 0x1234, 0x11, 0x22, 0x33, 0x44],
        ])
    })

    test('are those that jacdac-ts finds', () => {
        const frame = threePackets()
        const theirs = Packet.fromFrame(frame, 0).map(p => [p.serviceIndex, p.serviceCommand, ...p.data])
        expect(walk(frame)).toEqual(theirs)
    })

    test('end where one claims more than the frame has', () => {
        const frame = threePackets()
        frame[24] = 5
        expect(walk(frame).length).toBe(2)
        frame[16] = 200
        expect(walk(frame).length).toBe(1)
        frame[12] = 255
        expect(walk(frame).length).toBe(0)
    })
})

describe('the checksum', () => {
    test('catches every single and double bit error of a 44-byte frame', () => {
        const frame = makeFrame(deviceId, 3, 0x81, randomBytes(28, 5))
        const bits = frame.length * 8
        const flip = (bit: number) => (frame[bit >> 3] ^= 1 << (bit & 7))
        for (let a = 0; a < bits; a++) {
            flip(a)
            expect(isIntactFrame(frame, frame.length)).toBe(false)
            let accepted = 0
            for (let b = a + 1; b < bits; b++) {
                flip(b)
                if (isIntactFrame(frame, frame.length)) accepted++
                flip(b)
            }
            expect(accepted).toBe(0)
            flip(a)
        }
        expect(isIntactFrame(frame, frame.length)).toBe(true)
    })

    test('lets random bytes pass about once in 65536 times, no more: the limit of 16 bits', () => {
        const bytes = randomBytes(16 * (1 << 20), 99)
        let accepted = 0
        for (let i = 0; i < 1 << 20; i++) {
            const frame = bytes.subarray(16 * i, 16 * i + 16)
            frame[2] = 4
            if (isIntactFrame(frame, 16)) accepted++
        }
        // 16 expected, standard deviation 4.
        expect(accepted).toBeGreaterThan(3)
        expect(accepted).toBeLessThan(33)
    })
})
