import { type Ros, Topic } from 'roslib'
import { expect, onTestFinished, test } from 'vitest'
import type { JointStateMessage } from '../../src/bridge/ros/messages'
import { startRosbridge } from '../../src/bridge/rosbridge'
import { callService, connectRoslib, subscribe } from '../bridge/planner'
import { PluggedRover, until, wait } from './plugged-rover'
import type { SimulatedRobot } from '../../src/sim/simulated-robot'
import { logSetpoints, logWheels } from './rig'

/** The rover's, s. */
const DEADLINE = 0.1
const TICK = 0.01
const TRIALS = 20

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

interface Trial {
    /** Wall time from the publish to both motor outputs in the simulator. */
    answerMs: number
    /** By the simulator's log, s: from when the board could see the setpoint to the last driven output. */
    off: number
}

/** Publishes, says no word more, and watches the wheels start and stop. */
async function publishOnce(robot: SimulatedRobot, publish: () => void, seen: number[]): Promise<Trial> {
    const log = logWheels(robot)
    const logStep = robot.body.onStep!
    let turnedAt: number | undefined
    robot.body.onStep = () => {
        logStep()
        if (log.outputs.at(-1)!.every(duty => duty !== 0)) turnedAt ??= performance.now()
    }
    const publishedAt = performance.now()
    publish()
    await until(() => turnedAt !== undefined)
    const silentSince = seen.at(-1)!
    await until(() => log.times.at(-1)! > silentSince + DEADLINE + 5 * TICK)
    const driven = log.outputs.map(outputs => outputs.some(duty => duty !== 0))
    return {
        answerMs: turnedAt! - publishedAt,
        off: log.times[driven.lastIndexOf(true)] - silentSince,
    }
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
    const trials: Trial[] = []
    for (let i = 0; i < TRIALS; i++) {
        await arm(ros)
        // At rest, on any phase of the tick.
        await wait(20 + 1.3 * i)
        trials.push(await publishOnce(robot, () => velocity.publish(twist(0.2)), seen))
    }
    expect(seen.length).toBe(TRIALS)
    expect(median(trials.map(({ answerMs }) => answerMs))).toBeLessThanOrEqual(30)

    // A machine that is busy with something else holds up pacing, and with it the board: most trials must show what
    // deadline.test.ts holds for all, and every one that the motor controller's own limit held, after the last command.
    const off = trials.map(trial => trial.off).sort((a, b) => a - b)
    expect(off[(3 * TRIALS) / 4 - 1]).toBeLessThanOrEqual(DEADLINE + TICK)
    expect(off[0]).toBeGreaterThan(DEADLINE - 2 * TICK)
    expect(off[TRIALS - 1]).toBeLessThan(2 * (DEADLINE + TICK))
})

test('a planner that keeps publishing drives the rover as far as its odometry says', async () => {
    const { robot, session, ros } = await connectPlanner(3)
    const velocity = velocityTopic(ros)
    await arm(ros)
    const start = session.state!.odometry!.x
    while (session.state!.odometry!.x - start < 0.3) {
        velocity.publish(twist(0.3))
        await wait(20)
        // A busy machine may have held up the planner for longer than the deadline.
        if (session.state!.mode === 'timeout') await arm(ros)
    }
    await until(() => session.state!.mode === 'timeout')
    await wait(500)
    const { x, y } = robot.body.pose()
    expect(x).toBeGreaterThan(0.3)
    expect(x).toBeLessThan(0.4)
    const odometry = session.state!.odometry!
    expect(Math.hypot(x - odometry.x, y - odometry.y)).toBeLessThan(0.01)
})
