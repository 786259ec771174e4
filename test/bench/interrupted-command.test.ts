import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { BenchResult } from '../../src/bench/result'
import { buildFirmware } from '../../src/flash/build'
import { startTendon } from '../cli/tendon'
import { Terminal } from '../cli/terminal'
import { PluggedRover, until } from '../e2e/plugged-rover'

beforeAll(() => buildFirmware('actuator'), 180_000)

async function reports() {
    const directory = await mkdtemp(path.join(tmpdir(), 'tendon-bench-'))
    onTestFinished(() => rm(directory, { recursive: true }))
    const read = async () => {
        const files = await readdir(directory)
        const json = files.find(file => file.endsWith('.json'))!
        return { files, result: JSON.parse(await readFile(path.join(directory, json), 'utf8')) as BenchResult }
    }
    return { directory, read }
}

describe('tendon bench on a serial port', () => {
    it('is interrupted by SIGINT: motor off, report written, exit code 130', { timeout: 60_000 }, async () => {
        const { robot, path: port } = await PluggedRover.start(3, 'actuator')
        const { directory, read } = await reports()
        const bench = startTendon('bench', 'thermal', '--port', port, '--duration', '600', '--json', '--out', directory)
        await until(() => robot.body.velocities()[0] > 1)
        const { now } = robot.clock
        await until(() => robot.clock.now - now > 3e6)
        bench.signal('SIGINT')
        const { code, stdout } = await bench.outcome
        expect(robot.body.outputs()).toEqual([0])
        expect(code).toBe(130)
        const printed = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as BenchResult
        expect(printed).toMatchObject({ test: 'thermal', outcome: 'interrupted', verdict: 'fail' })
        const { files, result } = await read()
        expect(files.map(file => path.extname(file)).sort()).toEqual(['.html', '.json', '.mcap'])
        expect(result).toMatchObject({ outcome: 'interrupted', conditions: { link: port, joint: 'motor' } })
        expect(result.capture.seconds).toBeGreaterThan(3)
        // The board itself says what it runs.
        expect(result.conditions.firmware).toBe((await buildFirmware('actuator')).sha256)
    })

    it('is stopped when the port goes away, and reports', { timeout: 60_000 }, async () => {
        const rover = await PluggedRover.start(4, 'actuator')
        const { directory, read } = await reports()
        const bench = startTendon('bench', 'step', '--port', rover.path, '--json', '--out', directory)
        await until(() => rover.robot.body.velocities()[0] > 1)
        await rover.unplug()
        const { code } = await bench.outcome
        await until(() => rover.robot.body.outputs()[0] === 0)
        expect(code).toBe(1)
        const { result } = await read()
        expect(result).toMatchObject({ outcome: 'stopped', reason: 'the link to the robot was lost', verdict: 'fail' })
    })

    it('shows progress and the time left on a terminal, and obeys Ctrl-C there', { timeout: 60_000 }, async () => {
        const { robot, path: port } = await PluggedRover.start(5, 'actuator')
        const { directory, read } = await reports()
        const terminal = new Terminal(['bench', 'step', '--port', port, '--repeats', '30', '--out', directory])
        await until(() => /\d+ % {2}\d+[ms].* left {2}step 1 of 30/.test(terminal.output))
        await until(() => robot.body.velocities()[0] > 1)
        terminal.press('\x03')
        expect(await terminal.ended()).toBe(130)
        expect(robot.body.outputs()).toEqual([0])
        expect(terminal.output).toContain('FAIL (interrupted: interrupted)')
        expect((await read()).result.outcome).toBe('interrupted')
        expect(terminal.settings[1]).toBe(terminal.settings[0])
    })
})
