import { describe, expect, test } from 'vitest'
import { Ina219, type Ina219Options } from '../../../src/sim/chips/ina219'
import { SimulatedI2cBus } from '../../../src/sim/i2c/simulated-i2c-bus'

const setUp = (options: Partial<Ina219Options> = {}) => {
    const state = { time: 0, current: 0, voltage: 0, warnings: [] as string[] }
    const now = () => state.time
    const bus = new SimulatedI2cBus({ frequency: 400_000, now })
    const chip = new Ina219({
        current: () => state.current,
        voltage: () => state.voltage,
        shunt: 0.1,
        now,
        warn: message => state.warnings.push(message),
        ...options,
    })
    bus.attach(0x40, chip)
    const write = (register: number, value: number) =>
        expect(bus.transfer(0x40, Uint8Array.of(register, value >> 8, value & 0xff), undefined)).toBe(0)
    const read = (register: number) => {
        const into = new Uint8Array(2)
        expect(bus.transfer(0x40, Uint8Array.of(register), into)).toBe(0)
        return into[0] * 256 + into[1]
    }
    return { state, chip, write, read }
}

describe('INA219', () => {
    test('power-on values', () => {
        const { read } = setUp()
        expect([0, 1, 2, 3, 4, 5].map(read)).toEqual([0x399f, 0, 0, 0, 0, 0])
    })

    test('the worked example of section 9.2.2.1', () => {
        const { state, write, read } = setUp({ shunt: 0.002 })
        Object.assign(state, { current: 10, voltage: 11.98 })
        write(0x00, 0x019f)
        write(0x05, 0x5000)
        state.time += 0.0011
        expect([0, 1, 2, 4, 3, 5].map(read)).toEqual([0x019f, 0x07d0, 0x5d98 | 2, 0x2710, 0x1766, 0x5000])
    })

    test.each([
        // Section 8.6.3.1: the range's end is reached, not passed.
        [0, 0.5, 4000],
        [1, 0.9, 8000],
        [2, 1.7, 16000],
        [3, 3.3, 32000],
        [3, -3.3, -32000],
        [3, -0.0001, -1],
    ])('PG %i clamps %f A through 0.1 Ω to %i counts', (pg, current, counts) => {
        const { state, write, read } = setUp()
        state.current = current
        write(0x00, 0x219f | (pg << 11))
        state.time += 0.0011
        expect(read(0x01)).toBe(counts & 0xffff)
    })

    test('BRNG sets the end of the bus voltage: 16 V or 32 V', () => {
        const { state, write, read } = setUp()
        state.voltage = 40
        state.time += 0.0011
        expect(read(0x02) >> 3).toBe(8000)
        write(0x00, 0x199f)
        state.time += 0.0011
        expect(read(0x02) >> 3).toBe(4000)
    })

    test('conversions take the time of section 8.6.2.1, and CNVR tells when the first is over', () => {
        // BADC and SADC: 9 bits each; 12 bits each; 128 samples each; 9 bits and 2 samples.
        for (const [bits, time] of [
            [0x000, 168e-6],
            [0x198, 1064e-6],
            [0x7f8, 136.2e-3],
            [0x048, 1144e-6],
        ]) {
            const { state, write, read } = setUp()
            state.current = 1
            write(0x00, 0x3807 | bits)
            state.time = time * 0.99
            expect([read(0x01), read(0x02)]).toEqual([0, 0])
            state.time = time * 1.01
            expect([read(0x01), read(0x02)]).toEqual([10000, 2])
            state.current = 2
            state.time = time * 1.99
            expect(read(0x01)).toBe(10000)
        }
    })

    test('reading the power register clears CNVR until the next cycle', () => {
        const { state, read } = setUp()
        state.time += 0.0011
        expect(read(0x02)).toBe(2)
        read(0x03)
        expect(read(0x02)).toBe(0)
        state.time += 0.0011
        expect(read(0x02)).toBe(2)
    })

    test('OVF when the current is beyond its register', () => {
        const { state, write, read } = setUp()
        state.current = 3
        write(0x05, 0xfffe)
        state.time += 0.0011
        expect(read(0x02)).toBe(3)
    })

    test('RST puts everything back', () => {
        const { state, write, read } = setUp()
        write(0x05, 0x1234)
        write(0x00, 0x3807)
        state.time += 0.0011
        write(0x00, 0x8000)
        expect([0, 5, 2].map(read)).toEqual([0x399f, 0, 0])
    })

    test('reports registers that there are not, writes to results, and modes that are not modelled', () => {
        const { state, write, read } = setUp()
        read(0x06)
        write(0x01, 1)
        write(0x00, 0x3998)
        expect(state.warnings.map(text => /INA219@0x40.*(0x06|0x01|mode 0)/.test(text))).toEqual([true, true, true])
    })
})
