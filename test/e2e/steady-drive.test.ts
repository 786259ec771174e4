import { expect, test } from 'vitest'
import { measureDrive } from '../../src/cli/measured-drive'
import './rig'

/** What `tendon sim rover` drives, for a shorter time. */
const drive = (seed: number) =>
    measureDrive({ robot: 'rover', board: 'rp2040', seed, duration: 12, speed: 'max', pacing: true, inline: true })

test('a paced rover keeps every tick, loses no sample and runs the same to the bit with the same seed', async () => {
    const first = await drive(7)
    expect(first.simulatedSeconds).toBeCloseTo(12, 9)
    // The time begins between two ticks.
    expect([1200, 1201]).toContain(first.ticks)
    expect(first.lateTicks).toBe(0)
    expect(first.samplesLost).toBe(0)
    // The last report may be on its way.
    expect(first.samplesSent).toBeGreaterThanOrEqual(1190)
    expect(first.periodMs.mean).toBeCloseTo(10, 1)

    const again = await drive(7)
    expect({ ...again, wallSeconds: 0, realTimeFactor: 0 }).toEqual({ ...first, wallSeconds: 0, realTimeFactor: 0 })
    const other = await drive(8)
    expect(other).toMatchObject({ lateTicks: 0, samplesLost: 0 })
    expect(other.traceHash).not.toBe(first.traceHash)
})
