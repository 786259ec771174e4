import { existsSync, lstatSync } from 'node:fs'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connectRosbridge } from '../../src/bridge/rosbridge-client'
import { needFirmware, startTendon, tendon } from './tendon'
import { Terminal } from './terminal'

needFirmware(true)

async function temporaryDirectory(): Promise<string> {
    const directory = await mkdtemp(path.join(tmpdir(), 'tendon-start-'))
    onTestFinished(() => rm(directory, { recursive: true }))
    return directory
}

describe('tendon start', () => {
    it('puts a rover on a serial port, moves it, serves planners, and leaves nothing behind', async () => {
        const link = path.join(await temporaryDirectory(), 'rover')
        const start = startTendon('start', '--json', '--bridge-port', '0', '--port-link', link)
        expect((await start.event('port')).port).toBe(link)
        expect(lstatSync(link).isSymbolicLink()).toBe(true)
        const motion = await start.event('motion')
        expect(motion.secondsSinceStart).toBeGreaterThan(0)
        expect(motion.secondsSinceStart).toBeLessThan(60)

        const { url } = (await start.event('bridge')) as { url: string }
        const client = await connectRosbridge(url)
        const samples = client.subscribe('/odom')
        const stamps = []
        for await (const message of samples) {
            const { sec, nanosec } = (message as { header: { stamp: { sec: number; nanosec: number } } }).header.stamp
            stamps.push(sec + nanosec / 1e9)
            if (stamps.length === 20) break
        }
        // 100 Hz: nineteen periods of 10 ms. The first comparisons of the clocks are rough on a busy machine, and the next
        // ones move the stamps by some ms; a lost sample would be a whole period.
        expect(Math.abs(stamps[19] - stamps[0] - 0.19)).toBeLessThan(0.009)
        await client.close()

        const status = await start.event('status')
        expect(status).toMatchObject({ mode: 'armed', statistics: { connected: true } })
        start.signal('SIGINT')
        expect(await start.outcome).toMatchObject({ code: 0, stderr: '' })
        expect(existsSync(link)).toBe(false)
    })

    it('prints a line a second without a terminal, and ends after its duration', async () => {
        const { code, stdout, stderr } = await tendon('start', 'rover', '--bridge-port', '0', '--duration', '3.5')
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
        const lines = stdout.trimEnd().split('\n')
        expect(lines[0]).toMatch(/^rover on a simulated rp2040, serial port \/dev\//)
        expect(lines[1]).toMatch(/^rosbridge at ws:\/\/127\.0\.0\.1:\d+, foxglove at ws:\/\/127\.0\.0\.1:\d+$/)
        expect(lines[2]).toMatch(/^first motion \d+\.\d s after the start$/)
        const status = lines.slice(3)
        expect(status.length).toBeGreaterThanOrEqual(2)
        for (const line of status)
            expect(line).toMatch(/^ +[\d.]+ s {2}square +\d+ % {2}armed {2}odometry .* late \d+ {2}lost \d+$/)
        // No escape sequence goes where no terminal is.
        expect(stdout.includes('\x1b')).toBe(false)
    })

    it('shows a map and figures in place on a terminal, and leaves it as it was', async () => {
        const terminal = new Terminal(['start', '--bridge-port', '0', '--foxglove-port', 'off', '--duration', '4'])
        expect(await terminal.ended()).toBe(0)
        expect(terminal.output).toMatch(/square {5}[█·]{20} +\d+ %/)
        // The block is erased before it is drawn anew: eleven lines up.
        expect(terminal.output.split('\x1b[11A\x1b[J').length).toBeGreaterThan(5)
        expect(terminal.output.lastIndexOf('\x1b[?25h')).toBeGreaterThan(terminal.output.lastIndexOf('\x1b[?25l'))
        expect(terminal.output).not.toContain('\x1b[?1049h')
        expect(terminal.settings).toHaveLength(2)
        expect(terminal.settings[1]).toBe(terminal.settings[0])
    })

    it('says what to do when the bridge port is taken', async () => {
        const server = createServer().listen(0, '127.0.0.1')
        await once(server, 'listening')
        onTestFinished(() => void server.close())
        const { port } = server.address() as AddressInfo
        const { code, stdout, stderr } = await tendon('start', '--bridge-port', String(port))
        expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
        expect(stderr).toContain(`127.0.0.1:${port} is in use`)
        expect(stderr).toContain('--bridge-port')
    })

    it('does not overwrite a file with its port link', async () => {
        const file = path.join(await temporaryDirectory(), 'notes')
        await writeFile(file, '')
        const { code, stderr } = await tendon('start', '--bridge-port', '0', '--port-link', file)
        expect(code).toBe(1)
        expect(stderr).toContain(`${file} exists and is no symbolic link`)
        expect(stderr).toContain('--port-link')
    })
})
