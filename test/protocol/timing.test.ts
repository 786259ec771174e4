import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeTiming } from '../../src/onboard/timing-report'
import { decodeTiming, TIMING_BINS, TIMING_BYTES, TIMING_SETPOINTS } from '../../src/protocol/timing'

const bins = (value: (bin: number) => number) => Array.from({ length: 24 }, (_, bin) => value(bin))

test('24 bins of u32 each, period from 0, execution from 96; setpoints accepted, refused, lost behind them', () => {
    const payload = encodeTiming(
        bins(bin => bin),
        bins(bin => 0xfffffff0 + (bin & 15)),
        { accepted: 0x01020304, refused: 0xffffffff, lost: 7 },
    )
    expect(TIMING_BINS).toBe(24)
    expect(TIMING_BYTES).toBe(204)
    expect(payload).toHaveLength(204)
    expect(payload.subarray(192).toString('hex')).toBe('04030201ffffffff07000000')
    for (let bin = 0; bin < 24; bin++) {
        expect(payload.readUInt32LE(4 * bin)).toBe(bin)
        expect(payload.readUInt32LE(96 + 4 * bin)).toBe(0xfffffff0 + (bin & 15))
    }
})

test('what was encoded is decoded, for every count of 32 bits', () => {
    const count = fc.integer({ min: 0, max: 0xffffffff })
    const counts = fc.array(count, { minLength: 24, maxLength: 24 })
    const setpoints = fc.record({ accepted: count, refused: count, lost: count })
    fc.assert(
        fc.property(counts, counts, setpoints, (period, execution, setpoints) => {
            const payload = encodeTiming(period, execution, setpoints)
            expect(decodeTiming(payload)).toEqual({ period, execution, setpoints })
            // As a program without the counts answers.
            const older = decodeTiming(payload.subarray(0, TIMING_SETPOINTS))
            expect(older).toEqual({ period, execution, setpoints: undefined })
        }),
    )
})

test.each([0, 1, 191, 193, 203, 205, 236])('%i bytes are none', length => {
    expect(decodeTiming(Buffer.alloc(length))).toBeUndefined()
})
