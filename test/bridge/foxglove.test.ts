import { parse } from '@foxglove/rosmsg'
import { MessageWriter } from '@foxglove/rosmsg2-serialization'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { Hub } from '../../src/bridge/hub'
import { definitionText } from '../../src/bridge/ros/definitions'
import type { JointStateMessage, OdometryMessage } from '../../src/bridge/ros/messages'
import { FoxglovePlanner, openFoxglove, SUBPROTOCOL } from './foxglove-client'
import { KinematicRobot, START } from './kinematic-robot'

const bytes = (type: string, message: object) =>
    new MessageWriter(parse(definitionText(type), { ros2: true })).writeMessage(message)
const twist = (x: number, z = 0) => ({ linear: { x, y: 0, z: 0 }, angular: { x: 0, y: 0, z } })

async function connect(robot = new KinematicRobot()) {
    const { door } = await openFoxglove({}, robot)
    const planner = await FoxglovePlanner.connect(door.url)
    return { robot, door, planner }
}

/** A planner that publishes a topic in CDR, and what the robot was driven with. */
async function publisher(topic = '/cmd_vel', schemaName = 'geometry_msgs/msg/Twist') {
    const setUp = await connect()
    const driven: unknown[] = []
    setUp.robot.on('drive', velocity => driven.push(velocity))
    await setUp.robot.arm()
    setUp.robot.step()
    const id = setUp.planner.client.advertise({ topic, encoding: 'cdr', schemaName })
    await setUp.planner.settle()
    return { ...setUp, driven, id }
}

