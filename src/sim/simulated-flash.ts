/*
 * The board's settings flash as the runtime's store (jacdac-c, source/jd_fstor.c) uses it: two banks of a header and
 * entries growing up and of data growing down, then whole pages for the program. A setting is written data first, then its
 * entry; a bank that is full is copied to the other one, whose header is written last.
 */

const PAGE = 256
const SECTOR = 4096
const ERASED = 0xff
/** `jd_settings_large`: a bank is a sixteenth of 128 KB. */
const BANK = 8192
const HEADER = 24
const ENTRY = 24
/** Of an entry's offset field, which is 0xffffffff in a free one. */
const ENTRY_OFFSET = 16
const STORE_MAGIC = 0x5254_5346
/** Of a bank's header. */
const GENERATION = 8
/** Before a program (devsmgr.c): the first word and the size when it begins to come in, the others when it is whole. */
const PROGRAM_MAGIC = [0x8d8a_bd53, 0xb27c_4b2b]
const PROGRAM_HEADER = 128

/** Thrown out of the runtime when the power goes while it writes. */
export class PowerCut extends Error {
    override name = 'PowerCut'
}

/** A flash chip's content, which outlives the board's power, and what writing to it takes. */
export class SimulatedFlash {
    /** Undefined: as it came from the factory. */
    content: Uint8Array | undefined
    /** Pages programmed and sectors erased since this object was made. */
    pagesProgrammed = 0
    sectorsErased = 0
    /** The power goes in the next write when so many of the bytes that it changes have reached the chip. */
    cutAfter: number | undefined
    /** Of the last write: bytes that it changed. */
    lastChange = 0
    /** A write begins that changes so many bytes. */
    onWrite: ((size: number) => void) | undefined

    /** The program in flash, when it is whole: copied. */
    program(): Buffer | undefined {
        const { content } = this
        const found = content && programOf(content)
        return found && Buffer.from(content.subarray(found.start, found.end))
    }

    /**
     * The runtime has written: takes over what is new.
     *
     * @throws PowerCut when the power goes meanwhile
     */
    save(next: Uint8Array): void {
        const before = this.content ?? new Uint8Array(0)
        const order = writeOrder(before, next)
        this.lastChange = order.length
        this.onWrite?.(order.length)
        const pages = new Set<number>()
        const sectors = new Set<number>()
        for (const address of order) {
            if (before[address] !== undefined && before[address] !== ERASED) sectors.add(Math.floor(address / SECTOR))
            if (next[address] !== ERASED) pages.add(Math.floor(address / PAGE))
        }
        this.pagesProgrammed += pages.size
        this.sectorsErased += sectors.size
        if (this.cutAfter === undefined) {
            this.content = next
            return
        }
        const torn = new Uint8Array(Math.max(before.length, next.length)).fill(ERASED)
        torn.set(before)
        for (const address of order.slice(0, this.cutAfter)) torn[address] = next[address]
        this.content = torn
        this.cutAfter = undefined
        throw new PowerCut('the power went while the flash was written')
    }
}

/** Offset and size of the last whole `*prog` in the bank that holds, behind its header. */
function programOf(content: Uint8Array): { start: number; end: number } | undefined {
    const words = new DataView(content.buffer, content.byteOffset, content.byteLength)
    const word = (address: number) => (address + 4 <= content.length ? words.getUint32(address, true) : 0xffffffff)
    const banks = [0, BANK].filter(bank => word(bank) === STORE_MAGIC)
    const bank = banks.sort((a, b) => word(b + GENERATION) - word(a + GENERATION))[0]
    if (bank === undefined) return undefined
    let start: number | undefined
    for (let entry = bank + HEADER; word(entry + ENTRY_OFFSET) !== 0xffffffff; entry += ENTRY) {
        const key = Buffer.from(content.subarray(entry, entry + ENTRY_OFFSET)).toString('latin1')
        if (key.startsWith('*prog\0')) start = word(entry + ENTRY_OFFSET)
    }
    if (start === undefined || word(start) !== PROGRAM_MAGIC[0] || word(start + 8) !== PROGRAM_MAGIC[1])
        return undefined
    return { start: start + PROGRAM_HEADER, end: start + PROGRAM_HEADER + word(start + 4) }
}

/** Addresses whose bytes change, in the order in which the store writes them. */
function writeOrder(before: Uint8Array, next: Uint8Array): number[] {
    const changed: { address: number; rank: number }[] = []
    for (let address = 0; address < next.length; address++) {
        if ((before[address] ?? ERASED) !== next[address]) changed.push({ address, rank: rankOf(address, next) })
    }
    return changed.sort((a, b) => a.rank - b.rank || a.address - b.address).map(({ address }) => address)
}

/** 0: data, 1: entry, 2: header of a bank. */
function rankOf(address: number, content: Uint8Array): number {
    if (address >= 2 * BANK) return 0
    const bank = address < BANK ? 0 : BANK
    if (address - bank < HEADER) return 2
    const entries = new DataView(content.buffer, content.byteOffset)
    let end = bank + HEADER
    while (end + ENTRY <= content.length && entries.getUint32(end + ENTRY_OFFSET, true) !== 0xffffffff) end += ENTRY
    return address < end ? 1 : 0
}
