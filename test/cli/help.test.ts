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
