import { expect, test } from 'vitest'
import { reconnectRun } from '../../src/bench/safety/reconnect-run'
import { schedulerOf, settle } from '../../src/simulate'
import { connectRover, keepDriving, logWheels, pass, seconds } from './rig'

// `npm run soak -- reconnect` is the same a thousand times.
test('a session whose link is lost again and again comes back each time, and no joint moves until it is told to', async () => {
    const run = await reconnectRun(12, 1)
    expect(run).toMatchObject({ losses: 12, reconnects: 12, drivenSteps: 0, moved: 0 })
    expect(run.slowest).toBeLessThan(2)
}, 120_000)

test('a host that stood still for 5 s has its session again, and the robot stands until it is armed', async () => {
    const { robot, session } = await connectRover()
    const rig = { robot, session, scheduler: schedulerOf(robot.host) }
    await settle(robot, session.arm())
    const silence = keepDriving(rig, 0.2)
    await pass(robot, 1)
    expect(robot.body.velocities().every(velocity => Math.abs(velocity) > 1)).toBe(true)

    const ticks: number[] = []
    session.onState(({ tick }) => ticks.push(tick))
    robot.inject({ at: seconds(robot), kind: 'host-stall', duration: 5 })
    await pass(robot, 0.6)
    const heard = ticks.length
    const stood = robot.body.angles()
    const log = logWheels(robot)
    await pass(robot, 4.3)
    expect(ticks.length).toBe(heard)
    // The planner goes on where it was: its setpoints reach a robot that is not armed any more.
    await pass(robot, 2.1)
    expect(log.outputs.flat().every(duty => duty === 0)).toBe(true)
    expect(robot.body.angles()).toEqual(stood)
    expect(ticks.length).toBeGreaterThan(heard + 50)
    expect(session.statistics().connected).toBe(true)
    expect(session.state!.mode).toBe('timeout')

    silence()
    await settle(robot, session.arm())
    keepDriving(rig, 0.2)
    await pass(robot, 0.5)
    expect(robot.body.velocities().every(velocity => Math.abs(velocity) > 1)).toBe(true)
}, 60_000)
