import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { BridgeError } from '../../src/bridge/bridge-error'
import { MessageQueue } from '../../src/bridge/message-queue'
import type { JointStateMessage } from '../../src/bridge/ros/messages'
import { type ClientOptions, connectRosbridge } from '../../src/bridge/rosbridge-client'
import { startBridge } from '../../src/bridge/start-bridge'
import { KinematicRobot } from './kinematic-robot'
import { openDoor } from './planner'

const TWIST = { linear: { x: 0.1, y: 0, z: 0 }, angular: { x: 0, y: 0, z: 0 } }

async function setUp(options: ClientOptions = {}) {
    const door = await openDoor()
    const client = await connectRosbridge(door.bridge.url, options)
    onTestFinished(() => client.close())
    return { ...door, client }
}

describe('the command client', () => {
    it('lists the topics with their types', async () => {
        const { client } = await setUp()
        expect(await client.topics()).toEqual([
            { name: '/joint_states', type: 'sensor_msgs/msg/JointState' },
            { name: '/odom', type: 'nav_msgs/msg/Odometry' },
            { name: '/imu/data', type: 'sensor_msgs/msg/Imu' },
            { name: '/tf', type: 'tf2_msgs/msg/TFMessage' },
            { name: '/diagnostics', type: 'diagnostic_msgs/msg/DiagnosticArray' },
            { name: '/robot_description', type: 'std_msgs/msg/String' },
            { name: '/cmd_vel', type: 'geometry_msgs/msg/Twist' },
            { name: '/forward_position_controller/commands', type: 'std_msgs/msg/Float64MultiArray' },
            { name: '/forward_velocity_controller/commands', type: 'std_msgs/msg/Float64MultiArray' },
            { name: '/forward_effort_controller/commands', type: 'std_msgs/msg/Float64MultiArray' },
            { name: '/joint_trajectory_controller/joint_trajectory', type: 'trajectory_msgs/msg/JointTrajectory' },
        ])
    })

    it('yields the messages of a topic, and unsubscribes when the reader leaves', async () => {
        const { robot, bridge, client } = await setUp()
        const messages = client.subscribe('joint_states')
        const first = messages.next()
        await client.topics()
        robot.step(3)
        const stamps = []
        for (let result = await first; stamps.length < 3; result = await messages.next()) {
            stamps.push((result.value as JointStateMessage).header.stamp.nanosec)
            if (stamps.length === 3) break
        }
        expect(stamps.map(nanosec => Math.round(nanosec / 1e6))).toEqual([10, 20, 30])
        await messages.return()
        await client.topics()
        robot.step()
        expect(bridge.statistics().samplesSent).toBe(3)
    })

    it('yields no more than the throttle lets through', async () => {
        const { robot, bridge, client } = await setUp()
        const messages = client.subscribe('/odom', { throttleMs: 50 })
        const first = messages.next()
        await client.topics()
        robot.step(10)
        await first
        expect(bridge.statistics().samplesSent).toBe(2)
    })

    it('ends a subscription with its signal', async () => {
        const { client } = await setUp()
        const abort = new AbortController()
        const next = client.subscribe('/odom', { signal: abort.signal }).next()
        abort.abort()
        expect(await next).toEqual({ done: true, value: undefined })
        const aborted = client.subscribe('/odom', { signal: abort.signal })
        expect(await aborted.next()).toEqual({ done: true, value: undefined })
    })

    it('publishes at a rate, as often as it is told', async () => {
        const { robot, client } = await setUp()
        const driven: unknown[] = []
        robot.on('drive', velocity => driven.push(velocity))
        const start = performance.now()
        expect(await client.publish('/cmd_vel', TWIST, { rateHz: 200, count: 11 })).toBe(11)
        // Ten pauses of 5 ms, the timer's rounding to whole milliseconds taken off.
        expect(performance.now() - start).toBeGreaterThanOrEqual(49)
        expect(driven).toEqual(Array(11).fill({ linear: 0.1, angular: 0 }))
    })

    it('publishes until its signal', async () => {
        const { robot, client } = await setUp()
        const abort = new AbortController()
        robot.once('drive', () => abort.abort())
        expect(await client.publish('/cmd_vel', TWIST, { rateHz: 0.001, signal: abort.signal })).toBe(1)
        await expect(client.publish('/cmd_vel', TWIST, { rateHz: 0 })).rejects.toThrow(RangeError)
    })

    it('calls services', async () => {
        const { client } = await setUp()
        expect(await client.callService('/arm')).toEqual({ success: true, message: 'armed' })
    })

    it('passes warnings on', async () => {
        const warnings: string[] = []
        const { robot, client } = await setUp({ onWarning: text => warnings.push(text) })
        robot.step()
        await client.publish('/cmd_vel', TWIST, { rateHz: 1000, count: 3 })
        expect(warnings).toEqual(['/cmd_vel: the robot is idle: call /arm first'])
    })

    it('reports what the bridge refuses', async () => {
        const { client } = await setUp()
        await expect(client.subscribe('/scan').next()).rejects.toMatchObject({
            code: 'refused',
            message: expect.stringContaining('there is no topic "/scan"; there are: /joint_states'),
        })
        await expect(client.publish('/cmd_vel', {}, { rateHz: 1, count: 1 })).rejects.toMatchObject({
            code: 'refused',
            message: expect.stringContaining('linear is missing'),
        })
        // The refusal ends it; the next message would be due in a thousand seconds.
        await expect(client.publish('/cmd_vel', {}, { rateHz: 0.001 })).rejects.toMatchObject({ code: 'refused' })
        await expect(client.callService('/dance')).rejects.toMatchObject({ code: 'refused' })
    })

    it('reports that the bridge went away', async () => {
        const { bridge, client } = await setUp()
        const next = client.subscribe('/odom').next()
        const publishing = client.publish('/cmd_vel', TWIST, { rateHz: 0.001 })
        await client.topics()
        const all = Promise.allSettled([next, publishing])
        await bridge.close()
        for (const result of await all) {
            expect(result).toMatchObject({ status: 'rejected', reason: { code: 'closed' } })
        }
        await expect(client.topics()).rejects.toMatchObject({ code: 'closed' })
        await expect(client.subscribe('/odom').next()).rejects.toMatchObject({ code: 'closed' })
    })
})

