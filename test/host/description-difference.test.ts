import { beforeAll, expect, test } from 'vitest'
import { mismatch, mismatchText } from '../../src/cli/mismatch'
import { buildFirmware } from '../../src/flash/build'
import { descriptionDifferences } from '../../src/host/description-difference'
import { describe as describeRobot } from '../../src/onboard/describe'
import { rover } from '../../src/robots/rover/robot'
import { connectSimulated, simulate } from '../../src/simulate'

beforeAll(() => buildFirmware('rover'), 180_000)

const SCALE = { accelerationPerCount: 0.0012, angularVelocityPerCount: 0.0006 }
const here = () => describeRobot(rover, SCALE)

test('names each field that differs, joints by name, and what only one has', () => {
    const board = structuredClone(here())
    board.configHash = 'other'
    board.commandTimeoutMs = 250
    board.joints[1].velocityLimit = 12
    board.joints.push({ ...board.joints[0], name: 'arm' })
    delete board.imu
    // Rounded as the board rounds.
    board.drive!.wheelRadius = Number((board.drive!.wheelRadius * (1 + 1e-6)).toPrecision(9))
    const told = Object.fromEntries(
        descriptionDifferences(board, here()).map(({ field, ...values }) => [field, values]),
    )
    expect(told).toMatchObject({
        commandTimeoutMs: { board: 250, here: rover.commandTimeoutMs },
        'joints.right_wheel.velocityLimit': { board: 12, here: 15 },
        'joints.arm.name': { board: 'arm', here: undefined },
        'imu.part': { board: undefined, here: 'LSM6DSOX' },
    })
    expect(Object.keys(told).filter(field => /left_wheel|drive|tickPeriod/.test(field))).toEqual([])
})

test('says field by field what a board was built with, and the command that mends it', () => {
    const board = structuredClone(here())
    expect(mismatchText(board, here())).toEqual([])
    board.configHash = 'abc'
    board.joints[0].effortLimit = 0.5
    expect(mismatchText(board, here())).toEqual([
        'the rover on the board was built from other data than src/robots/rover/robot.ts:',
        `  configHash: board abc, here ${here().configHash}`,
        '  joints.left_wheel.effortLimit: board 0.5, here 1',
        'to run what is here: npx tendon deploy rover --port auto',
    ])
    board.joints[0].effortLimit = 1
    expect(mismatchText(board, here())[2]).toContain('gains, filters, directions, wiring')
})

test('finds nothing between the rover’s own firmware and its data, nor for a robot that is not here', async () => {
    const session = await connectSimulated(await simulate({ robot: 'rover', board: 'ideal' }))
    const description = session.description
    await session.close()
    expect(await mismatch(description)).toEqual([])
    expect(
        descriptionDifferences(description, describeRobot(rover, description.imu, undefined, description.motors)),
    ).toEqual([])
    expect(await mismatch({ ...description, name: 'someone_elses', configHash: 'x' })).toEqual([])
    expect((await mismatch({ ...description, tickPeriodMs: 20, configHash: 'x' }))[2]).toBe(
        '  tickPeriodMs: board 20, here 10',
    )
})
