import { describe, expect, it } from 'vitest'
import { commonDrive, loadDrive } from '../../src/cli/drive'
import { armWhenReady, performRound, type RobotDrive, SETPOINT_MS } from '../../src/host/robot-drive'
import { KinematicRobot } from '../bridge/kinematic-robot'

/** Lets a robot's time pass, and promises settle, until one of them does. */
async function run<T>(robot: KinematicRobot, promise: Promise<T>): Promise<T> {
    let settled = false
    promise.then(
        () => (settled = true),
        () => (settled = true),
    )
    for (let i = 0; i < 5000 && !settled; i++) {
        robot.step()
        await new Promise(setImmediate)
    }
    return promise
}

/** Half a second forward, half a second back. */
const there: RobotDrive = {
    name: 'there',
    roundSeconds: 1,
    command: (robot, time) => robot.drive({ linear: time < 0.5 ? 0.2 : -0.2, angular: 0 }),
    perform: (robot, scheduler, options) => performRound(there, robot, scheduler, options, true),
}

describe('a round of a drive', () => {
    it('arms, commands every setpoint of the pattern in time, tells its progress, disarms', async () => {
        const robot = new KinematicRobot()
        robot.step()
        const sent: [number, number][] = []
        const parts: number[] = []
        robot.on('drive', ({ linear }) => sent.push([robot.scheduler.now(), linear]))
        const result = await run(
            robot,
            performRound(there, robot, robot.scheduler, { onProgress: part => parts.push(part) }, true),
        )
        expect(result).toEqual({ finished: true, rearmed: 0 })
        expect(sent.length).toBe(1000 / SETPOINT_MS)
        sent.forEach(([time, linear], i) => {
            expect(time - sent[0][0]).toBe(i * SETPOINT_MS)
            expect(linear).toBe(i < 25 ? 0.2 : -0.2)
        })
        expect(parts[0]).toBe(0)
        expect(parts[parts.length - 1]).toBe(1)
        robot.step()
        expect(robot.state?.mode).toBe('idle')
    })

    it('leaves a robot armed that would fall, ends when it is told, and arms again after a missed deadline', async () => {
        const robot = new KinematicRobot()
        robot.step()
        const ending = new AbortController()
        const round = performRound(there, robot, robot.scheduler, { signal: ending.signal }, false)
        await new Promise(setImmediate)
        // The planner is held up for longer than the deadline.
        robot.step(1)
        await new Promise(setImmediate)
        robot.step(30)
        await new Promise(setImmediate)
        for (let i = 0; i < 20; i++) {
            robot.step()
            await new Promise(setImmediate)
        }
        ending.abort()
        const { finished, rearmed } = await run(robot, round)
        expect(finished).toBe(false)
        expect(rearmed).toBe(1)
        expect(robot.state?.mode).toBe('armed')
    })

    it('ends with the reason when something stops the robot', async () => {
        const robot = new KinematicRobot()
        robot.step()
        const round = performRound(there, robot, robot.scheduler, {}, true)
        const failed = expect(run(robot, round)).rejects.toThrow('mode estop, faults estop')
        await robot.stop()
        await failed
    })
})

describe('arming', () => {
    it('waits while the robot starts, and passes on what blocks it', async () => {
        const robot = new KinematicRobot()
        robot.blocked = ['tilt']
        await expect(run(robot, armWhenReady(robot, robot.scheduler))).rejects.toThrow('arming is blocked by: tilt')
        robot.blocked = []
        robot.state = { ...robot.state!, mode: 'calibrating' }
        const armed = armWhenReady(robot, robot.scheduler)
        await new Promise(setImmediate)
        expect(robot.state.mode).toBe('calibrating')
        await run(robot, armed)
        robot.step()
        expect(robot.state.mode).toBe('armed')
    })
})

describe('the drive of a robot', () => {
    it('is its own when it has one, else the common one', async () => {
        expect((await loadDrive('balancer')).name).toBe('balancing')
        expect(await loadDrive('rover')).toBe(commonDrive)
    })
})
