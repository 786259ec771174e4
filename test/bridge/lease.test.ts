import { Action, type Ros } from 'roslib'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { startBridge } from '../../src/bridge/start-bridge'
import { CommandLease } from '../../src/host/lease'
import { FoxglovePlanner } from './foxglove-client'
import { JointRobot } from './joint-robot'
import { KinematicRobot } from './kinematic-robot'
import { callService, connectRoslib, Inbox, settled, type Status } from './planner'

interface Answer {
    success: boolean
    message: string
}

const POSITIONS = '/forward_position_controller/commands'
const STOP = { success: true, message: 'stopped: /disarm, then /arm to drive again' }

/** One robot behind both doors, with two roslib clients and a Foxglove client. */
async function open<R extends KinematicRobot>(robot: R) {
    const lease = new CommandLease()
    const bridge = await startBridge(robot, { port: 0, foxglovePort: 0, scheduler: robot.scheduler, lease })
    onTestFinished(() => bridge.close())
    const [first, second] = [await client(bridge.rosbridge.url), await client(bridge.rosbridge.url)]
    const foxglove = await FoxglovePlanner.connect(bridge.foxglove!.url)
    robot.step()
    return { robot, lease, first, second, foxglove }
}

async function client(url: string) {
    const ros = await connectRoslib(url)
    onTestFinished(() => ros.close())
    const statuses = new Inbox<Status>()
    ros.on('status', message => statuses.push(message as unknown as Status))
    return {
        ros,
        statuses,
        call: (name: string) => callService<Answer>(ros, name),
        drive: (linear: number) => publish(ros, '/cmd_vel', twist(linear)),
        move: (data: number[]) => publish(ros, POSITIONS, { data }),
    }
}

const twist = (x: number) => ({ linear: { x, y: 0, z: 0 }, angular: { x: 0, y: 0, z: 0 } })

/** Publishes, and resolves when the bridge has dealt with it. */
async function publish(ros: Ros, topic: string, msg: object): Promise<void> {
    // Not by roslib's Topic: its messages have an id, and what answers them is no event that a test could listen for.
    ros.callOnConnection({ op: 'publish', topic, msg } as never)
    await settled(ros)
}

const FIRST_COMMANDS = /rosbridge client 1 \(127\.0\.0\.1:\d+\) commands the robot: call \/take_over first/
const FOXGLOVE_COMMANDS = /Foxglove client 1 \(127\.0\.0\.1:\d+\) commands the robot: call \/take_over first/

