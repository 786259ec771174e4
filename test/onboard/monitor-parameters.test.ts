import { describe, expect, test } from 'vitest'
import { ParameterTable } from '../../src/host/parameters'
import { describe as describeRobot } from '../../src/onboard/describe'
import { Parameters } from '../../src/onboard/parameters'
import type { RobotConfig } from '../../src/onboard/robot-config'
import { ParameterOrigin, ParameterResult } from '../../src/protocol/parameters'
import { encodeSetpoint } from '../../src/protocol/setpoint'
import { Fault, JointMode, RobotMode } from '../../src/protocol/state'
import { MemoryFlash, ParameterBoard } from '../host/parameter-board'
import { Bench, cart } from './cart'

const watched: RobotConfig = {
    ...cart,
    joints: cart.joints.map((joint, i) => ({
        ...joint,
        // Each joint has its own: names and ranges must not be another's.
        monitors: [
            {
                velocity: { limit: 12, delayMs: 0, loosest: { limit: 14, action: 'warn' } },
                stall: { limit: 0.3, speed: 0.5, delayMs: 300, loosest: { delayMs: 900 } },
                jump: { limit: 0.4, delayMs: 40, loosest: { limit: 10 } },
            } as const,
            { following: { limit: 2, delayMs: 500, action: 'warn', loosest: { action: 'off' } } } as const,
            { position: { limit: 0.2, delayMs: 0 } } as const,
        ][i],
    })),
    supplyMonitor: { limit: 9, delayMs: 0, loosest: { limit: 7 } },
    monitors: { tilt: { limit: 0.5, delayMs: 0, loosest: { limit: 1 } } },
}

/** The cart armed, with its parameters by name. */
async function armed() {
    const bench = new Bench(watched)
    const parameters = new Parameters(bench.robot)
    const description = describeRobot(watched, undefined)
    const table = new ParameterTable(
        async (_code, payload = Buffer.alloc(0)) => parameters.page(payload[0]),
        () => description,
    )
    const list = await table.list()
    bench.robot.started()
    expect(bench.robot.arm()).toBe(0)
    const set = (name: string, value: number) => {
        const number = list.findIndex(parameter => parameter.name === name)
        expect(number, name).toBeGreaterThanOrEqual(0)
        return parameters.set(number, value)
    }
    let sequence = 0
    /** Drives the left wheel, turning it by so much a tick. */
    const drive = (value: number, turn: (tick: number) => number, ticks: number) => {
        for (let tick = 0; tick < ticks && bench.robot.mode === RobotMode.Armed; tick++) {
            sequence++
            const entries = [{ joint: 0, mode: JointMode.Effort, value }]
            bench.robot.setpoint(encodeSetpoint(sequence, 0, entries), bench.now)
            bench.encoders.turn(0, turn(tick))
            bench.run()
        }
        return bench.robot
    }
    return { bench, list, set, drive }
}

/** A wheel that turns at 10 rad/s, and one that does not but for its encoder's noise. */
const turning = () => 0.1
const stuck = (tick: number) => (((tick * 7) % 11) - 5) * 1e-4

