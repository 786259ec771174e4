import { type SetpointCounts, TIMING_BINS, TIMING_BYTES, TIMING_SETPOINTS } from '../protocol/timing'

/**
 * The answer to `timing` (`src/protocol/timing.ts`). By the runtime's own `setAt`: with a call for each count the board would stand still
 * for 40 ms, in the middle of its ticks.
 */
export function encodeTiming(
    period: number[],
    execution: number[],
    { accepted, refused, lost }: SetpointCounts,
): Buffer {
    const payload = Buffer.alloc(TIMING_BYTES)
    for (let i = 0; i < TIMING_BINS; i++) {
        payload.setAt(i * 4, 'u32', period[i])
        payload.setAt((TIMING_BINS + i) * 4, 'u32', execution[i])
    }
    payload.setAt(TIMING_SETPOINTS, 'u32', accepted)
    payload.setAt(TIMING_SETPOINTS + 4, 'u32', refused)
    payload.setAt(TIMING_SETPOINTS + 8, 'u32', lost)
    return payload
}
