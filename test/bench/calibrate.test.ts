import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { calibrate, type CalibrationOptions, storeCalibration } from '../../src/bench/calibrate/run'
import { SimulatedOperator } from '../../src/cli/bench-operator'
import { buildFirmware } from '../../src/flash/build'
import type { RobotSession } from '../../src/host/session'
import type { SimulatedRobot } from '../../src/sim/simulated-robot'
import { connectSimulated, schedulerOf, settle, simulate } from '../../src/simulate'

beforeAll(async () => {
    for (const robot of ['actuator', 'rover', 'manipulator']) await buildFirmware(robot)
}, 180_000)

interface Bench {
    robot: SimulatedRobot
    session: RobotSession
    found(target: string, options?: Partial<CalibrationOptions>): ReturnType<typeof calibrate>
    /** Changes parameters of the board behind the calibration's back. */
    set(values: Record<string, number>): Promise<void>
}

async function bench(name: string, seed = 1): Promise<Bench> {
    const robot = await simulate({ robot: name, seed })
    const session = await connectSimulated(robot)
    onTestFinished(() => session.close())
    const run = <T>(work: Promise<T>) => settle(robot, work, 5)
    return {
        robot,
        session,
        found: (target, options = {}) => {
            const joint = session.description.joints.findIndex(joint => joint.name === target)
            const given: CalibrationOptions = {
                robot: session,
                target,
                scheduler: schedulerOf(robot.clock),
                operator: joint >= 0 ? new SimulatedOperator(robot, joint) : undefined,
                restSeconds: 3,
                conditions: { link: 'simulated' },
                ...options,
            }
            return run(calibrate(given))
        },
        set: async values => {
            for (const [key, value] of Object.entries(values)) await run(session.setParameter(key, value))
        },
    }
}

type Found = Awaited<ReturnType<typeof calibrate>>
const value = ({ parameters }: Found, name: string) => parameters.find(parameter => parameter.name === name)!

describe('a joint that turns freely', () => {
    test('directions and ratio that are configured wrong are found, and friction beside them; nothing is stored', async () => {
        const { session, robot, found, set } = await bench('actuator')
        // In truth: 1, 1, 1, 0 and, of the datasheet's 0.14 A of 2.18 ohm at 12 V, 0.0254.
        await set({ 'motor.motor_direction': -1, 'motor.encoder_ratio': 1.3, 'motor.ks': 0.1 })
        const result = await found('motor')
        expect(result).toMatchObject({ outcome: 'complete' })
        expect(value(result, 'motor.motor_direction')).toMatchObject({ configured: -1, found: 1, differs: true })
        expect(value(result, 'motor.encoder_direction')).toMatchObject({ configured: 1, found: 1, differs: false })
        expect(value(result, 'motor.encoder_ratio').differs).toBe(true)
        // An operator counts to a quarter of one turn in five.
        expect(Math.abs(value(result, 'motor.encoder_ratio').found - 1)).toBeLessThan(0.03)
        expect(Math.abs(value(result, 'motor.ks').found - 0.0254)).toBeLessThan(0.1 * 0.0254)
        const truth = robot.body.truths!()[0]
        const constant = result.figures.find(({ key }) => key === 'motorConstant')!.value
        expect(Math.abs(constant / truth.motorConstant - 1)).toBeLessThan(0.05)
        // What was tried meanwhile is put back.
        expect((await settle(robot, session.getParameter('motor.motor_direction'))).value).toBe(-1)
        expect((await settle(robot, session.parameterStorage())).sequence).toBe(0)
        expect(await settle(robot, storeCalibration(session, result))).toContain('motor.motor_direction')
        expect((await settle(robot, session.parameterStorage())).sequence).toBe(1)
    })

    test('the duty of a speed is found where the robot has it, and left 0 where its integral finds it', async () => {
        const { robot, found, set } = await bench('actuator', 8)
        const { parameters } = await found('motor')
        expect(parameters.map(({ name }) => name)).not.toContain('motor.kv')
        await set({ 'motor.kv': 0.03 })
        const result = await found('motor')
        const { motorConstant, resistance, viscousFriction, supplyVoltage } = robot.body.truths!()[0]
        const truth = (motorConstant + (viscousFriction * resistance) / motorConstant) / supplyVoltage
        expect(Math.abs(value(result, 'motor.kv').found / truth - 1)).toBeLessThan(0.06)
        expect(value(result, 'motor.kv').differs).toBe(true)
    })

    test('interrupted, the motor is off, what was tried is put back, and nothing is stored', async () => {
        const { session, robot, found, set } = await bench('actuator', 2)
        await set({ 'motor.motor_direction': -1 })
        const controller = new AbortController()
        const onProgress = (_: number, text: string) => {
            // In the second test, with the found direction in force.
            if (text.startsWith('duty')) controller.abort()
        }
        const result = await found('motor', { signal: controller.signal, onProgress })
        expect(result).toMatchObject({ outcome: 'interrupted' })
        expect(robot.body.outputs()).toEqual([0])
        expect(session.state!.mode).toBe('idle')
        expect((await settle(robot, session.getParameter('motor.motor_direction'))).value).toBe(-1)
        expect((await settle(robot, session.parameterStorage())).sequence).toBe(0)
    })

    test('what no parameter mends stops it: a jammed shaft', async () => {
        const { robot, found } = await bench('actuator', 3)
        robot.body.parts!.motors.motor.jammed = true
        const result = await found('motor')
        expect(result.outcome).toBe('stopped')
        expect(result.reason).toMatch(/jammed/)
        expect(result.parameters).toEqual([])
    })
})

