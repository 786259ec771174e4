import { expect, test } from 'vitest'
import type { ParameterFlash } from '../../src/onboard/parameter-slots'
import { crc16 } from '../../src/protocol/crc16'
import { ParameterOrigin, ParameterResult, storedCrc } from '../../src/protocol/parameters'
import { encodeSetpoint } from '../../src/protocol/setpoint'
import { JointMode } from '../../src/protocol/state'
import { ParameterTable } from '../../src/host/parameters'
import { describe as describeRobot } from '../../src/onboard/describe'
import { Random } from '../../src/sim/random'
import { MemoryFlash, ParameterBoard } from '../host/parameter-board'

/** Number of the rover's `left_wheel.<kind>`. */
function numberOf(board: ParameterBoard, kind: string): number {
    let number = 0
    for (const { name, count } of board.parameters.kinds()) {
        if (name === kind) return number
        number += count
    }
    throw new Error(kind)
}

async function driving() {
    const board = await new ParameterBoard().boot()
    const { robot } = board
    expect(robot.arm()).toBe(0)
    robot.setpoint(encodeSetpoint(1, 5000, [{ joint: 0, mode: JointMode.Velocity, value: 2 }]), 1000)
    let now = 1000
    let tick = 0
    /** One tick; the wheel is blocked, so the error stays 2 rad/s. @returns effort of the left wheel */
    const effort = () => {
        now += 10
        robot.tick(now, tick++, now, 0)
        return robot.joints.effort[0]
    }
    return {
        ...board,
        set: (kind: string, value: number) => board.parameters.set(numberOf(board, kind), value),
        effort,
    }
}

test('a changed gain does not make the output jump: only the integral goes on, at the new rate', async () => {
    const { set, effort } = await driving()
    effort()
    // ki · error · dt = 0.8 · 2 · 0.01
    const before = effort()
    expect(effort() - before).toBeCloseTo(0.016, 9)
    for (const [kind, value, step] of [
        ['ki', 1.6, 0.032],
        ['kp', 0.1, 0.032],
        ['ks', 0.2, 0.032],
        ['kv', 0.03, 0.032],
    ] as const) {
        const last = effort()
        expect(set(kind, value)).toBe(ParameterResult.Ok)
        expect(effort() - last, kind).toBeCloseTo(step, 6)
    }
})

test('a limit takes hold at once, also of the setpoint that is being followed', async () => {
    const { set, effort, robot } = await driving()
    effort()
    expect(set('velocity_limit', 1)).toBe(ParameterResult.Ok)
    expect(robot.joints.setpoint[0]).toBe(1)
    expect(set('effort_limit', 0.05)).toBe(ParameterResult.Ok)
    expect(effort()).toBeCloseTo(0.05, 6)
})

test('what would move a joint by itself, store and reset are refused while armed', async () => {
    const { set, parameters, slots, robot } = await driving()
    for (const kind of ['encoder_direction', 'motor_direction', 'zero_offset', 'encoder_ratio'])
        expect(set(kind, 1), kind).toBe(ParameterResult.Armed)
    expect(await slots.store()).toBe(ParameterResult.Armed)
    expect(parameters.reset()).toBe(ParameterResult.Armed)
    robot.disarm()
    expect(set('motor_direction', -1)).toBe(ParameterResult.Ok)
    expect(set('motor_direction', 0.5)).toBe(ParameterResult.Range)
    expect(set('kp', NaN)).toBe(ParameterResult.Range)
    expect(set('kp', -0.001)).toBe(ParameterResult.Range)
    expect(parameters.set(200, 1)).toBe(ParameterResult.Unknown)
})

test("a changed zero moves the joint's position, not its reading", async () => {
    const board = await new ParameterBoard().boot()
    expect(board.parameters.set(numberOf(board, 'zero_offset'), 0.5)).toBe(ParameterResult.Ok)
    expect(board.robot.joints.position[0]).toBeCloseTo(-0.5, 7)
    expect(board.robot.chassis!.x).toBe(0)
})

test('the check sum is CRC-16 as elsewhere, of all but the first four bytes', () => {
    const random = new Random(5)
    for (let length = 4; length < 60; length++) {
        const bytes = Buffer.from(Array.from({ length }, () => Math.floor(random.uniform() * 256)))
        expect(storedCrc(bytes)).toBe(crc16(bytes, 4, length))
    }
})

