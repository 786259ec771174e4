import { describe, expect, test } from 'vitest'
import { buildFirmware } from '../../src/flash/build'
import { makeBroadcastFrame, USB_BRIDGE_CLASS, UsbBridgeCommand } from '../../src/protocol/frame'
import { encodeFrame } from '../../src/protocol/usb-framing'
import { boardProfiles } from '../../src/sim/board-profile'
import { connectSimulated, runFast, settle, simulate, SimulationError } from '../../src/simulate'

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
        const { statistics } = await drive(13, 'rp2040', 11)
        expect(statistics).toMatchObject({ lateTicks: 0, samplesLost: 0, sensorErrors: 0 })
        expect(statistics.samplesReceived).toBeGreaterThan(1000)
    })
})

describe('without pacing', () => {
    test('the board stalls for hundreds of milliseconds, several times a minute', async () => {
        const robot = await simulate({ robot: 'rover', board: 'rp2040', seed: 4 })
        const session = await connectSimulated(robot, 0)
        const gaps: number[] = []
        let last = robot.clock.now
        robot.board.onTick = ({ startUs }) => {
            gaps.push(startUs - last)
            last = startUs
        }
        // Four or five a minute, at random: three minutes, so that chance does not decide.
        await runFast(robot, () => robot.clock.now > 180e6)
        const stalls = gaps.filter(gap => gap > 100_000)
        expect(stalls.length).toBeGreaterThanOrEqual(6)
        expect(Math.max(...stalls)).toBeGreaterThan(200_000)
        expect(session.statistics().samplesLost).toBeGreaterThan(50)
        await session.close()
    })

    test('in a stall the Motoron stops the wheels by itself', async () => {
        const robot = await simulate({ robot: 'rover', board: 'rp2040', seed: 2 })
        const session = await connectSimulated(robot, 0)
        let lastTick = 0
        let longest = 0
        robot.board.onTick = ({ startUs }) => {
            longest = Math.max(longest, startUs - lastTick)
            lastTick = startUs
        }
        let stoppedInStall = 0
        // One setpoint each second, whose deadline is 100 ms; a stall falls into one such deadline in a hundred or so.
        for (let window = 0; window < 400 && stoppedInStall === 0; window++) {
            await settle(robot, session.arm())
            session.joint('left_wheel').setVelocity(8)
            longest = 0
            let drivenAt = 0
            let offAt = 0
            const look = () => {
                const off = robot.body.outputs().every(output => output === 0)
                if (!off && drivenAt === 0) drivenAt = robot.clock.now
                if (off && drivenAt > 0) {
                    offAt = robot.clock.now
                    if (offAt - lastTick > 90_000) stoppedInStall++
                } else robot.clock.at(robot.clock.now + 500, look)
            }
            look()
            const end = robot.clock.now + 1e6
            await runFast(robot, () => robot.clock.now > end)
            // A setpoint that comes in a stall has expired when that is over.
            if (drivenAt === 0) {
                expect(longest).toBeGreaterThan(90_000)
                continue
            }
            // The deadline, or the Motoron's timeout after the last tick before it: both are 100 ms.
            expect(offAt).toBeGreaterThan(drivenAt)
            expect(offAt - drivenAt).toBeLessThan(215_000)
        }
        expect(stoppedInStall).toBe(1)
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
        robot.runUntil(0.05)
        const asked = robot.clock.now
        // A query to the bridge, which answers by itself: to the board and back.
        robot.write(encodeFrame(makeBroadcastFrame(USB_BRIDGE_CLASS, UsbBridgeCommand.EnablePackets)))
        robot.runUntil(0.06)
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
    await expect(buildFirmware('boat')).rejects.toThrow(/robot "boat" does not exist; there are: .*rover/)
})
