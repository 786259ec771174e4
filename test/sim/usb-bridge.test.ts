import { describe, expect, test } from 'vitest'
import { makeBroadcastFrame, makeFrame } from '../../src/protocol/frame'
import { encodeFrame } from '../../src/protocol/usb-framing'
import { UsbBridge } from '../../src/sim/usb-bridge'

const deviceId = Buffer.from('0123456789abcdef', 'hex')
const USB_BRIDGE = 0x18f61a4a
const ENABLE_PACKETS = encodeFrame(makeBroadcastFrame(USB_BRIDGE, 0x81))
const DISABLE_PACKETS = encodeFrame(makeBroadcastFrame(USB_BRIDGE, 0x80))
const ENABLE_LOG = encodeFrame(makeBroadcastFrame(USB_BRIDGE, 0x83))
/** Broadcast report of the bridge, from the specification: size 4, flag 4, class and mark, no payload, index 0x3d. */
const answer = (command: string) => new RegExp(`^fefc....04044a1af618aaaaaaaa003d${command}00fefd$`)

/** A bridge whose bytes to the host are gathered as hex; `room` limits them. */
function bridge() {
    const it = new UsbBridge()
    const host = { hex: '', room: Infinity, frames: [] as Buffer[] }
    it.onBytes = chunk => {
        host.hex += Buffer.from(chunk).toString('hex')
        host.room -= chunk.length
    }
    it.onFrame = frame => host.frames.push(Buffer.from(frame))
    it.room = () => host.room
    const take = () => {
        const taken = host.hex
        host.hex = ''
        return taken
    }
    return { it, host, take }
}

/** A bridge with packets enabled and its answer taken. */
function enabledBridge() {
    const made = bridge()
    made.it.receive(ENABLE_PACKETS)
    made.take()
    return made
}

const frameOf = (payloadBytes: number, index = 1) => makeFrame(deviceId, index, 0x80, Buffer.alloc(payloadBytes, index))
const hexOf = (frame: Buffer) => encodeFrame(frame).toString('hex')

describe('the bridge’s own commands', () => {
    test.each([
        ['enable packets', 0x81, '81'],
        ['disable packets', 0x80, '80'],
        ['enable log', 0x83, '83'],
        ['disable log', 0x82, '82'],
        ['an unknown one', 0x99, 'ff'],
    ])('%s is answered by the broadcast report and not passed on', (_, command, code) => {
        const { it, host, take } = bridge()
        it.receive(encodeFrame(makeBroadcastFrame(USB_BRIDGE, command)))
        expect(take()).toMatch(answer(code))
        expect(host.frames).toEqual([])
        expect(it.statistics).toMatchObject({ commandsReceived: 1, framesReceived: 0 })
    })

    test('a report of the same class is no command', () => {
        const { it, host } = bridge()
        it.receive(encodeFrame(makeBroadcastFrame(USB_BRIDGE, 0x81, undefined, 0)))
        expect(host.frames.length).toBe(1)
        expect(host.hex).toBe('')
    })
})

describe('frames to the host', () => {
    test('flow after enable packets and until disable packets', () => {
        const { it, take } = bridge()
        it.sendFrame(frameOf(4))
        expect(take()).toBe('')
        it.receive(ENABLE_PACKETS)
        take()
        it.sendFrame(frameOf(4))
        expect(take()).toBe(hexOf(frameOf(4)))
        it.receive(DISABLE_PACKETS)
        take()
        it.sendFrame(frameOf(4))
        expect(take()).toBe('')
    })

    test('leave in the pieces that the wire takes', () => {
        const { it, host, take } = enabledBridge()
        host.room = 0
        it.sendFrame(frameOf(100))
        const pieces = []
        for (let i = 0; i < 10; i++) {
            host.room = 30
            it.flush()
            pieces.push(take())
        }
        // 12 + 4 + 100 bytes and two delimiters.
        expect(pieces.map(piece => piece.length / 2)).toEqual([30, 30, 30, 30, 0, 0, 0, 0, 0, 0])
        expect(pieces.join('')).toBe(hexOf(frameOf(100)))
    })

    test.each([
        ['eight of the longest', 236, 8],
        // The answer to enable packets has moved the ring's start by 16; these the runtime's ring does not use.
        ['127 of the shortest', 0, 127],
        ['56 of 36 bytes', 20, 56],
    ])('wait up to 2048 bytes: %s', (_, payload, count) => {
        const { it, host } = enabledBridge()
        host.room = 0
        for (let i = 0; i < count; i++) expect(it.sendFrame(frameOf(payload))).toBe(true)
        expect(it.sendFrame(frameOf(payload))).toBe(false)
        expect(it.statistics.framesDropped).toBe(1)
    })

    test('after a drop begin with one gap mark, and with another one only after frames went through', () => {
        const { it, host, take } = enabledBridge()
        const mark = 'fefb'
        host.room = 0
        for (let i = 0; i < 11; i++) it.sendFrame(frameOf(236, i))
        host.room = Infinity
        it.flush()
        const sent = Array.from({ length: 8 }, (_, i) => hexOf(frameOf(236, i)))
        // The first frame was on its way to the wire when the next ones were dropped.
        expect(take()).toBe(sent[0] + mark + sent.slice(1).join(''))
        it.sendFrame(frameOf(0))
        expect(take()).toBe(hexOf(frameOf(0)))
        host.room = 0
        for (let i = 0; i < 9; i++) it.sendFrame(frameOf(236, i))
        host.room = Infinity
        it.flush()
        expect(take()).toBe(sent[0] + mark + sent.slice(1).join(''))
        expect(it.statistics).toMatchObject({ framesDropped: 4, framesSent: 1 + 8 + 1 + 8 })
    })

    test('keep their order through many turns of the ring, and only refused ones are missing', () => {
        const { it, host, take } = enabledBridge()
        let expected = ''
        let random = 1
        for (let i = 0; i < 5000; i++) {
            random = (Math.imul(random, 1103515245) + 12345) & 0x7fffffff
            const frame = frameOf((random >> 8) % 237, i & 15)
            if (it.sendFrame(frame)) expected += hexOf(frame)
            host.room = (random >> 16) % 200
            it.flush()
        }
        host.room = Infinity
        it.flush()
        const stream = take()
        const { framesSent, framesDropped } = it.statistics
        expect(framesSent + framesDropped).toBe(5001)
        expect(framesDropped).toBeGreaterThan(500)
        // Frame bytes never hold the mark here: 0xfb stands in none of them unescaped after 0xfe.
        expect(stream.replaceAll('fefdfefbfefc', 'fefdfefc')).toBe(expected)
    })
})

