import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { connectBench } from '../../src/cli/bench-connect'
import { buildFirmware } from '../../src/flash/build'
import { robotConditions } from '../../src/host/conditions'
import { actuator } from '../../src/robots/actuator/robot'

let sha256: string

beforeAll(async () => {
    sha256 = (await buildFirmware('actuator')).sha256
}, 180_000)

async function connected() {
    const connection = await connectBench({ sim: 'actuator', board: 'rp2040', seed: 1, fast: true })
    onTestFinished(() => connection.close())
    return { ...connection, robot: connection.simulated! }
}

test('a robot tells its program, its data and every parameter in force', async () => {
    const { session, scheduler, run } = await connected()
    await run(session.setParameter('motor.kp', 0.0625))
    const conditions = await run(robotConditions(session, scheduler))
    const { configHash } = session.description
    const supplyVoltage = expect.closeTo(12, 0)
    expect(conditions).toMatchObject({ robot: 'actuator', configHash, firmware: sha256, supplyVoltage })
    expect(conditions.parameters).toMatchObject({ 'motor.kp': 0.0625, 'motor.ki': actuator.joints[0].gains.ki })
    expect(Object.keys(conditions.parameters!)).toHaveLength((await session.parameters()).length)
    expect(conditions).not.toHaveProperty('parametersUnknown')
})

test('what a robot no longer tells is left out, and why is said', async () => {
    const { session, scheduler, run, robot } = await connected()
    robot.inject({ at: robot.clock.now / 1e6, kind: 'link-drop', duration: 60 })
    const conditions = await run(robotConditions(session, scheduler))
    expect(conditions).toMatchObject({ robot: 'actuator', parametersUnknown: 'the link to the robot is down' })
    expect(conditions).not.toHaveProperty('parameters')
    expect(conditions).not.toHaveProperty('firmware')
})
