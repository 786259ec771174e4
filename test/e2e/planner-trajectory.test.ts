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
    const arm = async () => {
        await callService(ros, '/arm')
        await until(() => session.state!.mode === 'armed')
    }
    const action = new Action<object, object, object>({
        ros,
        name: '/joint_trajectory_controller/follow_joint_trajectory',
        actionType: 'control_msgs/action/FollowJointTrajectory',
    })
    return { session, bridge, ros, action, arm }
}

// A machine that is busy with something else can starve the board of points, which ends a trajectory: then it is sent anew.
const ATTEMPTS = 5

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
        const { session, bridge, action, arm } = await connect()
        const watcher = await FoxglovePlanner.connect(bridge.foxglove!.url)
        const seen = await watcher.subscribe<{ position: Float64Array }>('/joint_states')
        let start: number[] = []
        const feedback = new Inbox<object>()
        let end: object | string = ''
        for (let attempt = 0; attempt < ATTEMPTS && typeof end === 'string'; attempt++) {
            await arm()
            start = session.state!.joints.map(({ position }) => position)
            end = await new Promise<object | string>(resolve =>
                action.sendGoal(goal(2, start, 2), resolve, feedback.push, resolve),
            )
        }
        expect(end).toEqual({ error_code: 0, error_string: '' })
        const moved = session.state!.joints.map(({ position }, i) => position - start[i])
        for (const angle of moved) expect(Math.abs(angle - 2)).toBeLessThan(0.1)
        expect(feedback.messages.length).toBeGreaterThan(10)
        expect(Math.abs(seen.messages.at(-1)!.message.position[0] - start[0] - 2)).toBeLessThan(0.15)
    },
)

test('a goal that is canceled leaves the wheels where they are', { timeout: 60_000 }, async () => {
    const { session, ros, action, arm } = await connect()
    const position = () => session.state!.joints[0].position
    let start = 0
    let ends = new Inbox<string>()
    for (let attempt = 0; attempt < ATTEMPTS && (attempt === 0 || position() - start < 0.3); attempt++) {
        await arm()
        start = position()
        const inbox = new Inbox<string>()
        ends = inbox
        const from = session.state!.joints.map(({ position }) => position)
        const id = action.sendGoal(goal(10, from, 10), () => inbox.push('succeeded'), undefined, inbox.push)!
        await until(() => position() - start > 0.3 || inbox.messages.length > 0)
        action.cancelGoal(id)
    }
    expect((await ends.count(1))[0]).toContain('canceled')
    await settled(ros)
    expect(position() - start).toBeLessThan(3)
})
