import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asin, atan2, cbrt, cos, HALF_PI, PI, sin, sinCos, sqrt, TWO_PI, wrapAngle } from '../../src/control/trig'

const RUNS = { seed: 11, numRuns: 2000 }
const angle = fc.double({ min: -1e6, max: 1e6, noNaN: true })

/** Largest difference of two functions over `count` evenly spaced points. */
function worst(f: (x: number) => number, g: (x: number) => number, min: number, max: number, count = 200_001): number {
    let largest = 0
    for (let i = 0; i < count; i++) {
        const x = min + ((max - min) * i) / (count - 1)
        largest = Math.max(largest, Math.abs(f(x) - g(x)))
    }
    return largest
}

describe('sin and cos', () => {
    it('know the angles of school', () => {
        expect(sin(0)).toBe(0)
        expect(cos(0)).toBe(1)
        expect(sin(HALF_PI)).toBe(1)
        expect(cos(PI)).toBe(-1)
        expect(sin(PI / 6)).toBeCloseTo(0.5, 15)
        expect(cos(PI / 3)).toBeCloseTo(0.5, 15)
        expect(sin(PI / 4)).toBeCloseTo(Math.SQRT1_2, 15)
    })

    it.each([1, 10, 1e4, 1e6])('are within 3e-16 of Math up to %s rad', range => {
        expect(worst(sin, Math.sin, -range, range)).toBeLessThan(3e-16)
        expect(worst(cos, Math.cos, -range, range)).toBeLessThan(3e-16)
    })

    it('keep their relative precision near the zeros, where the reduction cancels', () => {
        for (let k = -6366; k <= 6366; k++) {
            const x = k * HALF_PI
            expect(Math.abs(sin(x) - Math.sin(x))).toBeLessThan(3e-16)
            expect(Math.abs(cos(x) - Math.cos(x))).toBeLessThan(3e-16)
        }
        for (const x of [1e-3, 1e-8, 1e-300, -1e-8]) expect(sin(x)).toBe(Math.sin(x))
    })

    it('are the two halves of sinCos, to the bit', () => {
        const out = [0, 0]
        fc.assert(
            fc.property(angle, x => {
                sinCos(x, out)
                expect(out).toEqual([sin(x), cos(x)])
            }),
            RUNS,
        )
    })

    it.each([NaN, Infinity, -Infinity])('give NaN for %s', x => {
        const out = [0, 0]
        sinCos(x, out)
        expect([sin(x), cos(x), ...out]).toEqual([NaN, NaN, NaN, NaN])
    })
})

describe('wrapAngle', () => {
    it.each([
        [0, 0],
        [3, 3],
        [-3, -3],
        [PI, -PI],
        [-PI, -PI],
        [4, 4 - TWO_PI],
        [-4, TWO_PI - 4],
        [7, 7 - TWO_PI],
    ])('of %s is %s', (x, wrapped) => {
        expect(wrapAngle(x)).toBeCloseTo(wrapped, 15)
    })

    it('stays in [-π, π), keeps the direction and changes nothing the second time', () => {
        const odd = fc.integer({ min: -3000, max: 3000 }).map(k => (2 * k + 1) * PI)
        fc.assert(
            fc.property(fc.oneof(angle, odd), x => {
                const wrapped = wrapAngle(x)
                expect(wrapped).toBeGreaterThanOrEqual(-PI)
                expect(wrapped).toBeLessThan(PI)
                expect(Math.abs(Math.sin(wrapped) - Math.sin(x))).toBeLessThan(5e-16)
                expect(Math.abs(Math.cos(wrapped) - Math.cos(x))).toBeLessThan(5e-16)
                expect(wrapAngle(wrapped)).toBe(wrapped)
            }),
            RUNS,
        )
    })

    it('of NaN or an infinity is NaN', () => {
        expect([wrapAngle(NaN), wrapAngle(Infinity)]).toEqual([NaN, NaN])
    })
})

