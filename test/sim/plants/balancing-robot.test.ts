import { describe, expect, test } from 'vitest'
import { BalancingRobot, type BalancingRobotParameters, SMALL_BALANCER } from '../../../src/sim/plants/balancing-robot'
import {
    DcGearMotor,
    type DcGearMotorParameters,
    parametersFromDatasheet,
    POLOLU_37D_30,
} from '../../../src/sim/plants/dc-gear-motor'

const G = 9.80665
const BODY: BalancingRobotParameters = { ...SMALL_BALANCER, rollingResistance: 0, lyingPitch: 100 }
/** A motor that is hardly there: an open circuit, no friction, next to no rotor. */
const NOTHING: DcGearMotorParameters = {
    resistance: 1,
    torqueConstant: 0.01,
    gearRatio: 1,
    gearEfficiency: 1,
    rotorInertia: 1e-12,
    coulombFriction: 0,
    staticFriction: 0,
    stribeckVelocity: 10,
    viscousFriction: 0,
    backlash: 0,
}
const REAL = parametersFromDatasheet(POLOLU_37D_30)

const make = (motor: DcGearMotorParameters, body = BODY, stepTime = 0.001) =>
    new BalancingRobot(new DcGearMotor(motor), new DcGearMotor(motor), body, stepTime)

