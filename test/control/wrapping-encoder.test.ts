import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WrappingEncoder } from '../../src/control/wrapping-encoder'

const COUNT = (2 * Math.PI) / 4096

describe('WrappingEncoder', () => {
    it('goes on over the wrap: 4090 to 6 is 12 counts forward', () => {
        const encoder = new WrappingEncoder({ countsPerRevolution: 4096, direction: 1, zeroOffset: 4090 })
        expect(encoder.update(4090)).toBe(0)
        expect(encoder.update(6)).toBeCloseTo(12 * COUNT, 15)
        expect(encoder.state.turns).toBe(1)
        expect(encoder.update(4090)).toBe(0)
    })

    it('applies direction and gear ratio', () => {
        const encoder = new WrappingEncoder({ countsPerRevolution: 4096, direction: -1, gearRatio: 10 })
        encoder.update(0)
        expect(encoder.update(1024)).toBeCloseTo(-Math.PI / 2 / 10, 15)
    })

    it('takes an angle in rad as it takes counts', () => {
        const encoder = new WrappingEncoder({ countsPerRevolution: 2 * Math.PI, direction: 1 })
        encoder.update(6)
        expect(encoder.update(1)).toBeCloseTo(1, 14)
        expect(encoder.update(3)).toBeCloseTo(3, 14)
    })

    it.each([
        [0, 0, 0],
        [2047, 0, 2047],
        [2048, 0, -2048],
        [4095, 0, -1],
        [10, 4000, 106],
        [4000, 10, -106],
        [10, 4096, 10],
    ])('starts at the position nearest to zero: reading %s, zero %s, %s counts', (reading, zeroOffset, counts) => {
        const encoder = new WrappingEncoder({ countsPerRevolution: 4096, direction: 1, zeroOffset })
        expect(encoder.update(reading)).toBeCloseTo(counts * COUNT, 12)
    })

    it.each([NaN, -1, 4096, Infinity])('holds the position and counts for a reading of %s', reading => {
        const encoder = new WrappingEncoder({ countsPerRevolution: 4096, direction: 1 })
        encoder.update(reading)
        const position = encoder.update(100)
        expect(encoder.update(reading)).toBe(position)
        expect(encoder.state.rejected).toBe(2)
        expect(encoder.update(101)).toBeCloseTo(101 * COUNT, 15)
    })

    it('is as exact after a million turns as after none', () => {
        const encoder = new WrappingEncoder({ countsPerRevolution: 1000, direction: 1 })
        for (let i = 0; i <= 3_000_000; i++) encoder.update((i * 334) % 1000)
        expect(encoder.state.position).toBeCloseTo(3_000_000 * 334 * ((2 * Math.PI) / 1000), 6)
        expect(encoder.state.turns).toBe(1_002_000)
    })

    it('follows every path whose steps are shorter than half a turn', () => {
        const path = fc.array(fc.integer({ min: -2048, max: 2047 }), { minLength: 1 })
        fc.assert(
            fc.property(path, fc.constantFrom<1 | -1>(1, -1), (steps, direction) => {
                const encoder = new WrappingEncoder({ countsPerRevolution: 4096, direction, gearRatio: 4 })
                let counts = 0
                for (const step of steps) {
                    counts += step
                    const position = encoder.update(((counts % 4096) + 4096) % 4096)
                    expect(position + 0).toBeCloseTo((direction * counts * COUNT) / 4 + 0, 9)
                }
            }),
            { seed: 15, numRuns: 500 },
        )
    })

    it('is as new after reset', () => {
        const encoder = new WrappingEncoder({ countsPerRevolution: 4096, direction: 1 })
        for (const reading of [3000, 100, 2000, 4000, 100, NaN]) encoder.update(reading)
        encoder.reset()
        expect(encoder.state).toEqual({ position: 0, turns: 0, reading: 0, rejected: 0 })
        expect(encoder.update(4095)).toBeCloseTo(-COUNT, 15)
    })

    it.each([
        [{ countsPerRevolution: 0 }, 'countsPerRevolution: got 0, allowed 1 to 4294967296'],
        [{ direction: 0 as 1 }, 'direction: got 0, allowed 1 or -1'],
        [{ zeroOffset: 5000 }, 'zeroOffset: got 5000, allowed 0 to 4096'],
        [{ gearRatio: -2 }, 'gearRatio: got -2, allowed 0.000001 to 1000000'],
    ])('refuses %j', (wrong, message) => {
        expect(() => new WrappingEncoder({ countsPerRevolution: 4096, direction: 1, ...wrong })).toThrow(
            new RangeError(message),
        )
    })
})
