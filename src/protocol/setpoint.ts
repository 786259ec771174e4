import { writeU16, writeU32 } from './bytes'

/*
 * A setpoint command: a header, then one entry for each joint that is commanded. Little-endian.
 *
 * | offset | field      | type | unit, range                                                                      |
 * |-------:|------------|------|----------------------------------------------------------------------------------|
 * |      0 | sequence   | u16  | counts up, wraps; a number that is not newer (by less than 2^15) is ignored        |
 * |      2 | timeoutMs  | u16  | the robot stops when no newer setpoint comes within this; 0: the robot's default   |
 * |      4 | count      | u8   | entries, 1 … 32                                                                   |
 *
 * An entry of 6 bytes: joint (u8, index) · mode (u8, `JointMode`) · value (i32: 0.1 mrad, 0.1 mrad/s, or 1e-4 of duty).
 */

export const SETPOINT_HEADER_BYTES = 5
export const SETPOINT_ENTRY_BYTES = 6
/** rad, rad/s or duty a bit. */
export const SETPOINT_SCALE = 1e-4

export interface SetpointEntry {
    joint: number
    /** `JointMode` */
    mode: number
    /** rad, rad/s or duty by mode; ignored when off */
    value: number
}

/** Encodes a setpoint command. Values are rounded to the wire's step. */
export function encodeSetpoint(sequence: number, timeoutMs: number, entries: SetpointEntry[]): Buffer {
    const payload = Buffer.alloc(SETPOINT_HEADER_BYTES + entries.length * SETPOINT_ENTRY_BYTES)
    writeU16(payload, 0, sequence)
    writeU16(payload, 2, timeoutMs)
    payload[4] = entries.length
    for (let i = 0; i < entries.length; i++) {
        const at = SETPOINT_HEADER_BYTES + i * SETPOINT_ENTRY_BYTES
        payload[at] = entries[i].joint
        payload[at + 1] = entries[i].mode
        writeU32(payload, at + 2, Math.round(entries[i].value / SETPOINT_SCALE))
    }
    return payload
}
