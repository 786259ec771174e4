import { describe, expect, test } from 'vitest'
import { Odometry } from '../../src/control/odometry'
import { Chassis } from '../../src/onboard/chassis'
import { Random } from '../../src/sim/random'

// The rover: wheels of 0.04 m, 0.24 m apart, at most 15 rad/s, a tick of 10 ms.
const DIMENSIONS = { wheelRadius: 0.04, trackWidth: 0.24 }
const MOST = 0.15
/** Ticks from one update to the next, as in a report. */
const UPDATE_TICKS = 4

/** Both dead reckonings over the same wheel steps, normalised each tenth as on board. */
function run(steps: number, step: (k: number) => [left: number, right: number]) {
    const chassis = new Chassis(0, 1, DIMENSIONS.wheelRadius, DIMENSIONS.trackWidth)
    const odometry = new Odometry(DIMENSIONS)
    const position = [12, -7]
    chassis.start(position)
    odometry.update(position[0], position[1])
    for (let k = 0; k < steps; k++) {
        const [left, right] = step(k)
        position[0] += left
        position[1] += right
        if (k % UPDATE_TICKS === UPDATE_TICKS - 1 || k === steps - 1) chassis.update(position)
        odometry.update(position[0], position[1])
        if (k % 10 === 9) chassis.normalise()
    }
    return { chassis, odometry: odometry.state }
}

/** Angle from the heading to the kept unit vector, rad. */
const lag = ({ heading, cosine, sine }: Chassis) =>
    Math.atan2(
        sine * Math.cos(heading) - cosine * Math.sin(heading),
        cosine * Math.cos(heading) + sine * Math.sin(heading),
    )

describe('against Odometry, which uses trigonometry', () => {
    test('ten minutes of any driving agree within 0.5 mm, and the heading within 1e-10 rad', () => {
        const random = new Random(4)
        let [left, right] = [0, 0]
        const { chassis, odometry } = run(60_000, k => {
            if (k % 100 === 0) [left, right] = [random.uniform(-MOST, MOST), random.uniform(-MOST, MOST)]
            return [left + random.uniform(-0.001, 0.001), right + random.uniform(-0.001, 0.001)]
        })
        expect(Math.hypot(odometry.x, odometry.y)).toBeGreaterThan(1)
        expect(Math.abs(chassis.x - odometry.x)).toBeLessThan(5e-4)
        expect(Math.abs(chassis.y - odometry.y)).toBeLessThan(5e-4)
        expect(Math.abs(chassis.heading - odometry.heading)).toBeLessThan(1e-10)
    })

    test('the worst case, an hour of spinning as fast as it can, turns the unit vector by less than 2 mrad', () => {
        // A turn of 0.2 rad from update to update: the series leaves t^7 / 840, 1.5e-8 rad, and 90,000 updates add it up.
        const { chassis } = run(360_000, () => [-MOST, MOST])
        expect(chassis.heading).toBeCloseTo(360_000 * 0.05, 6)
        expect(Math.abs(lag(chassis))).toBeGreaterThan(90_000 * 1.4e-8)
        expect(Math.abs(lag(chassis))).toBeLessThan(2e-3)
    })

    test('at 1 rad/s an hour turns it by 2 µrad at most', () => {
        const { chassis } = run(360_000, () => [0.05, 0.11])
        expect(Math.abs(lag(chassis))).toBeLessThan(2e-6)
    })
})

test('straight on, along the heading at the start', () => {
    const { chassis } = run(1000, () => [0.1, 0.1])
    // 100 rad on wheels of 0.04 m.
    expect(chassis.x).toBeCloseTo(4, 10)
    expect(chassis.y).toBeCloseTo(0, 12)
    expect(chassis.heading).toBeCloseTo(0, 12)
})

test('a quarter circle about the left wheel', () => {
    // The right wheel rolls π/2 · 0.24 m; the middle goes round at 0.12 m.
    const steps = 100
    const { chassis } = run(steps, () => [0, ((Math.PI / 2) * 6) / steps])
    expect(chassis.heading).toBeCloseTo(Math.PI / 2, 12)
    expect(chassis.x).toBeCloseTo(0.12, 7)
    expect(chassis.y).toBeCloseTo(0.12, 7)
})

test('on the spot, both ways, the robot stays where it is', () => {
    const { chassis } = run(2000, k => (k < 1000 ? [-0.1, 0.1] : [0.1, -0.1]))
    expect(Math.hypot(chassis.x, chassis.y)).toBeLessThan(1e-12)
    expect(chassis.heading).toBeCloseTo(0, 9)
})

test('the unit vector keeps its length', () => {
    const { chassis } = run(100_000, () => [-MOST, MOST])
    expect(Math.hypot(chassis.cosine, chassis.sine)).toBeCloseTo(1, 5)
})

test('started anew, the pose is the origin, wherever the wheels stand', () => {
    const { chassis } = run(500, () => [0.05, 0.1])
    chassis.start([100, 50])
    chassis.update([100, 50])
    expect([chassis.x, chassis.y, chassis.heading, chassis.cosine, chassis.sine]).toEqual([0, 0, 0, 1, 0])
    chassis.update([101, 51])
    expect(chassis.x).toBeCloseTo(0.04, 12)
})
