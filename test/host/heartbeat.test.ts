import { expect, test } from 'vitest'
import { Heartbeat } from '../../src/host/heartbeat'
import { FrameDecoder } from '../../src/protocol/usb-framing'

const BOARD = Buffer.from('0102030405060708', 'hex')

/** The frame in some bytes of the stream, and its check sum when it asks to be acknowledged. */
function decode(bytes: Uint8Array): { payload: number; crc: number | undefined } {
    let result: { payload: number; crc: number | undefined } | undefined
    const decoder = new FrameDecoder()
    decoder.onFrame = frame => {
        const asks = (frame[3] & 2) !== 0
        result = { payload: frame[12], crc: asks ? frame[0] | (frame[1] << 8) : undefined }
    }
    decoder.push(bytes)
    return result!
}

test('asks for an echo when nothing was heard for 12 ms, and not while the board speaks', () => {
    const heart = new Heartbeat()
    heart.found(BOARD, 0)
    for (let now = 2; now < 12; now += 2) expect(decode(heart.frame(now))).toEqual({ payload: 0, crc: undefined })
    const { crc, payload } = decode(heart.frame(12))
    expect(payload).toBe(2)
    heart.alive(15)
    heart.echo(crc!, 15)
    expect(heart.roundTrip.quantiles()).toEqual({ p50: 3, p99: 3, count: 1 })
    expect(decode(heart.frame(26)).crc).toBeUndefined()
    expect(decode(heart.frame(27)).crc).not.toBeUndefined()
})

test('before the board is known everybody is paced, and silence means nothing', () => {
    const heart = new Heartbeat()
    expect(decode(heart.frame(100)).crc).toBeUndefined()
    heart.watch(100, 0)
    expect(heart.stalled).toBe(false)
})

test('a board that is silent for more than 40 ms has stalled, until it speaks', () => {
    const heart = new Heartbeat()
    const told: [boolean, number][] = []
    heart.onStall = (stalled, silent) => told.push([stalled, silent])
    heart.found(BOARD, 0)
    for (let now = 2; now <= 60; now += 2) heart.watch(now, 0)
    expect(told).toEqual([[true, 42]])
    heart.alive(75)
    expect(told.at(-1)).toEqual([false, 75])
    expect(heart.stalls).toBe(1)
})

test('silence while this process stood still is not the board’s', () => {
    const heart = new Heartbeat()
    heart.found(BOARD, 0)
    heart.watch(2, 0)
    heart.watch(500, 498)
    heart.watch(510, 0)
    heart.alive(512)
    heart.watch(530, 0)
    expect(heart.stalls).toBe(0)
})

test('an echo that came late takes those before it for lost; one never asked for counts nothing', () => {
    const heart = new Heartbeat()
    heart.found(BOARD, 0)
    decode(heart.frame(12))
    decode(heart.frame(24))
    const { crc } = decode(heart.frame(36))
    heart.echo(0xffff ^ crc!, 37)
    heart.echo(crc!, 38)
    heart.echo(crc!, 39)
    expect(heart.echoesLost).toBe(2)
    expect(heart.roundTrip.quantiles()).toMatchObject({ count: 1, p99: 2 })
})