describe('atan2', () => {
    it.each([
        [0, 0, 0],
        [0, 1, 0],
        [1, 1, PI / 4],
        [1, 0, HALF_PI],
        [1, -1, (3 * PI) / 4],
        [0, -1, PI],
        [-1, -1, (-3 * PI) / 4],
        [-1, 0, -HALF_PI],
        [-1, 1, -PI / 4],
        [1, Infinity, 0],
        [-1, -Infinity, -PI],
    ])('of (%s, %s) is %s', (y, x, expected) => {
        expect(atan2(y, x) + 0).toBeCloseTo(expected, 15)
    })

    it('has no signed zero: the negative x axis is +π from both sides', () => {
        expect(atan2(-0, -1)).toBe(PI)
        expect(atan2(-1e-300, -1)).toBe(-PI)
    })

    it('is within 1e-15 of Math.atan2 in every direction and at every scale', () => {
        for (const radius of [1e-100, 1e-3, 1, 1e100]) {
            const difference = worst(
                a => atan2(radius * Math.sin(a), radius * Math.cos(a)),
                a => Math.atan2(radius * Math.sin(a), radius * Math.cos(a)),
                -3.14159,
                3.14159,
                50_001,
            )
            expect(difference).toBeLessThan(1e-15)
        }
    })

    it('of NaN is NaN', () => {
        expect([atan2(NaN, 1), atan2(1, NaN)]).toEqual([NaN, NaN])
    })
})

describe('asin', () => {
    it('is within 5e-16 of Math.asin', () => {
        expect(worst(asin, Math.asin, -1, 1)).toBeLessThan(5e-16)
        expect(worst(asin, Math.asin, 1 - 1e-9, 1)).toBeLessThan(5e-16)
    })

    it.each([
        [1, HALF_PI],
        [-1, -HALF_PI],
        [1 + 1e-15, HALF_PI],
        [-2, -HALF_PI],
        [0, 0],
        [NaN, NaN],
    ])('of %s is %s', (x, expected) => {
        expect(asin(x)).toBe(expected)
    })
})

describe('sqrt', () => {
    it('is exact for perfect squares', () => {
        for (let i = 0; i < 100_000; i += 7) expect(sqrt(i * i)).toBe(i)
        expect(sqrt(0.25)).toBe(0.5)
    })

    it('is within one unit in the last place over the whole range of doubles', () => {
        fc.assert(
            fc.property(fc.double({ min: 2.3e-308, max: Number.MAX_VALUE, noNaN: true }), x => {
                expect(Math.abs(sqrt(x) / Math.sqrt(x) - 1)).toBeLessThan(2.3e-16)
            }),
            RUNS,
        )
        expect(
            worst(
                x => sqrt(x) / Math.sqrt(x),
                () => 1,
                0.001,
                200,
            ),
        ).toBeLessThan(2.3e-16)
    })

    it.each([
        [0, 0],
        [-0, 0],
        [Infinity, Infinity],
        [-1, NaN],
        [-Infinity, NaN],
        [NaN, NaN],
    ])('of %s is %s', (x, expected) => {
        expect(sqrt(x)).toBe(expected)
    })
})

describe('cbrt', () => {
    it('is within 5e-16 of Math over its whole range, either sign', () => {
        const magnitude = fc.double({ min: -300, max: 300, noNaN: true })
        fc.assert(
            fc.property(magnitude, exponent => {
                const x = 10 ** exponent
                expect(Math.abs(cbrt(x) / Math.cbrt(x) - 1)).toBeLessThan(5e-16)
                expect(cbrt(-x)).toBe(-cbrt(x))
            }),
            RUNS,
        )
        for (const [x, root] of [
            [0, 0],
            [1, 1],
            [8, 2],
            [-27, -3],
            [1e-3, 0.1],
        ])
            expect(cbrt(x)).toBeCloseTo(root, 15)
        expect([cbrt(NaN), cbrt(Infinity), cbrt(-Infinity)]).toEqual([NaN, Infinity, -Infinity])
    })
})
