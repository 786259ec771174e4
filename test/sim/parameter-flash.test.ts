import { expect, test } from 'vitest'
import type { RobotSession } from '../../src/host/session'
import { rover as data } from '../../src/robots/rover/robot'
import type { SimulatedRobot } from '../../src/sim/simulated-robot'
import { connectSimulated, runFast, settle, simulate } from '../../src/simulate'

// The rover's firmware on the simulated board: its runtime's own store on a flash that outlives the power.

async function rover(board: string) {
    const log: string[] = []
    const robot = await simulate({ robot: 'rover', board, onLog: line => log.push(line) })
    return { robot, log, session: await connectSimulated(robot) }
}

async function run(robot: SimulatedRobot, seconds: number): Promise<void> {
    const end = robot.clock.now + seconds * 1e6
    await runFast(robot, () => robot.clock.now >= end)
}

const kp = async (robot: SimulatedRobot, session: RobotSession) =>
    (await settle(robot, session.getParameter('left_wheel.kp'))).value

test('a stored change survives a restart of the board, one that was not stored does not; setting loses no sample', async () => {
    const { robot, session } = await rover('rp2040')
    await run(robot, 0.5)
    await settle(robot, session.parameters())
    await run(robot, 0.5)
    // Twenty pages, each of which may fall on a tick that has no time to spare (docs/parameters.md).
    const listed = session.statistics().samplesLost
    expect(listed).toBeLessThanOrEqual(2)
    await settle(robot, session.setParameter('left_wheel.kp', 0.07))
    await settle(robot, session.setParameter('imu.gyro_bias_z', 0.25))
    await run(robot, 0.5)
    expect(session.statistics().samplesLost).toBe(listed)
    await settle(robot, session.storeParameters())
    await settle(robot, session.setParameter('left_wheel.ki', 0.5))
    await run(robot, 0.5)
    // The board stands still while it writes.
    expect(session.statistics().samplesLost).toBeLessThanOrEqual(listed + 1)
    robot.board.restart()
    await run(robot, 4)
    expect(await kp(robot, session)).toBe(0.07)
    expect((await settle(robot, session.getParameter('left_wheel.ki'))).value).toBe(data.joints[0].gains.ki)
    expect(await settle(robot, session.parameterStorage())).toEqual({ origin: 'restored', sequence: 1, changed: false })
    // The host takes the restored bias off what the gyroscope says, from the description alone.
    expect(session.state!.imu!.angularVelocity[2]).toBeCloseTo(-0.25, 1)
    await session.close()
    // The firmware may have to be built first, on a busy machine.
}, 120_000)

test('a power cut at any byte of a store leaves the old values, the new ones, or a flash that the runtime formats', async () => {
    const { robot, session, log } = await rover('ideal')
    await settle(robot, session.setParameter('left_wheel.kp', 0.07))
    await settle(robot, session.storeParameters())
    const stored = robot.flash.content!.slice()
    const outcomes: string[] = []
    for (let cut = 0, total = 1; cut <= total; cut++) {
        robot.flash.content = stored.slice()
        robot.board.restart()
        await run(robot, 3)
        await settle(robot, session.setParameter('left_wheel.kp', 0.08))
        robot.flash.cutAfter = cut
        void session.storeParameters().catch(() => undefined)
        await run(robot, 0.5)
        expect(robot.board.powered).toBe(false)
        total = robot.flash.lastChange
        log.length = 0
        robot.board.restart()
        await run(robot, 3)
        if (log.some(line => line.includes('formatting'))) outcomes.push('formatted')
        else {
            const value = await kp(robot, session)
            expect((await settle(robot, session.getParameter('right_wheel.kp'))).value).toBe(data.joints[1].gains.kp)
            expect([0.07, 0.08]).toContain(value)
            outcomes.push(value === 0.08 ? 'new' : 'old')
        }
    }
    expect(outcomes[0]).toBe('old')
    expect(outcomes.at(-1)).toBe('new')
    // jacdac-c takes data without an entry for a damaged store, and erases it. docs/parameters.md says so.
    const formatted = outcomes.flatMap((outcome, cut) => (outcome === 'formatted' ? [cut] : []))
    expect(formatted).toEqual(Array.from({ length: formatted.length }, (_, i) => i + 1))
    // Past them the entry counts, though its last bytes are missing.
    expect(outcomes.length - formatted.length).toBeGreaterThan(2)
    await session.close()
}, 120_000)
