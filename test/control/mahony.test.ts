import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Mahony } from '../../src/control/mahony'

const G = 9.80665
const DT = 0.01
const DEGREE = Math.PI / 180

type Vector = [number, number, number]
type Quaternion = [number, number, number, number]

/** Rotation of `angle` rad about a unit axis. */
const about = (axis: Vector, angle: number): Quaternion => {
    const s = Math.sin(angle / 2)
    return [axis[0] * s, axis[1] * s, axis[2] * s, Math.cos(angle / 2)]
}

const multiply = ([ax, ay, az, aw]: Quaternion, [bx, by, bz, bw]: Quaternion): Quaternion => [
    aw * bx + ax * bw + ay * bz - az * by,
    aw * by - ax * bz + ay * bw + az * bx,
    aw * bz + ax * by - ay * bx + az * bw,
    aw * bw - ax * bx - ay * by - az * bz,
]

/** Angle in rad between two orientations. */
const apart = (a: ArrayLike<number>, b: Quaternion): number => {
    const [x, y, z] = multiply([-a[0], -a[1], -a[2], a[3]], b)
    return 2 * Math.asin(Math.min(1, Math.hypot(x, y, z)))
}

/** What an accelerometer at rest shows in this orientation: +g along the world's z axis, seen from the body. */
const atRest = ([x, y, z, w]: Quaternion): Vector => [
    G * 2 * (x * z - w * y),
    G * 2 * (y * z + w * x),
    G * (1 - 2 * (x * x + y * y)),
]

/** Angle in rad between two verticals, whatever the heading. */
const tilt = (a: ArrayLike<number>, b: Quaternion): number => {
    const [ax, ay, az] = atRest([a[0], a[1], a[2], a[3]])
    const [bx, by, bz] = atRest(b)
    return Math.asin(Math.min(1, Math.hypot(ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx) / (G * G)))
}

