import { describe, expect, test } from 'vitest'
import { Feedforward } from '../../src/control/feedforward'
import { Pid } from '../../src/control/pid'
import { VelocityEstimator } from '../../src/control/velocity-estimator'
import { WrappingEncoder } from '../../src/control/wrapping-encoder'
import {
    coastJoint,
    controlJoints,
    deriveJoints,
    estimateJoints,
    Joints,
    setJoint,
    startJoints,
} from '../../src/onboard/joints'
import { JointMode } from '../../src/protocol/state'
import { Random } from '../../src/sim/random'
import { cart, mast, wheel } from './cart'

const DT = 0.01
const TWO_PI = 2 * Math.PI
const wrapped = (angle: number) => ((angle % TWO_PI) + TWO_PI) % TWO_PI

function joints(...configs: (typeof mast)[]): Joints {
    const made = new Joints(
        configs,
        configs.map(() => 0),
        DT,
    )
    deriveJoints(made)
    return made
}

/** Counts on the wire of a setpoint in rad, rad/s or duty. */
const counts = (value: number) => Math.round(value * 10_000)

describe('estimate', () => {
    test('is that of VelocityEstimator to the bit, for every joint', () => {
        const all = new Joints(cart.joints, [1, 2, 3], DT)
        startJoints(all)
        const estimators = cart.joints.map(
            joint => new VelocityEstimator({ bandwidth: joint.encoder.observerBandwidth }),
        )
        estimators.forEach((estimator, i) => estimator.update(all.measured[i], DT))
        const random = new Random(1)
        for (let step = 0; step < 2000; step++) {
            for (let i = 0; i < 3; i++) all.reading[i] = wrapped(all.reading[i] + random.uniform(-0.3, 0.5))
            estimateJoints(all, DT)
            for (let i = 0; i < 3; i++) {
                estimators[i].update(all.measured[i], DT)
                expect(all.velocity[i]).toBe(estimators[i].state.velocity)
                expect(all.position[i]).toBe(estimators[i].state.position)
            }
        }
    })

    test.each([wheel('left', 1), wheel('right', -1), mast])('unwraps $name as WrappingEncoder does', joint => {
        const { direction, zeroOffset, ratio } = joint.encoder
        const encoder = new WrappingEncoder({ countsPerRevolution: TWO_PI, direction, zeroOffset, gearRatio: ratio })
        const one = joints(joint)
        const random = new Random(2)
        one.reading[0] = 5
        startJoints(one)
        expect(one.position[0]).toBeCloseTo(encoder.update(5), 15)
        // Half of them one way, half the other, hundreds of turns; a reading is one of 4096.
        let turned = 0
        for (let step = 0; step < 20_000; step++) {
            turned += Math.round(random.uniform(step < 10_000 ? -0.5 : -2, step < 10_000 ? 2 : 0.5) * 652)
            one.reading[0] = ((turned & 4095) * TWO_PI) / 4096
            estimateJoints(one, DT)
            // The class counts whole turns, the stage adds steps up: each rounds by less than 2^-53 of a position of 15,000 rad.
            expect(Math.abs(one.measured[0] - encoder.update(one.reading[0]))).toBeLessThan(20_000 * 15_000 * 2 ** -53)
        }
        expect(Math.abs(encoder.state.turns)).toBeLessThan(100)
    })

    test.each([
        [0, 2047, 2047],
        [0, 2049, 2049 - 4096],
        [2047, 0, -2047],
        [2049, 0, 4096 - 2049],
        [4095, 0, 1],
        [0, 4095, -1],
        [3000, 1000, -2000],
        [1000, 3000, 2000],
    ])('from count %i to %i of 4096 is a step of %i: the shorter way', (from, to, step) => {
        const one = joints(wheel('left', 1))
        one.reading[0] = (from * TWO_PI) / 4096
        startJoints(one)
        const before = one.measured[0]
        one.reading[0] = (to * TWO_PI) / 4096
        estimateJoints(one, DT)
        expect(one.measured[0] - before).toBeCloseTo((step * TWO_PI) / 4096, 12)
    })

    test('starts at the position nearest to zero', () => {
        const cases: [reading: number, zeroOffset: number, position: number][] = [
            [0.1, 0, 0.1],
            [TWO_PI - 0.1, 0, -0.1],
            [3, 0, 3],
            [3.2, 0, 3.2 - TWO_PI],
            [0.1, 0.25, -0.15],
            [6, 0.25, 6 - 0.25 - TWO_PI],
            [0.1, 6, 0.1 - 6 + TWO_PI],
        ]
        for (const [reading, zeroOffset, position] of cases) {
            const one = joints({ ...mast, encoder: { ...mast.encoder, zeroOffset } })
            one.reading[0] = reading
            startJoints(one)
            expect(one.position[0]).toBeCloseTo(position / 3, 12)
            expect(one.velocity[0]).toBe(0)
        }
    })

    test('coasts through readings that failed, over the end of the turn too', () => {
        for (const speed of [5, -5]) {
            const one = joints(wheel('left', 1))
            let angle = speed > 0 ? 5.5 : 0.8
            one.reading[0] = angle
            startJoints(one)
            // Long enough that the estimate of the speed is right to 1e-6.
            for (let step = 0; step < 60; step++) {
                angle += speed * DT
                one.reading[0] = wrapped(angle)
                estimateJoints(one, DT)
            }
            for (let step = 0; step < 60; step++) {
                angle += speed * DT
                one.reading[0] = 1.234
                coastJoint(one, 0, DT)
                expect(one.reading[0]).toBeGreaterThanOrEqual(0)
                expect(one.reading[0]).toBeLessThan(TWO_PI)
                estimateJoints(one, DT)
                expect(one.velocity[0]).toBeCloseTo(speed, 5)
            }
            // Then the encoder is back, and the position is where it would have been.
            angle += speed * DT
            one.reading[0] = wrapped(angle)
            estimateJoints(one, DT)
            expect(one.position[0]).toBeCloseTo(speed > 0 ? angle - TWO_PI : angle, 5)
        }
    })
})

