import { describe, expect, test } from 'vitest'
import {
    DcGearMotor,
    type DcGearMotorParameters,
    POLOLU_37D_50,
    parametersFromDatasheet,
} from '../../../src/sim/plants/dc-gear-motor'

const STEP = 0.001

/** Round numbers and nothing that rubs: the linear motor of the textbook. */
const IDEAL: DcGearMotorParameters = {
    resistance: 2,
    torqueConstant: 0.01,
    gearRatio: 50,
    gearEfficiency: 1,
    rotorInertia: 3e-6,
    coulombFriction: 0,
    staticFriction: 0,
    stribeckVelocity: 10,
    viscousFriction: 0,
    backlash: 0,
}

const run = (motor: DcGearMotor, seconds: number, load = 0, each?: (time: number) => void) => {
    const steps = Math.round(seconds / STEP)
    for (let i = 1; i <= steps; i++) {
        motor.step(STEP, load)
        each?.(i * STEP)
    }
}
const driven = (parameters: DcGearMotorParameters, drive = 1, loadInertia = 0) => {
    const motor = new DcGearMotor(parameters, loadInertia)
    motor.drive = drive
    motor.supplyVoltage = 12
    return motor
}

describe('DcGearMotor against the datasheet of the Pololu 37D 50:1', () => {
    const parameters = parametersFromDatasheet(POLOLU_37D_50)

    test('runs free at 200 rpm and 0.2 A on 12 V', () => {
        const motor = driven(parameters)
        run(motor, 2)
        expect((motor.velocity * 60) / (2 * Math.PI)).toBeCloseTo(200, 1)
        expect(motor.current).toBeCloseTo(0.2, 3)
    })

    test('stalls at 5.5 A, and holds just under 21 kg·cm while turning slowly', () => {
        const blocked = driven(parameters)
        // Gears and friction hold more than the motor can give: the load turns it back only from there on.
        run(blocked, 0.5, 3)
        expect(blocked.velocity).toBe(0)
        expect(blocked.angle).toBe(0)
        expect(blocked.current).toBeCloseTo(5.5, 6)
        const stall = 0.21 * 9.80665
        const turning = driven(parameters)
        run(turning, 0.5, 0.9 * stall)
        expect(turning.velocity).toBeGreaterThan(0)
        // The straight speed-torque line through the two published ends, at nine tenths of stall.
        expect(turning.velocity).toBeCloseTo(0.1 * 20.944, 0)
        run(turning, 1, 1.02 * stall)
        expect(turning.velocity).toBe(0)
        run(turning, 1, 5)
        expect(turning.velocity).toBeLessThan(0)
    })

    test('with something rubbing on its shaft it loses as much speed as with a load of that torque, and is not turned back', () => {
        const stall = 0.21 * 9.80665
        expect(new DcGearMotor(parameters).stallTorque(12)).toBeCloseTo(stall, 6)
        const [rubbed, loaded, held] = [driven(parameters), driven(parameters), driven(parameters)]
        rubbed.drag = 0.6 * stall
        run(rubbed, 1)
        run(loaded, 1, 0.6 * stall)
        expect(rubbed.velocity).toBeCloseTo(loaded.velocity, 6)
        expect(rubbed.velocity).toBeCloseTo(0.4 * 20.944, 0)
        rubbed.drive = 0
        run(rubbed, 1)
        expect(rubbed.velocity).toBe(0)
        held.drag = 1.05 * stall
        run(held, 1)
        expect(held.angle).toBe(0)
    })

    test('comes within 10 % of the maximum efficiency point, which was not used: 22 kg·mm at 180 rpm, 4.0 W', () => {
        const motor = driven(parameters)
        const load = 0.022 * 9.80665
        run(motor, 2, load)
        const rpm = (motor.velocity * 60) / (2 * Math.PI)
        expect(rpm / 180).toBeGreaterThan(0.9)
        expect(rpm / 180).toBeLessThan(1.1)
        expect((load * motor.velocity) / 4.0).toBeCloseTo(1, 1)
        // Its current comes out above the published 0.66 A: a real gearbox loses less at light load.
        expect(motor.current).toBeGreaterThan(0.66)
        expect(motor.current).toBeLessThan(0.66 * 1.25)
    })

    test('needs a voltage to start, and less to keep on', () => {
        const breakaway = ((parameters.staticFriction / parameters.torqueConstant) * parameters.resistance) / 12
        const motor = driven(parameters, breakaway * 0.98)
        run(motor, 0.5)
        expect(motor.angle).toBe(0)
        motor.drive = breakaway * 1.02
        run(motor, 1)
        expect(motor.velocity).toBeGreaterThan(0.1)
        motor.drive = breakaway * 0.9
        run(motor, 1)
        expect(motor.velocity).toBeGreaterThan(0.05)
        motor.drive = breakaway * 0.5
        run(motor, 1)
        expect(motor.velocity).toBe(0)
    })
})

