import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemScheduler } from '../../src/host/scheduler'
import { openPty } from '../../src/sim/pty-port'
import { runRealTime } from '../../src/sim/real-time'
import type { SimulatedRobot } from '../../src/sim/simulated-robot'
import { simulate } from '../../src/simulate'
import { needFirmware, startTendon, tendon } from './tendon'

needFirmware(true)

/** Plugs a simulated board in at `link`. Returns a function that unplugs it. */
async function plug(robot: SimulatedRobot, link: string): Promise<() => Promise<void>> {
    const pty = await openPty({ link })
    pty.stream.onData = bytes => robot.write(bytes)
    robot.onBytes = bytes => pty.stream.write(bytes)
    return () => pty.close()
}

describe('tendon bridge', () => {
    it('serves a simulated robot until it is told to end', async () => {
        const bridge = startTendon('bridge', '--sim', 'rover', '--bridge-port', '0')
        await bridge.printed(/^connected to rover \(configuration [0-9a-f]{8}\)$/m)
        const [, url] = await bridge.printed(/^rosbridge at (ws:\/\/127\.0\.0\.1:\d+)$/m)
        const echo = await tendon('topic', 'echo', '/joint_states', '--url', url, '--count', '2', '--json')
        expect(echo.code).toBe(0)
        const messages = echo.stdout
            .trimEnd()
            .split('\n')
            .map(line => JSON.parse(line) as { name: string[] })
        expect(messages.map(({ name }) => name)).toEqual(Array(2).fill(['left_wheel', 'right_wheel']))
        bridge.signal('SIGTERM')
        expect((await bridge.outcome).code).toBe(0)
    })

    it('says when the board is unplugged, and when it is back', async () => {
        const directory = await mkdtemp(path.join(tmpdir(), 'tendon-bridge-'))
        const link = path.join(directory, 'board')
        const robot = await simulate({ robot: 'rover', board: 'ideal' })
        const stop = runRealTime(robot, systemScheduler)
        let unplug = await plug(robot, link)
        onTestFinished(async () => {
            await unplug()
            stop()
            await rm(directory, { recursive: true })
        })
        const bridge = startTendon('bridge', '--port', link, '--bridge-port', '0', '--json')
        await bridge.event('bridge')
        await unplug()
        await bridge.event('lost')
        unplug = await plug(robot, link)
        expect(await bridge.event('back')).toMatchObject({ reconnects: 1 })
        bridge.signal('SIGINT')
        expect(await bridge.outcome).toMatchObject({ code: 0 })
    })

    it('says what is wrong with a port', async () => {
        const { code, stderr } = await tendon('bridge', '--port', '/dev/no-such-board', '--bridge-port', '0')
        expect(code).toBe(1)
        expect(stderr).toMatch(/Cannot open serial port \/dev\/no-such-board: .*Serial ports that exist:/s)
    })
})
