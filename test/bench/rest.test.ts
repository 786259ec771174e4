import { expect, test } from 'vitest'
import { PortableRover } from '../../src/bench/benchmark/portable-rover'
import { RestRecord } from '../../src/bench/safety/rest'
import type { JointStop, RobotConfig } from '../../src/onboard/robot-config'
import { encodeSetpoint } from '../../src/protocol/setpoint'
import { JointMode } from '../../src/protocol/state'
import { rover } from '../../src/robots/rover/robot'

const SILENT_AT = 1
const DEADLINE = SILENT_AT + 0.11

function withStop(stop: JointStop): RobotConfig {
    return { ...rover, joints: rover.joints.map(joint => ({ ...joint, stop })) }
}

/** The rover's own code and body, whose planner falls silent after a second; judged as if its data said `judged`. */
async function comesToRest(stop: JointStop, judged = stop) {
    let sequence = 0
    const portable: PortableRover = new PortableRover({
        seed: 1,
        config: withStop(stop),
        command: (_, millis) => {
            if (millis > SILENT_AT * 1000) return
            const entries = [0, 1].map(joint => ({ joint, mode: JointMode.Velocity, value: 3 }))
            portable.robot.setpoint(encodeSetpoint(++sequence, 0, entries), millis)
        },
    })
    await portable.start()
    const record = new RestRecord(portable.body, withStop(judged))
    const state = new Float64Array(64)
    portable.body.onStep = () => {
        portable.body.writeState(state)
        record.step(state[0])
    }
    await portable.run(4)
    return record.judge(SILENT_AT - 0.05, DEADLINE)
}

test('a robot that is held rests within the time that its deceleration takes', async () => {
    // From 3 rad/s at 10 rad/s²: 0.3 s.
    const { moved, allowed, failures } = await comesToRest({ action: 'hold', deceleration: 10 })
    expect(failures).toEqual([])
    expect(moved - DEADLINE).toBeGreaterThan(0.15)
    expect(moved - DEADLINE).toBeLessThan(allowed)
})

test('one that slows down longer than its data says neither rests in time nor near enough', async () => {
    const { moved, allowed, failures } = await comesToRest(
        { action: 'hold', deceleration: 1.5 },
        { action: 'hold', deceleration: 10 },
    )
    expect(moved - DEADLINE).toBeGreaterThan(allowed)
    expect(failures[0]).toMatch(/^left_wheel was held \d\.\d+ rad from where it was at the deadline, allowed are 0\.7/)
})

test('a robot that is parked ends at its place, in the time of the way there; elsewhere is a failure', async () => {
    const park = { action: 'park', deceleration: 10, position: 1, speed: 4 } as const
    const { moved, allowed, failures } = await comesToRest(park)
    expect(failures).toEqual([])
    expect(moved - DEADLINE).toBeGreaterThan(0.5)
    expect(moved - DEADLINE).toBeLessThan(allowed)
    const elsewhere = await comesToRest(park, { ...park, position: 1.2 })
    expect(elsewhere.failures[0]).toMatch(/^left_wheel stands 0\.(1[5-9]|2[0-5])\d* rad from where it is to be parked$/)
})