describe("the Foxglove door, to Foxglove's own client,", () => {
    it.each(['foxglove.sdk.v1', 'foxglove.websocket.v1'])('speaks %s', async subprotocol => {
        const { door } = await openFoxglove()
        const planner = await FoxglovePlanner.connect(door.url, subprotocol)
        expect(planner.socket.protocol).toBe(subprotocol)
        expect((await planner.infos.count(1))[0]).toMatchObject({
            name: 'tendon rover',
            capabilities: ['clientPublish', 'services', 'connectionGraph'],
            supportedEncodings: ['cdr', 'json'],
            metadata: { robot: 'rover', configuration: '5eed' },
        })
    })

    it('refuses a client that offers neither', async () => {
        const { door } = await openFoxglove()
        for (const protocols of [['foxglove.websocket.v0'], []]) {
            const refused = new Promise((_, reject) => new WebSocket(door.url, protocols).once('error', reject))
            await expect(refused).rejects.toThrow('Unexpected server response: 400')
        }
    })

    it('sends every sample in CDR that its own schema decodes, with the sample’s time', async () => {
        const { robot, planner } = await connect()
        const joints = await planner.subscribe<JointStateMessage>('/joint_states')
        const odometry = await planner.subscribe<OdometryMessage>('/odom')
        await robot.arm()
        robot.drive({ linear: 0.1, angular: 0.5 })
        robot.step(10)
        const [first] = await joints.count(10)
        expect(first.stamp).toBe(BigInt(START) * 1_000_000_000n + 10_000_000n)
        expect(first.message).toMatchObject({
            header: { stamp: { sec: START, nanosec: expect.closeTo(10_000_000, -3) } },
            name: ['left_wheel', 'right_wheel'],
        })
        expect(joints.messages[9].message.velocity[1]).toBeCloseTo(3.92857, 5)
        const last = (await odometry.count(10))[9].message
        expect(last.pose.pose.position.x).toBeCloseTo(0.01, 4)
        expect(last.pose.covariance[14]).toBe(1e6)
    })

    it('sends what is latched at once: the robot as URDF, the latest diagnostics', async () => {
        const { planner } = await connect()
        const description = await planner.subscribe<{ data: string }>('/robot_description')
        expect((await description.count(1))[0].message.data).toContain('<joint name="left_wheel" type="continuous">')
        const diagnostics = await planner.subscribe<{ status: { name: string }[] }>('/diagnostics')
        expect((await diagnostics.count(1))[0].message.status[0].name).toBe('rover: mode')
    })

    it('ends with unsubscribing', async () => {
        const { robot, door, planner } = await connect()
        const inbox = await planner.subscribe('/odom')
        robot.step()
        await inbox.count(1)
        planner.client.unsubscribe(1)
        planner.client.unsubscribe(0)
        expect((await planner.statuses.count(1))[0]).toMatchObject({
            level: 2,
            message: 'unsubscribe: there is no subscription 1',
        })
        await planner.settle()
        robot.step(3)
        await planner.settle()
        expect(inbox.messages).toHaveLength(1)
        expect(door.statistics().samplesEncoded).toBe(1)
    })

    it('takes what it publishes, in CDR and in JSON', async () => {
        const { planner, driven, id } = await publisher()
        planner.client.sendMessage(id, bytes('geometry_msgs/Twist', twist(0.2, -1)))
        const json = planner.client.advertise({
            topic: '/cmd_vel',
            encoding: 'json',
            schemaName: 'geometry_msgs/Twist',
        })
        planner.client.sendMessage(json, Buffer.from(JSON.stringify(twist(0.1))))
        await planner.settle()
        expect(driven).toEqual([
            { linear: 0.2, angular: -1 },
            { linear: 0.1, angular: 0 },
        ])
    })

    it('answers services in CDR, and says why a call fails', async () => {
        const { robot, planner } = await connect()
        expect(await planner.call('/arm')).toEqual({ success: true, message: 'armed' })
        robot.blocked = ['supply']
        expect(await planner.call('/arm')).toEqual({ success: false, message: 'arming is blocked by: supply' })
        const topics = await planner.call<{ topics: string[] }>('/rosapi/topics')
        expect(topics.topics).toContain('/joint_states')
        await expect(planner.call('/rosapi/topic_type', {})).rejects.toThrow('/rosapi/topic_type: topic is ""')
        planner.client.sendServiceCallRequest({ serviceId: 999, callId: 5, encoding: 'cdr', data: new Uint8Array(4) })
        const failure = await new Promise(resolve => planner.client.on('serviceCallFailure', resolve))
        expect(failure).toMatchObject({ serviceId: 999, callId: 5, message: 'there is no service 999' })
    })

    it('tells the time in simulation, and only there', async () => {
        const robot = new KinematicRobot()
        const hub = new Hub(robot, robot.scheduler, { simulation: true })
        const { door } = await openFoxglove({ hub }, robot)
        const planner = await FoxglovePlanner.connect(door.url)
        expect((await planner.infos.count(1))[0].capabilities).toContain('time')
        const clock = await planner.subscribe<{ clock: { sec: number } }>('/clock')
        robot.step(2)
        const times = await planner.times.count(2)
        expect(times.map(time => Number(time - BigInt(START) * 1_000_000_000n) / 1e6)).toEqual([10, 20])
        expect((await clock.count(2))[0].message.clock.sec).toBe(START)
        const { planner: other } = await connect()
        await other.settle()
        expect(other.channels.messages.map(({ topic }) => topic)).not.toContain('/clock')
    })

    it('tells who is connected to what', async () => {
        const { planner } = await connect()
        await planner.subscribe('/odom')
        planner.client.subscribeConnectionGraph()
        const [graph] = await planner.graphs.count(1)
        expect(graph.publishedTopics).toContainEqual({ name: '/imu/data', publisherIds: ['rover'] })
        expect(graph.subscribedTopics).toContainEqual({ name: '/cmd_vel', subscriberIds: ['rover'] })
        expect(graph.subscribedTopics).toContainEqual({ name: '/odom', subscriberIds: ['planners'] })
        expect(graph.subscribedTopics.map(({ name }) => name)).not.toContain('/imu/data')
        expect(graph.advertisedServices).toContainEqual({ name: '/arm', providerIds: ['rover'] })
    })
})

