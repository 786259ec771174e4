import { describe, expect, test } from 'vitest'
import { Pca9685 } from '../../../src/sim/chips/pca9685'
import { SimulatedI2cBus } from '../../../src/sim/i2c/simulated-i2c-bus'

const setUp = () => {
    const state = { time: 0, warnings: [] as string[] }
    const now = () => state.time
    const bus = new SimulatedI2cBus({ frequency: 400_000, now })
    const chip = new Pca9685({ now, warn: message => state.warnings.push(message) })
    bus.attach(0x40, chip)
    const write = (...bytes: number[]) => bus.transfer(0x40, Uint8Array.from(bytes), undefined)
    const read = (register: number, length = 1) => {
        const into = new Uint8Array(length)
        expect(bus.transfer(0x40, Uint8Array.of(register), into)).toBe(0)
        return [...into]
    }
    /** Awake, with auto-increment, its oscillator up. */
    const awake = () => {
        write(0x00, 0x20)
        state.time += 0.001
    }
    /** Output's HIGH time in counts of 4096, a period later. */
    const counts = (channel: number) => {
        state.time += chip.period
        return Math.round((chip.highTime(channel) / chip.period) * 4096)
    }
    return { state, chip, write, read, awake, counts }
}

describe('PCA9685 registers', () => {
    test('power-on values, one register at a time', () => {
        const { read } = setUp()
        expect([0, 1, 2, 3, 4, 5].map(register => read(register)[0])).toEqual([0x11, 0x04, 0xe2, 0xe4, 0xe8, 0xe0])
        expect([6, 7, 8, 9, 0x42, 0x45].map(register => read(register)[0])).toEqual([0, 0, 0, 0x10, 0, 0x10])
        expect([0xfa, 0xfb, 0xfc, 0xfd, 0xfe].map(register => read(register)[0])).toEqual([0, 0, 0, 0, 0x1e])
    })

    test('auto-increment works within the transaction that sets it, and rolls over after 0x45 and 0xfe', () => {
        const { write, read } = setUp()
        expect(read(0x00, 3)).toEqual([0x11, 0x11, 0x11])
        write(0x00, 0x31, 0x05)
        expect(read(0x00, 3)).toEqual([0x31, 0x05, 0xe2])
        expect(read(0x44, 4)).toEqual([0, 0x10, 0x31, 0x05])
        expect(read(0xfd, 3)).toEqual([0, 0x1e, 0x31])
    })

    test('reserved addresses are not acknowledged, reserved bits not stored', () => {
        const { write, read } = setUp()
        expect([0x45, 0x46, 0xf9, 0xfa].map(register => write(register, 0))).toEqual([0, -1, -1, 0])
        write(0x07, 0xff)
        write(0x01, 0xff)
        write(0x02, 0xff)
        expect([read(0x07), read(0x01), read(0x02)]).toEqual([[0x1f], [0x1f], [0xfe]])
    })

    test('PRE_SCALE is taken only during sleep, and at least 3', () => {
        const { write, read, state, chip } = setUp()
        write(0xfe, 1)
        expect(read(0xfe)).toEqual([3])
        expect(1 / chip.period).toBeCloseTo(1526, 0)
        write(0xfe, 0xff)
        expect(1 / chip.period).toBeCloseTo(24, 0)
        write(0x00, 0x01)
        write(0xfe, 0x79)
        expect(read(0xfe)).toEqual([0xff])
        expect(state.warnings[0]).toMatch(/PCA9685@0x40.*PRE_SCALE/)
    })

    test('EXTCLK is taken only during sleep, and stays until power-on', () => {
        const { write, read, chip } = setUp()
        write(0x00, 0x01)
        write(0x00, 0x41)
        expect(read(0x00)).toEqual([0x01])
        write(0x00, 0x11)
        write(0x00, 0x51)
        write(0x00, 0x01)
        expect(read(0x00)).toEqual([0x41])
        chip.reset()
        expect(read(0x00)).toEqual([0x11])
    })
})

