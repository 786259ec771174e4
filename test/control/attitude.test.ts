import { describe, expect, it } from 'vitest'
import { removeGravity, RestBias, tiltOf } from '../../src/control/attitude'
import { Mahony } from '../../src/control/mahony'
import { Lsm6dsox } from '../../src/sim/chips/lsm6dsox'
import { Random } from '../../src/sim/random'

const G = 9.80665
const DT = 0.01
const DEGREE = Math.PI / 180
const REST = { rate: 0.02, force: 0.3, time: 1, biasLimit: 0.05 }
const MILLI_G = 1e-3 * G

type Vector = [number, number, number]
type Quaternion = [number, number, number, number]

const multiply = ([ax, ay, az, aw]: Quaternion, [bx, by, bz, bw]: Quaternion): Quaternion => [
    aw * bx + ax * bw + ay * bz - az * by,
    aw * by - ax * bz + ay * bw + az * bx,
    aw * bz + ax * by - ay * bx + az * bw,
    aw * bw - ax * bx - ay * by - az * bz,
]
const about = (axis: Vector, angle: number): Quaternion => {
    const s = Math.sin(angle / 2)
    return [axis[0] * s, axis[1] * s, axis[2] * s, Math.cos(angle / 2)]
}
const inverse = ([x, y, z, w]: Quaternion): Quaternion => [-x, -y, -z, w]
const toBody = (q: Quaternion, [x, y, z]: Vector): Vector =>
    multiply(multiply(inverse(q), [x, y, z, 0]), q).slice(0, 3) as Vector
const apart = (a: Quaternion, b: Quaternion): number => {
    const [x, y, z] = multiply(inverse(a), b)
    return 2 * Math.asin(Math.min(1, Math.hypot(x, y, z)))
}

/** Angular velocity on the body's axes and acceleration in the world: rest, turns, tilts, shaking, a drive, rest. */
function motionAt(t: number): { rate: Vector; acceleration: Vector } {
    if (t < 2) return { rate: [0, 0, 0], acceleration: [0, 0, 0] }
    if (t < 12) return { rate: [0, 0, 1.2 * Math.sin(t - 2)], acceleration: [0.5 * Math.sin(2 * t), 0, 0] }
    if (t < 27) {
        return {
            rate: [1.5 * Math.sin(1.3 * t), 1.1 * Math.cos(1.7 * t), 0.6 * Math.sin(0.4 * t)],
            acceleration: [0.8 * Math.sin(3 * t), 0.6 * Math.cos(2.3 * t), 0],
        }
    }
    if (t < 40) {
        return {
            rate: [4 * Math.sin(9 * t), 3 * Math.cos(11 * t), 2 * Math.sin(7 * t)],
            acceleration: [5 * Math.sin(25 * t), 4 * Math.cos(31 * t), 6 * Math.sin(17 * t)],
        }
    }
    if (t < 55)
        return {
            rate: [0, 0.3 * Math.sin(t), 0.5],
            acceleration: [0.8 * Math.sin(1.8 * t), 0.5 * Math.sin(1.1 * t), 0],
        }
    return { rate: [0, 0, 0], acceleration: [0, 0, 0] }
}

/**
 * 60 s of it, felt by a simulated LSM6DSOX with the noise and resolution of its data sheet, zero-rate levels of up to 1°/s,
 * and the accelerometer's offsets of a calibrated part (2 mg): the typical 20 mg of a raw one are 1.1° by themselves.
 */
function run(seed: number, learnAtRest: boolean) {
    const time = { now: 0 }
    const random = new Random(seed)
    const truth = { q: about([0, 1, 0], 0.1), force: [0, 0, G] as Vector, rate: [0, 0, 0] as Vector }
    const motion = { specificForce: truth.force as Vector, angularVelocity: truth.rate as Vector }
    const chip = new Lsm6dsox({ now: () => time.now, motion: () => motion, random })
    chip.write(Uint8Array.of(0x12, 0x44))
    chip.write(Uint8Array.of(0x10, 0x5a, 0x58)) // 208 Hz, 4 g, 1000 °/s
    const offsets = accelerometerOffsets(chip, time, motion)
    const mahony = new Mahony({ kp: 0.5, ki: 0.02 })
    const rest = new RestBias(REST)
    let worst = 0
    let removed = 0
    const start = time.now
    for (let step = 0; step < 60_000; step++) {
        const t = step / 1000
        const { rate, acceleration } = motionAt(t)
        truth.q = multiply(truth.q, about(unit(rate), Math.hypot(...rate) / 1000))
        motion.angularVelocity = rate
        motion.specificForce = toBody(truth.q, [acceleration[0], acceleration[1], acceleration[2] + G])
        time.now = start + t
        chip.advance()
        if (step % 10 !== 9) continue
        const bytes = new Uint8Array(12)
        chip.write(Uint8Array.of(0x22))
        chip.read(bytes)
        const raw = new Int16Array(bytes.buffer)
        const gyro = [0, 1, 2].map(i => raw[i] * 0.035 * DEGREE)
        const force = [0, 1, 2].map(i => raw[3 + i] * 0.122e-3 * G - offsets[i])
        if (rest.update(gyro[0], gyro[1], gyro[2], force[0], force[1], force[2], DT) && learnAtRest) {
            for (let axis = 0; axis < 3; axis++) mahony.state.bias[axis] = rest.state.bias[axis]
        }
        const q = mahony.update(gyro[0], gyro[1], gyro[2], force[0], force[1], force[2], DT)
        worst = Math.max(worst, apart(q as Quaternion, truth.q))
        if (step > 58_000) {
            removeGravity(q, force, G, force)
            removed = Math.max(removed, Math.hypot(...force))
        }
    }
    return { worst: worst / DEGREE, end: apart(mahony.state.orientation as Quaternion, truth.q) / DEGREE, removed }
}