describe('the Foxglove door refuses, and the robot stays still,', () => {
    it.each<[string, Uint8Array, string]>([
        ['NaN', bytes('geometry_msgs/Twist', twist(NaN)), '/cmd_vel: linear.x is NaN; allowed: -0.49 to 0.49 m/s'],
        ['too fast', bytes('geometry_msgs/Twist', twist(0.6)), '/cmd_vel: linear.x is 0.6; allowed'],
        [
            'too few bytes',
            bytes('geometry_msgs/Twist', twist(0.1)).subarray(0, 20),
            '/cmd_vel: the 20 bytes are no such',
        ],
        ['no bytes', new Uint8Array(0), '/cmd_vel: the 0 bytes are no such message in CDR'],
    ])('a velocity with %s', async (_, data, text) => {
        const { planner, driven, id } = await publisher()
        planner.client.sendMessage(id, data)
        expect((await planner.statuses.count(1))[0]).toMatchObject({ level: 2, message: expect.stringContaining(text) })
        expect(driven).toEqual([])
        planner.client.sendMessage(id, bytes('geometry_msgs/Twist', twist(0.1)))
        await planner.settle()
        expect(driven).toHaveLength(1)
    })

    it.each<[object | string | Buffer, string]>([
        ['{"op":', 'not JSON'],
        [{}, 'op is missing; needed: a text'],
        [{ op: 'dance' }, 'op is "dance"; known: subscribe, unsubscribe'],
        [{ op: 'subscribe' }, 'subscribe: subscriptions is missing; needed: a list'],
        [{ op: 'subscribe', subscriptions: [{ id: 1, channelId: 99 }] }, 'subscribe: there is no channel 99'],
        [{ op: 'subscribe', subscriptions: [{ id: -1, channelId: 1 }] }, 'subscribe: id is -1; needed: a whole number'],
        [
            {
                op: 'advertise',
                channels: [{ id: 1, topic: '/odom', encoding: 'cdr', schemaName: 'nav_msgs/Odometry' }],
            },
            'advertise: /odom is what the robot publishes; planners publish: /cmd_vel',
        ],
        [
            {
                op: 'advertise',
                channels: [{ id: 1, topic: '/cmd_vel', encoding: 'ros1', schemaName: 'geometry_msgs/Twist' }],
            },
            'advertise: encoding is "ros1"; supported: "cdr", "json"',
        ],
        [
            {
                op: 'advertise',
                channels: [{ id: 1, topic: '/cmd_vel', encoding: 'cdr', schemaName: 'std_msgs/String' }],
            },
            'advertise: type is "std_msgs/String"; /cmd_vel has: geometry_msgs/msg/Twist',
        ],
        [{ op: 'fetchAsset', uri: 'file:///etc/passwd', requestId: 1 }, 'fetchAsset: assets are not served'],
        [Buffer.from([1, 2]), 'message data of 2 bytes ends in its header'],
        [Buffer.from([1, 9, 0, 0, 0, 0]), 'channel 9 was not advertised by this client'],
        [Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255]), 'a service call of 13 bytes ends in its header'],
        [Buffer.from([7]), 'opcode is 7; known: 1 (message data), 2 (service call)'],
    ])('%j', async (message, text) => {
        const { robot, door, planner } = await connect()
        const raw = typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message)
        planner.socket.send(raw)
        const [status] = await planner.statuses.count(1)
        expect(status).toMatchObject({ level: 2, message: expect.stringContaining(text) })
        expect(door.statistics().refused).toBe(1)
        expect(robot.listenerCount('drive')).toBe(0)
    })

    it('a message of ten megabytes, by ending the connection', async () => {
        const { planner } = await connect()
        planner.socket.send(Buffer.alloc(10_000_000))
        expect(await planner.closed()).toBe(1009)
    })

    it('a web page of another origin, and a client without the token', async () => {
        const token = '0123456789abcdef'
        const { door } = await openFoxglove({ token })
        const attempt = (url: string, headers: Record<string, string> = {}) =>
            FoxglovePlanner.connect(url, SUBPROTOCOL, { headers })
        await expect(attempt(door.url, { Origin: 'https://evil.example' })).rejects.toThrow('403')
        await expect(attempt(door.url)).rejects.toThrow('401')
        await expect(attempt(`${door.url}/?token=${token}`)).resolves.toBeDefined()
    })
})
