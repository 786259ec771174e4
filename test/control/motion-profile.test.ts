import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JointMove } from '../../src/control/joint-move'
import { MotionProfile, type MotionLimits } from '../../src/control/motion-profile'

const RUNS = { seed: 31, numRuns: 400 }
const limit = fc.double({ min: 0.05, max: 50, noNaN: true })
const distance = fc.oneof(
    fc.double({ min: -20, max: 20, noNaN: true }),
    fc.double({ min: -1e-3, max: 1e-3, noNaN: true }),
)
const sCurve = fc.record({ velocity: limit, acceleration: limit, jerk: limit })
const trapezoid = fc.record({ velocity: limit, acceleration: limit })
const STEPS = 400
/** Of rounding: each limit is divided and multiplied a few times. */
const ROUNDING = 1 + 1e-9

/**
 * Holds a path to its limits by what it does from step to step: a mean velocity over a step can't be above the largest, nor
 * can a change of velocity be above the largest acceleration times the step; likewise for jerk.
 */
function expectWithin(
    limits: MotionLimits,
    duration: number,
    at: (time: number) => { position: number; velocity: number; acceleration: number },
): void {
    const dt = duration / STEPS
    let before = { ...at(0) }
    // Positions of some size, whose rounding a division by a short step makes large.
    const noise = 1e-13 / dt
    for (let i = 1; i <= STEPS; i++) {
        const now = { ...at(i === STEPS ? duration : i * dt) }
        const mean = (now.position - before.position) / dt
        expect(Math.abs(mean)).toBeLessThanOrEqual(limits.velocity * ROUNDING + noise * 100)
        expect(Math.abs(now.velocity)).toBeLessThanOrEqual(limits.velocity * ROUNDING)
        expect(Math.abs(now.velocity - before.velocity)).toBeLessThanOrEqual(
            limits.acceleration * dt * ROUNDING + 1e-12 * limits.velocity,
        )
        expect(Math.abs(now.acceleration)).toBeLessThanOrEqual(limits.acceleration * ROUNDING)
        if (limits.jerk !== undefined) {
            expect(Math.abs(now.acceleration - before.acceleration)).toBeLessThanOrEqual(
                limits.jerk * dt * ROUNDING + 1e-9 * limits.acceleration,
            )
            // Velocity is the slope of position: within what jerk can bend it in a step.
            expect(Math.abs(mean - (now.velocity + before.velocity) / 2)).toBeLessThanOrEqual(
                (limits.jerk * dt * dt) / 6 + noise * 100 + 1e-9 * limits.velocity,
            )
        }
        before = now
    }
}