/** What a calibration at rest on three sides would find, but for 2 mg. */
function accelerometerOffsets(chip: Lsm6dsox, time: { now: number }, motion: { specificForce: Vector }): Vector {
    motion.specificForce = [0, 0, G]
    const sums = [0, 0, 0]
    for (let i = 0; i < 400; i++) {
        time.now += 0.01
        chip.advance()
        const bytes = new Uint8Array(6)
        chip.write(Uint8Array.of(0x28))
        chip.read(bytes)
        new Int16Array(bytes.buffer).forEach((count, axis) => (sums[axis] += (count * 0.122e-3 * G) / 400))
    }
    return [sums[0] + 2 * MILLI_G, sums[1] - 2 * MILLI_G, sums[2] - G + 2 * MILLI_G]
}

function unit(v: Vector): Vector {
    const length = Math.hypot(...v)
    return length === 0 ? [0, 0, 1] : (v.map(value => value / length) as Vector)
}

describe('attitude over 60 s of rest, turns, tilts, shaking and driving', () => {
    it.each([1, 2, 3, 4])(
        'is within 2° of the truth at the end, heading included, and never off by 4° (seed %i)',
        seed => {
            const { worst, end, removed } = run(seed, true)
            expect(end).toBeLessThan(2)
            // Shaken at 9 Hz and 4 rad/s, a sample that is 5 ms old is 1.1° off by that alone.
            expect(worst).toBeLessThan(4)
            // At rest nothing is left of the accelerometer but what 2° tilt it by.
            expect(removed).toBeLessThan(G * 2 * DEGREE + 0.1)
        },
    )

    it('needs the bias that is learnt at rest: without it the heading drifts away', () => {
        expect(run(1, false).end).toBeGreaterThan(2)
    })
})

describe('tiltOf and removeGravity', () => {
    it.each([
        [0, 0, 0],
        [30, 0, 10],
        [0, -40, 200],
        [-20, 60, -90],
        [170, 10, 5],
    ])('of roll %s°, pitch %s° whatever the heading (%s°)', (roll, pitch, yaw) => {
        const q = multiply(
            about([0, 0, 1], yaw * DEGREE),
            multiply(about([0, 1, 0], pitch * DEGREE), about([1, 0, 0], roll * DEGREE)),
        )
        const tilt = { roll: 0, pitch: 0 }
        tiltOf(q, tilt)
        expect(tilt.roll).toBeCloseTo(roll * DEGREE, 12)
        expect(tilt.pitch).toBeCloseTo(pitch * DEGREE, 12)
        const acceleration = [0, 0, 0]
        const body = toBody(q, [1, 2, G + 3])
        removeGravity(q, body, G, acceleration)
        toBody(q, [1, 2, 3]).forEach((value, axis) => expect(acceleration[axis]).toBeCloseTo(value, 9))
    })
})

describe('RestBias', () => {
    it('learns at rest, after its time, and keeps what it learnt through motion', () => {
        const rest = new RestBias(REST)
        for (let i = 0; i < 99; i++) expect(rest.update(0.01, -0.02, 0.03, 0, 0, G, DT)).toBe(false)
        for (let i = 0; i < 3; i++) rest.update(0.01, -0.02, 0.03, 0, 0, G, DT)
        expect(rest.state.resting).toBe(true)
        expect(rest.update(1, 0, 0, 0, 0, G, DT)).toBe(false)
        expect(rest.update(NaN, 0, 0, 0, 0, G, DT)).toBe(false)
        for (const [axis, bias] of [0.01, -0.02, 0.03].entries()) expect(rest.state.bias[axis]).toBeCloseTo(bias, 12)
    })

    it('takes a turn that is faster than a bias can be for what it is, and an even push for no rest', () => {
        const rest = new RestBias(REST)
        for (let i = 0; i < 300; i++) rest.update(0, 0, 0.1, 0, 0, G, DT)
        expect(rest.state.known).toBe(false)
        for (let i = 0; i < 300; i++) rest.update(0, 0, 0, i * 0.01, 0, G, DT)
        expect(rest.state.known).toBe(false)
        rest.reset()
        expect(() => new RestBias({ ...REST, time: 0 })).toThrow('time: got 0')
    })
})
