import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Pid } from '../../src/control/pid'

const WIDE = { outputMin: -100, outputMax: 100 }

describe('Pid', () => {
    it('works a step out by hand', () => {
        const pid = new Pid({ kp: 2, ki: 1, kd: 0.5, ...WIDE })
        // error 1: p = 2, i = 1 · 1 · 0.1, no derivative before the second measurement
        expect(pid.calculate(0, 1, 0.1)).toBeCloseTo(2.1, 12)
        // error 0.8: p = 1.6, i = 0.1 + 0.08, d = -0.5 · 0.2 / 0.1
        expect(pid.calculate(0.2, 1, 0.1)).toBeCloseTo(1.6 + 0.18 - 1, 12)
        expect(pid.state.p).toBeCloseTo(1.6, 12)
        expect(pid.state.i).toBeCloseTo(0.18, 12)
        expect(pid.state.d).toBeCloseTo(-1, 12)
        expect(pid.state.output).toBeCloseTo(0.78, 12)
    })

    it.each([
        [0, 0, 0],
        [1, 0, -2],
        [0, 1, 2],
        [-3, -3, 0],
    ])('measuring %s with setpoint %s, P alone gives %s', (measurement, setpoint, output) => {
        expect(new Pid({ kp: 2, ki: 0, kd: 0, ...WIDE }).calculate(measurement, setpoint, 0.01)).toBe(output)
    })

    it('does not kick when the setpoint steps', () => {
        const pid = new Pid({ kp: 0, ki: 0, kd: 1, ...WIDE })
        pid.calculate(3, 3, 0.01)
        expect(pid.calculate(3, 50, 0.01)).toBe(0)
        expect(pid.calculate(4, 50, 0.01)).toBeCloseTo(-100, 9)
    })

    it('filters the derivative with its time constant', () => {
        const pid = new Pid({ kp: 0, ki: 0, kd: 1, ...WIDE, derivativeTimeConstant: 0.05 })
        pid.calculate(0, 0, 0.01)
        // A ramp of 10 a second: the derivative nears -10 as 1 - e^(-t / 0.05).
        for (let step = 1; step <= 20; step++) {
            const d = pid.calculate(0.1 * step, 0, 0.01)
            expect(d).toBeCloseTo(-10 * (1 - Math.exp((-0.01 * step) / 0.05)), 3)
        }
    })

    it('adds the feedforward before it limits', () => {
        const pid = new Pid({ kp: 1, ki: 0, kd: 0, outputMin: -1, outputMax: 1 })
        expect(pid.calculate(0, 0.25, 0.01, 0.5)).toBe(0.75)
        expect(pid.calculate(0, 0.75, 0.01, 0.5)).toBe(1)
        expect(pid.calculate(0, 0.75, 0.01, -5)).toBe(-1)
    })

    it('holds the integral while it saturates and leaves the limit with the first step back', () => {
        const pid = new Pid({ kp: 1, ki: 10, kd: 0, outputMin: -1, outputMax: 1 })
        for (let i = 0; i < 1000; i++) expect(pid.calculate(0, 5, 0.01)).toBe(1)
        expect(pid.state.i).toBe(0)
        expect(pid.calculate(5.1, 5, 0.01)).toBeCloseTo(-0.1 - 0.01, 12)
    })

    it('lets the integral shrink while it saturates', () => {
        const pid = new Pid({ kp: 0, ki: 1, kd: 0, outputMin: -1, outputMax: 1 })
        for (let i = 0; i < 50; i++) pid.calculate(0, 1, 0.01)
        const before = pid.state.i
        expect(pid.calculate(1, 0, 0.01, 5)).toBe(1)
        expect(pid.state.i).toBeCloseTo(before - 0.01, 12)
    })

    it('limits the integral', () => {
        const pid = new Pid({ kp: 0, ki: 1, kd: 0, ...WIDE, integralLimit: 0.3 })
        for (let i = 0; i < 100; i++) pid.calculate(0, 1, 0.01)
        expect(pid.state.i).toBe(0.3)
        for (let i = 0; i < 200; i++) pid.calculate(1, 0, 0.01)
        expect(pid.state.i).toBe(-0.3)
    })

    it('settles a motor within 2 % half a second after a setpoint out of its reach', () => {
        // First-order motor: 10 rad/s at full duty, time constant 0.1 s.
        const pid = new Pid({ kp: 0.1, ki: 2, kd: 0, outputMin: -1, outputMax: 1 })
        let speed = 0
        const run = (setpoint: number, seconds: number): void => {
            for (let t = 0; t < seconds; t += 0.01)
                speed += ((10 * pid.calculate(speed, setpoint, 0.01) - speed) * 0.01) / 0.1
        }
        run(30, 5)
        expect(speed).toBeCloseTo(10, 3)
        run(5, 0.5)
        expect(Math.abs(speed - 5)).toBeLessThan(0.1)
    })

    it.each([0, -0.01, NaN])('changes nothing when dt is %s', dt => {
        const pid = new Pid({ kp: 1, ki: 1, kd: 1, ...WIDE })
        const output = pid.calculate(0, 2, 0.01)
        const before = { ...pid.state }
        expect(pid.calculate(-50, 50, dt, 7)).toBe(output)
        expect(pid.state).toEqual(before)
    })

    it.each([
        [NaN, 1, 0],
        [1, NaN, 0],
        [1, 1, NaN],
        [Infinity, 1, 0],
        [1, -Infinity, 0],
        [Infinity, Infinity, 0],
        [1, 1, Infinity],
    ])(
        'holds the output and counts for measurement %s, setpoint %s, feedforward %s',
        (measurement, setpoint, ahead) => {
            for (const kp of [0, 1]) {
                const pid = new Pid({ kp, ki: 1, kd: 1, ...WIDE })
                const output = pid.calculate(0, 2, 0.01)
                const i = pid.state.i
                expect(pid.calculate(measurement, setpoint, 0.01, ahead)).toBe(output)
                expect(pid.state).toMatchObject({ i, output, rejected: 1 })
            }
        },
    )

    it('does not take the gap of a dropped sample for speed', () => {
        const pid = new Pid({ kp: 0, ki: 0, kd: 1, ...WIDE })
        pid.calculate(0, 0, 0.01)
        pid.calculate(0.1, 0, 0.01)
        pid.calculate(NaN, 0, 0.01)
        expect(pid.calculate(0.3, 0, 0.01)).toBeCloseTo(-10, 9)
        expect(pid.calculate(0.4, 0, 0.01)).toBeCloseTo(-10, 9)
    })

    it('is as new after reset', () => {
        const config = { kp: 1.3, ki: 2, kd: 0.1, ...WIDE, derivativeTimeConstant: 0.02 }
        const used = new Pid(config)
        for (let i = 0; i < 20; i++) used.calculate(i, 3, 0.02, i)
        used.calculate(NaN, 0, 0.01)
        used.reset()
        const fresh = new Pid(config)
        expect(used.state).toEqual(fresh.state)
        for (let i = 0; i < 20; i++) expect(used.calculate(2 - i, 3, 0.01)).toBe(fresh.calculate(2 - i, 3, 0.01))
    })

    it('keeps output and integral finite and within their limits, whatever comes in', () => {
        const any = fc.oneof(fc.double(), fc.double({ min: -10, max: 10, noNaN: true }))
        const step = fc.record({ measurement: any, setpoint: any, dt: any, ahead: any })
        fc.assert(
            fc.property(fc.array(step), steps => {
                const pid = new Pid({ kp: 3, ki: 7, kd: 0.2, outputMin: -0.4, outputMax: 0.9, integralLimit: 0.5 })
                for (const { measurement, setpoint, dt, ahead } of steps) {
                    const output = pid.calculate(measurement, setpoint, dt, ahead)
                    expect(output >= -0.4 && output <= 0.9).toBe(true)
                    expect(Math.abs(pid.state.i) <= 0.5).toBe(true)
                    expect(Number.isFinite(pid.state.d)).toBe(true)
                }
            }),
            { seed: 14, numRuns: 500 },
        )
    })

    it.each([
        ['kp', { kp: -1 }, 'kp: got -1, allowed 0 to 1000000000'],
        ['ki', { ki: NaN }, 'ki: got NaN, allowed 0 to 1000000000'],
        ['kd', { kd: Infinity }, 'kd: got Infinity, allowed 0 to 1000000000'],
        ['outputMin', { outputMin: NaN }, 'outputMin: got NaN, allowed -1000000000 to 1000000000'],
        ['outputMax', { outputMin: 2, outputMax: 1 }, 'outputMax: got 1, allowed 2 to 1000000000'],
        ['integralLimit', { integralLimit: -1 }, 'integralLimit: got -1, allowed 0 to 1000000000'],
        [
            'derivativeTimeConstant',
            { derivativeTimeConstant: -1 },
            'derivativeTimeConstant: got -1, allowed 0 to 1000000000',
        ],
    ])('refuses a wrong %s with value and range', (_key, wrong, message) => {
        expect(() => new Pid({ kp: 1, ki: 0, kd: 0, ...WIDE, ...wrong })).toThrow(new RangeError(message))
    })
})