describe('control', () => {
    /** Setpoints that ask for too much half of the time, speeds that follow or not. */
    function compare(mode: JointMode, span: number): { saturated: number } {
        const one = joints(mast)
        const { kp, ki, ks, kv, kpPosition } = mast.gains
        const pid = new Pid({ kp, ki, kd: 0, outputMin: -0.9, outputMax: 0.9, integralLimit: 1e9 })
        const feedforward = new Feedforward({ ks, kv, ka: 0 })
        const random = new Random(3)
        let saturated = 0
        for (let step = 0; step < 3000; step++) {
            if (step % 50 === 0) setJoint(one, 0, mode, counts(random.uniform(-span, span)))
            one.velocity[0] = random.uniform(-6, 6)
            one.position[0] = random.uniform(-1, 1)
            controlJoints(one)
            const goal =
                mode === JointMode.Velocity
                    ? one.setpoint[0]
                    : Math.max(-3, Math.min(3, kpPosition * (one.setpoint[0] - one.position[0])))
            expect(one.effort[0]).toBe(pid.calculate(one.velocity[0], goal, DT, feedforward.calculate(goal)))
            expect(one.integral[0]).toBe(pid.state.i)
            if (Math.abs(one.effort[0]) === 0.9) saturated++
        }
        return { saturated }
    }

    test('of velocity is that of Pid with Feedforward to the bit, saturated or not', () => {
        const { saturated } = compare(JointMode.Velocity, 3)
        expect(saturated).toBeGreaterThan(100)
        expect(saturated).toBeLessThan(2900)
    })

    test('of position is P into the same, the speed it asks for limited', () => {
        const { saturated } = compare(JointMode.Position, 2)
        expect(saturated).toBeGreaterThan(100)
        expect(saturated).toBeLessThan(2900)
    })

    test('of velocity, by hand', () => {
        const one = joints(wheel('left', 1))
        setJoint(one, 0, JointMode.Velocity, counts(5))
        one.velocity[0] = 4
        controlJoints(one)
        // kp · 1 + ki · dt · 1 + ks + kv · 5
        expect(one.effort[0]).toBeCloseTo(0.06 + 0.006 + 0.02 + 0.2385, 12)
        controlJoints(one)
        expect(one.effort[0]).toBeCloseTo(0.06 + 0.012 + 0.02 + 0.2385, 12)
    })

    test('of effort passes the setpoint on, limited; off is 0', () => {
        const cases: [mode: JointMode, value: number, effort: number][] = [
            [JointMode.Effort, 0.5, 0.5],
            [JointMode.Effort, -0.9, -0.9],
            [JointMode.Effort, 0.95, 0.9],
            [JointMode.Effort, -1, -0.9],
            [JointMode.Effort, 0, 0],
            [JointMode.Off, 0.5, 0],
        ]
        for (const [mode, value, effort] of cases) {
            const one = joints(wheel('left', 1))
            setJoint(one, 0, mode, counts(value))
            one.velocity[0] = 3
            controlJoints(one)
            expect(one.effort[0]).toBeCloseTo(effort, 12)
        }
    })

    test('holds the integral while the output is at its limit, and lets it go back at once', () => {
        const one = joints(wheel('left', 1))
        setJoint(one, 0, JointMode.Velocity, counts(15))
        for (let step = 0; step < 500; step++) controlJoints(one)
        // kp · 15 is the limit alone: nothing was added up in 5 s of standing still.
        expect(one.effort[0]).toBe(0.9)
        expect(one.integral[0]).toBe(0)
        one.velocity[0] = 20
        controlJoints(one)
        expect(one.integral[0]).toBeCloseTo(-0.6 * DT * 5, 12)
        expect(one.effort[0]).toBeLessThan(0.9)
    })

    test('forgets the integral when the mode changes, not when the setpoint does', () => {
        const one = joints(wheel('left', 1))
        setJoint(one, 0, JointMode.Velocity, counts(2))
        for (let step = 0; step < 10; step++) controlJoints(one)
        const integral = one.integral[0]
        expect(integral).toBeCloseTo(0.6 * DT * 2 * 10, 12)
        setJoint(one, 0, JointMode.Velocity, counts(3))
        expect(one.integral[0]).toBe(integral)
        setJoint(one, 0, JointMode.Position, 0)
        expect(one.integral[0]).toBe(0)
        for (const mode of [JointMode.Effort, JointMode.Off]) {
            setJoint(one, 0, JointMode.Velocity, counts(2))
            controlJoints(one)
            setJoint(one, 0, mode, 0)
            controlJoints(one)
            expect(one.integral[0]).toBe(0)
        }
    })
})

