import { parse } from '@foxglove/rosmsg'
import { MessageReader } from '@foxglove/rosmsg2-serialization'

import { describe, expect, it } from 'vitest'
import { Hub } from '../../src/bridge/hub'
import { definitionText } from '../../src/bridge/ros/definitions'
import type { JointStateMessage } from '../../src/bridge/ros/messages'
import { urdf } from '../../src/bridge/ros/urdf'
import { ARM } from './joint-robot'
import { KinematicRobot, ROVER, START } from './kinematic-robot'
import { callService, Inbox, openDoor, openDoorWithRoslib, RawClient, settled, subscribe } from './planner'

const TYPE = 'sensor_msgs/msg/JointState'

describe('rosbridge sends to roslib', () => {
    it('cbor, with number arrays as such and NaN as NaN', async () => {
        const { robot, ros } = await openDoorWithRoslib()
        const { inbox } = await subscribe<JointStateMessage>(ros, '/joint_states', TYPE, { compression: 'cbor' })
        await robot.arm()
        robot.drive({ linear: 0.1, angular: 0.5 })
        robot.step()
        const [message] = await inbox.count(1)
        expect(message.position).toBeInstanceOf(Float64Array)
        expect(message.velocity[1]).toBeCloseTo(3.92857, 5)
        expect(message.name).toEqual(['left_wheel', 'right_wheel'])
    })

    it('cbor-raw, which is the message in CDR', async () => {
        const { robot, ros } = await openDoorWithRoslib()
        const { inbox } = await subscribe<{ secs: number; nsecs: number; bytes: Uint8Array }>(
            ros,
            '/joint_states',
            TYPE,
            {
                compression: 'cbor-raw',
            },
        )
        robot.step()
        const [{ secs, nsecs, bytes }] = await inbox.count(1)
        expect([secs, nsecs]).toEqual([START, expect.closeTo(10_000_000, -3)])
        const reader = new MessageReader(parse(definitionText(TYPE), { ros2: true }))
        expect(reader.readMessage(bytes)).toMatchObject({ name: ['left_wheel', 'right_wheel'] })
    })

    it('fragments, which roslib puts together', async () => {
        const { robot, bridge, ros } = await openDoorWithRoslib()
        const inbox = new Inbox<{ msg?: unknown; op: string }>()
        const raw = await RawClient.connect(bridge.url)
        raw.send({ op: 'subscribe', topic: '/joint_states', fragment_size: 100 })
        await raw.settle()
        ros.callOnConnection({ op: 'subscribe', topic: '/joint_states', fragment_size: 100 } as never)
        ros.on('/joint_states', message => inbox.push(message as never))
        await settled(ros)
        robot.step()
        expect(await inbox.count(1)).toMatchObject([{ msg: { name: ['left_wheel', 'right_wheel'] } }])
        const fragments = (await raw.settle()).filter(({ op }) => op === 'fragment')
        expect(fragments.length).toBeGreaterThanOrEqual(2)
        expect(fragments.every(({ data }) => (data as string).length <= 100)).toBe(true)
    })

    it('the robot as URDF and its transforms, and in simulation the time', async () => {
        const robot = new KinematicRobot()
        const hub = new Hub(robot, robot.scheduler, { simulation: true })
        const { ros } = await openDoorWithRoslib({ hub }, robot)
        const description = await subscribe<{ data: string }>(ros, '/robot_description', 'std_msgs/String')
        expect((await description.inbox.count(1))[0].data).toBe(urdf(ROVER))
        const tf = await subscribe<{ transforms: { child_frame_id: string }[] }>(ros, '/tf', 'tf2_msgs/TFMessage')
        const clock = await subscribe<{ clock: object }>(ros, '/clock', 'rosgraph_msgs/Clock')
        robot.step()
        expect((await tf.inbox.count(1))[0].transforms.map(({ child_frame_id }) => child_frame_id)).toEqual([
            'base_link',
            'left_wheel_link',
            'right_wheel_link',
        ])
        expect((await clock.inbox.count(1))[0]).toEqual({
            clock: { sec: START, nanosec: expect.closeTo(10_000_000, -3) },
        })
    })
})

describe('rosbridge takes fragments', () => {
    it('and carries out the whole once, in whatever order they come', async () => {
        const { robot, bridge } = await openDoor()
        const driven: unknown[] = []
        robot.on('drive', velocity => driven.push(velocity))
        const client = await RawClient.connect(bridge.url)
        const text = JSON.stringify({
            op: 'publish',
            topic: '/cmd_vel',
            msg: { linear: { x: 0.1, y: 0, z: 0 }, angular: { x: 0, y: 0, z: 0 } },
        })
        const piece = (num: number) => ({
            op: 'fragment',
            id: 'f',
            data: text.slice(num * 40, num * 40 + 40),
            num,
            total: 3,
        })
        for (const num of [2, 0]) client.send(piece(num))
        await client.settle()
        expect(driven).toEqual([])
        client.send(piece(1))
        await client.settle()
        expect(driven).toEqual([{ linear: 0.1, angular: 0 }])
    })

    it('up to a bound: none that are too long together, twice the same, or of another count', async () => {
        const { bridge } = await openDoor()
        const client = await RawClient.connect(bridge.url)
        const send = (id: string, num: number, total: number, length = 1) =>
            client.send({ op: 'fragment', id, data: ' '.repeat(length), num, total })
        send('long', 0, 3, 1_000_000)
        send('long', 1, 3, 100_000)
        send('twice', 0, 2)
        send('twice', 0, 2)
        send('count', 0, 2)
        send('count', 1, 3)
        const texts = (await client.settle()).map(({ msg }) => msg)
        expect(texts).toEqual([
            'fragment: the fragments of "long" have more than 1048576 characters',
            'fragment: fragment 0 of "twice" came twice',
            'fragment: total is 3; fragments of "count" before had 2',
        ])
    })
})

describe('URDF', () => {
    it('has the rover’s wheels where its data puts them', () => {
        const text = urdf(ROVER)
        expect(text).toContain('<robot name="rover">')
        // Half a track of 150 mm to the left, a wheel's radius above the ground.
        expect(text).toContain('<origin xyz="0 0.075 0.035" rpy="0 0 0"/>')
        expect(text).toContain('<origin xyz="0 -0.075 0.035" rpy="0 0 0"/>')
        expect(text).toContain('<axis xyz="0 1 0"/>')
        expect(text).toContain('<cylinder radius="0.035"')
    })

    it('has the limits of a joint that does not turn without end, and no name that breaks it', () => {
        expect(urdf(ARM)).toContain('<limit lower="-1.5" upper="1.5" velocity="2" effort="0"/>')
        expect(urdf({ ...ARM, name: 'a"<b' })).toContain('<robot name="a&#34;&#60;b">')
    })
})

it('rosbridge tells rosapi what an action is made of', async () => {
    const { ros } = await openDoorWithRoslib()
    const type = 'control_msgs/action/FollowJointTrajectory'
    const { typedefs } = await callService<{ typedefs: { fieldnames: string[]; constnames: string[] }[] }>(
        ros,
        '/rosapi/action_result_details',
        { type },
    )
    expect(typedefs[0].fieldnames).toEqual(['error_code', 'error_string'])
    expect(typedefs[0].constnames).toContain('GOAL_TOLERANCE_VIOLATED')
})
