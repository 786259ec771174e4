import { readU32 } from './bytes'

/*
 * The answer to `timing`: two histograms of the control loop since the program started, each of 24 bins of u32. Bin i
 * counts what took from i to i + 1 ms (as far as a clock of 1 ms steps can tell), the last bin everything longer.
 *
 * | offset | field           |
 * |-------:|-----------------|
 * |      0 | period[24]      |
 * |     96 | execution[24]   |
 */

export const TIMING_BINS = 24
export const TIMING_BYTES = TIMING_BINS * 8

/** Returns undefined when the length is wrong. */
export function decodeTiming(payload: Buffer): { period: number[]; execution: number[] } | undefined {
    if (payload.length !== TIMING_BYTES) return undefined
    const period: number[] = []
    const execution: number[] = []
    for (let i = 0; i < TIMING_BINS; i++) {
        period.push(readU32(payload, i * 4))
        execution.push(readU32(payload, (TIMING_BINS + i) * 4))
    }
    return { period, execution }
}