test('values return after a restart, with their defaults as they were, and a reset brings those back exactly', async () => {
    const flash = new MemoryFlash()
    const first = await new ParameterBoard(undefined, flash).boot()
    expect(first.parameters.origin).toBe(ParameterOrigin.Defaults)
    first.parameters.set(numberOf(first, 'kp'), 0.07)
    expect(await first.slots.store()).toBe(ParameterResult.Ok)
    const second = await new ParameterBoard(undefined, flash).boot()
    expect(second.parameters.origin).toBe(ParameterOrigin.Restored)
    expect(second.robot.joints.kp).toEqual([Math.fround(0.07), 0.058])
    second.parameters.reset()
    expect(second.robot.joints.kp).toEqual([0.058, 0.058])
    // Nothing has changed on the third board: nothing is written.
    const third = await new ParameterBoard(undefined, flash).boot()
    const before = flash.slots.map(slot => slot.toString('hex'))
    expect(await third.slots.store()).toBe(ParameterResult.Ok)
    expect(flash.slots.map(slot => slot.toString('hex'))).toEqual(before)
})

test('what another configuration stored is reported and ignored', async () => {
    const flash = new MemoryFlash()
    const first = await new ParameterBoard(undefined, flash).boot()
    first.parameters.set(0, 5)
    await first.slots.store()
    const other = { ...first.config, joints: first.config.joints.map(joint => ({ ...joint, velocityLimit: 9 })) }
    const second = new ParameterBoard(other, flash)
    const board = await second.boot()
    expect(board.parameters.origin).not.toBe(ParameterOrigin.Restored)
    expect(board.robot.joints.kpPosition).toEqual([4, 4])
})

/** A flash whose power goes when `bytes` of a slot's new content are there; behind them is what `rest` gives. */
function cutting(flash: MemoryFlash, bytes: number, rest: (i: number, old: Buffer) => number): ParameterFlash {
    return {
        read: slot => flash.read(slot),
        write: async (slot, content) => {
            const old = flash.slots[slot]
            flash.slots[slot] = Buffer.from(content.map((byte, i) => (i < bytes ? byte : rest(i, old))))
        },
    }
}

test('a slot that was cut short anywhere, with anything behind, costs that store and no other', async () => {
    const random = new Random(11)
    const behind = [
        (i: number, old: Buffer) => old[i] ?? 0xff,
        () => 0xff,
        () => 0,
        () => Math.floor(random.uniform() * 256),
    ]
    let kept = 0
    for (let store = 0; store < 2; store++) {
        for (let cut = 0; cut <= 29; cut++) {
            for (const rest of behind) {
                const flash = new MemoryFlash()
                const first = await new ParameterBoard(undefined, flash).boot()
                for (let i = 0; i <= store; i++) {
                    first.parameters.set(numberOf(first, 'kp'), Math.fround(0.07 + i / 100))
                    await first.slots.store()
                }
                const last = first.robot.joints.kp[0]
                const second = await new ParameterBoard(undefined, cutting(flash, cut, rest)).boot()
                second.parameters.set(numberOf(second, 'kp'), Math.fround(0.2))
                await second.slots.store()
                const third = await new ParameterBoard(undefined, flash).boot()
                const { kp, kiTick } = third.robot.joints
                expect([last, Math.fround(0.2)]).toContain(kp[0])
                expect(kp[1]).toBe(0.058)
                expect(kiTick).toEqual([0.8 * 0.01, 0.8 * 0.01])
                if (kp[0] === last) kept++
            }
        }
    }
    // 16 of header, 9 of bits, 4 of the value: 29 bytes, whole at the last cut only.
    expect(kept).toBeGreaterThan(220)
})

test('a host lists what the board has, by name, and refuses what it would refuse', async () => {
    const board = await new ParameterBoard().boot()
    const description = describeRobot(board.config, undefined)
    const table = new ParameterTable(board.ask, () => description)
    const list = await table.list()
    expect(list).toHaveLength(board.parameters.count)
    expect(list.find(({ name }) => name === 'right_wheel.encoder_direction')).toMatchObject({
        default: -1,
        value: -1,
        sign: true,
        disarmedOnly: true,
    })
    expect(list.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['left_wheel.kp', 'command_timeout', 'imu.gyro_bias_z']),
    )
    const heard: unknown[] = []
    table.onChange(({ name, value }) => heard.push([name, value]))
    await table.set('left_wheel.velocity_limit', 7.5)
    expect(description.joints[0].velocityLimit).toBe(7.5)
    await expect(table.set('left_wheel.kp', 11)).rejects.toMatchObject({
        code: 'out-of-range',
        message: 'parameter left_wheel.kp = 11, allowed 0 to 10 s/rad',
    })
    await expect(table.get('left_wheel.kd')).rejects.toMatchObject({ code: 'unknown-parameter' })
    await table.reset()
    expect(heard).toEqual([
        ['left_wheel.velocity_limit', 7.5],
        ['left_wheel.velocity_limit', 15],
    ])
})
