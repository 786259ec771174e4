import { beforeAll, describe, expect, test } from 'vitest'
import { type Interruption, INTERRUPTIONS, interruptRun } from '../../src/bench/safety/interrupt-run'
import { benchTests } from '../../src/bench/tests'
import { buildFirmware } from '../../src/flash/build'

beforeAll(() => buildFirmware('actuator'), 180_000)

// Moments are drawn; `npm run soak -- interrupt --runs 50` draws more of them.
describe.each(Object.keys(INTERRUPTIONS) as Interruption[])('%s', by => {
    test.each(benchTests.map(each => [each.name, each] as const))(
        'in the middle of %s leaves the motor off and the report of what was measured',
        async (_, each) => {
            const { failures, result, at } = await interruptRun(each, by, 1)
            expect(failures).toEqual([])
            expect(result.reason).toBeTruthy()
            // What the report holds reaches to the interruption, or a report's samples before it.
            expect(result.capture.seconds).toBeGreaterThan(at - 0.2)
        },
    )
})
