import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Cascade } from '../../src/control/cascade'
import { MoveFollower } from '../../src/control/move-follower'
import { controlJoints, deriveJoints, Joints, setJoint } from '../../src/onboard/joints'
import { JointMode } from '../../src/protocol/state'
import { DcGearMotor } from '../../src/sim/plants/dc-gear-motor'
import { mast } from '../onboard/cart'

const DT = 0.01

describe('Cascade', () => {
    it('gives to the bit what the stage over all joints on the board gives', () => {
        const step = fc.record({
            mode: fc.constantFrom(JointMode.Effort, JointMode.Velocity, JointMode.Position),
            counts: fc.integer({ min: -30_000, max: 30_000 }),
            position: fc.double({ min: -3, max: 3, noNaN: true }),
            velocity: fc.double({ min: -10, max: 10, noNaN: true }),
        })
        fc.assert(
            fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), steps => {
                const joints = new Joints([mast], [0], DT)
                deriveJoints(joints)
                const cascade = new Cascade({
                    ...mast.gains,
                    velocityLimit: mast.velocityLimit,
                    effortLimit: mast.effortLimit,
                })
                let mode = JointMode.Off
                for (const { mode: next, counts, position, velocity } of steps) {
                    setJoint(joints, 0, next, counts)
                    joints.position[0] = position
                    joints.velocity[0] = velocity
                    controlJoints(joints)
                    // A change of mode begins with an empty integral there.
                    if (next !== mode) cascade.reset()
                    mode = next
                    const setpoint = joints.setpoint[0]
                    const output =
                        mode === JointMode.Effort
                            ? cascade.effort(setpoint)
                            : mode === JointMode.Velocity
                              ? cascade.velocity(setpoint, velocity, DT)
                              : cascade.position(setpoint, position, velocity, DT)
                    expect(output + 0).toBe(joints.effort[0] + 0)
                }
            }),
            { seed: 41, numRuns: 300 },
        )
    })

    it('refuses wrong limits by name', () => {
        const config = { kpPosition: 1, kp: 1, ki: 1, ks: 0, kv: 0, velocityLimit: 1, effortLimit: 1 }
        expect(() => new Cascade({ ...config, velocityLimit: -1 })).toThrow('velocityLimit: got -1')
        expect(() => new Cascade({ ...config, kpPosition: NaN })).toThrow('kpPosition: got NaN')
    })
})

describe('MoveFollower', () => {
    const loops = { kpPosition: 8, kp: 0.06, ki: 0.8, ks: 0.029, kv: 0.0477, velocityLimit: 15, effortLimit: 0.5 }
    const profile = { velocity: 6, acceleration: 30, jerk: 600 }

    /** A move of 6 rad by the simulated gear motor, held fast between two times, s. */
    function run(
        following: number,
        from: number,
        until: number,
    ): { end: number; peak: number; fastest: number; waited: number } {
        const motor = new DcGearMotor(undefined, 2e-3)
        const follower = new MoveFollower({ loops, profile, following })
        follower.begin(0, 6)
        let peak = 0
        let fastest = 0
        for (let tick = 0; tick < 400; tick++) {
            motor.drive = follower.calculate(motor.angle, motor.velocity, DT)
            const held = tick * DT >= from && tick * DT < until
            for (let i = 0; i < 10; i++) {
                if (!held) motor.step(0.001)
                else motor.velocity = 0
            }
            peak = Math.max(peak, motor.angle)
            fastest = Math.max(fastest, motor.velocity)
        }
        return { end: motor.angle, peak, fastest, waited: follower.state.waited }
    }

    it('arrives within 0.02 rad without waiting when nothing holds it', () => {
        const { end, peak, waited } = run(0.3, 0, 0)
        expect(end).toBeCloseTo(6, 1.7)
        expect(peak).toBeLessThan(6.1)
        expect(waited).toBe(0)
    })

    it('waits for a joint that is held for a second, and then does not overshoot', () => {
        const { end, peak, waited } = run(0.3, 0.5, 1.5)
        expect(waited).toBeGreaterThan(0.5)
        expect(waited).toBeLessThan(1.1)
        expect(end).toBeCloseTo(6, 1.7)
        expect(peak).toBeLessThan(6.1)
    })

    it('would otherwise rush after its reference, far faster than the move was planned', () => {
        const patient = run(0.3, 0.5, 1.5)
        const rushing = run(1e6, 0.5, 1.5)
        // What it fell behind by is made good on top of the profile's own velocity.
        expect(patient.fastest).toBeLessThan(profile.velocity + loops.kpPosition * 0.3)
        expect(rushing.waited).toBe(0)
        expect(rushing.fastest).toBeGreaterThan(profile.velocity * 1.5)
    })
})
