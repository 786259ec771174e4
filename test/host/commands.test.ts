import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buildFirmware } from '../../src/flash/build'
import type { SentCommand } from '../../src/host/robot'
import type { RobotSession } from '../../src/host/session'
import { firstPacket, packetCommand } from '../../src/protocol/frame'
import { RobotCommand } from '../../src/protocol/service'
import { FrameDecoder } from '../../src/protocol/usb-framing'
import type { SimulatedRobot } from '../../src/sim/simulated-robot'
import { connectSimulated, runFast, settle, simulate } from '../../src/simulate'

// The rover's own firmware on the simulated board and the session, both on simulated time.

/** Bytes of a setpoint for one joint (`services/robot.md`): 5 and 6 a joint. */
const ONE_JOINT = 11

let robot: SimulatedRobot
let session: RobotSession
beforeEach(async () => {
    robot = await simulate({ robot: 'rover', board: 'ideal', seed: 3 })
    session = await connectSimulated(robot)
})
afterEach(() => session.close())

/** Counts the setpoint frames from now on that reach the wire. */
function countSetpoints(): () => number {
    const decoder = new FrameDecoder()
    let count = 0
    decoder.onFrame = frame => {
        const at = firstPacket(frame)
        // What paces the board and asks for its clock has the same code, of another service, and is shorter.
        if (packetCommand(frame, at) === RobotCommand.Setpoint && frame[at] >= ONE_JOINT) count++
    }
    const write = robot.write.bind(robot)
    robot.write = bytes => {
        decoder.push(bytes)
        write(bytes)
    }
    return () => count
}

describe('a command for several joints', () => {
    test('is one frame, and all of them follow', async () => {
        await settle(robot, session.arm())
        const frames = countSetpoints()
        const start = robot.clock.now
        let sent = 0
        await runFast(robot, () => {
            session.command({ left_wheel: { velocity: 4 }, right_wheel: { velocity: -4 } })
            sent++
            return robot.clock.now - start > 1e6
        })
        expect(frames()).toBe(sent)
        const [left, right] = session.state!.joints
        expect([left.setpoint, right.setpoint]).toEqual([expect.closeTo(4, 3), expect.closeTo(-4, 3)])
        expect([left.velocity, right.velocity]).toEqual([expect.closeTo(4, 0), expect.closeTo(-4, 0)])
    })

    test.each([
        [{ left_wheel: { velocity: 1 }, arm: { velocity: 1 } }, 'joint "arm" does not exist; there are: left_wheel'],
        [
            { left_wheel: { velocity: 1 }, right_wheel: { velocity: 16 } },
            'right_wheel: velocity (rad/s) 16, allowed -15',
        ],
        [{ left_wheel: { effort: NaN } }, 'left_wheel: effort NaN, allowed -1 to 1'],
        [{ left_wheel: { velocity: '1' } }, 'left_wheel: velocity (rad/s) 1, allowed -15 to 15'],
        [
            { left_wheel: {} },
            'left_wheel: the setpoint has nothing, allowed "off" or one of effort, velocity, position',
        ],
        [{ left_wheel: { effort: 1, velocity: 1 } }, 'left_wheel: the setpoint has effort, velocity, allowed "off"'],
        [{ left_wheel: { torque: 1 } }, 'left_wheel: the setpoint has torque, allowed'],
        [{ left_wheel: 3 }, 'left_wheel: the setpoint is 3, allowed'],
        [{ left_wheel: null }, 'left_wheel: the setpoint has nothing, allowed'],
    ])('is refused as a whole when part of it is wrong: %j', (setpoints, message) => {
        const frames = countSetpoints()
        expect(() => session.command(setpoints as never)).toThrow(message)
        expect(frames()).toBe(0)
    })
})

test('what is sent is told, with its time, whoever wanted it', async () => {
    const sent: SentCommand[] = []
    const stop = session.onCommand(command => sent.push(command))
    await settle(robot, session.arm())
    session.drive({ linear: 0.1, angular: 0 })
    session.command({ left_wheel: 'off', right_wheel: { position: 0.5 } })
    const trajectory = { joints: ['left_wheel'], points: [{ time: 0.3, positions: [1] }] }
    const refused = { joints: ['left_wheel'], points: [{ time: 0.3, positions: [NaN] }] }
    await expect(settle(robot, session.follow(refused))).rejects.toThrow('points[0].positions')
    await settle(robot, session.follow(trajectory))
    await settle(robot, session.stop())
    stop()
    await settle(robot, session.disarm())
    const wheel = 0.1 / session.description.drive!.wheelRadius
    expect(sent.map(({ hostTime: _, ...command }) => command)).toEqual([
        { kind: 'arm' },
        {
            kind: 'setpoint',
            joints: [
                { name: 'left_wheel', setpoint: { velocity: wheel } },
                { name: 'right_wheel', setpoint: { velocity: wheel } },
            ],
        },
        {
            kind: 'setpoint',
            joints: [
                { name: 'left_wheel', setpoint: 'off' },
                { name: 'right_wheel', setpoint: { position: 0.5 } },
            ],
        },
        { kind: 'trajectory', trajectory },
        { kind: 'stop' },
    ])
    const times = sent.map(({ hostTime }) => hostTime)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(times.at(-1)! - times[0]).toBeGreaterThan(0.3)
})

test('the board tells the hash of its program over the link', async () => {
    const { bytecode } = await buildFirmware('rover')
    const hash = await settle(robot, session.firmwareHash())
    expect(hash).toBe(createHash('sha256').update(bytecode).digest('hex'))
})
