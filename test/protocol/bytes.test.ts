import { describe, expect, it } from 'vitest'
import { readI16, readI32, readU16, readU32, writeU16, writeU32 } from '../../src/protocol/bytes'

/** Integers and their bytes, least significant first: two's complement, by hand. */
const WORDS: [number, number[]][] = [
    [0, [0, 0, 0, 0]],
    [1, [1, 0, 0, 0]],
    [0x12345678, [0x78, 0x56, 0x34, 0x12]],
    [0x7fffffff, [0xff, 0xff, 0xff, 0x7f]],
    [-1, [0xff, 0xff, 0xff, 0xff]],
    [-2400, [0xa0, 0xf6, 0xff, 0xff]],
    [-65_536, [0, 0, 0xff, 0xff]],
    [-65_537, [0xff, 0xff, 0xfe, 0xff]],
    [-0x80000000, [0, 0, 0, 0x80]],
]

describe('32 bits', () => {
    it.each(WORDS)('%d', (value, bytes) => {
        const buffer = Buffer.alloc(6)
        writeU32(buffer, 1, value)
        expect([...buffer]).toEqual([0, ...bytes, 0])
        expect(readI32(buffer, 1)).toBe(value)
        expect(readU32(buffer, 1)).toBe(value < 0 ? value + 2 ** 32 : value)
    })

    it('without a sign, up to the largest', () => {
        const buffer = Buffer.alloc(4)
        writeU32(buffer, 0, 0xfedcba98)
        expect([...buffer]).toEqual([0x98, 0xba, 0xdc, 0xfe])
        expect(readU32(buffer, 0)).toBe(0xfedcba98)
    })
})

describe('16 bits', () => {
    it.each([
        [0x1234, [0x34, 0x12]],
        [0x7fff, [0xff, 0x7f]],
        [-0x8000, [0, 0x80]],
        [-2, [0xfe, 0xff]],
    ])('%d', (value, bytes) => {
        const buffer = Buffer.alloc(2)
        writeU16(buffer, 0, value)
        expect([...buffer]).toEqual(bytes)
        expect(readI16(buffer, 0)).toBe(value)
        expect(readU16(buffer, 0)).toBe(value < 0 ? value + 0x10000 : value)
    })
})
