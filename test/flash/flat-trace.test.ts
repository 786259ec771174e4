import { expect, test } from 'vitest'
import { buildFirmware } from '../../src/flash/build'
import { tendon } from '../cli/tendon'

test.each(['rover', 'balancer'])(
    '%s: flat and plain firmware leave the same trace on the ideal profile',
    async robot => {
        await Promise.all([true, false].map(inline => buildFirmware(robot, { inline })))
        const run = async (...more: string[]) => {
            const drive = ['--board', 'ideal', '--duration', '4', '--speed', 'max', '--json']
            const { stdout } = await tendon('sim', robot, ...drive, ...more)
            return JSON.parse(stdout) as { traceHash: string; ticks: number }
        }
        const [flat, plain] = [await run(), await run('--no-inline')]
        expect(flat).toMatchObject({ traceHash: plain.traceHash, ticks: plain.ticks })
        expect(flat.ticks).toBeGreaterThan(300)
    },
    120_000,
)
