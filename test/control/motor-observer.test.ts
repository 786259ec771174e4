import { describe, expect, it } from 'vitest'
import { MotorObserver } from '../../src/control/motor-observer'
import { DcGearMotor } from '../../src/sim/plants/dc-gear-motor'

const DT = 0.01
/** AS5600. */
const COUNT = (2 * Math.PI) / 4096
const quantise = (angle: number) => Math.floor(angle / COUNT) * COUNT
/** By the motor's data: 1 / 0.0477 rad/s, 0.0255 of duty against friction; by the bench, 0.07 s. */
const config = { speedPerEffort: 20.9, timeConstant: 0.07, friction: 0.0255, bandwidth: 20 }

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const deviation = (values: number[]) => Math.sqrt(mean(values.map(value => (value - mean(values)) ** 2)))

/** How much later than `truth` (a value each ms) `estimate` (a value each tick) is, ms: where they agree best. */
function lag(truth: number[], estimate: number[]): number {
    let best = { error: Infinity, shift: 0 }
    for (let shift = 0; shift <= 60; shift++) {
        const errors = estimate.slice(20).map((value, i) => value - truth[(i + 20) * 10 - shift])
        const error = mean(errors.map(value => value * value))
        if (error < best.error) best = { error, shift }
    }
    return best.shift
}

/** The simulated motor, with `inertia` of load (kg·m²), on duties that change each `hold` ticks. */
function drive(inertia: number, duty: (tick: number) => number, ticks: number) {
    const motor = new DcGearMotor(undefined, inertia)
    const observer = new MotorObserver(config)
    const truth: number[] = []
    const observed: number[] = []
    const differenced: number[] = []
    let before = 0
    for (let tick = 0; tick < ticks; tick++) {
        for (let i = 0; i < 10; i++) {
            truth.push(motor.velocity)
            if (i === 0) {
                const measured = quantise(motor.angle)
                observed.push(observer.update(measured, motor.drive, DT))
                differenced.push((measured - before) / DT)
                before = measured
                motor.drive = duty(tick)
            }
            motor.step(0.001)
        }
    }
    return { truth, observed, differenced }
}

describe('MotorObserver', () => {
    it('has at most a fifth of the noise of differencing at one count in ten ticks', () => {
        const observer = new MotorObserver(config)
        const velocity = COUNT / (10 * DT)
        // What holds that speed against friction, by a motor that the model does not know exactly.
        const duty = 0.03 + velocity / 20.9
        const observed: number[] = []
        const differenced: number[] = []
        let before = 0
        for (let tick = 0; tick < 2000; tick++) {
            // Off the grid, so that the steps fall on every phase: 10.03 ticks each.
            const measured = quantise(velocity * 0.997 * tick * DT)
            const estimate = observer.update(measured, duty, DT)
            if (tick >= 200) {
                observed.push(estimate)
                differenced.push((measured - before) / DT)
            }
            before = measured
        }
        expect(deviation(differenced)).toBeGreaterThan(0.25 * (COUNT / DT))
        expect(deviation(observed)).toBeLessThan(deviation(differenced) / 5)
        expect(mean(observed)).toBeCloseTo(velocity * 0.997, 3)
    })

    it.each([
        ['as its model', 2.2e-3],
        ['with a load that makes it a quarter slower', 6e-3],
        ['with half of the load', 1e-3],
    ])('lags at most 10 ms more than differencing, on a motor %s', (_name, inertia) => {
        const duties = [0.3, -0.2, 0.6, 0.1, -0.5, 0.4, 0, 0.25, -0.35, 0.15]
        const { truth, observed, differenced } = drive(inertia, tick => duties[Math.floor(tick / 17) % 10], 1000)
        // Differencing is half a period late.
        expect(lag(truth, differenced)).toBeGreaterThanOrEqual(4)
        expect(lag(truth, differenced)).toBeLessThanOrEqual(6)
        expect(lag(truth, observed)).toBeLessThanOrEqual(lag(truth, differenced) + 10)
    })

    it('finds the true speed of a motor that a load slows', () => {
        const observer = new MotorObserver(config)
        const motor = new DcGearMotor()
        motor.drive = 0.5
        for (let tick = 0; tick < 200; tick++) {
            for (let i = 0; i < 10; i++) motor.step(0.001, 0.4)
            observer.update(motor.angle, motor.drive, DT)
        }
        expect(motor.velocity).toBeLessThan(8)
        expect(observer.state.velocity).toBeCloseTo(motor.velocity, 3)
    })

    it('goes on by its model through bad positions, and rests at rest', () => {
        const observer = new MotorObserver(config)
        observer.update(1, 0, DT)
        for (let i = 0; i < 50; i++) observer.update(1, 0, DT)
        expect(observer.state.velocity).toBe(0)
        // Less than friction takes.
        for (let i = 0; i < 50; i++) observer.update(NaN, 0.02, DT)
        expect(observer.state.velocity).toBe(0)
        expect(observer.state.rejected).toBe(50)
        for (let i = 0; i < 100; i++) observer.update(NaN, 0.5255, DT)
        expect(observer.state.velocity).toBeCloseTo(0.5 * 20.9, 2)
        expect(observer.update(1, NaN, 0)).toBe(observer.state.velocity)
        observer.reset()
        expect(observer.state).toEqual(new MotorObserver(config).state)
    })

    it('refuses wrong values by name', () => {
        expect(() => new MotorObserver({ ...config, bandwidth: 0 })).toThrow('bandwidth: got 0')
        expect(() => new MotorObserver({ ...config, timeConstant: 0 })).toThrow('timeConstant: got 0')
    })
})
