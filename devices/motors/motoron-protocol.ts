// Pololu Motoron: what goes over the bus. "Pololu Motoron Motor Controller User's Guide", pololu.com/docs/0J84: sections 8
// (variables), 9 (commands), 11 (CRC). The driver is motoron.ts beside this file.

/** Command bytes, section 9. */
export enum Command {
    GET_FIRMWARE_VERSION = 0x87,
    SET_PROTOCOL_OPTIONS = 0x8b,
    REINITIALIZE = 0x96,
    GET_VARIABLES = 0x9a,
    SET_VARIABLE = 0x9c,
    COAST_NOW = 0xa5,
    CLEAR_MOTOR_FAULT = 0xa6,
    CLEAR_LATCHED_STATUS_FLAGS = 0xa9,
    SET_ALL_SPEEDS = 0xe1,
    SET_ALL_SPEEDS_NOW = 0xe2,
}

/** Offsets of variables, section 8: general ones, then those of a motor. Two-byte variables are little-endian. */
export enum Variable {
    STATUS_FLAGS = 1,
    VIN_VOLTAGE = 3,
    COMMAND_TIMEOUT = 5,
    ERROR_RESPONSE = 7,
    ERROR_MASK = 8,
    MAX_ACCEL_FORWARD = 10,
    MAX_ACCEL_REVERSE = 12,
    MAX_DECEL_FORWARD = 14,
    MAX_DECEL_REVERSE = 16,
    // Of the high-power models only, which measure current.
    CURRENT_LIMIT = 26,
    CURRENT_SENSE_RAW = 28,
    CURRENT_SENSE_SPEED = 30,
    CURRENT_SENSE_PROCESSED = 32,
    CURRENT_SENSE_OFFSET = 34,
    CURRENT_SENSE_MINIMUM_DIVISOR = 35,
}

/** Bits of "Status flags", section 8. Latched ones stay until `enable()`. */
export enum StatusFlag {
    PROTOCOL_ERROR = 0x0001,
    CRC_ERROR = 0x0002,
    COMMAND_TIMEOUT_LATCHED = 0x0004,
    MOTOR_FAULT_LATCHED = 0x0008,
    NO_POWER_LATCHED = 0x0010,
    RESET = 0x0200,
    COMMAND_TIMEOUT = 0x0400,
    MOTOR_FAULTING = 0x0800,
    NO_POWER = 0x1000,
    ERROR_ACTIVE = 0x2000,
    MOTOR_OUTPUT_ENABLED = 0x4000,
    MOTOR_DRIVING = 0x8000,
}

/** CRC-7 of the first `length` bytes (section 11). The tick has it written out, from {@link crcTable}. */
export function crc7(bytes: Buffer, length: number): number {
    let crc = 0
    for (let i = 0; i < length; i++) {
        crc ^= bytes[i]
        for (let bit = 0; bit < 8; bit++) crc = (crc & 1 ? crc ^ 0x91 : crc) >> 1
    }
    return crc
}

/** CRC-7 of each byte: the CRC of a message goes on as `table[crc ^ byte]`. */
export function crcTable(): Buffer {
    const table = Buffer.alloc(256)
    const byte = Buffer.alloc(1)
    for (let i = 1; i < 256; i++) {
        const rest = i & (i - 1)
        byte[0] = i
        // The CRC is linear, so only single bits need the long way: calls are dear on the board.
        table[i] = rest === 0 ? crc7(byte, 1) : table[rest] ^ table[i ^ rest]
    }
    return table
}

/** Bytes of a command, with their CRC appended. */
export function command(bytes: number[]): Buffer {
    const result = Buffer.alloc(bytes.length + 1)
    for (let i = 0; i < bytes.length; i++) result[i] = bytes[i]
    result[bytes.length] = crc7(result, bytes.length)
    return result
}