describe('PCA9685 outputs', () => {
    const low = (value: number) => value & 0xff
    const high = (value: number) => value >> 8

    test.each([
        ['figure 9, example 1', 511, 3071, 2560],
        ['figure 9, example 2', 2047, 767, 2816],
        ['figure 9, example 3: full ON', 0x1000 | 1022, 5, 4096],
        ['figure 9, example 4: equal counts', 1023, 1023, 0],
        ['full OFF', 0, 0x1000 | 5, 0],
        ['full OFF before full ON', 0x1000, 0x1000, 0],
        ['one count', 0, 1, 1],
        ['all but one', 0, 4095, 4095],
    ])('%s', (_, on, off, expected) => {
        const { write, awake, counts } = setUp()
        awake()
        write(0x0e, low(on), high(on), low(off), high(off))
        expect([counts(1), counts(2), counts(3)]).toEqual([0, expected, 0])
    })

    test('ALL_LED writes every output', () => {
        const { write, awake, counts } = setUp()
        awake()
        write(0xfa, 0, 0, 0x00, 0x08)
        expect([counts(0), counts(15)]).toEqual([2048, 2048])
        write(0xfd, 0x10)
        expect([counts(0), counts(15)]).toEqual([0, 0])
    })

    test('new counts are used from the end of the period on', () => {
        const { write, awake, chip, state } = setUp()
        awake()
        write(0x06, 0, 0, 0x00, 0x04)
        expect(chip.highTime(0)).toBeCloseTo(chip.period / 4, 9)
        state.time += 0.3 * chip.period
        write(0x06, 0, 0, 0x00, 0x08)
        state.time += 0.69 * chip.period
        expect(chip.highTime(0)).toBeCloseTo(chip.period / 4, 9)
        state.time += 0.02 * chip.period
        expect(chip.highTime(0)).toBeCloseTo(chip.period / 2, 9)
    })

    test('OCH: an output changes with the last of its four registers, not with fewer', () => {
        const { write, awake, counts } = setUp()
        awake()
        write(0x01, 0x0c)
        write(0x08, 0x00, 0x08)
        expect(counts(0)).toBe(0)
        write(0x06, 0, 0, 0x00, 0x08)
        expect(counts(0)).toBe(2048)
    })

    test('OE HIGH: LOW, HIGH with OUTNE 01, high impedance else; INVRT inverts only enabled outputs', () => {
        const { write, awake, chip, counts } = setUp()
        awake()
        write(0x06, 0, 0, 0x00, 0x04)
        write(0x01, 0x14)
        expect(counts(0)).toBe(3072)
        chip.outputEnableHigh = true
        for (const [mode2, expected] of [
            [0x04, 0],
            [0x14, 0],
            [0x05, 4096],
            [0x01, 0],
            [0x06, 0],
        ]) {
            write(0x01, mode2)
            expect(counts(0)).toBe(expected)
        }
    })

    test('asleep there is no output; RESTART brings it back, and so does writing an output', () => {
        for (const restart of [
            [0x00, 0xa0],
            [0x06, 0],
        ]) {
            const { write, read, awake, counts, state } = setUp()
            awake()
            write(0x06, 0, 0, 0x00, 0x08)
            expect(counts(0)).toBe(2048)
            write(0x00, 0x30)
            expect([read(0x00), counts(0)]).toEqual([[0xb0], 0])
            write(0x00, 0x20)
            write(0x00, 0xa0)
            expect([read(0x00), state.warnings.length]).toEqual([[0xa0], 1])
            state.time += 0.0005
            expect(counts(0)).toBe(0)
            write(...restart)
            expect([read(0x00), counts(0)]).toEqual([[0x20], 2048])
        }
    })

    test('RESTART stays 0 when all outputs were off before sleep', () => {
        const { write, read, awake, counts } = setUp()
        awake()
        write(0x06, 0, 0, 0x00, 0x08)
        write(0xfd, 0x10)
        expect(counts(0)).toBe(0)
        write(0x00, 0x30)
        expect(read(0x00)).toEqual([0x30])
    })
})