describe('BalancingRobot', () => {
    test('falls from near upright with the pole of the linear equations, free wheels', () => {
        // m l = 0.117, m l r = 0.005265, P + m l² = 0.01843, both wheels as one M r² + 2 J = 0.002937:
        // pole = √(0.117 g / (0.01843 - 0.005265² / 0.002937)).
        const wheels = 1.4 * 0.045 ** 2 + 2 * 5.1e-5
        const pole = Math.sqrt((0.117 * G) / (0.01843 - (0.117 * 0.045) ** 2 / wheels))
        const robot = make(NOTHING, BODY, 1e-4)
        // On the unstable mode alone: pitch and its rate in the ratio of the pole, the wheels running under the body.
        robot.pitch = 1e-4
        robot.pitchRate = pole * 1e-4
        robot.leftSpeed = robot.rightSpeed = (-(0.117 * 0.045) / wheels) * robot.pitchRate
        robot.left.velocity = robot.right.velocity = robot.leftSpeed - robot.pitchRate
        robot.advanceTo(0.5)
        expect(Math.log(robot.pitch / 1e-4) / 0.5).toBeCloseTo(pole, 1)
        expect(Math.abs(Math.log(robot.pitch / 1e-4) / 0.5 / pole - 1)).toBeLessThan(2e-3)
        // The centre of mass sinks where it is: nothing pushes it along but the wheels' own inertia.
        expect(Math.abs(robot.x / (0.045 * 0.117 * 0.045 * robot.pitch) / (-1 / wheels) - 1)).toBeLessThan(0.02)
    })

    test('with its wheels blocked falls about the axle: pole √(m g l / (P + m l²))', () => {
        const robot = make({ ...NOTHING, gearRatio: 1 }, { ...BODY, wheelInertia: 1e6 }, 1e-4)
        robot.pitch = 1e-4
        robot.advanceTo(1)
        const pole = Math.sqrt((0.117 * G) / 0.01843)
        expect(Math.abs(Math.acosh(robot.pitch / 1e-4) / pole - 1)).toBeLessThan(2e-3)
    })

    test('keeps its energy while it swings through below, without friction', () => {
        const robot = make(NOTHING, BODY, 1e-4)
        robot.pitch = 0.3
        robot.left.velocity = robot.right.velocity = 0
        const before = robot.energy
        let lowest = 0
        for (let time = 0.1; time < 3; time += 0.1) {
            robot.advanceTo(time)
            lowest = Math.max(lowest, robot.pitch)
            // First order in the step, of a range of 2 m g l = 2.3 J.
            expect(Math.abs(robot.energy - before)).toBeLessThan(0.01)
        }
        // Through the lowest point and up as far on the other side.
        expect(lowest).toBeGreaterThan(5.5)
    })

    test('hangs and swings with the period of the linear equations', () => {
        const wheels = 1.4 * 0.045 ** 2 + 2 * 5.1e-5
        const rate = Math.sqrt((0.117 * G) / (0.01843 - (0.117 * 0.045) ** 2 / wheels))
        const robot = make(NOTHING, BODY, 1e-4)
        robot.pitch = Math.PI + 0.01
        let crossings = 0
        let last = 0
        let side = 1
        robot.afterStep = time => {
            if (Math.sign(robot.pitch - Math.PI) === side) return
            side = -side
            crossings++
            last = time
        }
        robot.advanceTo(5)
        const period = (last / (crossings - 0.5)) * 2
        expect(Math.abs((period * rate) / (2 * Math.PI) - 1)).toBeLessThan(2e-3)
    })

    test.each([0.03, 0.09, 0.2])('a push of 0.3 N·s at %s m gives the momenta of the free body', height => {
        const robot = make(NOTHING)
        robot.push(0.3, height)
        const speed = robot.leftSpeed
        const { pitchRate } = robot
        // Generalised momenta: along the wheels, 0.3 r; about the axle, 0.3 h.
        const wheels = 1.4 * 0.045 ** 2 + 2 * 5.1e-5
        expect(wheels * speed + 0.117 * 0.045 * pitchRate).toBeCloseTo(0.3 * 0.045, 12)
        expect(0.117 * 0.045 * speed + 0.01843 * pitchRate).toBeCloseTo(0.3 * height, 12)
    })

    test('its motors push wheels forward and the body back, and turn it on the spot', () => {
        const robot = make(REAL)
        robot.left.drive = robot.right.drive = 0.5
        robot.advanceTo(0.05)
        expect(robot.velocity).toBeGreaterThan(0.05)
        expect(robot.pitch).toBeLessThan(-0.005)
        const turning = make(REAL)
        turning.left.drive = -0.3
        turning.right.drive = 0.3
        turning.advanceTo(0.3)
        expect(turning.heading).toBeGreaterThan(0.3)
        expect(Math.abs(turning.x)).toBeLessThan(1e-9)
        expect(Math.abs(turning.pitch)).toBeLessThan(1e-6)
    })

    test('gears that stick carry wheels and body as one, until the body is too heavy for them', () => {
        const robot = make(REAL)
        // Static friction of both gear trains at the shaft, through the gears backwards, is above what 3° of lean weigh.
        robot.pitch = 0.02
        robot.advanceTo(0.3)
        expect(robot.left.velocity).toBe(0)
        expect(robot.leftSpeed).toBe(robot.pitchRate)
        // Rolling as one it falls slowly forward.
        expect(robot.pitch).toBeGreaterThan(0.02)
        const leaning = make(REAL)
        leaning.pitch = 0.9
        leaning.advanceTo(0.3)
        expect(leaning.left.velocity).not.toBe(0)
    })

    test('the IMU feels gravity by the lean, the push of the wheels, and its height', () => {
        const robot = make(NOTHING, { ...BODY, imuPosition: [0.01, 0.06] })
        robot.hand = { pitch: 0.3, rate: 0 }
        robot.advanceTo(0.01)
        const { specificForce, angularVelocity } = robot.motion()
        expect(specificForce[0]).toBeCloseTo(-G * Math.sin(0.3), 9)
        expect(specificForce[1]).toBeCloseTo(0, 9)
        expect(specificForce[2]).toBeCloseTo(G * Math.cos(0.3), 9)
        expect(Array.from(angularVelocity, value => value + 0)).toEqual([0, 0, 0])
        // Differences of its place, seen from the ground, are its acceleration.
        const falling = make(NOTHING, { ...BODY, imuPosition: [0.01, 0.06] }, 1e-4)
        falling.pitch = 0.5
        const place = () => ({
            x: falling.x + 0.01 * Math.cos(falling.pitch) + 0.06 * Math.sin(falling.pitch),
            z: -0.01 * Math.sin(falling.pitch) + 0.06 * Math.cos(falling.pitch),
        })
        falling.advanceTo(0.2)
        const [a, force, pitch] = [place(), [0, 0, 0], falling.pitch]
        falling.step()
        const b = place()
        falling.motion().specificForce.forEach((value, axis) => (force[axis] = value))
        falling.step()
        const c = place()
        const ax = (a.x - 2 * b.x + c.x) / 1e-8
        const az = (a.z - 2 * b.z + c.z) / 1e-8 + G
        expect(force[0]).toBeCloseTo(ax * Math.cos(pitch) - az * Math.sin(pitch), 1)
        expect(force[2]).toBeCloseTo(ax * Math.sin(pitch) + az * Math.cos(pitch), 1)
    })

    test('lies where it has fallen, and refuses parameters that cannot be', () => {
        const robot = make(REAL, SMALL_BALANCER)
        robot.pitch = 0.8
        robot.left.drive = robot.right.drive = -1
        robot.advanceTo(2)
        expect(Math.abs(robot.pitch)).toBeGreaterThan(1.34)
        expect(Math.abs(robot.pitch)).toBeLessThan(1.5)
        expect(robot.pitchRate).toBe(0)
        expect(() => make(REAL, { ...BODY, bodyHeight: 0 })).toThrow('balancer bodyHeight 0 is not above 0')
    })
})
