import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { BenchResult } from '../../src/bench/result'
import { buildFirmware } from '../../src/flash/build'
import { type Outcome, startTendon } from '../cli/tendon'
import { Terminal } from '../cli/terminal'
import { PluggedRover, until } from '../e2e/plugged-rover'

beforeAll(() => buildFirmware('actuator'), 180_000)

async function reports() {
    const directory = await mkdtemp(path.join(tmpdir(), 'tendon-bench-'))
    onTestFinished(() => rm(directory, { recursive: true }))
    const read = async () => {
        const files = await readdir(directory)
        const json = files
            .filter(file => file.endsWith('.json'))
            .sort()
            .at(-1)!
        return { files, result: JSON.parse(await readFile(path.join(directory, json), 'utf8')) as BenchResult }
    }
    return { directory, read }
}

/**
 * On a busy machine a setpoint may come later than its deadline; then the board has stopped the test before it was interrupted,
 * as it must, and the test is run again.
 */
async function onceNotLate(run: () => Promise<Outcome>): Promise<Outcome> {
    for (;;) {
        const outcome = await run()
        if (!/left the armed state \(timeout\)/.test(outcome.stdout)) return outcome
    }
}

describe('tendon bench on a serial port', () => {
    it('is interrupted by SIGINT: motor off, report written, exit code 130', { timeout: 60_000 }, async () => {
        const { robot, path: port } = await PluggedRover.start(3, 'actuator')
        const { directory, read } = await reports()
        const { code, stdout } = await onceNotLate(async () => {
            const started = startTendon(
                'bench',
                'thermal',
                '--port',
                port,
                '--duration',
                '600',
                '--json',
                '--out',
                directory,
            )
            let ended = false
            void started.outcome.then(() => (ended = true))
            await until(() => robot.body.velocities()[0] > 1 || ended)
            const { now } = robot.clock
            await until(() => robot.clock.now - now > 1e6 || ended)
            started.signal('SIGINT')
            return started.outcome
        })
        expect(robot.body.outputs()).toEqual([0])
        expect(code).toBe(130)
        const printed = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as BenchResult
        expect(printed).toMatchObject({ test: 'thermal', outcome: 'interrupted', verdict: 'fail' })
        const { files, result } = await read()
        expect([...new Set(files.map(file => path.extname(file)))].sort()).toEqual(['.html', '.json', '.mcap'])
        expect(result).toMatchObject({ outcome: 'interrupted', conditions: { link: port, joint: 'motor' } })
        expect(result.capture.seconds).toBeGreaterThan(1)
        // The board itself says what it runs.
        expect(result.conditions.firmware).toBe((await buildFirmware('actuator')).sha256)
    })

    it('is stopped when the port goes away, and reports', { timeout: 60_000 }, async () => {
        const rover = await PluggedRover.start(4, 'actuator')
        const { directory, read } = await reports()
        let plugged = true
        const { code } = await onceNotLate(async () => {
            if (!plugged) await rover.plug()
            const started = startTendon('bench', 'step', '--port', rover.path, '--json', '--out', directory)
            let ended = false
            void started.outcome.then(() => (ended = true))
            await until(() => rover.robot.body.velocities()[0] > 1 || ended)
            await rover.unplug()
            plugged = false
            return started.outcome
        })
        await until(() => rover.robot.body.outputs()[0] === 0)
        expect(code).toBe(1)
        const { result } = await read()
        expect(result).toMatchObject({ outcome: 'stopped', reason: 'the link to the robot was lost', verdict: 'fail' })
    })

    it('shows progress and the time left on a terminal, and obeys Ctrl-C there', { timeout: 60_000 }, async () => {
        const { robot, path: port } = await PluggedRover.start(5, 'actuator')
        const { directory, read } = await reports()
        let terminal!: Terminal
        const { code } = await onceNotLate(async () => {
            terminal = new Terminal(['bench', 'step', '--port', port, '--repeats', '30', '--out', directory])
            await until(() => /\d+ % {2}\d+[ms].* left {2}step 1 of 30|timeout/.test(terminal.output))
            terminal.press('\x03')
            return { code: await terminal.ended(), stdout: terminal.output, stderr: '' }
        })
        expect(code).toBe(130)
        expect(robot.body.outputs()).toEqual([0])
        expect(terminal.output).toContain('FAIL (interrupted: by the user)')
        expect((await read()).result.outcome).toBe('interrupted')
        expect(terminal.settings[1]).toBe(terminal.settings[0])
    })
})
