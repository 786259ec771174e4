import { describe, expect, test } from 'vitest'
import { Tca9548a } from '../../../src/sim/chips/tca9548a'
import type { I2cDevice } from '../../../src/sim/i2c/i2c-device'
import { SimulatedI2cBus } from '../../../src/sim/i2c/simulated-i2c-bus'

/** Answers every read with one value and keeps the last byte written. */
class Fixed implements I2cDevice {
    written = -1
    constructor(private readonly value: number) {}
    write(bytes: Uint8Array): boolean {
        if (bytes.length > 0) this.written = bytes[bytes.length - 1]
        return true
    }
    read(into: Uint8Array): boolean {
        into.fill(this.value)
        return true
    }
    reset(): void {}
}

const setUp = () => {
    const bus = new SimulatedI2cBus({ frequency: 400_000, now: () => 0 })
    const mux = new Tca9548a()
    bus.attachRouter(0x70, mux)
    const left = new Fixed(0b0011)
    const right = new Fixed(0b0110)
    mux.channel(0).attach(0x36, left)
    mux.channel(7).attach(0x36, right)
    const select = (...bytes: number[]) => bus.transfer(0x70, Uint8Array.from(bytes), undefined)
    const read = () => {
        const into = new Uint8Array(1)
        return bus.transfer(0x36, undefined, into) === 0 ? into[0] : undefined
    }
    return { bus, mux, left, right, select, read }
}

describe('TCA9548A', () => {
    test('connects nothing at power-up', () => {
        const { bus, read } = setUp()
        expect(read()).toBeUndefined()
        const into = new Uint8Array(1)
        expect(bus.transfer(0x70, undefined, into)).toBe(0)
        expect(into[0]).toBe(0)
    })

    test('bit n of the control register connects channel n', () => {
        const { select, read, bus, left, right } = setUp()
        select(0x01)
        expect(read()).toBe(0b0011)
        select(0x80)
        expect(read()).toBe(0b0110)
        bus.transfer(0x36, Uint8Array.of(42), undefined)
        expect([left.written, right.written]).toEqual([-1, 42])
        select(0x02)
        expect(read()).toBeUndefined()
        select(0x00)
        expect(read()).toBeUndefined()
    })

    test('reads its register back, and of several bytes keeps the last', () => {
        const { bus, select, mux } = setUp()
        select(0x01, 0x02, 0x81)
        const into = new Uint8Array(2)
        bus.transfer(0x70, undefined, into)
        expect([...into]).toEqual([0x81, 0x81])
        expect(mux.enabled).toBe(0x81)
    })

    test('a channel opens only after the stop', () => {
        const { mux } = setUp()
        mux.write(Uint8Array.of(0x01))
        expect(mux.enabled).toBe(0)
        expect(mux.routeRead(0x36, new Uint8Array(1))).toBe(false)
        mux.stop()
        expect(mux.enabled).toBe(1)
        expect(mux.routeRead(0x36, new Uint8Array(1))).toBe(true)
    })

    test('with both channels on, both twins hear a write and their data is ANDed', () => {
        const { select, read, bus, left, right } = setUp()
        select(0x81)
        expect(read()).toBe(0b0010)
        bus.transfer(0x36, Uint8Array.of(7), undefined)
        expect([left.written, right.written]).toEqual([7, 7])
    })

    test('a reset disconnects, and an unplugged multiplexer passes nothing', () => {
        const { bus, mux, select, read } = setUp()
        select(0x01)
        mux.reset()
        expect(read()).toBeUndefined()
        select(0x01)
        expect(read()).toBe(0b0011)
        bus.unplug(0x70)
        expect(read()).toBeUndefined()
        expect(select(0x80)).toBe(-1)
        bus.plug(0x70)
        expect(read()).toBe(0b0011)
    })

    test('a chip behind it can be unplugged by itself', () => {
        const { mux, select, read } = setUp()
        mux.channel(0).unplug(0x36)
        select(0x01)
        expect(read()).toBeUndefined()
        select(0x80)
        expect(read()).toBe(0b0110)
    })

    test('multiplexers may be cascaded', () => {
        const { bus, mux, select } = setUp()
        const second = new Tca9548a()
        second.channel(3).attach(0x20, new Fixed(0x5a))
        mux.channel(1).attachRouter(0x71, second)
        select(0x02)
        expect(bus.transfer(0x71, Uint8Array.of(0x08), undefined)).toBe(0)
        const into = new Uint8Array(1)
        expect(bus.transfer(0x20, undefined, into)).toBe(0)
        expect(into[0]).toBe(0x5a)
    })
})
