import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import { isLoopback } from '../../src/bridge/access/access'
import { RateLimit } from '../../src/bridge/access/rate'
import { startBridge } from '../../src/bridge/start-bridge'
import { FoxglovePlanner, openFoxglove } from './foxglove-client'
import { KinematicRobot } from './kinematic-robot'
import { openDoor, RawClient } from './planner'

const TOKEN = '0123456789abcdef'

/** A certificate for this machine and its key, made by the system's OpenSSL. */
function certificate(): { cert: string; key: string } | undefined {
    const directory = mkdtempSync(join(tmpdir(), 'tendon-tls-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')]
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
    try {
        execFileSync('openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', cert, ...subject], {
            stdio: 'ignore',
        })
    } catch {
        return undefined
    }
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
}

describe('beyond this machine', () => {
    it.each([
        ['127.0.0.1', true],
        ['127.1.2.3', true],
        ['::1', true],
        ['localhost', true],
        ['0.0.0.0', false],
        ['::', false],
        ['192.168.1.5', false],
        ['localhost.example', false],
        ['127.evil.example', false],
        ['', false],
    ])('%j is not: %s', (host, own) => {
        expect(isLoopback(host)).toBe(own)
    })

    it('no door opens without a token, nor with one that can be guessed', async () => {
        const open = (options: object) => startBridge(new KinematicRobot(), { port: 0, foxglovePort: 0, ...options })
        await expect(open({ host: '0.0.0.0' })).rejects.toMatchObject({
            name: 'BridgeError',
            code: 'insecure',
            message: expect.stringContaining('at 0.0.0.0 other machines could command the robot: a token is needed'),
        })
        await expect(open({ host: '::' })).rejects.toMatchObject({ code: 'insecure' })
        await expect(open({ token: 'secret' })).rejects.toThrow('the token has 6 characters; needed: 16 or more')
        const bridge = await open({ host: '0.0.0.0', token: TOKEN })
        await bridge.close()
    })
})

describe('a token', () => {
    it.each<[string, string, Record<string, string>, boolean]>([
        ['in the header', '', { Authorization: `Bearer ${TOKEN}` }, true],
        ['in the URL', `/?token=${TOKEN}`, {}, true],
        ['missing', '', {}, false],
        ['wrong', '/?token=0123456789abcdeX', {}, false],
        ['cut', '/?token=0123456789abcde', {}, false],
        ['empty', '/?token=', {}, false],
        ['wrong in the header, whatever the URL has', `/?token=${TOKEN}`, { Authorization: 'Bearer x' }, false],
        ['missing from a page of this machine', '', { Origin: 'http://localhost' }, false],
    ])('that is %s', async (_, path, headers, allowed) => {
        const { robot, bridge } = await openDoor({ token: TOKEN })
        const connected = RawClient.connect(bridge.url + path, headers)
        if (allowed) {
            const client = await connected
            await client.settle()
            client.socket.terminate()
        } else {
            await expect(connected).rejects.toThrow('Unexpected server response: 401')
        }
        expect(robot.listenerCount('drive')).toBe(0)
    })
})

describe('TLS', () => {
    it('is all that a door with a certificate speaks', async context => {
        const tls = certificate()
        if (tls === undefined) context.skip('skipped: openssl is not installed, so there is no certificate to serve')
        const { bridge } = await openDoor({ tls, token: TOKEN })
        expect(bridge.url).toMatch(/^wss:/)
        const socket = new WebSocket(`${bridge.url}/?token=${TOKEN}`, { ca: tls!.cert })
        await once(socket, 'open')
        socket.send(JSON.stringify({ op: 'call_service', service: '/rosapi/get_time' }))
        const [answer] = (await once(socket, 'message')) as [Buffer]
        expect(JSON.parse(answer.toString())).toMatchObject({ op: 'service_response', result: true })
        socket.terminate()
        await expect(RawClient.connect(bridge.url.replace('wss', 'ws'))).rejects.toThrow()
    })

    it('refuses a key that is none', async () => {
        await expect(openDoor({ tls: { cert: 'no certificate', key: 'no key' } })).rejects.toMatchObject({
            code: 'bad-tls',
        })
    })
})