test('the zero of a joint with stops is found from a known place, with its motor off', async () => {
    const { robot, found, set } = await bench('manipulator')
    await set({ 'elbow.zero_offset': 2.9 })
    const place = async () => robot.body.angles()[2]
    const result = await found('elbow', { place })
    expect(result.findings).toMatchObject([
        {
            code: 'not-turned',
            level: 'note',
            text: expect.stringMatching(/^elbow has stops and is not turned: .*friction/),
        },
    ])
    const zero = value(result, 'elbow.zero_offset')
    // 3.3 in the plant; one count of the encoder is 1.5 mrad.
    expect(Math.abs(zero.found - 3.3)).toBeLessThan(0.01)
    expect(zero).toMatchObject({ configured: expect.closeTo(2.9, 5) as number, differs: true })
    expect(robot.body.outputs()).toEqual([0, 0, 0])
})

test.each([
    ['base', 0.03, 1],
    ['shoulder', -0.05, 1],
    ['elbow', 0.04, -1],
] as const)(
    "the %s's servo is held where it is: what its horn is off goes into its pulse ends, and arming moves it no more",
    async (target, horn, mounted) => {
        const { robot, session, found } = await bench('manipulator', 9)
        const index = session.description.joints.findIndex(({ name }) => name === target)
        const armed = async () => {
            const before = robot.body.angles()[index]
            const hold = () => session.joint(target).setEffort(0)
            await settle(robot, session.arm())
            for (let k = 0; k < 25; k++) {
                hold()
                robot.runUntil(robot.clock.now / 1e6 + 0.04)
            }
            await settle(robot, session.disarm())
            return Math.abs(robot.body.angles()[index] - before)
        }
        const result = await found(target)
        expect(result).toMatchObject({ outcome: 'complete' })
        expect(robot.body.outputs()).toEqual([0, 0, 0])
        // 400 µs turn it by 40 degrees; it settles within its dead band of 8 µs and what friction leaves.
        const off = -mounted * horn * (400e-6 / ((40 * Math.PI) / 180))
        for (const end of ['pulse_low', 'pulse_high']) {
            const { found, configured, differs, uncertainty } = value(result, `${target}.${end}`)
            expect(Math.abs(found - configured - off)).toBeLessThan(7e-6)
            expect(uncertainty).toBeCloseTo(5.7e-6, 6)
            expect(differs).toBe(true)
        }
        expect(await settle(robot, storeCalibration(session, result))).toHaveLength(2)
        expect(await armed()).toBeLessThan(0.012)
    },
)

describe('an IMU', () => {
    test("the gyroscope's bias is what its chip adds, whatever is configured", async () => {
        const { robot, found, set } = await bench('rover', 5)
        await set({ 'imu.gyro_bias_x': 0.1 })
        const chip = robot.body.parts!.chips.imu.device as unknown as { offset: Float64Array }
        const result = await found('imu')
        expect(result.outcome).toBe('complete')
        'xyz'.split('').forEach((axis, i) => {
            const truth = (chip.offset[i] * Math.PI) / 180
            expect(Math.abs(value(result, `imu.gyro_bias_${axis}`).found - truth)).toBeLessThan(0.001)
        })
        expect(value(result, 'imu.gyro_bias_x').differs).toBe(true)
    })

    test('a robot that is moved meanwhile is not at rest', async () => {
        const { session, robot, found } = await bench('rover', 6)
        const motors = robot.body.parts!.motors as unknown as Record<string, { velocity: number }>
        session.onState(() => (motors.left_wheel.velocity = 8 * Math.sin(robot.clock.now / 5e4)))
        const result = await found('imu')
        expect(result.outcome).toBe('stopped')
        expect(result.reason).toMatch(/not at rest/)
    })
})

test('what does not exist is named, with what does', async () => {
    const { found } = await bench('actuator', 4)
    await expect(found('nose')).rejects.toThrow(/"nose" does not exist; there are: motor, imu/)
    await expect(found('imu')).rejects.toThrow(/actuator has no IMU/)
})
