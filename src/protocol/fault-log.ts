/*
 * The answer to `faults`: which faults there are, and what was found out about each when it last began. Little-endian.
 *
 * | offset    | field       | type | unit, range                                                              |
 * |----------:|-------------|------|--------------------------------------------------------------------------|
 * |         0 | holding     | u16  | `Fault` bits whose causes hold now                                        |
 * |         2 | latched     | u16  | `Fault` bits that stopped the robot and were not cleared since             |
 * |         4 | warnings    | u16  | `Fault` bits of monitors that only warn, whose causes hold now             |
 * | 6 + 14 · n | joint      | u8   | of the fault with bit n: the joint's index, 255: the robot as a whole      |
 * |        +1 | count       | u8   | how often it began since the program started, 255: or more                |
 * |        +2 | boardTimeMs | u32  | board clock when it last began, ms                                        |
 * |        +6 | value       | f32  | what was measured then, unit by fault (`src/host/fault-report.ts`); NaN: none |
 * |       +10 | limit       | f32  | what it must not pass, likewise                                          |
 */

/** Faults that the log has room for: as many as telemetry has bits. */
export const FAULT_ENTRIES = 16
export const FAULT_LOG_HEADER_BYTES = 6
export const FAULT_ENTRY_BYTES = 14
export const FAULT_LOG_BYTES = FAULT_LOG_HEADER_BYTES + FAULT_ENTRIES * FAULT_ENTRY_BYTES
/** Joint of what is no joint's. */
export const NO_JOINT = 255
