import { beforeAll, describe, expect, test } from 'vitest'
import { buildFirmware } from '../../src/flash/build'
import { Jog } from '../../src/host/jog'
import { connectSimulated, runFast, schedulerOf, settle, simulate } from '../../src/simulate'
import { JointRobot } from '../bridge/joint-robot'

beforeAll(() => buildFirmware('rover'), 180_000)

/** The rover's firmware on simulated time, idle. */
async function jogging() {
    const robot = await simulate({ robot: 'rover', seed: 4 })
    const session = await connectSimulated(robot)
    const jog = new Jog(session, schedulerOf(robot.clock))
    const run = (seconds: number) => {
        const end = robot.clock.now + seconds * 1e6
        return runFast(robot, () => robot.clock.now >= end)
    }
    await run(0.2)
    const arm = async () => {
        await settle(robot, session.arm())
        await run(0.1)
    }
    return { robot, session, jog, run, arm, body: robot.body }
}

describe('a jog', () => {
    test('runs a joint half a second more, then holds it, and keeps the robot armed meanwhile', async () => {
        const { session, jog, run, arm, body } = await jogging()
        expect(() => jog.run('left_wheel', 2)).toThrow('the robot is not armed (idle)')
        await arm()
        await run(1)
        // Nothing was told, so no deadline runs.
        expect(session.state!.mode).toBe('armed')
        jog.run('left_wheel', 2)
        await run(0.4)
        expect(body.velocities()[0]).toBeGreaterThan(1.7)
        await run(0.5)
        expect(Math.abs(body.velocities()[0])).toBeLessThan(0.1)
        expect(Math.abs(body.angles()[1])).toBeLessThan(0.05)
        await run(1)
        expect(session.state!.mode).toBe('armed')
        await session.close()
    })

    test('of another joint stops the first; halting stops both at once', async () => {
        const { session, jog, run, arm, body } = await jogging()
        await arm()
        jog.run('left_wheel', 2)
        await run(0.3)
        jog.run('right_wheel', -2)
        await run(0.4)
        expect(Math.abs(body.velocities()[0])).toBeLessThan(0.15)
        expect(body.velocities()[1]).toBeLessThan(-1.7)
        jog.halt()
        await run(0.2)
        expect(Math.abs(body.velocities()[1])).toBeLessThan(0.2)
        expect(jog.running).toBe(false)
        await session.close()
    })

    test('that is released tells nothing more, so that the deadline stops a robot whose stop was lost', async () => {
        const { session, jog, run, arm, body } = await jogging()
        await arm()
        jog.run('left_wheel', 2)
        await run(0.2)
        jog.release()
        await run(0.13)
        expect(body.outputs()).toEqual([0, 0])
        await run(0.1)
        expect(session.state!.mode).toBe('timeout')
        await session.close()
    })

    test('that is closed leaves the robot to its deadline', async () => {
        const { session, jog, run, arm, body } = await jogging()
        await arm()
        jog.run('left_wheel', 2)
        await run(0.2)
        jog.close()
        await run(0.3)
        expect(session.state!.mode).toBe('timeout')
        expect(body.outputs()).toEqual([0, 0])
        await session.close()
    })

    test('from before an emergency stop does not go on when the robot is armed again', async () => {
        const { robot, session, jog, run, arm, body } = await jogging()
        await arm()
        jog.run('left_wheel', 2)
        await run(0.1)
        await settle(robot, session.stop())
        await run(0.1)
        await settle(robot, session.disarm())
        await arm()
        const angle = body.angles()[0]
        await run(0.3)
        expect(body.outputs()).toEqual([0, 0])
        expect(Math.abs(body.angles()[0] - angle)).toBeLessThan(0.02)
        await session.close()
    })

    test('stops before the end of a joint that has one, and goes back from there', async () => {
        const robot = new JointRobot()
        const jog = new Jog(robot, robot.scheduler)
        await robot.arm()
        robot.step()
        robot.onState(state => (state.joints[1].position = 1.3))
        robot.step()
        expect(() => jog.run('elbow', 2)).toThrow('elbow is at the end of its way')
        expect(robot.told).toEqual([])
        jog.run('elbow', 1)
        expect(robot.told).toEqual([['elbow', 'velocity', 1]])
        robot.onState(state => (state.joints[1].position = 1.4))
        robot.step(4)
        expect(robot.told.at(-1)).toEqual(['elbow', 'velocity', 0])
        jog.run('elbow', -1)
        expect(robot.told.at(-1)).toEqual(['elbow', 'velocity', -1])
        jog.close()
    })
})