describe('frames from the host', () => {
    test('reach the board whole, cut anywhere on the way, before any enabling', () => {
        const { it, host } = bridge()
        const frame = frameOf(50)
        for (const byte of encodeFrame(frame)) it.receive(Buffer.of(byte))
        expect(host.frames).toEqual([frame])
    })

    test('with a wrong checksum or cut are counted and dropped', () => {
        const { it, host } = bridge()
        const bad = encodeFrame(frameOf(8))
        bad[20] ^= 1
        it.receive(bad)
        it.receive(encodeFrame(frameOf(8)).subarray(0, 10))
        it.receive(encodeFrame(frameOf(9)))
        expect(host.frames).toEqual([frameOf(9)])
        expect(it.statistics).toMatchObject({ crcErrors: 1, framingErrors: 1, framesReceived: 1 })
    })

    test('may be answered at once', () => {
        const { it, take } = enabledBridge()
        it.onFrame = () => it.sendFrame(frameOf(1))
        it.receive(encodeFrame(frameOf(3)))
        expect(take()).toBe(hexOf(frameOf(1)))
    })
})

describe('log text', () => {
    const ascii = (hex: string) => Buffer.from(hex, 'hex').toString('latin1')

    test('is kept until enable log and sent after the answer', () => {
        const { it, take } = bridge()
        it.log('boot\n')
        expect(take()).toBe('')
        it.receive(ENABLE_LOG)
        expect(ascii(take())).toMatch(/\xfe\xfdboot\n$/)
        it.log('more\n')
        expect(ascii(take())).toBe('more\n')
    })

    test('never comes inside a frame', () => {
        const { it, host, take } = enabledBridge()
        it.receive(ENABLE_LOG)
        take()
        host.room = 10
        it.sendFrame(frameOf(40))
        it.log('text')
        host.room = Infinity
        it.flush()
        expect(take()).toBe(hexOf(frameOf(40)) + Buffer.from('text').toString('hex'))
    })

    test('of which the oldest was overwritten begins with a gap mark and holds the last 4096 bytes', () => {
        const { it, take } = bridge()
        it.log('x'.repeat(1000))
        it.log('y'.repeat(4000))
        expect(it.statistics.logBytesDropped).toBe(904)
        it.receive(ENABLE_LOG)
        expect(ascii(take()).slice(20)).toBe('\xfe\xfa' + 'x'.repeat(96) + 'y'.repeat(4000))
    })

    test('goes out as UTF-8', () => {
        const { it, take } = bridge()
        it.receive(ENABLE_LOG)
        take()
        it.log('µ')
        expect(take()).toBe('c2b5')
    })
})

test('a reset board forwards nothing and has forgotten what waited', () => {
    const { it, host, take } = enabledBridge()
    host.room = 0
    it.sendFrame(frameOf(4))
    it.log('old')
    it.reset()
    host.room = Infinity
    it.sendFrame(frameOf(4))
    it.flush()
    expect(take()).toBe('')
    it.receive(ENABLE_PACKETS)
    expect(take()).toMatch(answer('81'))
})
