import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { VelocityEstimator, trackingGains } from '../../src/control/velocity-estimator'

describe('VelocityEstimator', () => {
    it('works a step out by hand', () => {
        // bandwidth · dt = 1: θ = 24/65, position gain 1 - θ² = 3649/4225, velocity gain (41/65)² / dt
        const estimator = new VelocityEstimator({ bandwidth: 100 })
        estimator.update(0, 0.01)
        expect(estimator.update(1, 0.01)).toBeCloseTo((1681 / 4225) * 100, 10)
        expect(estimator.state.position).toBeCloseTo(3649 / 4225, 12)
    })

    it('takes over the first position without a jump of velocity', () => {
        const estimator = new VelocityEstimator({ bandwidth: 100 })
        expect(estimator.update(1234.5, 0.01)).toBe(0)
        expect(estimator.update(1234.5, 0.01)).toBe(0)
        expect(estimator.state).toEqual({ position: 1234.5, velocity: 0, rejected: 0 })
    })

    it('follows a constant velocity without lag', () => {
        const estimator = new VelocityEstimator({ bandwidth: 50 })
        for (let i = 0; i <= 200; i++) estimator.update(3 * i * 0.01, 0.01)
        expect(estimator.state.velocity).toBeCloseTo(3, 9)
        expect(estimator.state.position).toBeCloseTo(3 * 200 * 0.01, 9)
    })

    it('answers the start of a motion like two equal poles: 1 - (1 + ωt) e^(-ωt), without overshoot', () => {
        const estimator = new VelocityEstimator({ bandwidth: 20 })
        const dt = 1e-4
        estimator.update(0, dt)
        for (let i = 1; i <= 5000; i++) {
            const velocity = estimator.update(i * dt, dt)
            const wt = 20 * i * dt
            expect(Math.abs(velocity - (1 - (1 + wt) * Math.exp(-wt)))).toBeLessThan(0.002)
            expect(velocity).toBeLessThan(1)
        }
    })

    it('smooths the steps of a 12-bit encoder at 5 rad/s to 2 %', () => {
        const count = (2 * Math.PI) / 4096
        const estimator = new VelocityEstimator({ bandwidth: 60 })
        let worst = 0
        for (let i = 0; i < 1000; i++) {
            const velocity = estimator.update(Math.floor((5 * i * 0.01) / count) * count, 0.01)
            if (i > 50) worst = Math.max(worst, Math.abs(velocity - 5))
        }
        expect(worst).toBeLessThan(0.1)
        // The bare difference would be off by up to a count in a step: 0.15 rad/s.
    })

    it.each([0, -0.01, NaN])('changes nothing when dt is %s', dt => {
        const estimator = new VelocityEstimator({ bandwidth: 60 })
        estimator.update(1, 0.01)
        const velocity = estimator.update(1.1, 0.01)
        const before = { ...estimator.state }
        expect(estimator.update(5, dt)).toBe(velocity)
        expect(estimator.state).toEqual(before)
    })

    it.each([NaN, Infinity, -Infinity])('coasts and counts when the position is %s', position => {
        const estimator = new VelocityEstimator({ bandwidth: 60 })
        for (let i = 0; i < 100; i++) estimator.update(2 * i * 0.01, 0.01)
        expect(estimator.update(position, 0.01)).toBeCloseTo(2, 6)
        expect(estimator.state.position).toBeCloseTo(2 * 100 * 0.01, 6)
        expect(estimator.state.rejected).toBe(1)
        expect(estimator.update(2 * 101 * 0.01, 0.01)).toBeCloseTo(2, 6)
    })

    it('waits for a usable first position', () => {
        const estimator = new VelocityEstimator({ bandwidth: 60 })
        expect(estimator.update(NaN, 0.01)).toBe(0)
        expect(estimator.update(9, 0.01)).toBe(0)
        expect(estimator.state).toEqual({ position: 9, velocity: 0, rejected: 1 })
    })

    it('has both poles at the same place in [0, 1) for every bandwidth and period', () => {
        fc.assert(
            fc.property(
                fc.double({ min: 1e-3, max: 1e4, noNaN: true }),
                fc.double({ min: 1e-4, max: 1, noNaN: true }),
                (bandwidth, dt) => {
                    const gains = { position: 0, velocity: 0 }
                    trackingGains(bandwidth, dt, gains)
                    // Characteristic polynomial z² - (2 - g - h) z + (1 - g), h = velocity gain · dt.
                    const b = 2 - gains.position - gains.velocity * dt
                    const c = 1 - gains.position
                    expect(Math.abs(b * b - 4 * c)).toBeLessThan(1e-12)
                    expect(b / 2).toBeGreaterThan(-1e-12)
                    expect(b / 2).toBeLessThan(1)
                },
            ),
            { seed: 16, numRuns: 1000 },
        )
    })

    it('is as new after reset', () => {
        const estimator = new VelocityEstimator({ bandwidth: 60 })
        for (const position of [1, 2, 5, NaN]) estimator.update(position, 0.01)
        estimator.reset()
        expect(estimator.state).toEqual({ position: 0, velocity: 0, rejected: 0 })
        expect(estimator.update(77, 0.01)).toBe(0)
        expect(estimator.state.position).toBe(77)
    })

    it('refuses a bandwidth that is not positive', () => {
        expect(() => new VelocityEstimator({ bandwidth: -1 })).toThrow(
            new RangeError('bandwidth: got -1, allowed 0.001 to 1000000'),
        )
        expect(() => new VelocityEstimator({ bandwidth: NaN })).toThrow(RangeError)
    })
})
