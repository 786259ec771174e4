import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Odometry } from '../../src/control/odometry'

const CONFIG = { wheelRadius: 0.05, trackWidth: 0.2 }
/** Wheel travel of an arc: `radius` m to the left, `angle` rad. */
const arc = (radius: number, angle: number): [number, number] => [
    ((radius - 0.1) * angle) / 0.05,
    ((radius + 0.1) * angle) / 0.05,
]

describe('Odometry', () => {
    it('drives a quarter of a circle of 1 m radius to (1, 1), facing left, in one step', () => {
        const odometry = new Odometry(CONFIG)
        odometry.update(0, 0)
        const pose = odometry.update(...arc(1, Math.PI / 2))
        expect(pose.x).toBeCloseTo(1, 12)
        expect(pose.y).toBeCloseTo(1, 12)
        expect(pose.heading).toBeCloseTo(Math.PI / 2, 12)
    })

    it.each([
        ['stands', 0, 0, 0, 0, 0],
        ['drives straight', 20, 20, 1, 0, 0],
        ['drives backwards', -20, -20, -1, 0, 0],
        ['turns on the spot', -2 * Math.PI, 2 * Math.PI, 0, 0, Math.PI],
        ['turns right', 40, 0, 1 / Math.PI / 3, 0, -10],
    ])('%s', (name, left, right, x, y, heading) => {
        const odometry = new Odometry(CONFIG)
        odometry.update(0, 0)
        const pose = odometry.update(left, right)
        expect(pose.heading).toBeCloseTo(heading, 12)
        if (name === 'turns right') {
            // Arc about the right wheel, radius 0.1 m, 10 rad clockwise.
            expect(pose.x).toBeCloseTo(0.1 * Math.sin(10), 12)
            expect(pose.y).toBeCloseTo(-0.1 * (1 - Math.cos(10)), 12)
        } else {
            expect(pose.x).toBeCloseTo(x, 12)
            expect(pose.y).toBeCloseTo(y, 12)
        }
    })

    it('comes to the same place by one arc or by many short ones', () => {
        fc.assert(
            fc.property(
                fc.double({ min: -2, max: 2, noNaN: true }),
                fc.double({ min: -7, max: 7, noNaN: true }),
                fc.integer({ min: 2, max: 200 }),
                (radius, angle, steps) => {
                    const [left, right] = arc(radius, angle)
                    const short = new Odometry(CONFIG)
                    for (let i = 0; i <= steps; i++) short.update((left * i) / steps, (right * i) / steps)
                    expect(short.state.x).toBeCloseTo(radius * Math.sin(angle), 9)
                    expect(short.state.y).toBeCloseTo(radius * (1 - Math.cos(angle)), 9)
                    expect(short.state.heading).toBeCloseTo(angle, 9)
                },
            ),
            { seed: 19, numRuns: 300 },
        )
    })

    it.each([1e-9, 0.05, 0.199, 0.201, 3])('ends an arc of %s rad on its circle, in one step', angle => {
        const odometry = new Odometry(CONFIG)
        odometry.update(0, 0)
        const pose = odometry.update(...arc(2, angle))
        expect(Math.abs(pose.x - 2 * Math.sin(angle))).toBeLessThan(1e-13)
        expect(Math.abs(pose.y - 4 * Math.sin(angle / 2) ** 2)).toBeLessThan(1e-13)
    })

    it('never moves further than the mean travel of its wheels', () => {
        const wheel = fc.double({ min: -50, max: 50, noNaN: true })
        fc.assert(
            fc.property(wheel, wheel, wheel, (left, right, heading) => {
                const odometry = new Odometry(CONFIG)
                odometry.reset(3, -2, heading)
                odometry.update(7, -7)
                const pose = odometry.update(7 + left, -7 + right)
                const moved = Math.hypot(pose.x - 3, pose.y + 2)
                expect(moved).toBeLessThanOrEqual(0.05 * Math.abs(0.5 * (left + right)) + 1e-12)
            }),
            { seed: 20, numRuns: 1000 },
        )
    })

    it('does not gather rounding in the heading: 100,000 steps and back to the first wheel positions', () => {
        const odometry = new Odometry(CONFIG)
        odometry.reset(0, 0, 0.7)
        odometry.update(0.1, 0.3)
        for (let i = 1; i <= 100_000; i++) odometry.update(0.1 + 0.1 * (i % 997), 0.3 - 0.07 * (i % 991))
        odometry.update(0.1, 0.3)
        expect(odometry.state.heading).toBe(0.7)
    })

    it('keeps the heading continuous over turns', () => {
        const odometry = new Odometry(CONFIG)
        for (let i = 0; i <= 100; i++) odometry.update(-i, i)
        expect(odometry.state.heading).toBeCloseTo(50, 12)
    })

    it('starts where the wheels are, whatever they show', () => {
        const odometry = new Odometry(CONFIG)
        expect(odometry.update(123, -456)).toMatchObject({ x: 0, y: 0, heading: 0 })
    })

    it.each([
        [NaN, 1],
        [1, NaN],
        [Infinity, -Infinity],
        [1, Infinity],
    ])('holds the pose for wheels at %s and %s, and catches up after', (left, right) => {
        const odometry = new Odometry(CONFIG)
        odometry.update(0, 0)
        odometry.update(10, 10)
        odometry.update(left, right)
        expect(odometry.state).toMatchObject({ x: 0.5, y: 0, heading: 0, rejected: 1 })
        expect(odometry.update(20, 20).x).toBeCloseTo(1, 12)
    })

    it('starts anew at the pose given to reset', () => {
        const odometry = new Odometry(CONFIG)
        odometry.update(0, 0)
        odometry.update(10, 20)
        odometry.update(NaN, 0)
        odometry.reset(1, 2, Math.PI / 2)
        expect(odometry.state).toEqual({ x: 1, y: 2, heading: Math.PI / 2, rejected: 0 })
        odometry.update(500, 700)
        const pose = odometry.update(520, 720)
        expect(pose.x).toBeCloseTo(1, 12)
        expect(pose.y).toBeCloseTo(3, 12)
        odometry.reset()
        expect(odometry.state).toEqual({ x: 0, y: 0, heading: 0, rejected: 0 })
    })

    it('refuses a dimension that is not positive', () => {
        expect(() => new Odometry({ wheelRadius: 0.05, trackWidth: 0 })).toThrow(
            new RangeError('trackWidth: got 0, allowed 0.0001 to 100'),
        )
        expect(() => new Odometry({ wheelRadius: NaN, trackWidth: 1 })).toThrow(/^wheelRadius: got NaN/)
    })
})
