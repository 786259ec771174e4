import { once } from 'node:events'
import { type Ros, Topic } from 'roslib'
import { describe, expect, it } from 'vitest'
import { callService, Inbox, openDoorWithRoslib, type Status } from './planner'

const velocity = (x: number, z: number) => ({ linear: { x, y: 0, z: 0 }, angular: { x: 0, y: 0, z } })

interface TriggerResponse {
    success: boolean
    message: string
}

const arm = (ros: Ros) => callService<TriggerResponse>(ros, '/arm')

function statuses(ros: Ros): Inbox<Status> {
    const inbox = new Inbox<Status>()
    ros.on('status', message => inbox.push(message as unknown as Status))
    return inbox
}

describe('rosbridge, to a planner that drives,', () => {
    it.each([
        ['Twist', 'geometry_msgs/msg/Twist', velocity(0.2, -1)],
        ['Twist by its ROS 1 name', 'geometry_msgs/Twist', velocity(0.2, -1)],
        [
            'TwistStamped',
            'geometry_msgs/msg/TwistStamped',
            { header: { stamp: { sec: 0, nanosec: 0 }, frame_id: 'base_link' }, twist: velocity(0.2, -1) },
        ],
        // What is announced does not matter: the content tells which of the two it is.
        ['Twist announced as TwistStamped', 'geometry_msgs/msg/TwistStamped', velocity(0.2, -1)],
    ])('hands a %s to the robot at once', async (_, messageType, message) => {
        const { robot, bridge, ros } = await openDoorWithRoslib()
        expect(await arm(ros)).toEqual({ success: true, message: 'armed' })
        const driven = once(robot, 'drive')
        new Topic<object>({ ros, name: '/cmd_vel', messageType }).publish(message)
        expect(await driven).toEqual([{ linear: 0.2, angular: -1 }])
        robot.step(5)
        expect(robot.state).toMatchObject({ mode: 'armed', odometry: { linear: 0.2, angular: -1 } })
        expect(bridge.statistics()).toMatchObject({ setpoints: 1, refused: 0 })
    })

    it('sends nothing by itself: the deadline stops the robot when the planner is gone', async () => {
        const { robot, ros } = await openDoorWithRoslib()
        const driven: unknown[] = []
        robot.on('drive', velocity => driven.push(velocity))
        await arm(ros)
        const first = once(robot, 'drive')
        new Topic<object>({ ros, name: '/cmd_vel', messageType: 'geometry_msgs/Twist' }).publish(velocity(0.2, 0))
        await first
        robot.step(5)
        const gone = new Promise(resolve => ros.once('close', resolve))
        ros.close()
        await gone
        robot.step(5)
        expect(robot.state!.odometry!.linear).toBe(0.2)
        robot.step(1) // 110 ms after the velocity, with a deadline of 100 ms
        expect(robot.state).toMatchObject({ mode: 'timeout', odometry: { linear: 0 } })
        expect(driven).toHaveLength(1)
    })

    it('disarms and stops, and says why arming is refused', async () => {
        const { robot, ros } = await openDoorWithRoslib()
        await arm(ros)
        robot.step()
        expect(robot.state!.mode).toBe('armed')
        expect(await callService(ros, '/stop')).toMatchObject({ success: true })
        robot.step()
        expect(robot.state!.mode).toBe('estop')
        expect(await arm(ros)).toEqual({ success: false, message: 'arming is blocked by: estop' })
        expect(await callService(ros, '/disarm')).toEqual({ success: true, message: 'disarmed' })
        expect(await arm(ros)).toEqual({ success: true, message: 'armed' })
        robot.blocked = ['supply', 'imu']
        expect(await arm(ros)).toEqual({ success: false, message: 'arming is blocked by: supply, imu' })
    })

    it('warns once, not with every velocity, that the robot is not armed', async () => {
        const { robot, ros } = await openDoorWithRoslib()
        const inbox = statuses(ros)
        const topic = new Topic<object>({ ros, name: '/cmd_vel', messageType: 'geometry_msgs/Twist' })
        const publish = async (times: number) => {
            for (let i = 0; i < times; i++) topic.publish(velocity(0.1, 0))
            await callService(ros, '/rosapi/get_time')
        }
        robot.step()
        await publish(3)
        expect(inbox.messages.map(({ level, msg }) => [level, msg])).toEqual([
            ['warning', '/cmd_vel: the robot is idle: call /arm first'],
        ])
        robot.step()
        expect(robot.state!.odometry!.x).toBe(0)

        await arm(ros)
        await publish(2) // before a sample tells that the robot is armed
        robot.step()
        await publish(2)
        expect(inbox.messages).toHaveLength(1)

        robot.step(11)
        await publish(2)
        expect(inbox.messages).toHaveLength(2)
        expect(inbox.messages[1].msg).toContain('no velocity came before its deadline: call /arm first')
    })

    it.each([
        ['idle', 'the robot is idle: call /arm first'],
        ['calibrating', 'the robot is calibrating: wait until it is idle, then call /arm'],
        ['estop', 'the robot is stopped: call /disarm, then /arm'],
        ['fault', 'the robot is in mode fault: /diagnostics tells why'],
    ])('says what to do about a robot in mode %s', async (mode, text) => {
        const { robot, ros } = await openDoorWithRoslib()
        const inbox = statuses(ros)
        robot.step()
        robot.state = { ...robot.state!, mode }
        new Topic<object>({ ros, name: '/cmd_vel', messageType: 'geometry_msgs/Twist' }).publish(velocity(0.1, 0))
        expect((await inbox.count(1))[0]).toMatchObject({ level: 'warning', msg: `/cmd_vel: ${text}` })
    })

    it('warns once of components that the robot cannot follow, and follows the others', async () => {
        const { robot, ros } = await openDoorWithRoslib()
        const inbox = statuses(ros)
        await arm(ros)
        const topic = new Topic<object>({ ros, name: '/cmd_vel', messageType: 'geometry_msgs/Twist' })
        const driven = once(robot, 'drive')
        for (let i = 0; i < 3; i++) topic.publish({ linear: { x: 0.1, y: 0.2, z: 0 }, angular: { x: 0, y: 0, z: 0 } })
        expect(await driven).toEqual([{ linear: 0.1, angular: 0 }])
        await callService(ros, '/rosapi/get_time')
        expect(inbox.messages.map(({ msg }) => msg)).toEqual([
            '/cmd_vel: linear.y ignored: the robot follows linear.x and angular.z',
        ])
    })

    it('tells what the robot itself refuses', async () => {
        const { robot, ros } = await openDoorWithRoslib()
        robot.counters.connected = false
        const told = new Promise(resolve => ros.once('status:mine', resolve as () => void))
        ros.callOnConnection({ op: 'publish', id: 'mine', topic: '/cmd_vel', msg: velocity(0.1, 0) })
        expect(await told).toMatchObject({ level: 'error', msg: 'publish: the board is not connected' })
    })

    it('says nothing below the level that the client sets', async () => {
        const { robot, ros } = await openDoorWithRoslib()
        const inbox = statuses(ros)
        robot.step()
        ros.setStatusLevel('error')
        const topic = new Topic<object>({ ros, name: '/cmd_vel', messageType: 'geometry_msgs/Twist' })
        topic.publish(velocity(0.1, 0))
        await callService(ros, '/rosapi/get_time')
        expect(robot.listenerCount('drive')).toBe(0)
        expect(inbox.messages).toEqual([])
        ros.setStatusLevel('info')
        ros.callOnConnection({ op: 'subscribe', topic: '/odom' } as never)
        expect((await inbox.count(1))[0]).toMatchObject({ level: 'info', msg: 'subscribed to /odom' })
    })
})
