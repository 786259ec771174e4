import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DifferentialDrive, limitWheelSpeeds } from '../../src/control/differential-drive'

const CONFIG = { wheelRadius: 0.05, trackWidth: 0.2 }
const speed = fc.double({ min: -100, max: 100, noNaN: true })

describe('DifferentialDrive', () => {
    it('drives a left curve: 0.5 m/s and 1 rad/s are 8 and 12 rad/s', () => {
        const wheels = new DifferentialDrive(CONFIG).inverse(0.5, 1)
        expect(wheels.left).toBeCloseTo((0.5 - 0.1) / 0.05, 12)
        expect(wheels.right).toBeCloseTo((0.5 + 0.1) / 0.05, 12)
    })

    it.each([
        ['stands', 0, 0, 0, 0],
        ['drives straight', 10, 10, 0.5, 0],
        ['drives backwards', -10, -10, -0.5, 0],
        ['turns left on the spot', -4, 4, 0, 2],
        ['turns right about its right wheel', 4, 0, 0.1, -1],
    ])('%s', (_name, left, right, linear, angular) => {
        const drive = new DifferentialDrive(CONFIG)
        const body = drive.forward(left, right)
        expect(body.linear).toBeCloseTo(linear, 12)
        expect(body.angular).toBeCloseTo(angular, 12)
        const wheels = drive.inverse(linear, angular)
        expect(wheels.left).toBeCloseTo(left, 12)
        expect(wheels.right).toBeCloseTo(right, 12)
    })

    it('comes back to the same velocity through the wheels', () => {
        const drive = new DifferentialDrive({ wheelRadius: 0.0325, trackWidth: 0.147 })
        fc.assert(
            fc.property(speed, speed, (linear, angular) => {
                const { left, right } = drive.inverse(linear, angular)
                const body = drive.forward(left, right)
                expect(body.linear).toBeCloseTo(linear, 9)
                expect(body.angular).toBeCloseTo(angular, 9)
            }),
            { seed: 17 },
        )
    })

    it('lets NaN through, so that it is not mistaken for a velocity', () => {
        expect(new DifferentialDrive(CONFIG).inverse(NaN, 0)).toEqual({ left: NaN, right: NaN })
        expect(new DifferentialDrive(CONFIG).forward(NaN, 0)).toEqual({ linear: NaN, angular: NaN })
    })

    it('is as new after reset', () => {
        const drive = new DifferentialDrive(CONFIG)
        drive.inverse(1, 1)
        drive.forward(1, 2)
        drive.reset()
        expect([drive.body, drive.wheels]).toEqual([
            { linear: 0, angular: 0 },
            { left: 0, right: 0 },
        ])
    })

    it.each([
        [{ wheelRadius: 0 }, 'wheelRadius: got 0, allowed 0.0001 to 100'],
        [{ trackWidth: -0.2 }, 'trackWidth: got -0.2, allowed 0.0001 to 100'],
    ])('refuses %j', (wrong, message) => {
        expect(() => new DifferentialDrive({ ...CONFIG, ...wrong })).toThrow(new RangeError(message))
    })
})

describe('limitWheelSpeeds', () => {
    it.each([
        [8, 12, 6, 4, 6],
        [-12, 8, 6, -6, 4],
        [5, -5, 6, 5, -5],
        [20, -20, 6, 6, -6],
        [6, 0, 6, 6, 0],
        [12, 3, 0, 0, 0],
    ])('takes %s and %s rad/s at a limit of %s to %s and %s', (left, right, limit, slowLeft, slowRight) => {
        const wheels = { left, right }
        limitWheelSpeeds(wheels, limit)
        expect(wheels.left).toBeCloseTo(slowLeft, 12)
        expect(wheels.right).toBeCloseTo(slowRight, 12)
    })

    it('never exceeds the limit, keeps the curvature and leaves allowed speeds alone', () => {
        fc.assert(
            fc.property(speed, speed, fc.double({ min: 0.1, max: 100, noNaN: true }), (left, right, limit) => {
                const wheels = { left, right }
                limitWheelSpeeds(wheels, limit)
                const fastest = Math.max(Math.abs(left), Math.abs(right))
                if (fastest <= limit) {
                    expect(wheels).toEqual({ left, right })
                    return
                }
                expect(Math.max(Math.abs(wheels.left), Math.abs(wheels.right))).toBe(limit)
                // Same direction in the plane of both speeds: the cross product vanishes.
                expect(Math.abs(wheels.left * right - wheels.right * left)).toBeLessThan(1e-10)
                expect(wheels.left * left).toBeGreaterThanOrEqual(0)
                expect(wheels.right * right).toBeGreaterThanOrEqual(0)
            }),
            { seed: 18, numRuns: 1000 },
        )
    })
})
