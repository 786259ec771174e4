import { Topic } from 'roslib'
import { describe, expect, it } from 'vitest'
import type { DiagnosticArray } from '../../src/bridge/diagnostics'
import type { ImuMessage, JointStateMessage, OdometryMessage, Time } from '../../src/bridge/ros/messages'
import { KinematicRobot, ROVER, START } from './kinematic-robot'
import {
    callService,
    connectRoslib,
    Inbox,
    openDoor,
    openDoorWithRoslib,
    RawClient,
    settled,
    subscribe,
} from './planner'

const JOINT_STATE = 'sensor_msgs/msg/JointState'

/** ms since the test's clock started */
function ms({ header: { stamp } }: { header: { stamp: Time } }): number {
    return Math.round((stamp.sec - START) * 1000 + stamp.nanosec / 1e6)
}

/** `count` times from `first` on, every `step` ms. */
function times(first: number, step: number, count: number): number[] {
    return Array.from({ length: count }, (_, i) => first + i * step)
}

describe('rosbridge, to a subscriber,', () => {
    it('publishes every sample of joints, odometry and IMU once, in order, with its own stamp', async () => {
        const { robot, ros } = await openDoorWithRoslib()
        const joints = await subscribe<JointStateMessage>(ros, '/joint_states', JOINT_STATE)
        const odometry = await subscribe<OdometryMessage>(ros, '/odom', 'nav_msgs/msg/Odometry')
        const imu = await subscribe<ImuMessage>(ros, '/imu/data', 'sensor_msgs/msg/Imu')
        await robot.arm()
        robot.drive({ linear: 0.1, angular: 0.5 })
        robot.step(10)
        for (const inbox of [joints.inbox, odometry.inbox, imu.inbox] as Inbox<JointStateMessage>[]) {
            expect((await inbox.count(10)).map(ms)).toEqual(times(10, 10, 10))
        }
        await settled(ros)
        expect(joints.inbox.messages).toHaveLength(10)
        // After 0.1 s: 0.05 rad of heading, 0.01 m of way.
        expect(odometry.inbox.messages[9].pose.pose.orientation.z).toBeCloseTo(Math.sin(0.025), 9)
        expect(odometry.inbox.messages[9].pose.pose.position.x).toBeCloseTo(0.01, 4)
        // Right wheel: (0.1 + 0.5 · 0.075) / 0.035 rad/s.
        expect(joints.inbox.messages[9].name).toEqual(['left_wheel', 'right_wheel'])
        expect(joints.inbox.messages[9].velocity[1]).toBeCloseTo(3.92857, 5)
        expect(imu.inbox.messages[9].angular_velocity).toEqual({ x: 0, y: 0, z: 0.5 })
    })

    it('publishes diagnostics once a second, and the latest at once', async () => {
        const { robot, ros } = await openDoorWithRoslib()
        robot.step(150)
        const { inbox } = await subscribe<DiagnosticArray>(ros, '/diagnostics', 'diagnostic_msgs/DiagnosticArray')
        expect((await inbox.count(1)).map(ms)).toEqual([1000])
        robot.step(200)
        expect((await inbox.count(3)).map(ms)).toEqual([1000, 2000, 3000])
        expect(inbox.messages[1].status.map(({ name }) => name)).toContain('rover: loop')
    })

    it('accepts ROS 1 type names and names without the leading slash', async () => {
        const { robot, bridge } = await openDoor()
        const client = await RawClient.connect(bridge.url)
        client.send({ op: 'subscribe', topic: 'joint_states', type: 'sensor_msgs/JointState' })
        await client.settle()
        robot.step()
        const { topic, msg } = await client.inbox.find(({ op }) => op === 'publish')
        expect(topic).toBe('/joint_states')
        expect(msg).toMatchObject({ name: ['left_wheel', 'right_wheel'] })
    })

    it('leaves out what a sample does not have', async () => {
        const { robot, ros } = await openDoorWithRoslib()
        const joints = await subscribe<JointStateMessage>(ros, '/joint_states', JOINT_STATE)
        const imu = await subscribe<ImuMessage>(ros, '/imu/data', 'sensor_msgs/Imu')
        robot.step()
        robot.imuWorks = false
        robot.invalidJoints = ['left_wheel']
        robot.step()
        robot.imuWorks = true
        robot.step()
        expect((await imu.inbox.count(2)).map(ms)).toEqual([10, 30])
        expect((await joints.inbox.count(3))[1].name).toEqual(['right_wheel'])
    })

    it('ends with unsubscribing', async () => {
        const { robot, bridge, ros } = await openDoorWithRoslib()
        const { inbox, topic } = await subscribe<JointStateMessage>(ros, '/joint_states', JOINT_STATE)
        robot.step()
        await inbox.count(1)
        topic.unsubscribe()
        await settled(ros)
        robot.step(5)
        await settled(ros)
        expect(inbox.messages).toHaveLength(1)
        expect(bridge.statistics().samplesEncoded).toBe(1)
    })

    it('ends with the connection, and works on what is left to nobody', async () => {
        const { robot, bridge, ros } = await openDoorWithRoslib()
        const client = await RawClient.connect(bridge.url)
        client.send({ op: 'subscribe', topic: '/odom' })
        client.send({ op: 'subscribe', topic: '/joint_states', throttle_rate: 10, queue_length: 5 })
        await client.settle()
        client.socket.terminate()
        while (bridge.statistics().clients > 1) await settled(ros)
        robot.step(5)
        expect(bridge.statistics()).toMatchObject({ samplesEncoded: 0, samplesSent: 0 })
    })

    it('offers no topic that the robot has no part for', async () => {
        const plain = { ...ROVER, imu: undefined, drive: undefined }
        const { ros } = await openDoorWithRoslib({}, new KinematicRobot(undefined, plain))
        expect(await callService(ros, '/rosapi/topics')).toMatchObject({
            topics: [
                '/joint_states',
                '/tf',
                '/diagnostics',
                '/robot_description',
                '/forward_position_controller/commands',
                '/forward_velocity_controller/commands',
                '/forward_effort_controller/commands',
                '/joint_trajectory_controller/joint_trajectory',
            ],
        })
    })
})

