import { describe, expect, it } from 'vitest'
import { MotorModel } from '../../src/control/motor-model'
import { StallDetector } from '../../src/control/stall-detector'
import { DcGearMotor, parametersFromDatasheet, POLOLU_37D_50 } from '../../src/sim/plants/dc-gear-motor'

const motor = parametersFromDatasheet(POLOLU_37D_50)
const config = { ...motor, staticFriction: undefined, supplyMin: 9, supplyMax: 13 }

describe('MotorModel', () => {
    it('gives by hand what the data sheet says', () => {
        const ideal = new MotorModel({
            resistance: 2,
            torqueConstant: 0.02,
            gearRatio: 50,
            supplyMin: 6,
            supplyMax: 14,
        })
        // 0.5 N·m: 0.01 at the rotor, 0.5 A, 1 V; 6 rad/s: 300 at the rotor, 6 V. 7 of 14 V, and of 7 V.
        expect(ideal.duty(0.5, 6, 14)).toBeCloseTo(0.5, 12)
        expect(ideal.duty(0.5, 6, 7)).toBeCloseTo(1, 12)
        expect(ideal.duty(0.5, 0, 10)).toBeCloseTo(0.1, 12)
    })

    it.each([9, 10.5, 12, 13])('asks a simulated motor on %s V for the torque that it then gives', supply => {
        const model = new MotorModel(config)
        for (const [torque, velocity] of [
            [0.4, 5],
            [0.8, 2],
            [0.3, 9],
        ]) {
            const plant = new DcGearMotor()
            plant.supplyVoltage = supply
            // The plant's own friction at that speed, seen at the joint, is to be compensated too.
            const rotor = motor.coulombFriction + motor.viscousFriction * velocity * motor.gearRatio
            const friction = rotor * motor.gearRatio * motor.gearEfficiency
            plant.drive = model.duty(torque + friction, velocity, supply)
            for (let i = 0; i < 3000; i++) plant.step(0.001, torque)
            // It holds this speed against this torque.
            expect(plant.velocity).toBeCloseTo(velocity, 0)
            expect(Math.abs(plant.velocity - velocity)).toBeLessThan(0.3)
        }
    })

    it('overcomes static friction from rest and only sliding friction when it turns', () => {
        const model = new MotorModel({ ...config, staticFriction: 0.3, slidingFriction: 0.2 })
        expect(model.friction(0, 1)).toBe(0.3)
        expect(model.friction(1, 1)).toBe(0.2)
        // The wrong way round still sticks: the joint must pass zero.
        expect(model.friction(-1, 1)).toBe(0.3)
        expect(model.friction(-1, -1)).toBe(-0.2)
        expect(model.friction(0, 0)).toBe(0)
        expect(model.friction(0, 0.025)).toBeCloseTo(0.15, 12)
    })

    it('takes a supply that cannot be for the nearer limit, and bad inputs for no duty', () => {
        const model = new MotorModel(config)
        expect(model.duty(0.2, 1, 0)).toBe(model.duty(0.2, 1, 9))
        expect(model.duty(0.2, 1, 99)).toBe(model.duty(0.2, 1, 13))
        expect(model.duty(99, 0, 12)).toBe(1)
        expect([model.duty(NaN, 0, 12), model.duty(0.2, Infinity, 12), model.duty(0.2, 0, NaN)]).toEqual([0, 0, 0])
        expect(() => new MotorModel({ ...config, supplyMax: 5 })).toThrow('supplyMax: got 5, allowed 9 to 1000')
        expect(() => new MotorModel({ ...config, slidingFriction: 1, staticFriction: 0.5 })).toThrow(
            'staticFriction: got 0.5, allowed 1 to 10000',
        )
    })
})

describe('StallDetector', () => {
    const stall = { velocity: 0.35, effort: 0.4, time: 0.2 }

    it('reports a stall after the end stop, not while it starts or turns', () => {
        const plant = new DcGearMotor(undefined, 1e-3)
        const detector = new StallDetector(stall)
        plant.drive = 0.6
        let stalledAt: number | undefined
        for (let tick = 0; tick < 200; tick++) {
            for (let i = 0; i < 10; i++) {
                plant.step(0.001)
                // An end stop at 5 rad.
                if (plant.angle >= 5) plant.velocity = 0
            }
            if (detector.update(plant.velocity, plant.drive, 0.01)) stalledAt ??= tick * 0.01
            if (plant.angle < 5) expect(detector.state.stalled).toBe(false)
        }
        const arrived = 0.07 + 5 / (0.6 * 20.9)
        expect(stalledAt).toBeGreaterThan(arrived + 0.15)
        expect(stalledAt).toBeLessThan(arrived + 0.35)
    })

    it('ends when the joint moves or is let go; ignores bad data', () => {
        const detector = new StallDetector(stall)
        for (let i = 0; i < 20; i++) detector.update(0, -1, 0.01)
        detector.update(0, -1, 0.01)
        expect(detector.state.stalled).toBe(true)
        expect(detector.update(NaN, 0, 0.01)).toBe(true)
        expect(detector.update(0, 0, 0)).toBe(true)
        expect(detector.update(0, -0.1, 0.01)).toBe(false)
        expect(() => new StallDetector({ ...stall, time: 0 })).toThrow('time: got 0')
    })
})
