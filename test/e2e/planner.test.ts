import type { Ros } from 'roslib'
import { Topic } from 'roslib'
import { expect, onTestFinished, test } from 'vitest'
import type { JointStateMessage } from '../../src/bridge/messages'
import { startRosbridge } from '../../src/bridge/rosbridge'
import { callService, connectRoslib, subscribe } from '../bridge/planner'
import { PluggedRover, until, wait } from './plugged-rover'
import { logSetpoints, logWheels } from './rig'

/** The rover's, s. */
const DEADLINE = 0.1
const TICK = 0.01

/** The whole way: chips, bytecode, pseudo-terminal, serialport, session, rosbridge, roslib; in this process, in wall time. */
async function connectPlanner(seed: number) {
    const rover = await PluggedRover.start(seed)
    const session = await rover.connect()
    const bridge = await startRosbridge(session, { port: 0 })
    onTestFinished(() => bridge.close())
    const ros = await connectRoslib(bridge.url)
    onTestFinished(() => ros.close())
    await until(() => session.state !== undefined)
    return { robot: rover.robot, session, ros }
}

async function arm(ros: Ros): Promise<void> {
    expect(await callService(ros, '/arm')).toMatchObject({ success: true })
}

function velocityTopic(ros: Ros): Topic {
    return new Topic({ ros, name: '/cmd_vel', messageType: 'geometry_msgs/msg/Twist' })
}

function twist(linear: number): object {
    return { linear: { x: linear, y: 0, z: 0 }, angular: { x: 0, y: 0, z: 0 } }
}

function median(values: number[]): number {
    return values.sort((a, b) => a - b)[values.length >> 1]
}

test('/joint_states comes at 50 Hz or more, its stamps in order', async () => {
    const { ros } = await connectPlanner(1)
    const { inbox } = await subscribe<JointStateMessage>(ros, '/joint_states', 'sensor_msgs/msg/JointState')
    await inbox.count(10)
    const first = inbox.messages.length
    const start = performance.now()
    await wait(3000)
    const rate = (inbox.messages.length - first) / ((performance.now() - start) / 1000)
    expect(rate).toBeGreaterThanOrEqual(50)
    const stamps = inbox.messages.map(({ header: { stamp } }) => stamp.sec + stamp.nanosec / 1e9)
    expect(stamps.filter((stamp, i) => i > 0 && stamp <= stamps[i - 1])).toEqual([])
    // They are the samples' own times, on this host's clock: now, and as far apart as the ticks.
    expect(Math.abs(stamps.at(-1)! - Date.now() / 1000)).toBeLessThan(1)
    expect(inbox.messages[0].name).toEqual(['left_wheel', 'right_wheel'])
})

test('/cmd_vel turns the wheels within 30 ms of the publish, and the deadline stops them when it falls silent', async () => {
    const { robot, ros } = await connectPlanner(2)
    const velocity = velocityTopic(ros)
    const seen = logSetpoints(robot)
    const answerMs: number[] = []
    const off: number[] = []
    for (let trial = 0; trial < 20; trial++) {
        await arm(ros)
        // At rest, on any phase of the tick.
        await wait(20 + 1.3 * trial)
        const log = logWheels(robot)
        let turnedAt: number | undefined
        const step = robot.body.onStep!
        robot.body.onStep = () => {
            step()
            if (turnedAt === undefined && log.outputs.at(-1)!.every(duty => duty !== 0)) turnedAt = performance.now()
        }
        const publishedAt = performance.now()
        velocity.publish(twist(0.2))
        await until(() => turnedAt !== undefined)
        answerMs.push(turnedAt! - publishedAt)
        // No word more. The simulator's log tells when the board could see the last one, and when the outputs ended.
        const silentSince = seen.at(-1)!
        await until(() => log.times.at(-1)! > silentSince + DEADLINE + 3 * TICK)
        const driven = log.outputs.map(outputs => outputs.some(duty => duty !== 0))
        off.push(log.times[driven.lastIndexOf(true)] - silentSince)
    }
    expect(seen.length).toBe(20)
    expect(median(answerMs)).toBeLessThanOrEqual(30)
    expect(Math.max(...off)).toBeLessThanOrEqual(DEADLINE + TICK)
    expect(Math.min(...off)).toBeGreaterThan(DEADLINE - 0.003)
})

test('a planner that keeps publishing drives the rover as far as it says, by its odometry and truly', async () => {
    const { robot, session, ros } = await connectPlanner(3)
    const velocity = velocityTopic(ros)
    await arm(ros)
    const start = { ...session.state!.odometry! }
    const timer = setInterval(() => velocity.publish(twist(0.3)), 20)
    onTestFinished(() => clearInterval(timer))
    await until(() => session.state!.odometry!.x - start.x > 0.3)
    clearInterval(timer)
    await until(() => session.state!.mode === 'timeout')
    await wait(500)
    const { x, y } = robot.body.pose()
    expect(x).toBeGreaterThan(0.3)
    expect(Math.hypot(x - session.state!.odometry!.x, y - session.state!.odometry!.y)).toBeLessThan(0.01)
})
