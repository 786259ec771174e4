import { fnv1a } from './dcfg'
import { SECTOR_BYTES } from './chips'
import { FlashError } from './flash-error'

/*
 * The runtime's store in flash ("fstor", jd_fstor.c of jacdac-c): two headers of some pages each, of which the one with the
 * higher generation holds, then pages of data. The program is the large entry `*prog`, behind a header of its own
 * (devsmgr.c of DeviceScript). test/flash/program-store.test.ts compares with what the runtime itself writes.
 */
const STORE_MAGIC = [0x5254_5346, 0x6bec_ea0a] as const
const PROGRAM_MAGIC = [0x8d8a_bd53, 0xb27c_4b2b] as const
const PROGRAM_HEADER_BYTES = 128
/** The runtime takes programs of whole blocks only. */
const PROGRAM_ALIGNMENT = 32
const KEY_BYTES = 16

/** Bytes of the longest program that fits a store of `pages` pages. */
export function storeCapacity(pages: number): number {
    return (pages - 2 * headerPages(pages)) * SECTOR_BYTES - PROGRAM_HEADER_BYTES
}

/**
 * A store that holds one program, from its first page to the last one in use; erased bytes are 0xff. Both headers are part of
 * it: an older one left in flash could have the higher generation.
 *
 * @throws FlashError `board` when the program is too large
 */
export function encodeStore(program: Buffer, pages: number): Buffer {
    if (program.length % PROGRAM_ALIGNMENT !== 0) {
        throw new RangeError(`the program has ${program.length} bytes; allowed: multiples of ${PROGRAM_ALIGNMENT}`)
    }
    const capacity = storeCapacity(pages)
    if (program.length > capacity) {
        throw new FlashError('board', `the program has ${program.length} bytes; the board's store holds ${capacity}`)
    }
    const offset = 2 * headerPages(pages) * SECTOR_BYTES
    const size = PROGRAM_HEADER_BYTES + program.length
    const store = Buffer.alloc(Math.ceil((offset + size) / SECTOR_BYTES) * SECTOR_BYTES, 0xff)

    store.writeUInt32LE(STORE_MAGIC[0], 0)
    store.writeUInt32LE(STORE_MAGIC[1], 4)
    store.writeUInt32LE(1, 8) // generation
    store.writeUInt32LE(SECTOR_BYTES, 12)
    store.writeUInt16LE(pages, 16)
    store.writeUInt16LE(headerPages(pages), 18)
    store.writeUInt32LE(0, 20)
    store.fill(0, 24, 24 + KEY_BYTES).write('*prog', 24, 'latin1')
    store.writeUInt32LE(offset, 24 + KEY_BYTES)
    store.writeUInt32LE(size, 28 + KEY_BYTES)

    store.fill(0, offset, offset + PROGRAM_HEADER_BYTES)
    store.writeUInt32LE(PROGRAM_MAGIC[0], offset)
    store.writeUInt32LE(program.length, offset + 4)
    store.writeUInt32LE(PROGRAM_MAGIC[1], offset + 8)
    store.writeUInt32LE(fnv1a(program), offset + 12)
    program.copy(store, offset + PROGRAM_HEADER_BYTES)
    return store
}

/** Pages of one header: a sixteenth of the store, at least one. */
function headerPages(pages: number): number {
    return Math.max(1, Math.floor(pages / 16))
}
