/**
 * CRC-16 of a Jacdac frame: polynomial 0x1021, initial value 0xffff, most significant bit first, no final XOR ("CCITT
 * false"). Source: jacdac-spec, "Jacdac protocol", and the check value 0x29b1 of "123456789".
 */

/** Four tables of 256 entries beside each other, made on first use: a program that checks no CRC holds none. */
const table: number[] = []

/** Entry `k * 256 + b` is the CRC (from 0) of byte `b` followed by `k` zero bytes. */
function makeTable(): void {
    for (let byte = 0; byte < 256; byte++) {
        let crc = byte << 8
        for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff
        table.push(crc)
    }
    for (let i = 256; i < 1024; i++) {
        const before = table[i - 256]
        table.push(((before << 8) & 0xffff) ^ table[before >> 8])
    }
}

/** Anything with bytes at indices: a `Buffer` on the board, a `Buffer` or `Uint8Array` in Node. */
export interface Bytes {
    readonly length: number
    [index: number]: number
}

/** CRC of `bytes[from]` up to, not including, `bytes[to]`. */
export function crc16(bytes: Bytes, from: number, to: number): number {
    if (table.length === 0) makeTable()
    let crc = 0xffff
    let i = from
    // Four bytes a turn: the table look-ups of one turn do not wait for each other.
    for (; i + 3 < to; i += 4) {
        crc =
            table[768 + ((crc >> 8) ^ bytes[i])] ^
            table[512 + ((crc & 0xff) ^ bytes[i + 1])] ^
            table[256 + bytes[i + 2]] ^
            table[bytes[i + 3]]
    }
    for (; i < to; i++) crc = ((crc << 8) & 0xffff) ^ table[(crc >> 8) ^ bytes[i]]
    return crc
}
