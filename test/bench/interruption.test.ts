import { beforeAll, describe, expect, test } from 'vitest'
import { type Interruption, INTERRUPTIONS, interruptRun } from '../../src/bench/safety/interrupt-run'
import { benchTests } from '../../src/bench/tests'
import { buildFirmware } from '../../src/flash/build'

beforeAll(() => buildFirmware('actuator'), 180_000)

const WAYS = Object.keys(INTERRUPTIONS) as Interruption[]

// Each test by Ctrl-C and in one of the other ways, at drawn moments. `npm run soak -- interrupt --runs 50` draws all, and more.
describe.each(benchTests.map((each, i) => [each.name, each, 1 + (i % (WAYS.length - 1))] as const))(
    '%s',
    (_, each, way) => {
        test.each([WAYS[0], WAYS[way]])(
            'ended by: %s, leaves the motor off and the report of what was measured',
            async by => {
                const { failures, result, at } = await interruptRun(each, by, 1)
                expect(failures).toEqual([])
                expect(result.reason).toBeTruthy()
                // What the report holds reaches to the interruption, or a report's samples before it.
                expect(result.capture.seconds).toBeGreaterThan(at - 0.2)
            },
        )
    },
)

test('silence that is measured a rounding error short of the limit ends, too', async () => {
    const step = benchTests.find(({ name }) => name === 'step')!
    expect((await interruptRun(step, 'link silent', 101)).failures).toEqual([])
})
