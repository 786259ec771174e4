import { describe, expect, test } from 'vitest'
import { Balance } from '../../src/onboard/balance'
import { Joints } from '../../src/onboard/joints'
import { balancer } from '../../src/robots/balancer/robot'

const G = 9.80665
const DT = 0.01
const SCALE = { accelerationPerCount: 0.122e-3 * G, angularVelocityPerCount: (17.5e-3 * Math.PI) / 180 }
const config = balancer.balance!

const make = () => new Balance(config, SCALE, 0, 1, 1, DT)

/** What the IMU shows leaning by `pitch` (rad), turning at `rate` (rad/s, bias and all). */
function frameOf(pitch: number, rate: number): Buffer {
    const frame = Buffer.alloc(12)
    frame.writeInt16LE(Math.round(rate / SCALE.angularVelocityPerCount), 2)
    frame.writeInt16LE(Math.round((-G * Math.sin(pitch)) / SCALE.accelerationPerCount), 6)
    frame.writeInt16LE(Math.round((G * Math.cos(pitch)) / SCALE.accelerationPerCount), 10)
    return frame
}

describe('the pitch estimate', () => {
    test.each([
        [0.05, 0],
        [-0.08, 0.03],
        [0.3, -0.05],
    ])('held at %s rad with a gyroscope bias of %s rad/s: knows both by the time that it is trusted', (pitch, bias) => {
        const balance = make()
        const frame = frameOf(pitch, bias)
        let ticks = 0
        for (; !balance.settled(); ticks++) balance.estimate(frame, true, DT)
        expect(ticks).toBe(300)
        // The vertical by x + q z is tan p: third order.
        expect(Math.abs(balance.pitch - Math.tan(pitch))).toBeLessThan(0.03)
        for (; ticks < 1000; ticks++) balance.estimate(frame, true, DT)
        expect(balance.pitch).toBeCloseTo(Math.tan(pitch), 3)
        expect(balance.bias).toBeCloseTo(bias, 3)
        expect(balance.upright()).toBe(Math.abs(pitch) < config.armTilt)
    })

    test('turns with the gyroscope, goes on with its last rate when a sample fails, and knows when it leans too far', () => {
        const balance = make()
        for (let i = 0; i < 500; i++) balance.estimate(frameOf(0, 0), true, DT)
        balance.start()
        let pitch = 0
        for (let i = 0; i < 20; i++) {
            pitch += 2 * DT
            balance.estimate(frameOf(pitch, 2), true, DT)
        }
        expect(balance.pitch).toBeCloseTo(0.4, 2)
        expect(balance.upright()).toBe(false)
        expect(balance.tilted).toBe(false)
        for (let i = 0; i < 12; i++) balance.estimate(frameOf(-1, -9), false, DT)
        expect(balance.pitch).toBeCloseTo(0.64, 2)
        expect(balance.tilted).toBe(true)
    })
})

describe('the duties', () => {
    const { gains } = config

    test('are by hand: pitch, rate, speed over the ground and way, then what turns', () => {
        const balance = make()
        const joints = new Joints(balancer.joints, [0, 0], DT)
        balance.start()
        balance.pitch = 0.02
        balance.pitchRate = 0.1
        joints.velocity[0] = 0.5
        joints.velocity[1] = 0.7
        joints.setpoint[0] = 3
        joints.setpoint[1] = 5
        balance.control(joints, DT)
        // The goal rises by 10 rad/s² · 10 ms; wheels over the ground at 0.6 + 0.1, so 0.6 too fast, 6 mrad too far.
        const ahead = 0.6 + 0.1 - 0.1
        const push = 0.02 * gains.kPitch + 0.1 * gains.kRate + ahead * gains.kSpeed + ahead * DT * gains.kTravel
        // Half the difference: 1 asked for, 0.1 there.
        const turn = 0.9 * gains.kpTurn + 0.9 * gains.kiTurn * DT
        expect(joints.effort[0]).toBeCloseTo(push - turn, 12)
        expect(joints.effort[1]).toBeCloseTo(push + turn, 12)
    })

    test('keep their limits, balance before turning, and do not gather what cannot be done', () => {
        const balance = make()
        const joints = new Joints(balancer.joints, [0, 0], DT)
        balance.start()
        joints.setpoint[0] = -15
        joints.setpoint[1] = 15
        joints.velocity[0] = joints.velocity[1] = 30
        for (let i = 0; i < 200; i++) balance.control(joints, DT)
        expect(joints.effort).toEqual([1 - config.turnLimit, 1])
        expect(balance.travel).toBe(config.travelLimit)
        expect(balance.turning).toBeLessThanOrEqual(config.turnLimit)
    })

    test('at their limit for more than 0.12 s are a fall, until the robot has been at rest for 3 s', () => {
        const balance = make()
        const joints = new Joints(balancer.joints, [0, 0], DT)
        for (let i = 0; i < 400; i++) balance.estimate(frameOf(0, 0), true, DT)
        balance.start()
        joints.velocity[0] = joints.velocity[1] = 30
        for (let i = 0; i < 12; i++) balance.control(joints, DT)
        balance.estimate(frameOf(0, 0), true, DT)
        expect(balance.tilted).toBe(false)
        balance.control(joints, DT)
        balance.estimate(frameOf(0, 0), true, DT)
        expect(balance.tilted).toBe(true)
        balance.rest()
        for (let i = 0; i < 290; i++) balance.estimate(frameOf(0, 0), true, DT)
        expect(balance.tilted).toBe(true)
        expect(balance.upright()).toBe(false)
        for (let i = 0; i < 12; i++) balance.estimate(frameOf(0, 0), true, DT)
        expect(balance.tilted).toBe(false)
        expect(balance.upright()).toBe(true)
    })
})
