import { readU32 } from './bytes'

/*
 * The answer to `timing`: two histograms of the control loop since the program started, each of 24 bins of u32. Bin i
 * counts what took from i to i + 1 ms (as far as a clock of 1 ms steps can tell), the last bin everything longer. Then setpoint
 * commands, u32 each; the answer of an older program ends before them.
 *
 * | offset | field           |                                                                                         |
 * |-------:|-----------------|-----------------------------------------------------------------------------------------|
 * |      0 | period[24]      |                                                                                         |
 * |     96 | execution[24]   |                                                                                         |
 * |    192 | accepted        | whole, and newer than the one before                                                    |
 * |    196 | refused         | malformed, or not newer                                                                 |
 * |    200 | lost            | numbers that were skipped, since the first that was accepted while armed                |
 */

export const TIMING_BINS = 24
/** Offset of the counts of setpoints, and so the length of an older program's answer. */
export const TIMING_SETPOINTS = TIMING_BINS * 8
export const TIMING_BYTES = TIMING_SETPOINTS + 12

export interface SetpointCounts {
    accepted: number
    refused: number
    lost: number
}

/** Returns undefined when the length is wrong. */
export function decodeTiming(
    payload: Buffer,
): { period: number[]; execution: number[]; setpoints: SetpointCounts | undefined } | undefined {
    if (payload.length !== TIMING_BYTES && payload.length !== TIMING_SETPOINTS) return undefined
    const period: number[] = []
    const execution: number[] = []
    for (let i = 0; i < TIMING_BINS; i++) {
        period.push(readU32(payload, i * 4))
        execution.push(readU32(payload, (TIMING_BINS + i) * 4))
    }
    if (payload.length === TIMING_SETPOINTS) return { period, execution, setpoints: undefined }
    const setpoints = {
        accepted: readU32(payload, TIMING_SETPOINTS),
        refused: readU32(payload, TIMING_SETPOINTS + 4),
        lost: readU32(payload, TIMING_SETPOINTS + 8),
    }
    return { period, execution, setpoints }
}
