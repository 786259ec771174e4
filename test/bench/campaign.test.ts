import { beforeAll, expect, test } from 'vitest'
import { campaign } from '../../src/bench/campaign/campaign'
import { buildFirmware } from '../../src/flash/build'

beforeAll(() => buildFirmware('actuator'), 180_000)

// `npm run bench:campaign` does the same over 50 seeds.
test("figures agree with the plant's own over a few seeds, and no sample is missing", { timeout: 60_000 }, async () => {
    const result = await campaign(61, 3, ['step', 'sweep', 'backlash'])
    const failed = result.verdicts.filter(({ pass }) => !pass)
    expect(failed).toEqual([])
    expect(result.verdicts.map(({ runs }) => runs)).toEqual([3, 3, 3, 3, 3, 3])
    expect(result).toMatchObject({ runs: 9, missing: 0, pass: true })
})

test('a figure that is off fails, and says in which seed', { timeout: 60_000 }, async () => {
    const { parts } = await import('../../src/bench/campaign/rows')
    const backlash = parts.find(({ name }) => name === 'backlash')!
    const show = backlash.show
    backlash.show = (outcome, asked) => show(outcome, asked).map(shown => ({ ...shown, value: NaN }))
    try {
        const { verdicts, pass } = await campaign(61, 1, ['backlash'])
        expect(pass).toBe(false)
        expect(verdicts).toMatchObject([{ runs: 1, good: 0, asked: 1, seeds: [61], pass: false }])
    } finally {
        backlash.show = show
    }
})
