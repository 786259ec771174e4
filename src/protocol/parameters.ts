import { readU16, readU32, writeU16, writeU32 } from './bytes'

/*
 * Parameters on the wire. A kind of parameter has a name, a unit, a range and one value, or one for each joint or axis.
 * Parameters are numbered (u8) in the order in which they are listed: kind by kind, in a kind by joint or axis. Values are
 * f32. Little-endian.
 *
 * `parameters` asks with the first kind wanted (u8) and is answered by a page:
 *
 * | offset | field    | type | meaning                                                                        |
 * |-------:|----------|------|--------------------------------------------------------------------------------|
 * |      0 | kinds    | u8   | kinds in all                                                                    |
 * |      1 | first    | u8   | kind that the page begins with                                                  |
 * |      2 | origin   | u8   | `ParameterOrigin`: what was made of the flash's content at start                |
 * |      3 | changed  | u8   | 1 when a value in force is not the stored one                                   |
 * |      4 | sequence | u32  | number of the last store, 0: none                                               |
 * |      8 | kinds…   |      | as many whole kinds as fit                                                      |
 *
 * A kind:
 *
 * | offset | field     | type | meaning                                                                       |
 * |-------:|-----------|------|-------------------------------------------------------------------------------|
 * |      0 | flags     | u8   | `ParameterFlag`                                                                |
 * |      1 | instances | u8   | 1, or one for each joint, or 3                                                 |
 * |      2 | low       | f32  | lowest value allowed                                                           |
 * |      6 | high      | f32  | highest                                                                        |
 * |     10 | lengths   | u8 2 | bytes of name and of unit, which follow (UTF-8)                                |
 * |      … | values    | f32 2 for each instance | default, value in force                                    |
 *
 * Of a monitor, unit, lowest and highest are its limit's; the delay is in ms, the action a `MonitorAction`. Behind the values follow
 * lowest and highest delay, lowest and highest action (f32 each).
 *
 * `set_parameter` carries number (u8) and value (f32), and is answered by number (u8) · `ParameterResult` (u8) · value in
 * force (f32). `store_parameters` and `reset_parameters` are answered by a `ParameterResult` (u8).
 */

export const PARAMETER_PAGE_HEADER = 8
export const PARAMETER_KIND_HEADER = 12

/** Properties of a kind of parameter. */
export enum ParameterFlag {
    /** One for each joint, named `<joint>.<name>`. */
    Joint = 1,
    /** One for each axis, named `<name>_x`, `_y`, `_z`. */
    Axis = 2,
    /** Refused while the robot is armed: it would jump. */
    Disarmed = 4,
    /** 1 or -1, nothing between. */
    Sign = 8,
    /** Three of a monitor, named `<name>.limit`, `.delay`, `.action`. */
    Monitor = 16,
}

/** What a monitor does once its limit was passed for its delay. */
export enum MonitorAction {
    /** It does not watch. */
    Off = 0,
    Warn = 1,
    Stop = 2,
}

/** Names of {@link MonitorAction}, by value. */
export const ACTION_NAMES = ['off', 'warn', 'stop']

/** What became of a command about parameters. */
export enum ParameterResult {
    Ok = 0,
    /** There is no parameter of this number. */
    Unknown = 1,
    /** Outside its range, not a number, or no sign. */
    Range = 2,
    /** Not while the robot is armed. */
    Armed = 3,
    /** The lower limit would not be below the upper one. */
    Order = 4,
    /** More values differ from their defaults than a slot holds. */
    Full = 5,
    /** The flash did not keep what was written. */
    Flash = 6,
}

/** What the board made of its flash when it started. */
export enum ParameterOrigin {
    /** Nothing was stored. */
    Defaults = 0,
    Restored = 1,
    /** What is stored belongs to another configuration; ignored. */
    OtherConfiguration = 2,
    /** What is stored is damaged; ignored. */
    Damaged = 3,
    /** The newest store is damaged; the one before was restored. */
    Previous = 4,
    /** The flash was not read. */
    NoFlash = 5,
}

/** Names of {@link ParameterOrigin}, by value. */
export const ORIGIN_NAMES = ['defaults', 'restored', 'other-configuration', 'damaged', 'previous-store', 'no-flash']

/*
 * A slot of the board's flash. There are two, written in turn; the one with the newer sequence number holds.
 *
 * | offset | field      | type    | meaning                                                                        |
 * |-------:|------------|---------|--------------------------------------------------------------------------------|
 * |      0 | version    | u8      | {@link STORED_VERSION}                                                          |
 * |      1 | parameters | u8      | number of parameters that the firmware has                                      |
 * |      2 | crc        | u16     | CRC-16 (as a Jacdac frame's) of everything behind it                            |
 * |      4 | hash       | char 8  | hash of the configuration and of all names, units and ranges                    |
 * |     12 | sequence   | u32     | counts stores                                                                   |
 * |     16 | bits       | u8 …    | bit p: parameter p follows, because it is not at its default; 8 in a byte       |
 * |      … | values     | f32 …   | in the order of their numbers                                                   |
 */

export const STORED_VERSION = 1
export const STORED_HEADER = 16
/** Most bytes of a slot: the runtime's settings service answers with at most 232 bytes, key included. */
export const MAX_STORED = 224

/** CRC-16 as in `crc16.ts`, without its tables: 8 KB of heap, which a board has no room for. */
export function storedCrc(bytes: Buffer): number {
    let crc = 0xffff
    for (let i = 4; i < bytes.length; i++) {
        let x = (crc >> 8) ^ bytes[i]
        x ^= x >> 4
        crc = ((crc << 8) ^ (x << 12) ^ (x << 5) ^ x) & 0xffff
    }
    return crc
}

/** Sequence number of a slot's content; -1 when empty, -2 when it is damaged or of another version. */
export function storedSequence(bytes: Buffer): number {
    if (bytes.length === 0) return -1
    if (bytes.length < STORED_HEADER || bytes[0] !== STORED_VERSION) return -2
    return storedCrc(bytes) === readU16(bytes, 2) ? readU32(bytes, 12) : -2
}

/** Completes a slot's content whose values are in place. */
export function sealStored(bytes: Buffer, parameters: number, hash: string, sequence: number): void {
    bytes[0] = STORED_VERSION
    bytes[1] = parameters
    for (let i = 0; i < 8; i++) bytes[4 + i] = hash.charCodeAt(i)
    writeU32(bytes, 12, sequence)
    writeU16(bytes, 2, storedCrc(bytes))
}