describe('DcGearMotor against the linear motor', () => {
    // k² / R = 5e-5 at the rotor: damping 2500 * 5e-5 = 0.125 N·m·s/rad, inertia 2500 * 3e-6 = 7.5e-3 kg·m², 60 ms.
    test('reaches V / (k N) = 24 rad/s', () => {
        const motor = driven(IDEAL)
        run(motor, 2)
        expect(motor.velocity).toBeCloseTo(24, 6)
        expect(motor.current).toBeCloseTo(0, 6)
    })

    test.each([0.06, 0.12, 0.3])('follows 24 (1 - exp(-t / 60 ms)) at %f s', time => {
        const motor = driven(IDEAL)
        run(motor, time)
        expect(motor.velocity).toBeCloseTo(24 * (1 - Math.exp(-time / 0.06)), 2)
        // The angle is its integral.
        expect(motor.angle).toBeCloseTo(24 * (time - 0.06 * (1 - Math.exp(-time / 0.06))), 3)
    })

    test('a load of 7.5e-3 kg·m² doubles the time constant', () => {
        const motor = driven(IDEAL, 1, 7.5e-3)
        run(motor, 0.12)
        expect(motor.velocity).toBeCloseTo(24 * (1 - Math.exp(-1)), 2)
    })

    test('a load torque costs speed along the line: T / 0.125', () => {
        const motor = driven(IDEAL)
        run(motor, 2, 1)
        expect(motor.velocity).toBeCloseTo(24 - 8, 6)
        expect(motor.current).toBeCloseTo(1 / 50 / 0.01, 6)
        expect(motor.shaftTorque).toBeCloseTo(1, 9)
    })

    test('duty scales the voltage, with its sign, and so does the supply', () => {
        const motor = driven(IDEAL, -0.5)
        run(motor, 2)
        expect(motor.velocity).toBeCloseTo(-12, 6)
        motor.supplyVoltage = 9.6
        run(motor, 2)
        expect(motor.velocity).toBeCloseTo(-9.6, 6)
    })

    test('braking decays with the same time constant, coasting not at all, half braking half as fast', () => {
        for (const [braking, expected] of [
            [1, 24 * Math.exp(-1)],
            [0.5, 24 * Math.exp(-0.5)],
            [0, 24],
        ]) {
            const motor = driven(IDEAL)
            run(motor, 2)
            motor.drive = 0
            motor.braking = braking
            run(motor, 0.06)
            expect(motor.velocity).toBeCloseTo(expected, 2)
        }
    })

    test('viscous friction coasts down exponentially: b / J', () => {
        const motor = new DcGearMotor({ ...IDEAL, viscousFriction: 3e-6 })
        motor.velocity = 10
        run(motor, 0.5)
        expect(motor.velocity).toBeCloseTo(10 * Math.exp(-0.5), 4)
    })

    test('dry friction coasts down on a straight line and then rests without a tremor', () => {
        const motor = new DcGearMotor({ ...IDEAL, coulombFriction: 1.5e-3, staticFriction: 1.5e-3 })
        motor.velocity = 10
        // 50 * 1.5e-3 / 7.5e-3 = 10 rad/s²
        run(motor, 0.5)
        expect(motor.velocity).toBeCloseTo(5, 6)
        run(motor, 0.501)
        const angle = motor.angle
        expect(angle).toBeCloseTo(5, 3)
        run(motor, 1, 0.07, () => expect(motor.velocity).toBe(0))
        expect(motor.angle).toBe(angle)
        run(motor, 0.1, 0.08)
        expect(motor.velocity).toBeLessThan(0)
    })

    test('a gear of 80 % passes 80 % of the power, whichever way', () => {
        const lossy = { ...IDEAL, gearEfficiency: 0.8 }
        const driving = driven(lossy)
        run(driving, 3, 1)
        // Rotor torque 1 / (50 * 0.8) = 0.025 N·m: 2.5 A.
        expect(driving.current).toBeCloseTo(2.5, 6)
        // Shorted and turned by the load with 1 N·m: 0.8 / 50 = 0.016 N·m reach the rotor, 1.6 A, 3.2 V, 6.4 rad/s.
        const driven_ = new DcGearMotor(lossy)
        driven_.braking = 1
        run(driven_, 3, -1)
        expect(driven_.current).toBeCloseTo(-1.6, 6)
        expect(driven_.velocity).toBeCloseTo(6.4, 6)
    })

    test('energy in is heat, friction and motion', () => {
        const friction = { ...IDEAL, coulombFriction: 1e-3, staticFriction: 1e-3, viscousFriction: 1e-6 }
        const motor = new DcGearMotor(friction, 2e-3)
        let electrical = 0
        let heat = 0
        let rubbed = 0
        let before = 0
        for (let i = 0; i < 3000; i++) {
            motor.drive = i < 1000 ? 0.8 : i < 2000 ? -0.6 : 0
            motor.braking = 1
            motor.step(STEP)
            const mean = (motor.velocity + before) / 2
            const current = (motor.drive * 12 - 0.01 * 50 * mean) / 2
            electrical += motor.drive * 12 * current * STEP
            heat += current * current * 2 * STEP
            rubbed += (1e-3 * 50 * Math.abs(mean) + 1e-6 * 2500 * mean * mean) * STEP
            before = motor.velocity
        }
        expect(electrical).toBeGreaterThan(10)
        expect(motor.velocity).toBe(0)
        expect((heat + rubbed) / electrical).toBeCloseTo(1, 2)
    })

    test('without drive its energy never grows, gear losses and friction included', () => {
        const parameters = parametersFromDatasheet(POLOLU_37D_50)
        for (const braking of [0, 0.3, 1]) {
            const motor = new DcGearMotor(parameters, 5e-3)
            motor.velocity = 15
            motor.braking = braking
            let last = 15
            run(motor, 3, 0, () => {
                expect(motor.velocity).toBeLessThanOrEqual(last)
                expect(motor.velocity).toBeGreaterThanOrEqual(0)
                last = motor.velocity
            })
            expect(last).toBe(0)
        }
    })

    test('backlash: the output waits for the play after each turn-round', () => {
        const motor = driven({ ...IDEAL, backlash: 0.1 })
        run(motor, 0.5)
        const forward = motor.angle
        const free = driven(IDEAL)
        run(free, 0.5)
        expect(forward).toBeCloseTo(free.angle - 0.05, 9)
        motor.drive = free.drive = -1
        let top = 0
        run(motor, 1, 0, () => (top = Math.max(top, motor.angle)))
        run(free, 1)
        expect(motor.angle).toBeCloseTo(free.angle + 0.05, 9)
        expect(top).toBeGreaterThan(forward)
    })

    test('refuses parameters that cannot be', () => {
        expect(() => new DcGearMotor({ ...IDEAL, resistance: 0 })).toThrow(/resistance 0/)
        expect(() => new DcGearMotor({ ...IDEAL, gearEfficiency: 1.2 })).toThrow(/gearEfficiency 1.2/)
        expect(() => new DcGearMotor({ ...IDEAL, coulombFriction: 1 })).toThrow(/staticFriction/)
    })
})
