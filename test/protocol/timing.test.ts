import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeTiming } from '../../src/onboard/timing-report'
import { decodeTiming, TIMING_BINS, TIMING_BYTES } from '../../src/protocol/timing'

const bins = (value: (bin: number) => number) => Array.from({ length: 24 }, (_, bin) => value(bin))

test('24 bins of u32 each: period from 0, execution from 96', () => {
    const payload = encodeTiming(
        bins(bin => bin),
        bins(bin => 0xfffffff0 + (bin & 15)),
    )
    expect(TIMING_BINS).toBe(24)
    expect(TIMING_BYTES).toBe(192)
    expect(payload).toHaveLength(192)
    for (let bin = 0; bin < 24; bin++) {
        expect(payload.readUInt32LE(4 * bin)).toBe(bin)
        expect(payload.readUInt32LE(96 + 4 * bin)).toBe(0xfffffff0 + (bin & 15))
    }
})

test('what was encoded is decoded, for every count of 32 bits', () => {
    const counts = fc.array(fc.integer({ min: 0, max: 0xffffffff }), { minLength: 24, maxLength: 24 })
    fc.assert(
        fc.property(counts, counts, (period, execution) => {
            expect(decodeTiming(encodeTiming(period, execution))).toEqual({ period, execution })
        }),
    )
})

test.each([0, 1, 191, 193, 236])('%i bytes are none', length => {
    expect(decodeTiming(Buffer.alloc(length))).toBeUndefined()
})
