import { describe, expect, test } from 'vitest'
import { Tca9548a } from '../../src/sim/chips/tca9548a'
import type { I2cDevice } from '../../src/sim/i2c/i2c-device'
import { SimulatedI2cBus } from '../../src/sim/i2c/simulated-i2c-bus'

/** Memory of four bytes behind a pointer that survives from one transaction to the next. */
class Memory implements I2cDevice {
    readonly bytes = new Uint8Array(4)
    pointer = 0
    stops = 0
    acknowledgesReads = true
    write(bytes: Uint8Array): boolean {
        if (bytes.length > 0) this.pointer = bytes[0]
        for (let i = 1; i < bytes.length; i++) this.bytes[this.pointer++ & 3] = bytes[i]
        return this.pointer <= 4
    }
    read(into: Uint8Array): boolean {
        for (let i = 0; i < into.length; i++) into[i] = this.bytes[this.pointer++ & 3]
        return this.acknowledgesReads
    }
    reset(): void {
        this.pointer = 0
    }
    stop(): void {
        this.stops++
    }
}

const makeBus = () => {
    const clock = { time: 0 }
    const bus = new SimulatedI2cBus({ frequency: 400_000, now: () => clock.time })
    const memory = new Memory()
    bus.attach(0x50, memory)
    return { bus, memory, clock }
}
const bytes = (...values: number[]) => Uint8Array.from(values)

describe('SimulatedI2cBus', () => {
    test('writes, reads and reads on in the next transaction', () => {
        const { bus, memory } = makeBus()
        expect(bus.transfer(0x50, bytes(0, 11, 22, 33, 44), undefined)).toBe(0)
        expect([...memory.bytes]).toEqual([11, 22, 33, 44])
        const two = new Uint8Array(2)
        expect(bus.transfer(0x50, bytes(1), two)).toBe(0)
        expect([...two]).toEqual([22, 33])
        const one = new Uint8Array(1)
        expect(bus.transfer(0x50, undefined, one)).toBe(0)
        expect([...one]).toEqual([44])
        expect(memory.stops).toBe(3)
    })

    test('says which half was not acknowledged, and does not read after a refused write', () => {
        const { bus, memory } = makeBus()
        const into = bytes(99)
        expect(bus.transfer(0x51, bytes(0), into)).toBe(-1)
        expect(bus.transfer(0x51, undefined, into)).toBe(-2)
        expect(bus.transfer(0x50, bytes(9), into)).toBe(-1)
        expect([...into]).toEqual([99])
        memory.acknowledgesReads = false
        expect(bus.transfer(0x50, bytes(0), into)).toBe(-2)
    })

    test('probes an address with an empty transaction', () => {
        const { bus } = makeBus()
        expect(bus.transfer(0x50, undefined, undefined)).toBe(0)
        expect(bus.transfer(0x51, new Uint8Array(0), new Uint8Array(0))).toBe(-1)
    })

    test.each([
        // [written, read, bits by hand: start + 9 each byte with the address + repeated start … + stop]
        [1, 2, 1 + 18 + 1 + 27 + 1],
        [6, 0, 1 + 63 + 1],
        [0, 4, 1 + 45 + 1],
        [0, 0, 1 + 9 + 1],
    ])('takes %i bytes out and %i in within %i bit times', (written, read, bits) => {
        const { bus } = makeBus()
        expect(bus.duration(written, read)).toBeCloseTo(bits / 400_000, 12)
    })

    test('counts transactions and refusals for each address', () => {
        const { bus } = makeBus()
        bus.transfer(0x50, bytes(0), undefined)
        bus.transfer(0x50, bytes(9), undefined)
        bus.transfer(0x22, bytes(9), undefined)
        expect([bus.transactions(0x50), bus.nacks(0x50)]).toEqual([2, 1])
        expect([bus.transactions(0x22), bus.nacks(0x22)]).toEqual([1, 1])
        expect([bus.transactions(0x36), bus.nacks(0x36)]).toEqual([0, 0])
    })

    test('a fault refuses the half it is aimed at, and the chip sees nothing of it', () => {
        const { bus, memory } = makeBus()
        bus.transfer(0x50, bytes(0, 5), undefined)
        bus.fault = (address, phase) => (address === 0x50 && phase === 'write' ? 'nack' : undefined)
        expect(bus.transfer(0x50, bytes(0, 7), undefined)).toBe(-1)
        expect(memory.bytes[0]).toBe(5)
        bus.fault = (_, phase) => (phase === 'read' ? 'nack' : undefined)
        expect(bus.transfer(0x50, bytes(0), new Uint8Array(1))).toBe(-2)
        bus.fault = undefined
        expect(bus.transfer(0x50, bytes(0), new Uint8Array(1))).toBe(0)
    })

    test('an unplugged chip is silent and comes back as it was', () => {
        const { bus, memory } = makeBus()
        bus.transfer(0x50, bytes(0, 5), undefined)
        bus.unplug(0x50)
        expect(bus.transfer(0x50, bytes(0, 6), undefined)).toBe(-1)
        expect(bus.transfer(0x50, undefined, new Uint8Array(1))).toBe(-2)
        bus.plug(0x50)
        expect(memory.bytes[0]).toBe(5)
        expect(bus.transfer(0x50, bytes(0), undefined)).toBe(0)
    })

    test('shows each transaction with its result and time', () => {
        const { bus, clock } = makeBus()
        const seen: unknown[] = []
        bus.onTransaction = (address, write, read, result, time) =>
            seen.push([address, write && [...write], read && [...read], result, time])
        clock.time = 0.25
        bus.transfer(0x50, bytes(2, 8), undefined)
        clock.time = 0.5
        bus.transfer(0x50, bytes(2), new Uint8Array(1))
        bus.transfer(0x60, undefined, undefined)
        expect(seen).toEqual([
            [0x50, [2, 8], undefined, 0, 0.25],
            [0x50, [2], [8], 0, 0.5],
            [0x60, undefined, undefined, -1, 0.5],
        ])
    })

    test('two parts at one address on one wire answer together: the data is the AND', () => {
        const { bus, memory } = makeBus()
        const mux = new Tca9548a()
        const twin = new Memory()
        mux.channel(0).attach(0x50, twin)
        bus.attachRouter(0x70, mux)
        bus.transfer(0x70, bytes(1), undefined)
        memory.bytes[0] = 0b1100
        twin.bytes[0] = 0b1010
        const into = new Uint8Array(1)
        bus.transfer(0x50, bytes(0), into)
        expect(into[0]).toBe(0b1000)
        memory.acknowledgesReads = false
        expect(bus.transfer(0x50, bytes(0), into)).toBe(0)
        expect(into[0]).toBe(0b1010)
    })

    test('refuses wiring that cannot be', () => {
        const { bus, memory } = makeBus()
        expect(() => bus.attach(0x50, memory)).toThrow(RangeError)
        expect(() => bus.attach(128, memory)).toThrow(RangeError)
        expect(() => new SimulatedI2cBus({ frequency: 0, now: () => 0 })).toThrow(RangeError)
    })
})
