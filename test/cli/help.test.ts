import { execFile } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { tendon } from './tendon'

const COMMANDS = [
    'start',
    'sim',
    'bridge',
    'monitor',
    'topic',
    'topic list',
    'topic echo',
    'topic pub',
    'build',
    'deploy',
    'ports',
    'record',
    'recover',
    'export',
    'types',
    'replay',
    'verify-safety',
    'new',
    'wiring',
]

describe('help', () => {
    it.concurrent.each(COMMANDS)('of %s says how to call it, with an example', async command => {
        const { code, stdout, stderr } = await tendon(...command.split(' '), '--help')
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
        expect(stdout).toMatch(new RegExp(`^Usage: tendon ${command}( |$)`, 'm'))
        // The example calls the command that it is the example of.
        expect(stdout).toMatch(new RegExp(`^Examples?\\b.*:\\n  \\$ tendon ${command}( |$)`, 'm'))
    })

    it('of tendon itself lists the commands', async () => {
        const { code, stdout } = await tendon('--help')
        expect(code).toBe(0)
        for (const command of ['start', 'sim', 'bridge', 'topic', 'build', 'ports']) {
            expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
        }
    })
})

/** A script of `package.json` that takes options. */
function script(file: string, ...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
    return new Promise(resolve =>
        execFile(process.execPath, ['--import', 'tsx', `src/bench/${file}`, ...args], (error, stdout, stderr) =>
            resolve({ code: error?.code ?? 0, stdout, stderr }),
        ),
    )
}

describe('the campaigns of npm run', () => {
    it.concurrent.each(['soak/main.ts', 'fleet-soak.ts'])('%s say how to call them', async file => {
        const { code, stdout, stderr } = await script(file, '--help')
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
        expect(stdout).toMatch(/^usage: npm run soak/)
    })

    it.concurrent.each([
        [['--frobnicate'], "Unknown option '--frobnicate'"],
        [['nosuch'], 'campaign: nosuch; allowed is one of: stop, '],
        [['stop', '--runs', '0'], '--runs 0; allowed: whole numbers from 1'],
    ])('say what is wrong with %j, without a trace', async (args, text) => {
        const { code, stderr } = await script('soak/main.ts', ...args)
        expect(code).toBe(2)
        expect(stderr).toContain(text)
        expect(stderr).toContain('usage: npm run soak')
        expect(stderr).not.toMatch(/^ {4}at /m)
    })
})