describe('of several clients of a robot,', () => {
    it('the first that commands is the only one, through both doors; the others are told who it is', async () => {
        const { robot, first, second, foxglove } = await open(new KinematicRobot())
        const driven: number[] = []
        robot.on('drive', ({ linear }) => driven.push(linear))
        expect(await first.call('/arm')).toEqual({ success: true, message: 'armed' })
        await first.drive(0.1)
        await second.drive(0.2)
        expect(second.statuses.messages).toMatchObject([{ level: 'error', msg: expect.stringMatching(FIRST_COMMANDS) }])
        for (const name of ['/arm', '/disarm']) {
            const refusal = { success: false, message: expect.stringMatching(FIRST_COMMANDS) }
            expect(await second.call(name)).toEqual(refusal)
            expect(await foxglove.call(name)).toEqual(refusal)
        }
        const channel = foxglove.client.advertise({ topic: '/cmd_vel', encoding: 'json', schemaName: '' })
        foxglove.client.sendMessage(channel, Buffer.from(JSON.stringify(twist(0.3))))
        await foxglove.settle()
        expect(foxglove.statuses.messages).toMatchObject([{ message: expect.stringMatching(FIRST_COMMANDS) }])
        robot.step()
        expect(driven).toEqual([0.1])
        expect(robot.state).toMatchObject({ mode: 'armed', odometry: { linear: 0.1 } })
    })

    it('a setpoint alone takes the lease; a malformed one and a blocked /arm do not', async () => {
        const { robot, lease, first, second } = await open(new KinematicRobot())
        await first.drive(7)
        expect(first.statuses.messages).toMatchObject([{ level: 'error' }])
        robot.blocked = ['supply']
        expect(await first.call('/arm')).toMatchObject({ success: false })
        expect(lease.holder).toBeUndefined()
        await second.drive(0.1)
        expect(lease.holder?.name).toMatch(/^rosbridge client 2 /)
    })

    it('one takes over when it says so: the wheels go on as told until it speaks, the one before is told', async () => {
        const { robot, lease, first, second, foxglove } = await open(new KinematicRobot())
        await first.call('/arm')
        await first.drive(0.1)
        robot.step()
        expect(await foxglove.call('/take_over')).toEqual({
            success: true,
            message: expect.stringMatching(/^you command the robot now; before: rosbridge client 1 /),
        })
        const told = await first.statuses.find(({ level }) => level === 'warning')
        expect(told.msg).toMatch(/^Foxglove client 1 \(.*\) took over: this client watches now/)
        expect(second.statuses.messages).toEqual([])
        await first.drive(0.4)
        expect(first.statuses.messages.at(-1)!.msg).toMatch(FOXGLOVE_COMMANDS)
        robot.step(5)
        expect(robot.state).toMatchObject({ mode: 'armed', odometry: { linear: 0.1 } })
        const channel = foxglove.client.advertise({ topic: '/cmd_vel', encoding: 'json', schemaName: '' })
        foxglove.client.sendMessage(channel, Buffer.from(JSON.stringify(twist(0.05))))
        await foxglove.settle()
        robot.step()
        expect(robot.state).toMatchObject({ mode: 'armed', odometry: { linear: 0.05 } })
        // It stays silent: the deadline of its last setpoint holds as always, and it is still in command.
        robot.step(11)
        expect(robot.state!.mode).toBe('timeout')
        expect(lease.holder?.name).toMatch(/^Foxglove client 1 /)
    })

    it('one that leaves loses the lease at once; its last setpoint has its deadline', async () => {
        const { robot, lease, first, second, foxglove } = await open(new KinematicRobot())
        expect(await foxglove.call('/arm')).toMatchObject({ success: true })
        foxglove.socket.terminate()
        await vi.waitFor(() => expect(lease.holder).toBeUndefined(), 5000)
        robot.step()
        expect(robot.state!.mode).toBe('armed')
        await first.call('/arm')
        await first.drive(0.1)
        first.ros.close()
        await vi.waitFor(() => expect(lease.holder).toBeUndefined(), 5000)
        robot.step()
        expect(robot.state).toMatchObject({ mode: 'armed', odometry: { linear: 0.1 } })
        await second.drive(0.2)
        robot.step()
        expect(second.statuses.messages).toEqual([])
        expect(robot.state).toMatchObject({ mode: 'armed', odometry: { linear: 0.2 } })
        second.ros.close()
        await vi.waitFor(() => expect(lease.holder).toBeUndefined(), 5000)
        robot.step(11)
        expect(robot.state!.mode).toBe('timeout')
    })

    it('each may stop the robot, and /diagnostics names who commands', async () => {
        const { robot, first, second, foxglove } = await open(new KinematicRobot())
        const reports = await foxglove.subscribe<{ status: { values: { key: string; value: string }[] }[] }>(
            '/diagnostics',
        )
        const commander = () =>
            reports.messages
                .at(-1)!
                .message.status.flatMap(({ values }) => values)
                .find(({ key }) => key === 'commander')?.value
        await reports.count(1)
        expect(commander()).toBe('nobody')
        await first.call('/arm')
        robot.step(100)
        await reports.count(2)
        expect(commander()).toMatch(/^rosbridge client 1 /)
        for (const stop of [() => second.call('/stop'), () => foxglove.call('/stop')]) {
            expect(await stop()).toEqual(STOP)
            robot.step()
            expect(robot.state!.mode).toBe('estop')
            // Only the one in command lets it go again.
            expect(await second.call('/disarm')).toMatchObject({ success: false })
            expect(await first.call('/disarm')).toMatchObject({ success: true })
            expect(await first.call('/arm')).toMatchObject({ success: true })
        }
    })
})

