/**
 * Little-endian integers in a `Buffer`, by plain indexing, so that board and host share the code. Not for the tick: a
 * call costs as much as 50 operations on the board; there the same lines are written out.
 */

/** Unsigned 16-bit integer at `offset`. */
export function readU16(bytes: Buffer, offset: number): number {
    return bytes[offset] | (bytes[offset + 1] << 8)
}

/** Signed 16-bit integer at `offset`. */
export function readI16(bytes: Buffer, offset: number): number {
    const value = readU16(bytes, offset)
    return value >= 0x8000 ? value - 0x10000 : value
}

/** Signed 32-bit integer at `offset`. */
export function readI32(bytes: Buffer, offset: number): number {
    return readU16(bytes, offset) | (readU16(bytes, offset + 2) << 16)
}

/** Unsigned 32-bit integer at `offset`. */
export function readU32(bytes: Buffer, offset: number): number {
    return readU16(bytes, offset) + readU16(bytes, offset + 2) * 0x10000
}

/** Writes the low 16 bits of an integer, signed or not. */
export function writeU16(bytes: Buffer, offset: number, value: number): void {
    bytes[offset] = value & 0xff
    bytes[offset + 1] = (value >> 8) & 0xff
}

/** Writes an integer below 2^32, signed or not. */
export function writeU32(bytes: Buffer, offset: number, value: number): void {
    writeU16(bytes, offset, value & 0xffff)
    // Rounded down, because the upper half of a negative number is one less than its quotient cut off.
    writeU16(bytes, offset + 2, Math.floor(value / 0x10000) & 0xffff)
}
