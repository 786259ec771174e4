import { describe, expect, test } from 'vitest'
import { As5048b, type As5048bOptions } from '../../../src/sim/chips/as5048b'
import { SimulatedI2cBus } from '../../../src/sim/i2c/simulated-i2c-bus'
import { Random } from '../../../src/sim/random'

const setUp = (options: Partial<As5048bOptions> = {}) => {
    const state = { time: 0, angle: 0, warnings: [] as string[] }
    const bus = new SimulatedI2cBus({ frequency: 400_000, now: () => state.time })
    const chip = new As5048b({
        angle: () => state.angle,
        now: () => state.time,
        warn: message => state.warnings.push(message),
        ...options,
    })
    bus.attach(0x40, chip)
    const read = (register: number, length = 1) => {
        const into = new Uint8Array(length)
        expect(bus.transfer(0x40, Uint8Array.of(register), into)).toBe(0)
        return [...into]
    }
    const write = (...bytes: number[]) => expect(bus.transfer(0x40, Uint8Array.from(bytes), undefined)).toBe(0)
    const at = (angle: number) => {
        state.angle = angle
        state.time += 0.001
    }
    const counts = (register: number) => {
        const [high, low] = read(register, 2)
        return high * 64 + low
    }
    return { chip, state, read, write, at, counts }
}

describe('AS5048B registers', () => {
    test('the angle is 14 bits at 0xFE, bits 13 to 6 first: 16384 counts a turn', () => {
        const { at, counts, read } = setUp()
        const cases: [number, number][] = [
            [0, 0],
            [Math.PI / 2 + 1e-9, 4096],
            [Math.PI + 1e-9, 8192],
            [2 * Math.PI - 1e-6, 16383],
            [2 * Math.PI + 1e-6, 0],
            [-1e-6, 16383],
            [-7 * Math.PI + 1e-6, 8192],
        ]
        for (const [angle, expected] of cases) {
            at(angle)
            expect(counts(0xfe)).toBe(expected)
        }
        at((2 * Math.PI * (0x2abc + 0.5)) / 16384)
        // 0x2abc = 10101010 111100
        expect(read(0xfe, 2)).toEqual([0xaa, 0x3c])
    })

    test('the zero position is subtracted, and lost with the supply', () => {
        const { at, counts, read, write, chip } = setUp()
        write(0x16, 0x01, 0x02) // 66 counts
        expect(read(0x16, 2)).toEqual([0x01, 0x02])
        at((2 * Math.PI * 100.5) / 16384)
        expect(counts(0xfe)).toBe(34)
        at((2 * Math.PI * 65.5) / 16384)
        expect(counts(0xfe)).toBe(16383)
        chip.reset()
        expect(read(0x16, 2)).toEqual([0, 0])
    })

    test('a burst from 0xFA holds gain, diagnostics, magnitude and angle of one measurement', () => {
        const { at, read } = setUp()
        at((2 * Math.PI * 0x123 + 0.001) / 16384)
        const bytes = read(0xfa, 6)
        expect(bytes[1]).toBe(0x01)
        expect(bytes.slice(4)).toEqual([0x04, 0x23])
        expect(read(0xfc, 2)).toEqual(bytes.slice(2, 4))
    })

    test('warns of reserved and read-only registers and of what is not modelled', () => {
        const { read, write, state } = setUp()
        read(0x10)
        write(0xfe, 1)
        write(0x03, 0x08)
        expect(state.warnings).toHaveLength(3)
        expect(state.warnings[0]).toMatch(/AS5048B@0x40.*0x10/)
        expect(state.warnings[2]).toMatch(/not modelled.*0x03/)
    })
})

describe('AS5048B diagnostics', () => {
    test('OCF comes 10 ms after power-up and stays', () => {
        const { chip, state, read } = setUp()
        chip.reset()
        state.time += 0.009
        expect(read(0xfa, 6)).toEqual([0, 0, 0, 0, 0, 0])
        state.time += 0.002
        expect(read(0xfb)).toEqual([0x01])
    })

    test.each([
        // [mT, COMP flags: low 0x04 says strong, high 0x08 says weak]
        [29, 0x08],
        [31, 0x00],
        [69, 0x00],
        [71, 0x04],
        [0, 0x08],
    ])('%i mT sets flags 0x%x', (field, flags) => {
        const { read } = setUp({ field })
        expect(read(0xfb)).toEqual([0x01 | flags])
    })

    test('gain goes from 0 in the strongest to 255 in the weakest field', () => {
        const gains = [200, 70, 60, 50, 40, 30, 5, 0].map(field => setUp({ field }).read(0xfa)[0])
        expect(gains[0]).toBe(0)
        expect(gains[1]).toBe(0)
        expect(gains[5]).toBe(255)
        expect(gains[7]).toBe(255)
        expect([...gains].sort((a, b) => a - b)).toEqual(gains)
    })

    test('the magnitude stands while the gain keeps up, then follows the field', () => {
        const magnitude = (field: number) => setUp({ field }).counts(0xfc)
        expect(magnitude(31)).toBe(magnitude(69))
        expect(magnitude(15) / magnitude(31)).toBeCloseTo(0.5, 2)
        expect(magnitude(105) / magnitude(69)).toBeCloseTo(1.5, 2)
        expect(magnitude(0)).toBe(0)
    })

    test('in overflow COF is set, and angle and magnitude keep their last valid values', () => {
        const { chip, at, read, counts } = setUp()
        at(1)
        const before = [counts(0xfe), counts(0xfc)]
        chip.overflow = true
        at(2)
        expect([counts(0xfe), counts(0xfc)]).toEqual(before)
        expect(read(0xfb)).toEqual([0x03])
        chip.overflow = false
        expect(counts(0xfe)).toBe(Math.floor((2 * 16384) / (2 * Math.PI)))
    })
})

describe('AS5048B measurements', () => {
    test('are renewed 11250 times a second', () => {
        const { state, counts } = setUp()
        state.time = 1.00001
        counts(0xfe)
        state.angle = 1
        state.time = 1.00008
        expect(counts(0xfe)).toBe(0)
        state.time = 1.0001
        expect(counts(0xfe)).toBe(2607)
    })

    test('have 0.06° RMS of noise, which belongs to the seed', () => {
        const values = (seed: number) => {
            const { at, counts } = setUp({ random: new Random(seed) })
            return Array.from({ length: 4000 }, () => {
                at(1)
                return counts(0xfe)
            })
        }
        const one = values(1)
        expect(values(1)).toEqual(one)
        expect(values(2)).not.toEqual(one)
        const mean = one.reduce((sum, value) => sum + value, 0) / one.length
        const deviation = Math.sqrt(one.reduce((sum, value) => sum + (value - mean) ** 2, 0) / one.length)
        expect(((deviation / 16384) * 360) / 0.06).toBeCloseTo(1, 1)
    })

    test('without a magnet are anything', () => {
        const { at, counts } = setUp({ random: new Random(1), field: 0 })
        const quadrants = new Set(
            Array.from({ length: 100 }, () => {
                at(1)
                return counts(0xfe) >> 12
            }),
        )
        expect(quadrants.size).toBe(4)
    })
})
