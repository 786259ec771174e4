import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startBroker } from '../../src/fleet/broker'
import { buildFirmware } from '../../src/flash/build'
import { systemScheduler } from '../../src/host/scheduler'
import { openPty } from '../../src/sim/pty-port'
import { runRealTime } from '../../src/sim/real-time'
import { simulate } from '../../src/simulate'
import { needFirmware, startTendon, tendon } from './tendon'

needFirmware(true)
beforeAll(() => buildFirmware('balancer'), 180_000)

/** A rover on a simulated RP2040 at a pseudo-terminal, as time passes, for whoever opens its path. */
async function plugged() {
    const directory = await mkdtemp(path.join(tmpdir(), 'tendon-deploy-'))
    const port = path.join(directory, 'board')
    const robot = await simulate({ robot: 'rover', board: 'rp2040' })
    const pty = await openPty({ link: port })
    pty.stream.onData = bytes => robot.write(bytes)
    robot.onBytes = bytes => pty.stream.write(bytes)
    const stop = runRealTime(robot, systemScheduler)
    // The socket of a bridge goes into a directory of the test's own.
    const before = process.env.XDG_RUNTIME_DIR
    process.env.XDG_RUNTIME_DIR = directory
    onTestFinished(async () => {
        if (before === undefined) delete process.env.XDG_RUNTIME_DIR
        else process.env.XDG_RUNTIME_DIR = before
        await pty.close()
        stop()
        await rm(directory, { recursive: true })
    })
    return { robot, port, directory }
}

async function deploy(robot: string, port: string) {
    const { code, stdout, stderr } = await startTendon('deploy', robot, '--port', port, '--json').outcome
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('100 %') })
    return JSON.parse(stdout) as Record<string, unknown>
}

describe('tendon deploy', () => {
    it('replaces the program of a board on a serial port, and says when there is nothing to do', async () => {
        const { robot, port } = await plugged()
        const { sha256, bytecode } = await buildFirmware('balancer')
        expect(await deploy('balancer', port)).toMatchObject({ outcome: 'deployed', robot: 'balancer', sha256 })
        expect(robot.flash.program()!.equals(bytecode)).toBe(true)
        const again = await startTendon('deploy', 'balancer', '--port', port).outcome
        expect(again).toMatchObject({ code: 0, stderr: '' })
        expect(again.stdout).toBe(
            `balancer (${sha256.slice(0, 8)}) is on the board already, and answers (runtime 2.16.4)\n`,
        )
    }, 90_000)

    it('goes through the bridge that holds the port, by its socket or from the fleet, behind the same doors', async () => {
        const { robot, port, directory } = await plugged()
        const broker = await startBroker(0)
        onTestFinished(() => broker.close())
        const fleet = ['--fleet', broker.url, '--fleet-id', 'dock', '--fleet-deploy']
        const bridge = startTendon('bridge', '--port', port, '--bridge-port', '0', ...fleet, '--json')
        const { url } = await bridge.event('bridge')
        await bridge.event('fleet')
        bridge.stdout = ''
        const { sha256 } = await buildFirmware('balancer')
        expect(await deploy('balancer', port)).toMatchObject({ outcome: 'deployed', sha256 })
        expect(await bridge.event('connected')).toMatchObject({ robot: 'balancer' })
        expect(await bridge.event('bridge')).toMatchObject({ url })
        const count = ['--count', '1', '--json']
        expect((await tendon('topic', 'echo', '/joint_states', '--url', url as string, ...count)).code).toBe(0)

        // The fleet was told that it is another robot now.
        const plain = await buildFirmware('balancer', { inline: false })
        const order = ['fleet', 'deploy', 'balancer', 'dock', '--no-inline', '--broker', broker.url, '--json']
        const { code, stdout } = await startTendon(...order).outcome
        expect(code).toBe(0)
        expect(JSON.parse(stdout)).toMatchObject({
            robots: [{ robot: 'dock', outcome: 'deployed', before: sha256 }],
            versions: [{ robot: 'balancer', ids: ['dock'], versions: { firmware: plain.sha256 } }],
        })
        expect(robot.flash.program()!.equals(plain.bytecode)).toBe(true)

        // Its socket is for this user alone, and takes nothing but a program whose hash is right.
        const [sockets] = (await readdir(directory)).filter(name => name.startsWith('tendon-'))
        const own = path.join(directory, sockets)
        expect((await stat(own)).mode & 0o777).toBe(0o700)
        const [socket] = await readdir(own)
        const header = { robot: 'rover', bytes: 32, sha256: '0'.repeat(64), force: false }
        expect(await ask(path.join(own, socket), `${JSON.stringify(header)}\n${'x'.repeat(32)}`)).toEqual({
            error: { code: 'verify', message: 'the program that came is not the one whose hash was said' },
        })
        expect(await ask(path.join(own, socket), `${JSON.stringify({ ...header, bytes: 1e9 })}\n`)).toMatchObject({
            error: { code: 'refused', message: expect.stringContaining('a multiple of 32 up to 262144') },
        })
        bridge.signal('SIGTERM')
        expect((await bridge.outcome).code).toBe(0)
    }, 120_000)

    it('says what is wrong with a port, and which robots there are', async () => {
        const { code, stderr } = await tendon('deploy', 'rover', '--port', '/dev/no-such-board')
        expect(code).toBe(1)
        expect(stderr).toMatch(/Cannot open serial port \/dev\/no-such-board: .*Serial ports that exist:/s)
        const other = await tendon('deploy', 'crawler', '--port', '/dev/no-such-board')
        expect(other.code).toBe(2)
        expect(other.stderr).toMatch(/robot "crawler" does not exist; there are: .*rover/)
    })
})

function ask(address: string, request: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
        let text = ''
        const socket = connect(address, () => socket.write(request))
        socket.setEncoding('utf8').on('data', chunk => (text += chunk))
        socket.on('error', reject).on('end', () => resolve(JSON.parse(text)))
    })
}