describe('rosbridge, with throttle_rate,', () => {
    it('sends one sample per period, by the samples own time', async () => {
        const { robot, ros } = await openDoorWithRoslib()
        const slow = await subscribe<JointStateMessage>(ros, '/joint_states', JOINT_STATE, { throttle_rate: 50 })
        // A report of four samples comes at once, as from a board: what counts is when they were taken.
        for (let report = 0; report < 5; report++) robot.step(4)
        expect((await slow.inbox.count(4)).map(ms)).toEqual([10, 60, 110, 160])
        await settled(ros)
        expect(slow.inbox.messages).toHaveLength(4)
    })

    it('throttles each client on its own', async () => {
        const { robot, bridge, ros } = await openDoorWithRoslib()
        const other = await connectRoslib(bridge.url)
        const slow = await subscribe<JointStateMessage>(ros, '/joint_states', JOINT_STATE, { throttle_rate: 30 })
        const fast = await subscribe<JointStateMessage>(other, '/joint_states', JOINT_STATE)
        robot.step(9)
        expect((await fast.inbox.count(9)).map(ms)).toEqual(times(10, 10, 9))
        expect((await slow.inbox.count(3)).map(ms)).toEqual([10, 40, 70])
        other.close()
    })

    it('serialises a sample once for all clients, and nothing that nobody is due', async () => {
        const { robot, bridge, ros } = await openDoorWithRoslib()
        const other = await connectRoslib(bridge.url)
        await subscribe(ros, '/odom', 'nav_msgs/Odometry', { throttle_rate: 20 })
        await subscribe(other, '/odom', 'nav_msgs/Odometry', { throttle_rate: 20 })
        robot.step(9)
        await settled(ros)
        expect(bridge.statistics()).toMatchObject({ samplesEncoded: 5, samplesSent: 10 })
        other.close()
    })

    it('queues as many samples as asked for and sends them one per period, oldest first', async () => {
        const { robot, ros } = await openDoorWithRoslib()
        const options = { throttle_rate: 100, queue_length: 3 }
        const { inbox } = await subscribe<JointStateMessage>(ros, '/joint_states', JOINT_STATE, options)
        robot.step(10) // the first goes at 10 ms; of the others the last three wait: 80, 90, 100 ms
        expect((await inbox.count(1)).map(ms)).toEqual([10])
        robot.scheduler.advance(300)
        expect((await inbox.count(4)).map(ms)).toEqual([10, 80, 90, 100])
    })

    it('goes by the fastest of a client own subscriptions, and sends once', async () => {
        const { robot, bridge } = await openDoor()
        const client = await RawClient.connect(bridge.url)
        const stamps = async () => {
            await client.inbox.find(({ op }) => op === 'publish')
            const messages = (await client.settle()).filter(({ op }) => op === 'publish')
            return messages.map(({ msg }) => ms(msg as unknown as JointStateMessage))
        }
        client.send({ op: 'subscribe', id: 'a', topic: '/joint_states', throttle_rate: 50 })
        client.send({ op: 'subscribe', id: 'b', topic: '/joint_states', throttle_rate: 20 })
        await client.settle()
        robot.step(6)
        expect(await stamps()).toEqual([10, 30, 50])
        client.send({ op: 'unsubscribe', id: 'b', topic: '/joint_states' })
        await client.settle()
        robot.step(6)
        expect(await stamps()).toEqual([100])
    })
})

describe('rosbridge, with a topic of the planner,', () => {
    it('tells a roslib subscriber of a mistake under the id of its subscription', async () => {
        const { ros } = await openDoorWithRoslib()
        const topic = new Topic({ ros, name: '/joint_states', messageType: 'std_msgs/String' })
        topic.subscribe(() => {})
        const status = await new Promise<{ msg?: string }>(resolve =>
            ros.once(`status:${topic.subscribeId}`, resolve as () => void),
        )
        expect(status).toMatchObject({
            level: 'error',
            msg: 'subscribe: type is "std_msgs/String"; /joint_states has: sensor_msgs/msg/JointState',
        })
    })
})
