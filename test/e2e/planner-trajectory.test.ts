import { Action } from 'roslib'
import { expect, onTestFinished, test } from 'vitest'
import { startBridge } from '../../src/bridge/start-bridge'
import { FoxglovePlanner } from '../bridge/foxglove-client'
import { callService, connectRoslib, Inbox, settled } from '../bridge/planner'
import { PluggedRover, until } from './plugged-rover'

const NAMES = ['left_wheel', 'right_wheel']

/** Chips, bytecode, pseudo-terminal, serialport, session and both doors; in this process, in wall time. */
async function connect() {
    const rover = await PluggedRover.start(5)
    const session = await rover.connect()
    const bridge = await startBridge(session, { port: 0, foxglovePort: 0, simulation: true })
    onTestFinished(() => bridge.close())
    const ros = await connectRoslib(bridge.rosbridge.url)
    onTestFinished(() => ros.close())
    await until(() => session.state !== undefined)
    await callService(ros, '/arm')
    await until(() => session.state!.mode === 'armed')
    const action = new Action<object, object, object>({
        ros,
        name: '/joint_trajectory_controller/follow_joint_trajectory',
        actionType: 'control_msgs/action/FollowJointTrajectory',
    })
    return { session, bridge, ros, action }
}

function goal(seconds: number, from: number[], by: number) {
    const points = [1, 2, 3, 4].map(k => ({
        positions: from.map(position => position + (by * k) / 4),
        time_from_start: { sec: Math.floor((seconds * k) / 4), nanosec: Math.round(((seconds * k) % 4) * 0.25e9) },
    }))
    return {
        trajectory: { joint_names: NAMES, points },
        goal_tolerance: NAMES.map(name => ({ name, position: 0.1 })),
        goal_time_tolerance: { sec: 1, nanosec: 0 },
    }
}

test(
    'a goal of roslib turns the rover’s wheels as far as it says, and Foxglove sees it',
    { timeout: 60_000 },
    async () => {
        const { session, bridge, action } = await connect()
        const watcher = await FoxglovePlanner.connect(bridge.foxglove!.url)
        const seen = await watcher.subscribe<{ position: Float64Array }>('/joint_states')
        const start = session.state!.joints.map(({ position }) => position)
        const feedback = new Inbox<object>()
        const result = await new Promise((resolve, reject) =>
            action.sendGoal(goal(2, start, 2), resolve, feedback.push, reject),
        )
        expect(result).toEqual({ error_code: 0, error_string: '' })
        const moved = session.state!.joints.map(({ position }, i) => position - start[i])
        for (const angle of moved) expect(Math.abs(angle - 2)).toBeLessThan(0.1)
        expect(feedback.messages.length).toBeGreaterThan(10)
        expect(Math.abs(seen.messages.at(-1)!.message.position[0] - start[0] - 2)).toBeLessThan(0.15)
    },
)

test('a goal that is canceled leaves the wheels where they are', { timeout: 60_000 }, async () => {
    const { session, ros, action } = await connect()
    const start = session.state!.joints[0].position
    const ends = new Inbox<string>()
    const goalId = action.sendGoal(
        goal(
            10,
            session.state!.joints.map(({ position }) => position),
            10,
        ),
        result => ends.push(`succeeded ${JSON.stringify(result)}`),
        undefined,
        ends.push,
    )!
    await until(() => session.state!.joints[0].position - start > 0.3)
    action.cancelGoal(goalId)
    const [failed] = await ends.count(1)
    expect(failed).toContain('canceled')
    await settled(ros)
    expect(session.state!.joints[0].position - start).toBeLessThan(3)
})