describe('setpoint', () => {
    test.each([
        [JointMode.Effort, 0.5, 0.5],
        [JointMode.Effort, 0.91, 0.9],
        [JointMode.Effort, -200_000, -0.9],
        [JointMode.Velocity, 2.9999, 2.9999],
        [JointMode.Velocity, 3.0001, 3],
        [JointMode.Velocity, -4, -3],
        [JointMode.Position, -1.5, -1.5],
        [JointMode.Position, -1.5001, -1.5],
        [JointMode.Position, 7, 2.5],
        [JointMode.Off, 7, 0],
    ])('in mode %i of %d is taken as %d', (mode, value, taken) => {
        const one = joints(mast)
        setJoint(one, 0, mode, counts(value))
        expect(one.setpoint[0]).toBeCloseTo(taken, 12)
    })

    test('of position has no limit on a joint that turns without end, but the wire', () => {
        const one = joints(wheel('left', 1))
        setJoint(one, 0, JointMode.Position, 0x7fffffff)
        expect(one.setpoint[0]).toBeCloseTo(214_748.3647, 6)
    })

    test('goes back in telemetry as counts, and as the reserved value when off', () => {
        const one = joints(mast)
        expect(one.wireSetpoint[0]).toBe(-(2 ** 31))
        setJoint(one, 0, JointMode.Velocity, -12_345)
        expect(one.wireSetpoint[0]).toBe(-12_345)
        setJoint(one, 0, JointMode.Off, 5)
        expect(one.wireSetpoint[0]).toBe(-(2 ** 31))
    })
})
