import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { buildFirmware } from '../../src/flash/build'
import { drive } from '../../src/robots/manipulator/drive'
import { HOME, manipulator } from '../../src/robots/manipulator/robot'
import type { RobotSession } from '../../src/host/session'
import type { SimulatedRobot } from '../../src/sim/simulated-robot'
import { connectSimulated, schedulerOf, settle, simulate, type SimulationOptions } from '../../src/simulate'
import { pass, seconds, stallAtRandom } from './rig'

beforeAll(() => buildFirmware('manipulator'), 180_000)

const JOINTS = Object.keys(HOME)
/** From tick to tick, s: three periods. */
const STANDSTILL = 0.06
/** rad */
const RANGES = manipulator.joints.map(({ positionMin = 0, positionMax = 0 }) => positionMax - positionMin)

async function connectArm(options: Partial<SimulationOptions> = {}) {
    const robot = await simulate({ robot: 'manipulator', board: 'rp2040', ...options })
    const session = await connectSimulated(robot)
    onTestFinished(() => session.close())
    return { robot, session, scheduler: schedulerOf(robot.host) }
}

async function connectArmedArm(options: Partial<SimulationOptions> = {}) {
    const rig = await connectArm(options)
    await settle(rig.robot, rig.session.arm())
    return rig
}

/** Sends joints to positions at once. */
function setPositions(session: RobotSession, positions: Record<string, number>): () => void {
    return () => {
        for (const [name, position] of Object.entries(positions)) session.joint(name).setPosition(position)
    }
}

/** When a servo was last driven, s. */
function lastDriven(robot: SimulatedRobot): () => number {
    let last = 0
    robot.body.onStep = () => {
        if (robot.body.outputs().some(drive => drive !== 0)) last = robot.clock.now / 1e6
    }
    return () => last
}

/** Nine tenths of every joint's range, from its lower end to its upper and back: 50 points in 9.8 s, from rest to rest. */
function wave() {
    const reach = RANGES.map(range => 0.45 * range)
    const omega = (2 * Math.PI) / 9.8
    return {
        joints: JOINTS,
        points: Array.from({ length: 50 }, (_, k) => {
            const phase = omega * k * 0.2
            return {
                time: 0.2 + k * 0.2,
                positions: reach.map(amplitude => -amplitude * Math.cos(phase)),
                velocities: reach.map(amplitude => amplitude * omega * Math.sin(phase)),
            }
        }),
    }
}

describe.each(['rp2040', 'esp32'])('the manipulator on %s', board => {
    test.each([{ seed: 1 }, { seed: 2 }])(
        'follows 50 points within 1 % of its range while the host stalls for 100 ms at random (seed $seed)',
        async ({ seed }) => {
            const { robot, session } = await connectArmedArm({ seed, board })
            const begin = { joints: JOINTS, points: [{ time: 2, positions: wave().points[0].positions }] }
            await settle(robot, session.follow(begin))
            stallAtRandom(robot, seed)
            let longest = 0
            let last = seconds(robot)
            robot.board.onTick = ({ startUs }) => {
                longest = Math.max(longest, startUs / 1e6 - last)
                last = startUs / 1e6
            }
            const outcome = await settle(robot, session.follow(wave()))
            JOINTS.forEach((name, i) => {
                // Once in a while the runtime itself stands still while its host stalls, and a servo goes no further than it was sent.
                const speed = 0.45 * RANGES[i] * ((2 * Math.PI) / 9.8)
                const stoodStill = speed * Math.max(0, longest - STANDSTILL)
                expect(outcome.worstError[name]).toBeLessThan(0.01 * RANGES[i] + stoodStill)
                expect(outcome.finalError[name]).toBeLessThan(0.01 * RANGES[i])
            })
        },
    )

    test('takes and places, ends at home and stays there without hunting', async () => {
        const { robot, session, scheduler } = await connectArm({ seed: 3, board })
        await expect(settle(robot, drive.perform(session, scheduler, {}))).resolves.toMatchObject({ finished: true })
        robot.body.angles().forEach((angle, i) => expect(Math.abs(angle)).toBeLessThan(0.01 * RANGES[i]))
        await settle(robot, session.arm())
        const hold = setPositions(session, HOME)
        const holdFor = async (seconds: number) => {
            for (let k = 0; k < seconds / 0.05; k++) {
                hold()
                await pass(robot, 0.05)
            }
        }
        await holdFor(1)
        const [least, most] = [robot.body.angles(), robot.body.angles()]
        robot.body.onStep = () =>
            robot.body.angles().forEach((angle, i) => {
                least[i] = Math.min(least[i], angle)
                most[i] = Math.max(most[i], angle)
            })
        await holdFor(5)
        expect(session.state!.mode).toBe('armed')
        most.forEach((angle, i) => expect(angle - least[i]).toBeLessThan(0.01))
        expect(session.state!.power!.current).toBeLessThan(0.5)
    })
})

test('arming sends the servos to where their joints are: nothing jumps', async () => {
    const { robot, session } = await connectArm({ seed: 4 })
    await pass(robot, 0.1)
    const before = robot.body.angles()
    expect(Math.abs(before[0])).toBeGreaterThan(0.2)
    await settle(robot, session.arm())
    await pass(robot, 0.5)
    // What horns and dead bands leave: they have not been calibrated.
    robot.body.angles().forEach((angle, i) => expect(Math.abs(angle - before[i])).toBeLessThan(0.08))
})

