/*
 * DeviceScript's number formats on Node's `Buffer`, so that portable code that packs bytes runs here too. Semantics as
 * the runtime has them (`jd_numfmt.c`): out of range is clamped, a fraction has 0.5 added and is then cut towards zero.
 * Imported for its effect by whatever runs portable code in Node.
 */

/** The formats that portable code uses. All little-endian. */
export type NumberFormat = 'u8' | 'i8' | 'u16' | 'i16' | 'u32' | 'i32' | 'f32' | 'f64'

declare global {
    interface Buffer {
        getAt(offset: number, format: NumberFormat): number
        setAt(offset: number, format: NumberFormat, value: number): void
        /** Copies `length` bytes of `from`, starting at `fromOffset`, to `offset`. */
        blitAt(offset: number, from: Buffer, fromOffset: number, length: number): void
    }
}

const ranges: Partial<Record<NumberFormat, [number, number]>> = {
    u8: [0, 0xff],
    i8: [-0x80, 0x7f],
    u16: [0, 0xffff],
    i16: [-0x8000, 0x7fff],
    u32: [0, 0xffffffff],
    i32: [-0x80000000, 0x7fffffff],
}

const readers = {
    u8: Buffer.prototype.readUInt8,
    i8: Buffer.prototype.readInt8,
    u16: Buffer.prototype.readUInt16LE,
    i16: Buffer.prototype.readInt16LE,
    u32: Buffer.prototype.readUInt32LE,
    i32: Buffer.prototype.readInt32LE,
    f32: Buffer.prototype.readFloatLE,
    f64: Buffer.prototype.readDoubleLE,
}

const writers = {
    u8: Buffer.prototype.writeUInt8,
    i8: Buffer.prototype.writeInt8,
    u16: Buffer.prototype.writeUInt16LE,
    i16: Buffer.prototype.writeInt16LE,
    u32: Buffer.prototype.writeUInt32LE,
    i32: Buffer.prototype.writeInt32LE,
    f32: Buffer.prototype.writeFloatLE,
    f64: Buffer.prototype.writeDoubleLE,
}

Buffer.prototype.getAt = function (this: Buffer, offset: number, format: NumberFormat): number {
    return readers[format].call(this, offset)
}

Buffer.prototype.setAt = function (this: Buffer, offset: number, format: NumberFormat, value: number): void {
    const range = ranges[format]
    writers[format].call(this, range ? clamp(value, range) : value, offset)
}

Buffer.prototype.blitAt = function (
    this: Buffer,
    offset: number,
    from: Buffer,
    fromOffset: number,
    length: number,
): void {
    from.copy(this, offset, fromOffset, fromOffset + length)
}

function clamp(value: number, [low, high]: [number, number]): number {
    if (value <= low) return low
    if (value >= high) return high
    return Math.trunc(Number.isInteger(value) ? value : value + 0.5)
}
