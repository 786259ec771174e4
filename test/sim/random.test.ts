import { describe, expect, test } from 'vitest'
import { Random } from '../../src/sim/random'

describe('Random', () => {
    test('is xoshiro128**: the published numbers from state 1, 2, 3, 4', () => {
        const random = Random.fromState(1, 2, 3, 4)
        const numbers = Array.from({ length: 10 }, () => random.next())
        // The vector of the rand_xoshiro crate, made with the authors' C code. The first is rotl(2 * 5, 7) * 9.
        expect(numbers).toEqual([
            11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
        ])
    })

    test('gives the same numbers for the same seed and others for another, also beyond 32 bits', () => {
        const draw = (seed: number) => {
            const random = new Random(seed)
            return Array.from({ length: 8 }, () => random.next())
        }
        const first = (seed: number) => new Random(seed).next()
        expect(draw(7)).toEqual(draw(7))
        expect(new Set([0, 1, -1, 2, 2 ** 32, 2 ** 32 + 1].map(first)).size).toBe(6)
    })

    test('a fork depends on its name and its parent seed, not on what was drawn', () => {
        const parent = new Random(3)
        const before = parent.fork('imu').next()
        parent.next()
        parent.gaussian()
        parent.fork('another part').next()
        expect(parent.fork('imu').next()).toBe(before)
        expect(parent.fork('encoder').next()).not.toBe(before)
        expect(new Random(4).fork('imu').next()).not.toBe(before)
        expect(parent.fork('a').fork('b').next()).not.toBe(parent.fork('b').fork('a').next())
    })

    test('uniform fills its range evenly', () => {
        const random = new Random(11)
        const bins = new Array(10).fill(0)
        for (let i = 0; i < 100_000; i++) bins[Math.floor(random.uniform(-5, 5) + 5)]++
        // 10,000 expected in each, standard deviation 95: five of them either way.
        for (const count of bins) expect(Math.abs(count - 10_000)).toBeLessThan(475)
    })

    test('gaussian has the mean, deviation and tails it should', () => {
        const random = new Random(12)
        const n = 100_000
        let sum = 0
        let squares = 0
        let within = 0
        for (let i = 0; i < n; i++) {
            const value = random.gaussian(2, 3)
            sum += value
            squares += (value - 2) ** 2
            if (Math.abs(value - 2) < 3) within++
        }
        expect(sum / n).toBeCloseTo(2, 1)
        expect(Math.sqrt(squares / n)).toBeCloseTo(3, 1)
        expect(within / n).toBeCloseTo(0.6827, 2)
    })
})
