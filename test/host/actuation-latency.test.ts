import { beforeAll, expect, test } from 'vitest'
import { buildFirmware } from '../../src/flash/build'
import { ActuationLatency } from '../../src/host/actuation-latency'
import type { RobotState } from '../../src/host/robot'
import { JointMode } from '../../src/protocol/state'
import { connectSimulated, runFast, settle, simulate } from '../../src/simulate'

beforeAll(() => buildFirmware('rover'), 180_000)

function tick(hostTime: number, ...setpoints: number[]): RobotState {
    const joints = setpoints.map((setpoint, i) => ({
        name: `j${i}`,
        position: 0,
        velocity: 0,
        effort: 0,
        setpoint,
        valid: true,
    }))
    return {
        tick: 0,
        boardTime: 0,
        hostTime,
        hostTimeBound: 0,
        mode: 'armed',
        trajectory: 'none',
        faults: [],
        joints,
        lateness: 0,
    }
}

const velocity = (joint: number, value: number) => ({ joint, mode: JointMode.Velocity, value })

test('counts from sending a value to the first tick that shows it', () => {
    const latency = new ActuationLatency(2)
    latency.sample(tick(0.99, NaN, NaN))
    latency.sent([velocity(0, 1), velocity(1, -0.123_45)], 1)
    latency.sample(tick(1.001, NaN, NaN))
    // -0.12345 is -1234.5 counts of 1e-4, sent as -1234.
    latency.sample(tick(1.011, 1, -0.1234))
    latency.sample(tick(1.021, 1, -0.1234))
    const { p50, p99, count } = latency.quantiles()
    expect(count).toBe(2)
    expect(p50).toBeCloseTo(0.011, 9)
    expect(p99).toBeCloseTo(0.011, 9)
})

test('measures none that changes nothing, was overtaken, was lost, or belongs to somebody else', () => {
    const latency = new ActuationLatency(1)
    latency.sent([velocity(0, 1)], 1)
    latency.sent([velocity(0, 1)], 1.02)
    latency.sample(tick(1.03, 1))
    expect(latency.quantiles()).toMatchObject({ count: 1, p50: expect.closeTo(0.03, 9) })
    latency.sent([velocity(0, 2)], 1.04)
    latency.sent([velocity(0, 3)], 1.05)
    latency.sample(tick(1.06, 3))
    expect(latency.quantiles()).toMatchObject({ count: 2, p50: expect.closeTo(0.01, 9) })
    // Lost; the tick that shows the same value later was told by a later setpoint.
    latency.sent([velocity(0, 4)], 1.07)
    latency.sample(tick(1.08, NaN))
    latency.sample(tick(9, 4))
    latency.sample(tick(9.01, 7))
    expect(latency.quantiles().count).toBe(2)
})

test.each(['ideal', 'rp2040'])('agrees with what the motor controller does, on %s', async board => {
    const robot = await simulate({ robot: 'rover', board, seed: 6 })
    const session = await connectSimulated(robot)
    const run = (seconds: number) => {
        const end = robot.clock.now + seconds * 1e6
        return runFast(robot, () => robot.clock.now >= end, 1)
    }
    await run(3)
    await settle(robot, session.arm())
    const taken: number[] = []
    for (let i = 0; i < 40; i++) {
        const before = robot.body.outputs()[0]
        const sent = robot.clock.now
        session.joint('left_wheel').setEffort(i % 2 === 0 ? 0.2 : 0.1)
        while (robot.body.outputs()[0] === before && robot.clock.now < sent + 100_000) {
            robot.runUntil(robot.clock.now / 1e6 + 0.0002)
        }
        taken.push((robot.clock.now - sent) / 1e6)
        await run(0.0337 - taken[i])
    }
    await run(0.1)
    const { p50, count } = session.linkQuality().actuation
    expect(count).toBe(40)
    // The motor is told within the tick, which takes 5 ms at most (the chip updates its output each 10 ms).
    const median = taken.sort((a, b) => a - b)[20]
    expect(p50).toBeLessThan(median)
    expect(p50).toBeGreaterThan(median - 0.017)
    await session.close()
})
