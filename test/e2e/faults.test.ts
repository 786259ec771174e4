import { expect, test } from 'vitest'
import { settle, simulate } from '../../src/simulate'
import { connectArmedRover, connectRover, keepDriving, logWheels, pass, seconds, type Rig } from './rig'

/** Drives, and a second later has a fault for as long as asked for. */
async function driveInto(fault: object, options = {}): Promise<Rig> {
    const rig = await connectArmedRover(options)
    keepDriving(rig, 0.2)
    await pass(rig.robot, 1)
    rig.robot.inject({ at: seconds(rig.robot), ...fault })
    return rig
}

const [LEFT, RIGHT] = [0, 1]

test('a jammed wheel stands, the other goes on, and it turns again afterwards', async () => {
    const rig = await driveInto({ kind: 'motor-jam', target: 'left_wheel', duration: 0.05 })
    await pass(rig.robot, 0.04)
    expect(rig.robot.body.velocities()[LEFT]).toBe(0)
    expect(rig.robot.body.velocities()[RIGHT]).toBeGreaterThan(1)
    await pass(rig.robot, 0.06)
    expect(rig.robot.body.velocities()[LEFT]).toBeGreaterThan(0)
})

test('a motor with a broken lead gives no torque, whatever its controller puts out', async () => {
    const rig = await driveInto({ kind: 'broken-wire', target: 'right_wheel' })
    await pass(rig.robot, 0.05)
    const state = new Float64Array(64)
    rig.robot.body.writeState(state)
    expect(state[9]).toBe(0) // current of the right motor
    expect(state[8]).not.toBe(0)
})

test('a frozen encoder goes on being read without an error, at the angle it had', async () => {
    const rig = await driveInto({ kind: 'encoder-freeze', target: 'left_wheel', duration: 0.2 })
    await pass(rig.robot, 0.2)
    const { joints } = rig.session.state!
    expect(joints[LEFT].valid).toBe(true)
    expect(Math.abs(joints[LEFT].velocity)).toBeLessThan(0.5)
    expect(rig.robot.body.velocities()[LEFT]).toBeGreaterThan(1)
})

test('an encoder that jumps is not believed: the position goes on as before, samples are counted, and it is a fault', async () => {
    const rig = await driveInto({ kind: 'encoder-jump', target: 'left_wheel', angle: 1.5, duration: 0.3 })
    const before = rig.session.state!.joints[LEFT].position
    const errors = rig.session.statistics().sensorErrors
    const angle = rig.robot.body.velocities()[LEFT] * 0.1
    await pass(rig.robot, 0.1)
    const { joints } = rig.session.state!
    // Telemetry is up to 50 ms old at either end.
    expect(Math.abs(joints[LEFT].position - before - angle)).toBeLessThan(0.5)
    expect(joints[LEFT].valid).toBe(false)
    expect(rig.session.statistics().sensorErrors).toBeGreaterThan(errors + 3)
    await pass(rig.robot, 0.15)
    expect(rig.session.state).toMatchObject({ mode: 'fault', faults: ['encoder'] })
    expect(rig.session.faultReports[0]).toMatchObject({ fault: 'encoder', joint: 'left_wheel', latched: true })
})

test.each([
    [{ kind: 'i2c-nack', target: 'left_encoder' }, 'encoder'],
    [{ kind: 'broken-wire', target: 'multiplexer' }, 'encoder'],
    [{ kind: 'imu-failure', target: 'imu' }, 'imu'],
    [{ kind: 'i2c-nack', target: 'motoron' }, 'motor'],
    [{ kind: 'chip-reset', target: 'motoron' }, 'motor'],
    [{ kind: 'supply-sag', volts: 0 }, 'supply'],
])('the firmware notices %o', async (fault, name) => {
    const rig = await driveInto(fault)
    let seen = false
    rig.session.onState(({ faults }) => (seen ||= faults.includes(name)))
    await pass(rig.robot, 0.4)
    expect(seen).toBe(true)
})

test('a stalled runtime makes no tick, and the motor controller stops by itself', async () => {
    const rig = await driveInto({ kind: 'board-stall', duration: 0.5 })
    let ticks = 0
    await pass(rig.robot, 0.02)
    rig.robot.board.onTick = () => ticks++
    await pass(rig.robot, 0.15)
    expect(ticks).toBe(0)
    expect(rig.robot.body.outputs()).toEqual([0, 0])
    await pass(rig.robot, 0.5)
    expect(ticks).toBeGreaterThan(15)
    expect(rig.session.state!.mode).not.toBe('armed')
})

test.each(['board-reset', 'brown-out'])(
    'after a %s the robot is idle, motors off, and can be armed again',
    async kind => {
        const rig = await driveInto({ kind, ...(kind === 'brown-out' && { duration: 0.1 }) })
        await pass(rig.robot, 0.3)
        const log = logWheels(rig.robot)
        await pass(rig.robot, 3)
        expect(log.outputs.flat().every(duty => duty === 0)).toBe(true)
        expect(rig.session.statistics().connected).toBe(true)
        expect(rig.session.state!.mode).toBe('idle')
        await settle(rig.robot, rig.session.arm())
        await pass(rig.robot, 0.3)
        expect(rig.robot.body.outputs().some(duty => duty !== 0)).toBe(true)
    },
)

test('an unplugged port is opened again when it is back', async () => {
    const rig = await driveInto({ kind: 'link-unplug', duration: 1 })
    await pass(rig.robot, 0.1)
    expect(rig.session.statistics().connected).toBe(false)
    await pass(rig.robot, 2)
    expect(rig.session.statistics()).toMatchObject({ connected: true, reconnects: 1 })
})

test('faults are part of the trace, and the same plan with the same seed gives the same trace', async () => {
    const plan = (at: number) =>
        JSON.stringify({ faults: [{ at, kind: 'link-corrupt', duration: 0.2, probability: 0.1 }] })
    const run = async (faults?: string, seed = 1) => {
        const robot = await simulate({ robot: 'rover', seed, trace: true, faults })
        robot.runUntil(2)
        return robot.trace!.digest()
    }
    const first = await run(plan(1))
    expect(await run(plan(1))).toBe(first)
    expect(await run(plan(1.1))).not.toBe(first)
    expect(await run(plan(1), 2)).not.toBe(first)
    expect(await run()).not.toBe(first)
})

test('arming that was given up while the board stood still does not take effect when it goes on', async () => {
    const rig = await connectRover({ seed: 3 })
    rig.robot.inject({ at: seconds(rig.robot), kind: 'board-stall', duration: 1.5 })
    const modes = new Set<string>()
    await expect(settle(rig.robot, rig.session.arm())).rejects.toMatchObject({ code: 'no-answer' })
    await pass(rig.robot, 1)
    rig.session.onState(({ mode }) => modes.add(mode))
    keepDriving(rig, 0.2)
    await pass(rig.robot, 0.5)
    expect([...modes]).toEqual(['idle'])
    expect(rig.robot.body.outputs()).toEqual([0, 0])
})
