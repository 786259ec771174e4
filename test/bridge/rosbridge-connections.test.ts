import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import type { OdometryMessage } from '../../src/bridge/ros/messages'
import { startRosbridge } from '../../src/bridge/rosbridge'
import { KinematicRobot } from './kinematic-robot'
import { openDoor, openDoorWithRoslib, RawClient, type Status, subscribe } from './planner'

/** Samples are 10 ms apart. */
const tickOf = ({ header: { stamp } }: OdometryMessage) => Math.round(stamp.nanosec / 1e7) + stamp.sec * 100

describe('a client that does not read', () => {
    it('loses samples, is told so, and delays nobody', async () => {
        const bound = 64 * 1024
        const { robot, bridge, ros } = await openDoorWithRoslib({ clientBufferBytes: bound })
        const slow = await RawClient.connect(bridge.url)
        onTestFinished(() => slow.socket.terminate())
        slow.send({ op: 'subscribe', topic: '/odom' })
        await slow.settle()
        slow.socket.pause()
        const { inbox } = await subscribe<OdometryMessage>(ros, '/odom', 'nav_msgs/Odometry')

        // The kernel's own buffers take some megabytes before the bridge has to hold anything back.
        let sent = 0
        while (bridge.statistics().samplesDropped < 1000) {
            robot.step(40)
            sent += 40
            await inbox.count(sent)
        }
        expect(inbox.messages).toHaveLength(sent)
        const ticks = inbox.messages.map(tickOf)
        expect(ticks.every((tick, i) => i === 0 || tick === ticks[i - 1] + 1)).toBe(true)

        slow.socket.resume()
        const told = await slow.inbox.find(({ op }) => op === 'status')
        expect(told).toMatchObject({
            level: 'warning',
            msg: expect.stringMatching(/^samples are dropped: \d+ bytes wait/),
        })
        const summary = await slow.inbox.find(({ op, msg }) => op === 'status' && /read too slowly/.test(msg!))
        const { samplesDropped } = bridge.statistics()
        expect(summary.msg).toBe(`${samplesDropped} samples were dropped because this client read too slowly`)
        // What it lost is the oldest: the last sample came, and so does the next.
        const last = (message: Status) => tickOf(message.msg as unknown as OdometryMessage)
        await slow.inbox.find(message => message.op === 'publish' && last(message) === ticks.at(-1))
        robot.step()
        await slow.inbox.find(message => message.op === 'publish' && last(message) === ticks.at(-1)! + 1)
        expect(bridge.statistics().samplesDropped).toBe(samplesDropped)
    })

    it('is cut off when it keeps asking', async () => {
        const { bridge } = await openDoor({ clientBufferBytes: 1024 })
        const client = await RawClient.connect(bridge.url)
        client.socket.pause()
        client.socket.on('error', () => {}) // what it sends after that comes back as an error
        const closed = once(client.socket, 'close')
        while (bridge.statistics().clients > 0) {
            for (let i = 0; i < 100; i++) client.send({ op: 'call_service', service: '/rosapi/topics_and_raw_types' })
            await new Promise(resolve => setImmediate(resolve))
        }
        client.socket.resume()
        await closed
        expect(bridge.statistics().clients).toBe(0)
    })
})

describe('a web page', () => {
    it.each([
        ['http://localhost:5173', true],
        ['https://localhost', true],
        ['http://127.0.0.1:8080', true],
        ['http://[::1]:3000', true],
        ['https://studio.example', true],
        ['https://evil.example', false],
        ['http://studio.example', false],
        ['http://localhost.evil.example', false],
        ['http://127.0.0.1.evil.example:9090', false],
        ['file://localhost', false],
        ['null', false],
        ['', false],
    ])('of %j is let in: %s', async (origin, allowed) => {
        const { bridge } = await openDoor({ allowOrigins: ['https://studio.example'] })
        const connected = RawClient.connect(bridge.url, { Origin: origin })
        if (allowed) (await connected).socket.terminate()
        else await expect(connected).rejects.toThrow('Unexpected server response: 403')
    })

    it('of any origin is let in when all are allowed', async () => {
        const { bridge } = await openDoor({ allowOrigins: ['*'] })
        const { socket } = await RawClient.connect(bridge.url, { Origin: 'https://anywhere.example' })
        socket.terminate()
    })
})

describe('the bridge', () => {
    it('listens on loopback only, and tells a browser what it is', async () => {
        const { bridge } = await openDoor()
        expect(bridge.url).toBe(`ws://127.0.0.1:${bridge.port}`)
        const response = await fetch(bridge.url.replace('ws', 'http'))
        expect(response.status).toBe(426)
        expect(await response.text()).toContain('connect with a WebSocket')
    })

    it('says that its port is taken', async () => {
        const { bridge } = await openDoor()
        await expect(startRosbridge(new KinematicRobot(), { port: bridge.port })).rejects.toMatchObject({
            name: 'BridgeError',
            code: 'address-in-use',
            message: expect.stringContaining(`127.0.0.1:${bridge.port} is in use`),
        })
    })

    it('says that it cannot listen on an address of another machine', async () => {
        // 192.0.2.0/24 is for documentation (RFC 5737): no machine has it.
        await expect(
            startRosbridge(new KinematicRobot(), { host: '192.0.2.1', port: 0, token: 'a'.repeat(16) }),
        ).rejects.toMatchObject({
            code: 'bad-address',
        })
    })

    it('compresses nothing, even for a client that offers it', async () => {
        const { bridge } = await openDoor()
        const socket = new WebSocket(bridge.url, { perMessageDeflate: true })
        await once(socket, 'open')
        expect(socket.extensions).toBe('')
        socket.terminate()
    })

    it('closes its clients with a reason, frees the port and leaves the robot alone', async () => {
        const robot = new KinematicRobot()
        const bridge = await startRosbridge(robot, { port: 0, scheduler: robot.scheduler })
        const client = await RawClient.connect(bridge.url)
        client.send({ op: 'subscribe', topic: '/odom' })
        await client.settle()
        const idle = connect(bridge.port, '127.0.0.1') // a connection that never says what it wants
        await once(idle, 'connect')
        await robot.arm()
        const closed = once(client.socket, 'close')
        await bridge.close()
        const [code, reason] = await closed
        expect([code, String(reason)]).toEqual([1001, 'the bridge is closing'])
        robot.step(200)
        expect(bridge.statistics()).toMatchObject({ clients: 0, samplesEncoded: 0 })
        expect(robot.state!.mode).toBe('armed')
        const again = await startRosbridge(robot, { port: bridge.port, scheduler: robot.scheduler })
        await again.close()
    })

    it('tells its log who comes, goes and is refused', async () => {
        const lines: string[] = []
        const { bridge } = await openDoor({ log: line => lines.push(line) })
        const client = await RawClient.connect(bridge.url)
        const port = Number(/:(\d+)\) connected$/.exec(lines[0])?.[1])
        expect(lines[0]).toBe(`client 1 (127.0.0.1:${port}) connected`)
        const left = once(client.socket, 'close')
        client.socket.close()
        await left
        expect(lines[1]).toBe(`client 1 (127.0.0.1:${port}) left`)
        await RawClient.connect(bridge.url, { Origin: 'https://evil.example' }).catch(() => {})
        expect(lines[2]).toBe('refused 127.0.0.1: web pages of https://evil.example may not connect')
    })
})
