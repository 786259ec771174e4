import { describe, expect, test } from 'vitest'
import type { I2cBus } from '../../src/hal/i2c-bus'
import { probeBus } from '../../src/onboard/bus-probe'
import { answersProbe, decodeProbe, encodeProbe, PROBE_LOOKS } from '../../src/protocol/bus-probe'

/** A bus that notes what it is asked: 0x6a answers 0x6c, 0x70 takes a byte, nobody else is there. */
class NotedBus implements I2cBus {
    readonly asked: string[] = []
    transfer(address: number, write: Buffer | undefined, read: Buffer | undefined): number {
        this.asked.push(`${address.toString(16)} w[${write?.toString('hex') ?? ''}] r${read?.length ?? 0}`)
        if (address === 0x70 && !read) return 0
        if (address !== 0x6a) return -1
        read?.fill(0x6c)
        return 0
    }
}

describe('a look at the bus', () => {
    test('is two bytes of head and three for each look, answered address by address', () => {
        const looks = [
            { address: 0x6a, register: 0x0f, bytes: 1 },
            { address: 0x36, bytes: 2 },
        ]
        const payload = encodeProbe(looks, { address: 0x70, channel: 1 })
        expect([...payload]).toEqual([0x70, 0x02, 0x6a, 0x0f, 1, 0x36, 0, 0x82])
        const bus = new NotedBus()
        const answer = probeBus(bus, payload)
        expect(bus.asked).toEqual(['70 w[02] r0', '6a w[0f] r1', '36 w[] r2'])
        expect([...answer]).toEqual([0x6a, 0x6c, 0xb6, 0, 0])
        expect(decodeProbe(answer, looks)).toEqual([Buffer.of(0x6c), undefined])
    })

    test('writes nothing but the multiplexer and one register number', () => {
        const bus = new NotedBus()
        probeBus(bus, encodeProbe([{ address: 0x6a, register: 0x12, bytes: 1 }]))
        expect(bus.asked).toEqual(['6a w[12] r1'])
    })

    test.each([
        ['empty', []],
        ['a head alone', [0, 0]],
        ['half a look', [0, 0, 0x6a, 0x0f]],
        ['an address of 0', [0, 0, 0, 0, 0x81]],
        ['an address of 128', [0, 0, 128, 0, 0x81]],
        ['nothing to read', [0, 0, 0x6a, 0, 0x80]],
        ['too much to read', [0, 0, 0x6a, 0, 0x89]],
        ['a multiplexer of 200', [200, 1, 0x6a, 0, 0x81]],
        ['nine looks', [0, 0, ...Array<number[]>(9).fill([0x6a, 0, 0x81]).flat()]],
    ])('is refused before the bus is touched: %s', (_, bytes) => {
        const bus = new NotedBus()
        expect(probeBus(bus, Buffer.from(bytes)).length).toBe(0)
        expect(bus.asked).toEqual([])
    })

    test('ends when the multiplexer does not answer: without it another part would', () => {
        const bus = new NotedBus()
        const payload = encodeProbe([{ address: 0x6a, bytes: 1 }], { address: 0x71, channel: 0 })
        expect(probeBus(bus, payload).length).toBe(0)
        expect(bus.asked).toEqual(['71 w[01] r0'])
    })

    test('takes no answer to an earlier one', () => {
        const earlier = [{ address: 8, bytes: 1 }]
        const now = [{ address: 9, bytes: 1 }]
        const answer = probeBus(new NotedBus(), encodeProbe(earlier))
        expect([answersProbe(answer, earlier), answersProbe(answer, now)]).toEqual([true, false])
        expect(decodeProbe(Buffer.alloc(0), now)).toBeUndefined()
    })

    test('of more than fits one command is refused by its number', () => {
        const looks = Array.from({ length: PROBE_LOOKS + 1 }, (_, i) => ({ address: 8 + i, bytes: 1 }))
        expect(() => encodeProbe(looks)).toThrow('9 looks, at most 8')
        expect(() => encodeProbe([{ address: 8, bytes: 9 }])).toThrow('reads 9 bytes, allowed 1 to 8')
    })
})