test('servo ends are parameters: refused while armed, in force from arming on, stored, and there again after a restart', async () => {
    const { robot, session } = await connectArm({ seed: 9 })
    const names = ['servo_low', 'servo_high', 'pulse_low', 'pulse_high'].map(name => `elbow.${name}`)
    const listed = (await settle(robot, session.parameters())).filter(({ name }) => names.includes(name))
    expect(listed.map(({ unit, min, max }) => `${min.toPrecision(1)} to ${max.toPrecision(1)} ${unit}`)).toEqual([
        '-4 to 4 rad',
        '-4 to 4 rad',
        '0.0003 to 0.003 s',
        '0.0003 to 0.003 s',
    ])
    expect(listed.map(({ value }) => value.toPrecision(4))).toEqual(['-1.400', '1.400', '0.002302', '0.0006980'])
    const pulses = [2.4e-3, 0.8e-3]
    for (const [i, end] of ['pulse_low', 'pulse_high'].entries()) {
        await settle(robot, session.setParameter(`elbow.${end}`, pulses[i]))
    }
    await settle(robot, session.storeParameters())
    const before = robot.body.angles()[2]
    await settle(robot, session.arm())
    await expect(settle(robot, session.setParameter('elbow.pulse_low', 2.3e-3))).rejects.toThrow(/armed/)
    const hold = () => session.joint('elbow').setEffort(0)
    for (let k = 0; k < 20; k++) {
        hold()
        await pass(robot, 0.05)
    }
    // Its pulses are 98 and 102 µs longer, a tenth of a millisecond that turns it by 10 degrees, backward as it is mounted.
    const moved = robot.body.angles()[2] - before
    expect(moved).toBeGreaterThan(-0.175 + 0.04 - 0.02)
    expect(moved).toBeLessThan(-0.175 + 0.04 + 0.02)
    robot.inject({ at: seconds(robot), kind: 'board-reset' })
    await pass(robot, 3)
    expect((await settle(robot, session.getParameter('elbow.pulse_high'))).value).toBeCloseTo(0.8e-3, 8)
    expect((await settle(robot, session.parameterStorage())).origin).toBe('restored')
    await settle(robot, session.setParameter('elbow.pulse_low', 0.8e-3))
    await settle(robot, session.setParameter('elbow.pulse_high', 0.8e-3))
    // Ends that mean nothing do not arm.
    await expect(settle(robot, session.arm())).rejects.toThrow('motor')
})

test('without a host the arm slows down and is held; disarmed, its servos go limp', async () => {
    const { robot, session } = await connectArmedArm({ seed: 5 })
    const push = setPositions(session, { base: 1.2, shoulder: 1, elbow: -1 })
    for (let k = 0; k < 6; k++) {
        push()
        await pass(robot, 0.05)
    }
    expect(robot.body.velocities()[1]).toBeGreaterThan(0.5)
    robot.host.hold()
    // The deadline, 100 ms, and the slowing down from 3 rad/s.
    await pass(robot, 0.8)
    const held = robot.body.angles()
    await pass(robot, 1)
    robot.body.angles().forEach((angle, i) => expect(Math.abs(angle - held[i])).toBeLessThan(0.02))
    robot.host.release()
    await pass(robot, 0.3)
    expect(session.state!.mode).toBe('timeout')
    await settle(robot, session.disarm())
    await pass(robot, 0.1)
    const current = session.state!.power!.current
    // Idle electronics of three servos.
    expect(Math.abs(current)).toBeLessThan(0.04)
    expect(robot.body.outputs()).toEqual([0, 0, 0])
})

test('a board that hangs ends the pulses: the one-shot at the output-enable pin is no longer triggered', async () => {
    const faults = JSON.stringify({ faults: [{ at: 3, kind: 'board-stall', duration: 1 }] })
    const { robot, session } = await connectArmedArm({ seed: 6, faults })
    const push = setPositions(session, { base: 1.2, shoulder: -1, elbow: 1 })
    const rest = setPositions(session, { base: -1.2, shoulder: 1, elbow: -1 })
    const driven = lastDriven(robot)
    while (robot.clock.now < 3.3e6) {
        if (robot.clock.now < 2.6e6) push()
        else rest()
        await pass(robot, 0.03)
    }
    expect(driven()).toBeGreaterThan(2.9)
    expect(driven()).toBeLessThan(3.13)
    expect(robot.body.outputs()).toEqual([0, 0, 0])
})

test('a joint that is held is a fault, and the servos are let go', async () => {
    const { robot, session } = await connectArmedArm({ seed: 7 })
    robot.body.parts!.motors.shoulder.jammed = true
    const push = setPositions(session, { base: 0, shoulder: 1, elbow: 0 })
    for (let k = 0; k < 100 && session.state!.mode !== 'fault'; k++) {
        push()
        await pass(robot, 0.03)
    }
    expect(session.state!.mode).toBe('fault')
    expect(session.state!.faults).toContain('stall')
    await pass(robot, 0.1)
    expect(robot.body.outputs()).toEqual([0, 0, 0])
})

test('an empty supply is a fault', async () => {
    const { robot, session } = await connectArmedArm({ seed: 8 })
    robot.body.setSupply(4)
    const hold = setPositions(session, HOME)
    for (let k = 0; k < 60 && session.state!.mode !== 'fault'; k++) {
        hold()
        await pass(robot, 0.03)
    }
    expect(session.state!.faults).toContain('supply')
})