describe('a trajectory of one that does not command any more', () => {
    const points = [
        { positions: [0, 0], time_from_start: { sec: 0, nanosec: 100_000_000 } },
        { positions: [1, 1], time_from_start: { sec: 10, nanosec: 0 } },
    ]
    const trajectory = { joint_names: ['shoulder', 'elbow'], points }

    async function moving() {
        const setting = await open(new JointRobot())
        const { robot, first } = setting
        await first.call('/arm')
        robot.step()
        const failed = new Inbox<string>()
        const action = new Action<object, object, object>({
            ros: first.ros,
            name: '/joint_trajectory_controller/follow_joint_trajectory',
            actionType: 'control_msgs/action/FollowJointTrajectory',
        })
        action.sendGoal({ trajectory }, () => failed.push('reached'), undefined, failed.push)
        await settled(first.ros)
        robot.step(20)
        expect(robot.state!.joints[0].setpoint).toBeGreaterThan(0)
        return { ...setting, failed }
    }

    it('is refused to others, and to be canceled by them', async () => {
        const { second } = await moving()
        await publish(second.ros, '/joint_trajectory_controller/joint_trajectory', trajectory)
        expect(second.statuses.messages.at(-1)!.msg).toMatch(FIRST_COMMANDS)
        await expect(
            second.call('/joint_trajectory_controller/follow_joint_trajectory/_action/cancel_goal'),
        ).rejects.toMatch(FIRST_COMMANDS)
    })

    it('ends when another one takes over, whose commands come after the last of it', async () => {
        const { robot, first, second, failed } = await moving()
        expect(await second.call('/take_over')).toMatchObject({ success: true })
        await first.statuses.find(({ level }) => level === 'warning')
        expect(await failed.count(1)).toEqual([expect.stringMatching(/rosbridge client 2 .* took over/)])
        await second.move([0.5, 0.5])
        expect(second.statuses.messages).toEqual([])
        expect(robot.told).toEqual([
            ['shoulder', 'position', 0.5],
            ['elbow', 'position', 0.5],
        ])
        await first.move([0, 0])
        expect(first.statuses.messages.at(-1)!.msg).toMatch(/rosbridge client 2 .* commands the robot/)
        expect(robot.told).toHaveLength(2)
    })

    it('keeps everybody out until its last word to the joints is said', async () => {
        const { robot, lease, first, second, foxglove } = await open(new JointRobot())
        await first.call('/arm')
        robot.step()
        let saidLastWord = () => {}
        robot.follow = (_trajectory, { signal } = {}) =>
            new Promise((_resolve, reject) => {
                signal!.addEventListener('abort', () => {
                    saidLastWord = () => reject(new Error('aborted'))
                })
            })
        await publish(first.ros, '/joint_trajectory_controller/joint_trajectory', trajectory)
        const answers = new Inbox<Answer>()
        void second.call('/take_over').then(answers.push)
        await second.move([0.5, 0.5])
        const refusal = /the trajectory of the commander before is being ended: try again/
        expect(second.statuses.messages.map(({ msg }) => msg)).toEqual([expect.stringMatching(refusal)])
        second.ros.close()
        await vi.waitFor(() => expect(lease.holder).toBeUndefined(), 5000)
        await expect(foxglove.call('/arm')).resolves.toMatchObject({ message: expect.stringMatching(refusal) })
        const answer = foxglove.call('/take_over')
        await first.move([0.2, 0.2])
        expect(robot.told).toEqual([])
        expect(answers.messages).toEqual([])
        saidLastWord()
        expect(await answer).toMatchObject({ success: true })
        expect(await foxglove.call('/arm')).toMatchObject({ success: true })
    })

    it('ends when it leaves, also one that came on the topic', async () => {
        const { robot, lease, first, second } = await open(new JointRobot())
        await first.call('/arm')
        robot.step()
        const ended = vi.fn()
        const follow = robot.follow.bind(robot)
        robot.follow = (trajectory, options) => {
            options?.signal?.addEventListener('abort', ended)
            return follow(trajectory, options)
        }
        await publish(first.ros, '/joint_trajectory_controller/joint_trajectory', trajectory)
        expect(ended).not.toHaveBeenCalled()
        first.ros.close()
        await vi.waitFor(() => expect(lease.holder).toBeUndefined(), 5000)
        expect(ended).toHaveBeenCalledOnce()
        await second.move([0.1, 0.1])
        expect(robot.told).toHaveLength(2)
    })
})
