import { beforeAll, expect, test } from 'vitest'
import { stopRun } from '../../src/bench/soak/stop-time'
import { buildFirmware } from '../../src/flash/build'

beforeAll(() => buildFirmware('rover'), 180_000)

// Eleven seeds in a row are every scenario once; `npm run soak -- stop` is the same over a thousand.
test('in every fault of the link the motors are off within the bound that applies', async () => {
    const scenarios = new Set<string>()
    for (let seed = 1; seed <= 11; seed++) {
        const run = await stopRun(seed)
        scenarios.add(run.scenario)
        expect(run.slack, JSON.stringify(run)).toBeGreaterThanOrEqual(0)
        // A setpoint holds for its time less the margin at least, unless the link was as bad as to stop the motors itself.
        expect(run.afterSetpoint, JSON.stringify(run)).toBeGreaterThan(0.05)
    }
    expect(scenarios.size).toBe(11)
}, 120_000)

test('with the runtime stalled the motor controller ends it, by its own timeout and not before', async () => {
    const run = await stopRun(10)
    expect(run.scenario).toBe('runtime stalled')
    expect(run.afterTick).toBeGreaterThan(0.09)
    expect(run.afterTick).toBeLessThanOrEqual(0.104)
}, 60_000)