describe('one client', () => {
    it('more than there may be is told so', async () => {
        const { bridge } = await openDoor({ maxClients: 2 })
        const first = await RawClient.connect(bridge.url)
        const second = await RawClient.connect(bridge.url)
        await expect(RawClient.connect(bridge.url)).rejects.toThrow('Unexpected server response: 503')
        const left = once(first.socket, 'close')
        first.socket.close()
        await left
        while (bridge.statistics().clients > 1) await second.settle()
        const third = await RawClient.connect(bridge.url)
        third.socket.terminate()
        second.socket.terminate()
    })

    it('that sends too much is told so, then cut off, and the robot does not move', async () => {
        const { robot, bridge } = await openDoor({ maxMessageRate: 10 })
        const driven: unknown[] = []
        robot.on('drive', velocity => driven.push(velocity))
        const client = await RawClient.connect(bridge.url)
        const closed = once(client.socket, 'close')
        const velocity = { linear: { x: 0.1, y: 0, z: 0 }, angular: { x: 0, y: 0, z: 0 } }
        for (let i = 0; i < 1000; i++) client.send({ op: 'publish', topic: '/cmd_vel', msg: velocity })
        const told = await client.inbox.find(({ level }) => level === 'error')
        expect(told.msg).toBe('message: more than 10 messages a second: not read')
        const [code, reason] = (await closed) as [number, Buffer]
        expect([code, String(reason)]).toEqual([1008, 'far more than 10 messages a second'])
        expect(driven.length).toBeGreaterThanOrEqual(100)
        expect(driven.length).toBeLessThan(150)
    })

    it('that sends far too much can still stop the robot, over and over', async () => {
        const { robot, bridge } = await openDoor({ maxMessageRate: 10 })
        const stop = vi.spyOn(robot, 'stop')
        const client = await RawClient.connect(bridge.url)
        const velocity = { linear: { x: 0.1, y: 0, z: 0 }, angular: { x: 0, y: 0, z: 0 } }
        for (let i = 0; i < 150; i++) client.send({ op: 'publish', topic: '/cmd_vel', msg: velocity })
        client.send({ op: 'call_service', id: 'halt', service: '/stop' })
        client.send({ op: 'call_service', id: 'disarm', service: '/disarm' })
        const answer = await client.inbox.find(({ op }) => op === 'service_response')
        expect(answer).toMatchObject({ id: 'halt', result: true, values: { success: true } })
        expect(stop).toHaveBeenCalledTimes(1)
        await robot.disarm()
        // Beyond its patience the bridge ends the connection; what comes on it until then is looked at all the same.
        const closed = once(client.socket, 'close')
        for (let i = 0; i < 400; i++) client.send({ op: 'publish', topic: '/cmd_vel', msg: velocity })
        client.send({ op: 'call_service', service: 'stop' })
        await closed
        expect(stop).toHaveBeenCalledTimes(2)
        robot.step()
        expect(robot.state!.mode).toBe('estop')
    })

    it('that sends far too much to the Foxglove door can still stop the robot', async () => {
        const { robot, door } = await openFoxglove({ maxMessageRate: 10 })
        const stop = vi.spyOn(robot, 'stop')
        const planner = await FoxglovePlanner.connect(door.url)
        for (let i = 0; i < 150; i++) planner.socket.send('{"op":"getParameters","parameterNames":[]}')
        await expect(planner.call('/stop')).resolves.toMatchObject({ success: true })
        expect(stop).toHaveBeenCalledTimes(1)
        const refused = planner.statuses.messages.filter(({ message }) => message.includes('not read'))
        expect(refused.length).toBeGreaterThan(0)
    })

    it('may send ten seconds of its rate at once, counted in messages or in pieces of 4 KiB', () => {
        const taken = (bytes: number) => {
            const limit = new RateLimit(100, 0)
            let count = 0
            while (limit.take(bytes, 0) === 'take') count++
            return count
        }
        expect(taken(100)).toBe(1000)
        expect(taken(40_960)).toBe(100)
        const limit = new RateLimit(100, 0)
        while (limit.take(1, 0) === 'take');
        expect(limit.take(1, 0)).toBe('refuse')
        expect(limit.take(1, 10)).toBe('take')
        expect(limit.take(1, 10)).toBe('refuse')
    })
})