describe('Mahony', () => {
    it('knows a roll of 30° from the first accelerometer sample', () => {
        const mahony = new Mahony({ kp: 1, ki: 0 })
        const [x, y, z, w] = mahony.update(0, 0, 0, 0, G * 0.5, G * Math.cos(Math.PI / 6), DT)
        expect(x).toBeCloseTo(Math.sin(15 * DEGREE), 12)
        expect(y).toBeCloseTo(0, 12)
        expect(z).toBeCloseTo(0, 12)
        expect(w).toBeCloseTo(Math.cos(15 * DEGREE), 12)
    })

    it.each([
        [0, 0],
        [20, 0],
        [0, 20],
        [0, -35],
        [-50, 40],
        [180, 0],
        [150, -60],
        [0, 90],
        [0, -90],
    ])('starts at roll %s° and pitch %s° with heading 0, and stays', (roll, pitch) => {
        const truth = multiply(about([0, 1, 0], pitch * DEGREE), about([1, 0, 0], roll * DEGREE))
        const mahony = new Mahony({ kp: 1, ki: 0.1 })
        for (let i = 0; i < 100; i++) mahony.update(0, 0, 0, ...atRest(truth), DT)
        expect(apart(mahony.state.orientation, truth)).toBeLessThan(1e-7)
    })

    it.each<[string, Vector, number]>([
        ['yaw', [0, 0, 1], 1],
        ['roll', [1, 0, 0], -0.7],
        ['pitch, through the poles', [0, 1, 0], 0.5],
        ['a skew axis', [0.6, 0, 0.8], 2],
        ['a skew axis, fast', [0, -0.6, 0.8], 15],
    ])('follows 20 s of constant %s within 0.5°, starting tilted', (_name, axis, rate) => {
        const mahony = new Mahony({ kp: 1, ki: 0.1 })
        const start = about([1, 0, 0], 0.2)
        mahony.update(0, 0, 0, ...atRest(start), DT)
        let worst = 0
        for (let i = 1; i <= 2000; i++) {
            // Body rates are constant, so the rotation since the start is one about the body's axis.
            const truth = multiply(start, about(axis, rate * i * DT))
            mahony.update(rate * axis[0], rate * axis[1], rate * axis[2], ...atRest(truth), DT)
            worst = Math.max(worst, apart(mahony.state.orientation, truth))
        }
        expect(worst / DEGREE).toBeLessThan(0.5)
    })

    it('turns counter-clockwise for a positive rate about z: 90° after π/2 s at 1 rad/s', () => {
        const mahony = new Mahony({ kp: 1, ki: 0 })
        mahony.update(0, 0, 0, 0, 0, G, Math.PI / 200)
        for (let i = 0; i < 100; i++) mahony.update(0, 0, 1, 0, 0, G, Math.PI / 200)
        const [, , z, w] = mahony.state.orientation
        expect([z, w]).toEqual([expect.closeTo(Math.SQRT1_2, 6), expect.closeTo(Math.SQRT1_2, 6)])
    })

    it('learns the bias of the gyroscope with ki, and the tilt comes right', () => {
        const bias: Vector = [0.03, -0.02, 0]
        const truth = about([0, 1, 0], 0.3)
        const mahony = new Mahony({ kp: 1, ki: 0.3 })
        for (let i = 0; i < 6000; i++) mahony.update(...bias, ...atRest(truth), DT)
        expect(tilt(mahony.state.orientation, truth) / DEGREE).toBeLessThan(0.05)
        // Gravity cannot see a turn about itself: only the bias across the vertical is learnt.
        const up = atRest(truth).map(value => value / G)
        const seen = bias.map((value, k) => value - up[k] * (bias[0] * up[0] + bias[1] * up[1] + bias[2] * up[2]))
        for (let k = 0; k < 3; k++) expect(mahony.state.bias[k]).toBeCloseTo(seen[k], 3)
    })

    it('leans by bias / kp without ki: 0.02 rad/s and 0.5 1/s are 0.04 rad', () => {
        const mahony = new Mahony({ kp: 0.5, ki: 0 })
        for (let i = 0; i < 3000; i++) mahony.update(0.02, 0, 0, 0, 0, G, DT)
        expect(apart(mahony.state.orientation, [0, 0, 0, 1])).toBeCloseTo(Math.asin(0.04), 4)
    })

    it('limits the bias it learns', () => {
        const mahony = new Mahony({ kp: 0.1, ki: 5, biasLimit: 0.05 })
        for (let i = 0; i < 2000; i++) {
            mahony.update(1, -1, 0.3, 0, 0, G, DT)
            for (const bias of mahony.state.bias) expect(Math.abs(bias)).toBeLessThanOrEqual(0.05)
        }
        expect(Math.abs(mahony.state.bias[0])).toBe(0.05)
    })

    it('does not take a hard acceleration for a tilt', () => {
        const mahony = new Mahony({ kp: 1, ki: 0.1 })
        mahony.update(0, 0, 0, 0, 0, G, DT)
        for (let i = 0; i < 300; i++) mahony.update(0, 0, 0, 6, 0, G, DT)
        expect(apart(mahony.state.orientation, [0, 0, 0, 1])).toBeLessThan(1e-9)
        expect(mahony.state.untrusted).toBe(300)
        // A gentle one it does: the vertical leans by atan(1 / g) in the end.
        for (let i = 0; i < 3000; i++) mahony.update(0, 0, 0, 1, 0, G, DT)
        expect(apart(mahony.state.orientation, [0, 0, 0, 1])).toBeCloseTo(Math.atan(1 / G), 2)
    })

    it.each([
        [0.899, 0],
        [0.901, 1],
        [1.099, 1],
        [1.101, 0],
    ])('waits for a trusted sample to start: %s g', (share, started) => {
        const mahony = new Mahony({ kp: 1, ki: 0 })
        mahony.update(0.5, 0, 0, 0, share * G, 0, DT)
        expect(mahony.state.initialized).toBe(started === 1)
        expect(mahony.state.orientation[0]).toBeCloseTo(started * Math.SQRT1_2, 12)
    })

    it.each([0, 1, 2, 3, 4, 5])('holds everything and counts when input %s is not a number', position => {
        for (const bad of [NaN, Infinity]) {
            const mahony = new Mahony({ kp: 1, ki: 0.1 })
            for (let i = 0; i < 10; i++) mahony.update(0.1, 0.2, 0.3, 1, 0, G, DT)
            const before = JSON.stringify([mahony.state.orientation, mahony.state.bias])
            const input: [number, number, number, number, number, number] = [0.1, 0.2, 0.3, 1, 0, G]
            input[position] = bad
            mahony.update(...input, DT)
            expect(JSON.stringify([mahony.state.orientation, mahony.state.bias])).toBe(before)
            expect(mahony.state.rejected).toBe(1)
        }
    })

    it.each([0, -0.01, NaN])('changes nothing when dt is %s', dt => {
        const mahony = new Mahony({ kp: 1, ki: 0.1 })
        mahony.update(0, 0, 0, 0, 0, G, DT)
        const before = JSON.stringify(mahony.state)
        mahony.update(1, 1, 1, 3, 0, 9, dt)
        expect(JSON.stringify(mahony.state)).toBe(before)
    })

    it('keeps unit length through any motion an IMU can show', () => {
        const rate = fc.double({ min: -35, max: 35, noNaN: true })
        const force = fc.double({ min: -160, max: 160, noNaN: true })
        const sample = fc.tuple(rate, rate, rate, force, force, fc.oneof(force, fc.constant(G)))
        fc.assert(
            fc.property(fc.array(sample), samples => {
                const mahony = new Mahony({ kp: 2, ki: 0.5 })
                mahony.update(0, 0, 0, 0, 0, G, DT)
                for (const input of samples) {
                    const q = mahony.update(...input, DT)
                    expect(Math.hypot(...q)).toBeCloseTo(1, 9)
                }
            }),
            { seed: 22, numRuns: 300 },
        )
    })

    it('is as new after reset', () => {
        const mahony = new Mahony({ kp: 1, ki: 0.5 })
        for (let i = 0; i < 10; i++) mahony.update(1, 2, 3, 1, 2, 9, DT)
        mahony.update(NaN, 0, 0, 0, 0, G, DT)
        mahony.reset()
        expect(mahony.state).toEqual(new Mahony({ kp: 1, ki: 0.5 }).state)
    })

    it.each([
        [{ kp: -1 }, 'kp: got -1, allowed 0 to 1000000000'],
        [{ ki: NaN }, 'ki: got NaN, allowed 0 to 1000000000'],
        [{ gravity: 0 }, 'gravity: got 0, allowed 1 to 100'],
        [{ accelerationTolerance: 2 }, 'accelerationTolerance: got 2, allowed 0.001 to 0.5'],
        [{ biasLimit: -1 }, 'biasLimit: got -1, allowed 0 to 10'],
    ])('refuses %j', (wrong, message) => {
        expect(() => new Mahony({ kp: 1, ki: 0, ...wrong })).toThrow(new RangeError(message))
    })
})
