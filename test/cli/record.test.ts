import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connectRosbridge } from '../../src/bridge/rosbridge-client'
import { openIndexed, readTicks } from '../record/read'
import { needFirmware, startTendon, tendon } from './tendon'

needFirmware(true)

async function scratch(): Promise<string> {
    const directory = await mkdtemp(path.join(tmpdir(), 'tendon-record-'))
    onTestFinished(() => rm(directory, { recursive: true }))
    return directory
}

/** Mounts a disk of some KiB, gone when the test is over. Undefined where this process may not. */
function smallDisk(directory: string, kib: number): string | undefined {
    try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', directory], { stdio: 'ignore' })
    } catch {
        return undefined
    }
    onTestFinished(() => void execFileSync('umount', [directory]))
    return directory
}

/** Ticks that the simulator does at most between two turns of the recorder: it catches up with 250 ms. */
const BURST = 25

/** Ticks of the largest chunk: they are alike, but for one whose IMU samples were dropped. */
function ticksOfChunk(ticks: number[], chunks: number): number {
    return (ticks.length / chunks) * 1.2
}

/** Ticks from the first to the last, none missing. */
function consecutive(ticks: number[]): boolean {
    return ticks.every((tick, i) => tick === ticks[0] + i)
}

describe('tendon record', () => {
    it('killed in the middle leaves a file with all but the open chunk', async () => {
        const directory = await scratch()
        const [file, mended] = [path.join(directory, 'killed.mcap'), path.join(directory, 'mended.mcap')]
        const recording = startTendon('record', '--sim', 'rover', '--json', file)
        const [line] = await recording.printed(/^\{"event":"status".*"ticks":[2-9]\d\d,.*\}$/m)
        recording.signal('SIGKILL')
        expect((await recording.outcome).code).toBeNull()
        await expect(openIndexed(file)).rejects.toThrow()
        const { ticks, ticksWaiting, ticksInFile, lastTickInFile } = JSON.parse(line) as Record<string, number>
        const recovery = await tendon('recover', file, mended, '--json')
        expect(recovery.code).toBe(0)
        const { whole, chunks } = JSON.parse(recovery.stdout) as { whole: boolean; chunks: number }
        expect(whole).toBe(false)
        const found = await readTicks(mended)
        expect(consecutive(found)).toBe(true)
        expect(found.at(-1)).toBeGreaterThanOrEqual(lastTickInFile)
        expect(found.length).toBeGreaterThanOrEqual(ticksInFile)
        expect(ticks - ticksWaiting - found.length).toBeLessThan(ticksOfChunk(found, chunks))
    })

    it('ends with an error when the disk is full, and leaves a file with all but the open chunk', async context => {
        const directory = await scratch()
        const disk = smallDisk(await scratch(), 96)
        if (disk === undefined) return context.skip('mounting a small disk needs root')
        const [file, mended] = [path.join(disk, 'full.mcap'), path.join(directory, 'mended.mcap')]
        const { code, stderr } = await tendon('record', '--sim', 'rover', '--duration', '20', file)
        expect(code).toBe(1)
        expect(stderr).toMatch(/the disk is full: \S+full\.mcap takes no more\. /)
        expect(stderr).toMatch(/Mend it with: tendon recover \S+full\.mcap <new file>/)
        const [, inFile, all, last] = stderr
            .match(/(\d+) of (\d+) ticks are in the file, up to tick (\d+)/)!
            .map(Number)
        const recovery = await tendon('recover', file, mended, '--json')
        const { chunks } = JSON.parse(recovery.stdout) as { chunks: number }
        const found = await readTicks(mended)
        expect(consecutive(found)).toBe(true)
        expect(found.length).toBeGreaterThanOrEqual(inFile)
        expect(found.at(-1)).toBeGreaterThanOrEqual(last)
        expect(all - found.length).toBeLessThan(ticksOfChunk(found, chunks) + BURST)
    })

    it('ends after its duration with a file that has every tick', async () => {
        const file = path.join(await scratch(), 'run.mcap')
        const { code, stdout } = await tendon('record', '--sim', 'rover', '--duration', '2', '--json', file)
        expect(code).toBe(0)
        const { ticks } = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as { ticks: number }
        expect(ticks).toBeGreaterThan(100)
        const found = await readTicks(file)
        expect(found).toHaveLength(ticks)
        expect(consecutive(found)).toBe(true)
    })

    it('is there beside a bridge, which outlives a full disk', async context => {
        const disk = smallDisk(await scratch(), 48)
        if (disk === undefined) return context.skip('mounting a small disk needs root')
        const file = path.join(disk, 'bridged.mcap')
        const bridge = startTendon('bridge', '--sim', 'rover', '--bridge-port', '0', '--json', '--record', file)
        const { url } = await bridge.event('bridge')
        expect((await bridge.event('recording-failed')).message).toMatch(/the disk is full: .*tendon recover/)
        expect((await tendon('topic', 'echo', '/odom', '--url', url as string, '--once')).code).toBe(0)
        bridge.signal('SIGTERM')
        expect((await bridge.outcome).code).toBe(1)
    })

    it('says what is wrong with its file', async () => {
        const file = path.join(await scratch(), 'there.mcap')
        await writeFile(file, 'precious')
        const { code, stderr } = await tendon('record', '--sim', 'rover', file)
        expect(code).toBe(1)
        expect(stderr).toContain(`${file} exists: name another file, or remove it first`)
        const missing = await tendon('record', '--sim', 'rover', '/no/such/place.mcap')
        expect(missing.code).toBe(1)
        expect(missing.stderr).toContain('cannot create /no/such/place.mcap: ENOENT')
    })
})

describe('a recording', () => {
    it('is exported, and played to a simulated robot, which does the same again', async () => {
        const directory = await scratch()
        const file = path.join(directory, 'run.mcap')
        const bridge = startTendon('bridge', '--sim', 'rover', '--bridge-port', '0', '--record', file, '--json')
        const [, url] = await bridge.printed(/"event":"bridge","url":"(ws:[^"]+)"/)
        await bridge.printed(/"event":"recording"/)
        const client = await connectRosbridge(url)
        onTestFinished(() => client.close())
        await expect.poll(() => client.callService('/arm'), { timeout: 20_000 }).toMatchObject({ success: true })
        const wheels = { data: [3, -3] }
        await client.publish('/forward_velocity_controller/commands', wheels, { rateHz: 50, count: 30 })
        bridge.signal('SIGINT')
        expect((await bridge.outcome).code).toBe(0)
        expect(await bridge.event('recorded')).toMatchObject({ file, ticks: expect.any(Number) })

        const tables = path.join(directory, 'tables')
        const exported = await tendon('export', file, tables, '--json', '--topic', '/commands', '/ticks')
        expect(JSON.parse(exported.stdout)).toMatchObject({ tables: [{ topic: '/commands' }, { topic: '/ticks' }] })
        const commands = (await readFile(path.join(tables, 'commands.csv'), 'utf8')).split('\r\n')
        expect(commands[0]).toContain('joints.left_wheel.value')
        expect(commands.filter(line => /,setpoint,velocity,3,velocity,-3$/.test(line))).toHaveLength(30)

        const replayed = await tendon('replay', file, '--to', 'sim', '--json')
        expect(replayed.stderr).toBe('')
        const { robot, deviations } = JSON.parse(replayed.stdout) as Record<string, never>
        expect(robot).toBe('rover')
        expect(deviations).toMatchObject([{ joint: 'left_wheel' }, { joint: 'right_wheel' }])
        expect(Math.max(...(deviations as { position: number }[]).map(({ position }) => position))).toBeLessThan(1)
    })
})