describe('MotionProfile', () => {
    it('goes through all seven parts of a long move, by hand', () => {
        // To 2 rad/s with 4 rad/s² and 16 rad/s³: rises for 0.25 s, is at full acceleration for 0.25 s, falls for 0.25 s: ramps
        // of 0.75 s that cover 0.75 rad each; 3 rad leave 1.5 rad, or 0.75 s, of cruising.
        const profile = new MotionProfile({ velocity: 2, acceleration: 4, jerk: 16 })
        expect(profile.plan(3)).toBeCloseTo(2.25, 12)
        const expected = [
            [0, 0, 0, 0],
            [0.25, (16 * 0.25 ** 3) / 6, 0.5, 4],
            [0.5, (16 * 0.25 ** 3) / 6 + 0.5 * 0.25 + 2 * 0.25 ** 2, 1.5, 4],
            [0.75, 0.75, 2, 0],
            [1.125, 1.5, 2, 0],
            [1.5, 2.25, 2, 0],
            [2, 3 - (16 * 0.25 ** 3) / 6, 0.5, -4],
            [2.25, 3, 0, 0],
        ]
        for (const [time, position, velocity, acceleration] of expected) {
            profile.at(time)
            expect(profile.state.position).toBeCloseTo(position, 12)
            expect(profile.state.velocity).toBeCloseTo(velocity, 12)
            expect(profile.state.acceleration).toBeCloseTo(acceleration, 9)
        }
    })

    it.each([
        // Velocity not reached, acceleration is: v (1/2 + v) = 1.5 gives v = 1; t = 1/2 + 1; duration 2 t.
        [{ velocity: 9, acceleration: 1, jerk: 2 }, 1.5, 3],
        // Neither is reached: 2 · 2 r³ = 0.032 gives r = 0.2; four of them.
        [{ velocity: 9, acceleration: 9, jerk: 2 }, 0.032, 0.8],
        // Velocity is reached, acceleration is not: r = √(0.5 / 2); ramps of 2 r = 1 s cover 0.5, 0.5 more at 0.5.
        [{ velocity: 0.5, acceleration: 9, jerk: 2 }, 1, 3],
        // Trapezoid: 1 s up, 1 s down, 2 m between; and a triangle.
        [{ velocity: 2, acceleration: 2 }, 4, 3],
        [{ velocity: 9, acceleration: 2 }, 2, 2],
        [{ velocity: 2, acceleration: 2 }, 0, 0],
        [{ velocity: 2, acceleration: 2 }, NaN, 0],
    ])('with %j, %s away, takes %s s', (limits, far, seconds) => {
        expect(new MotionProfile(limits).plan(far)).toBeCloseTo(seconds, 12)
        expect(new MotionProfile(limits).plan(-far)).toBeCloseTo(seconds, 12)
    })

    it('is faster with no limit of jerk than with one, and as fast with one that does not matter', () => {
        const plan = (jerk?: number) => new MotionProfile({ velocity: 1, acceleration: 2, jerk }).plan(3)
        expect(plan(10)).toBeGreaterThan(plan())
        expect(plan(1e9)).toBeCloseTo(plan(), 6)
    })

    it.each<[string, fc.Arbitrary<MotionLimits>]>([
        ['S-curve', sCurve],
        ['trapezoid', trapezoid],
    ])('keeps its limits at every step of any move (%s)', (_name, limits) => {
        fc.assert(
            fc.property(limits, distance, (config, far) => {
                const profile = new MotionProfile(config)
                const duration = profile.plan(far)
                if (duration === 0) return
                expectWithin(config, duration, time => {
                    profile.at(time)
                    return profile.state
                })
                profile.at(duration)
                expect(profile.state).toEqual({ position: far, velocity: 0, acceleration: 0 })
            }),
            RUNS,
        )
    })

    it.each([
        [{ velocity: 0, acceleration: 1 }, 'velocity: got 0'],
        [{ velocity: 1, acceleration: NaN }, 'acceleration: got NaN'],
        [{ velocity: 1, acceleration: 1, jerk: -1 }, 'jerk: got -1'],
    ])('refuses %j', (limits, message) => {
        expect(() => new MotionProfile(limits)).toThrow(message)
    })
})

describe('JointMove', () => {
    const joint = fc.tuple(sCurve, fc.double({ min: -10, max: 10, noNaN: true }), distance)

    it('starts and ends together and keeps every limit of every joint, for any move', () => {
        fc.assert(
            fc.property(fc.array(joint, { minLength: 1, maxLength: 6 }), joints => {
                const move = new JointMove(joints.map(([limits]) => limits))
                const from = joints.map(([, start]) => start)
                const to = joints.map(([, start, far]) => start + far)
                const duration = move.plan(from, to)
                if (duration === 0) return
                joints.forEach(([limits], i) => {
                    expectWithin(limits, duration, time => {
                        move.at(time)
                        return {
                            position: move.position[i] - from[i],
                            velocity: move.velocity[i],
                            acceleration: move.acceleration[i],
                        }
                    })
                })
                move.at(0)
                move.position.forEach((position, i) => expect(Math.abs(position - from[i])).toBeLessThan(1e-12))
                move.at(duration)
                expect(move.position).toEqual(to)
                expect(move.velocity.every(velocity => velocity === 0)).toBe(true)
                // Together: every joint that goes far enough to be told from rounding has, but for the same part, gone its way.
                move.at(duration / 2)
                for (let i = 0; i < joints.length; i++) {
                    expect(move.position[i]).toBeCloseTo((from[i] + to[i]) / 2, 9)
                }
                move.at(duration * 0.999)
                for (let i = 0; i < joints.length; i++) {
                    if (Math.abs(to[i] - from[i]) > 1e-6) expect(move.velocity[i]).not.toBe(0)
                }
            }),
            { seed: 32, numRuns: 200 },
        )
    })

    it('takes as long as its slowest joint', () => {
        const limits = { velocity: 1, acceleration: 1, jerk: 1 }
        const move = new JointMove([limits, limits, limits])
        const alone = new MotionProfile(limits).plan(5)
        expect(move.plan([0, 1, 2], [1, 1, 7])).toBe(alone)
        expect(move.plan([1, 2, 3], [1, 2, 3])).toBe(0)
        move.at(0)
        expect(move.position).toEqual([1, 2, 3])
    })
})