describe('connecting', () => {
    /** A server that is closed at the end of the test. */
    async function listen(server: ReturnType<typeof createTcpServer>): Promise<string> {
        server.listen(0, '127.0.0.1')
        await once(server, 'listening')
        onTestFinished(() => void server.close())
        return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
    }

    it('says how to start a bridge when nothing listens', async () => {
        const server = createTcpServer()
        const url = await listen(server)
        server.close()
        await once(server, 'close')
        const error = await connectRosbridge(url).catch((error: BridgeError) => error)
        expect(error).toMatchObject({
            code: 'no-bridge',
            message: `no bridge at ${url}: start one with \`tendon bridge\` or \`tendon start\``,
        })
    })

    it('says when something else listens', async () => {
        const url = await listen(createServer((_, response) => void response.writeHead(404).end()))
        await expect(connectRosbridge(url)).rejects.toMatchObject({
            code: 'no-bridge',
            message: expect.stringContaining(`what listens at ${url} is no rosbridge (HTTP 404)`),
        })
    })

    it('says why the bridge does not let it in, and what is behind another door', async () => {
        const options = { host: '127.0.0.1', port: 0, foxglovePort: 0, token: 'a-token-of-the-test' }
        const bridge = await startBridge(new KinematicRobot(), options)
        onTestFinished(() => bridge.close())
        const { url } = bridge.rosbridge
        await expect(connectRosbridge(url)).rejects.toMatchObject({
            code: 'refused',
            message: expect.stringMatching(/a token is needed: in the header .*, or in the URL as \?token=<token>$/),
        })
        await (await connectRosbridge(`${url}/?token=${options.token}`)).close()
        const foxglove = `${bridge.foxglove!.url}/?token=${options.token}`
        await expect(connectRosbridge(foxglove)).rejects.toMatchObject({
            code: 'no-bridge',
            message: expect.stringContaining('is no rosbridge (a WebSocket subprotocol is needed: foxglove.sdk.v1'),
        })
    })

    it('says when what listens is silent', async () => {
        const url = await listen(createTcpServer(socket => onTestFinished(() => void socket.destroy())))
        await expect(connectRosbridge(url, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'no-answer' })
    })

    it.each(['localhost:9090', 'http://127.0.0.1:9090', 'robot'])('refuses the URL %s', async url => {
        await expect(connectRosbridge(url)).rejects.toMatchObject({ code: 'bad-url' })
    })
})

describe('a queue of messages', () => {
    it('loses its oldest beyond a thousand', async () => {
        const queue = new MessageQueue()
        for (let i = 0; i < 1003; i++) queue.push(i)
        queue.end()
        expect(await queue.next()).toEqual({ message: 3 })
    })

    it('gives what it holds before its end or its error', async () => {
        const queue = new MessageQueue()
        queue.push('last')
        queue.end(new BridgeError('closed', 'gone'))
        expect(await queue.next()).toEqual({ message: 'last' })
        await expect(queue.next()).rejects.toThrow('gone')
    })
})
