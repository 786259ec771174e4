import { describe, expect, test } from 'vitest'
import { buildFirmware } from '../../src/flash/build'
import { boardProfiles } from '../../src/sim/board-profile'
import { connectSimulated, runFast, settle, simulate, SimulationError } from '../../src/simulate'
import type { SimulatedRobot } from '../../src/sim/simulated-robot'

async function drive(seed: number, board = 'rp2040', seconds = 3) {
    const robot = await simulate({ robot: 'rover', board, seed, trace: true })
    const session = await connectSimulated(robot)
    await settle(robot, session.arm())
    const again = () => {
        session.drive({ linear: 0.2, angular: 0.3 })
        robot.clock.at(robot.clock.now + 20_000, again)
    }
    again()
    await runFast(robot, () => robot.clock.now > (1 + seconds) * 1e6)
    const statistics = session.statistics()
    await session.close()
    return { hash: robot.trace!.digest(), records: robot.trace!.records, statistics, pose: robot.body.pose() }
}

/** Time of each change of what the motors' outputs do, s, and what they do from then on. */
function watchOutputs(robot: SimulatedRobot) {
    const changes: { time: number; outputs: number[] }[] = []
    const look = () => {
        const outputs = robot.body.outputs()
        if (outputs.join() !== changes.at(-1)?.outputs.join()) changes.push({ time: robot.clock.now / 1e6, outputs })
        robot.clock.at(robot.clock.now + 500, look)
    }
    look()
    return changes
}

describe('a run', () => {
    test('is the same again with the same seed, to the bit, and another with another', async () => {
        const [first, second, third] = [await drive(11), await drive(11), await drive(12)]
        expect(second.hash).toBe(first.hash)
        expect(second.records).toBe(first.records)
        expect(third.hash).not.toBe(first.hash)
        // 300 ticks of six transactions at least, and the plant's steps.
        expect(first.records).toBeGreaterThan(1800)
        // Noise aside they do the same.
        expect(Math.hypot(third.pose.x - first.pose.x, third.pose.y - first.pose.y)).toBeLessThan(0.05)
    })

    test('on the rover’s board with a paced link has no late tick and loses no sample', async () => {
        const { statistics } = await drive(13, 'rp2040', 10)
        expect(statistics).toMatchObject({ lateTicks: 0, samplesLost: 0, sensorErrors: 0 })
        expect(statistics.samplesReceived).toBeGreaterThan(1000)
    })
})

describe('without pacing', () => {
    test('the board stalls, and the Motoron stops the wheels by its own timeout', async () => {
        const robot = await simulate({ robot: 'rover', board: 'rp2040', seed: 2 })
        const session = await connectSimulated(robot, 0)
        await settle(robot, session.arm())
        const changes = watchOutputs(robot)
        // A planner with a setpoint of 1 s sends one, and then nothing: no frame wakes the board any more.
        const stalls: number[] = []
        let last = robot.clock.now
        robot.board.onTick = ({ startUs }) => {
            stalls.push(startUs - last)
            last = startUs
        }
        session.joint('left_wheel').setVelocity(8)
        await runFast(robot, () => robot.clock.now > 15e6)
        expect(Math.max(...stalls, robot.clock.now - last)).toBeGreaterThan(100_000)
        const driven = changes.findIndex(({ outputs }) => outputs.some(output => output !== 0))
        expect(driven).toBeGreaterThanOrEqual(0)
        const off = changes.slice(driven).find(({ outputs }) => outputs.every(output => output === 0))
        expect(off).toBeDefined()
        // Command deadline and Motoron's timeout are 100 ms each: whatever stood still, after both the wheels are off.
        expect(off!.time - changes[driven].time).toBeLessThan(0.25)
        await session.close()
    })
})

describe('the body', () => {
    test('stands still while nothing is armed, and is there at every time asked for', async () => {
        const robot = await simulate({ robot: 'rover', board: 'ideal' })
        robot.runUntil(2.5)
        expect(robot.clock.now).toBe(2.5e6)
        expect(robot.body.pose()).toEqual({ x: 0, y: 0, heading: 0 })
        expect(robot.body.outputs()).toEqual([0, 0])
        robot.runUntil(2)
        expect(robot.clock.now).toBe(2.5e6)
    })
})

describe('bytes', () => {
    test('of each direction come in order, later by what the profile says', async () => {
        const robot = await simulate({ robot: 'rover', board: 'rp2040', seed: 4 })
        const [low, high] = boardProfiles.rp2040.linkDelayUs
        const answers: number[] = []
        robot.onBytes = () => answers.push(robot.clock.now)
        // A query to the bridge, which answers by itself: to the board and back.
        const enable = Buffer.from('fefc', 'hex')
        robot.runUntil(0.05)
        const asked = robot.clock.now
        const { makeBroadcastFrame, USB_BRIDGE_CLASS, UsbBridgeCommand } = await import('../../src/protocol/frame')
        const { encodeFrame } = await import('../../src/protocol/usb-framing')
        robot.write(encodeFrame(makeBroadcastFrame(USB_BRIDGE_CLASS, UsbBridgeCommand.EnablePackets)))
        robot.runUntil(0.06)
        expect(enable).toHaveLength(2)
        expect(answers.length).toBeGreaterThan(0)
        expect(answers[0] - asked).toBeGreaterThanOrEqual(2 * low)
        expect(answers[0] - asked).toBeLessThanOrEqual(2 * high)
        expect([...answers].sort((a, b) => a - b)).toEqual(answers)
    })
})

test('a board that there is not is refused, naming those there are', async () => {
    await expect(simulate({ robot: 'rover', board: 'uno' })).rejects.toThrow(
        new SimulationError('board "uno" is not known; there are: rp2040, esp32, ideal'),
    )
    await expect(buildFirmware('boat')).rejects.toThrow('robot "boat" does not exist; there are: rover')
})
