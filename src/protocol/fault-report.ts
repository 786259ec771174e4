import { readI32, readU32, writeU32 } from './bytes'

/*
 * The answer to `faults`: what each fault's newest occurrence was, of the faults that hold or are latched, and of warnings.
 * Entries of 14 bytes, lowest bit first, at most one for each of the 16 `Fault` bits. Little-endian.
 *
 * | offset | field       | type | unit, range                                                                  |
 * |-------:|-------------|------|------------------------------------------------------------------------------|
 * |      0 | fault       | u8   | number of the `Fault` bit, 0 … 15; bit 7: its cause holds now                  |
 * |      1 | joint       | u8   | index, 255: the robot as a whole                                              |
 * |      2 | boardTimeMs | u32  | board clock when it was found, ms                                             |
 * |      6 | value       | i32  | 1e-4 of the unit in `src/host/fault-sentence.ts`; -2^31: not a number                               |
 * |     10 | limit       | i32  | likewise                                                                      |
 */

export const FAULT_ENTRY_BYTES = 14
/** Joint of what is no joint's. */
export const NO_JOINT = 255
const HOLDS = 0x80
const SCALE = 1e-4
const NOT_A_NUMBER = -0x80000000

export interface FaultEntry {
    /** Number of the `Fault` bit. */
    fault: number
    /** {@link NO_JOINT} when it is the whole robot's. */
    joint: number
    boardTimeMs: number
    /** In the fault's unit; NaN when it was none. */
    value: number
    limit: number
    /** Its cause holds now; else it is latched, or has passed. */
    holds: boolean
}

/** Writes an entry. The value is rounded to the wire's step, and limited to its range. */
export function writeFaultEntry(payload: Buffer, at: number, entry: FaultEntry): void {
    payload[at] = entry.fault | (entry.holds ? HOLDS : 0)
    payload[at + 1] = entry.joint
    writeU32(payload, at + 2, entry.boardTimeMs)
    writeU32(payload, at + 6, toWire(entry.value))
    writeU32(payload, at + 10, toWire(entry.limit))
}

function toWire(value: number): number {
    if (value !== value) return NOT_A_NUMBER
    const counts = Math.round(value / SCALE)
    return counts > 0x7fffffff ? 0x7fffffff : counts < -0x7fffffff ? -0x7fffffff : counts
}

/** Returns undefined when the length is wrong. */
export function decodeFaults(payload: Buffer): FaultEntry[] | undefined {
    if (payload.length % FAULT_ENTRY_BYTES !== 0) return undefined
    const entries: FaultEntry[] = []
    for (let at = 0; at < payload.length; at += FAULT_ENTRY_BYTES) {
        entries.push({
            fault: payload[at] & 0x7f,
            joint: payload[at + 1],
            boardTimeMs: readU32(payload, at + 2),
            value: fromWire(readI32(payload, at + 6)),
            limit: fromWire(readI32(payload, at + 10)),
            holds: (payload[at] & HOLDS) !== 0,
        })
    }
    return entries
}

function fromWire(counts: number): number {
    return counts === NOT_A_NUMBER ? NaN : counts * SCALE
}