describe("a monitor's parameters", () => {
    test('are limit, delay and action of each that the data names, with unit, default and range', async () => {
        const { list } = await armed()
        const own = list.filter(({ name }) => name.includes('monitors.'))
        expect(own.map(({ name, unit, min, max, value }) => [name, min, value, max, unit])).toEqual([
            ['left.monitors.velocity.limit', 0, 12, 14, 'rad/s'],
            ['left.monitors.velocity.delay', 0, 0, 0, 'ms'],
            ['left.monitors.velocity.action', 1, 2, 2, ''],
            ['left.monitors.stall.limit', 0, 0.3, 0.3, ''],
            ['left.monitors.stall.delay', 0, 300, 900, 'ms'],
            ['left.monitors.stall.action', 2, 2, 2, ''],
            ['left.monitors.jump.limit', 0, 0.4, 10, 'rad'],
            ['left.monitors.jump.delay', 0, 40, 40, 'ms'],
            ['left.monitors.jump.action', 2, 2, 2, ''],
            ['right.monitors.following.limit', 0, 2, 2, 'rad/s'],
            ['right.monitors.following.delay', 0, 500, 500, 'ms'],
            ['right.monitors.following.action', 0, 1, 2, ''],
            ['mast.monitors.position.limit', 0, 0.2, 0.2, 'rad'],
            ['mast.monitors.position.delay', 0, 0, 0, 'ms'],
            ['mast.monitors.position.action', 2, 2, 2, ''],
            ['monitors.tilt.limit', 0, 0.5, 1, 'rad'],
            ['monitors.tilt.delay', 0, 0, 0, 'ms'],
            ['monitors.tilt.action', 2, 2, 2, ''],
            ['monitors.supply.limit', 7, 9, 100, 'V'],
            ['monitors.supply.delay', 0, 0, 0, 'ms'],
            ['monitors.supply.action', 2, 2, 2, ''],
        ])
        expect(own.filter(({ names }) => names).map(({ name }) => name.split('.').at(-1))).toEqual(
            Array.from({ length: 7 }, () => 'action'),
        )
    })

    test('are refused beyond what the data allows, between two actions, and when they are no number', async () => {
        const { set, bench } = await armed()
        const before = [...bench.robot.settings.values]
        for (const [name, value] of [
            ['left.monitors.velocity.limit', 14.001],
            ['left.monitors.velocity.limit', -1],
            ['left.monitors.velocity.limit', NaN],
            ['left.monitors.velocity.action', 0],
            ['left.monitors.velocity.action', 1.5],
            ['left.monitors.velocity.action', 3],
            ['left.monitors.stall.delay', 901],
            ['monitors.supply.limit', 6.9],
            ['mast.monitors.position.limit', 0.2001],
        ] as const)
            expect(set(name, value), `${name} = ${value}`).toBe(ParameterResult.Range)
        expect(bench.robot.settings.values).toEqual(before)
        // What a host reads it can set, though 0.2 is no f32.
        expect(set('mast.monitors.position.limit', Math.fround(0.2))).toBe(ParameterResult.Ok)
    })

    test('a stricter limit holds at the next look, and the log names it; no effort changes before', async () => {
        const { set, drive, bench } = await armed()
        drive(0.1, turning, 60)
        expect(set('left.monitors.velocity.limit', 9)).toBe(ParameterResult.Ok)
        expect(bench.motors.effort[0]).toBeCloseTo(0.1, 9)
        const robot = drive(0.1, turning, 30)
        expect([robot.mode, robot.latched]).toEqual([RobotMode.Fault, Fault.Velocity])
        expect(Buffer.from(robot.log.answer(0, 0, 0)).readFloatLE(6 + 8 * 14 + 10)).toBe(9)
    })

    test('a longer delay, set while the cause holds, counts from when that began', async () => {
        const { set, drive } = await armed()
        drive(0.6, stuck, 20)
        expect(set('left.monitors.stall.delay', 900)).toBe(ParameterResult.Ok)
        expect(drive(0.6, stuck, 60).mode).toBe(RobotMode.Armed)
        expect(drive(0.6, stuck, 50).latched).toBe(Fault.Stall)
    })

    test('one that was made to warn stops nothing, and stops again when it is told to', async () => {
        const { set, drive, bench } = await armed()
        set('left.monitors.velocity.limit', 9)
        set('left.monitors.velocity.action', 1)
        const robot = drive(0.1, turning, 60)
        expect([robot.mode, robot.faults, robot.warnings()]).toEqual([RobotMode.Armed, 0, Fault.Velocity])
        set('left.monitors.velocity.action', 2)
        drive(0.1, turning, 30)
        expect(bench.robot.latched).toBe(Fault.Velocity)
    })

    test('one that is off watches nothing, and what it said is over', async () => {
        const { set, bench } = await armed()
        const command = (sequence: number) =>
            bench.robot.setpoint(
                encodeSetpoint(sequence, 5000, [{ joint: 1, mode: JointMode.Velocity, value: 5 }]),
                bench.now,
            )
        command(1)
        bench.run(90)
        expect(bench.robot.warnings()).toBe(Fault.Following)
        set('right.monitors.following.action', 0)
        bench.run(24)
        expect(bench.robot.warnings()).toBe(0)
        bench.run(100)
        expect(bench.robot.warnings()).toBe(0)
    })

    test('a reading that jumps is believed up to the limit that was set', async () => {
        const { set, bench } = await armed()
        set('left.monitors.jump.limit', 3)
        bench.encoders.turn(0, 1.5)
        bench.run(3)
        expect([bench.robot.failed, bench.robot.sensorErrors]).toEqual([0, 0])
    })

    test('of the supply and of the tilt hold, too', async () => {
        const { set, bench } = await armed()
        const { robot, motors } = bench
        motors.supplyVoltage = 8
        set('monitors.supply.limit', 7.5)
        robot.housekeeping()
        expect(robot.faults).toBe(0)
        set('monitors.supply.limit', 8.5)
        robot.housekeeping()
        expect(robot.faults).toBe(Fault.Supply)
        // 4 g full scale: 8192 counts a g, leaning by 0.4 rad.
        bench.imu.frame.writeInt16LE(Math.round(8192 * Math.sin(0.4)), 6)
        bench.imu.frame.writeInt16LE(Math.round(8192 * Math.cos(0.4)), 10)
        bench.run()
        robot.upkeep(0)
        expect(robot.monitor!.faults).toBe(0)
        set('monitors.tilt.limit', 0.35)
        robot.upkeep(0)
        expect(robot.monitor!.faults).toBe(Fault.Tilt)
    })
})

test('they are stored, restored before the robot can be armed, and brought back by a reset', async () => {
    const flash = new MemoryFlash()
    const number = async (board: ParameterBoard) => {
        const description = describeRobot(board.config, undefined)
        const list = await new ParameterTable(board.ask, () => description).list()
        return list.findIndex(({ name }) => name === 'right_wheel.monitors.stall.delay')
    }
    const first = await new ParameterBoard(undefined, flash).boot()
    expect(first.parameters.set(await number(first), 1200)).toBe(ParameterResult.Ok)
    expect(await first.slots.store()).toBe(ParameterResult.Ok)
    const second = await new ParameterBoard(undefined, flash).boot()
    expect(second.parameters.origin).toBe(ParameterOrigin.Restored)
    expect(second.parameters.get(await number(second))).toBe(1200)
    second.parameters.reset()
    expect(second.parameters.get(await number(second))).toBe(500)
})
