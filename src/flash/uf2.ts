import { FlashError } from './flash-error'

/** UF2 specification (microsoft/uf2), "File format". */
const BLOCK_BYTES = 512
const MAGIC = [0x0a32_4655, 0x9e5d_5157, 0x0ab1_6f30] as const
const FLAG_NOT_MAIN_FLASH = 0x0001
const FLAG_FAMILY = 0x2000
const DATA_OFFSET = 32
const MAX_PAYLOAD = 476
/** What the RP2040's boot ROM takes: 256 bytes a block, at multiples of 256 (datasheet, 2.8.4.2). */
const PAYLOAD = 256

export interface Uf2Block {
    readonly address: number
    readonly data: Buffer
    readonly number: number
    readonly total: number
    readonly family: number | undefined
    readonly mainFlash: boolean
}

/** One block; undefined when its magic numbers or its length are wrong. */
export function decodeBlock(block: Buffer): Uf2Block | undefined {
    if (block.length !== BLOCK_BYTES) return undefined
    const word = (offset: number) => block.readUInt32LE(offset)
    if (word(0) !== MAGIC[0] || word(4) !== MAGIC[1] || word(BLOCK_BYTES - 4) !== MAGIC[2]) return undefined
    const size = word(16)
    if (size > MAX_PAYLOAD) return undefined
    return {
        address: word(12),
        data: block.subarray(DATA_OFFSET, DATA_OFFSET + size),
        number: word(20),
        total: word(24),
        family: word(8) & FLAG_FAMILY ? word(28) : undefined,
        mainFlash: (word(8) & FLAG_NOT_MAIN_FLASH) === 0,
    }
}

/**
 * Blocks of a whole file for one family, checked for completeness.
 *
 * @param name of the file, for errors
 * @throws FlashError `runtime` when the file is damaged or truncated, `wrong-image` when it is for another chip
 */
export function decodeUf2(file: Buffer, family: number, name: string): Uf2Block[] {
    if (file.length === 0 || file.length % BLOCK_BYTES !== 0) {
        throw new FlashError(
            'runtime',
            `${name} has ${file.length} bytes, no whole number of ${BLOCK_BYTES}-byte UF2 blocks: it is truncated or no UF2 file`,
        )
    }
    const blocks: Uf2Block[] = []
    for (let at = 0; at < file.length; at += BLOCK_BYTES) {
        const block = decodeBlock(file.subarray(at, at + BLOCK_BYTES))
        if (!block) throw new FlashError('runtime', `${name} has no UF2 block at byte ${at}: it is damaged`)
        if (!block.mainFlash) continue
        if (block.family !== family) {
            throw new FlashError(
                'wrong-image',
                `${name} is for UF2 family ${block.family === undefined ? 'none' : hex(block.family)}, the board's chip is ${hex(family)}`,
            )
        }
        blocks.push(block)
    }
    const total = blocks[0]?.total ?? 0
    const numbers = new Set(blocks.map(block => block.number))
    if (blocks.length !== total || numbers.size !== total || blocks.some(block => block.number >= total)) {
        throw new FlashError(
            'runtime',
            `${name} has ${numbers.size} of its ${total} UF2 blocks: it is truncated or damaged`,
        )
    }
    return blocks
}

/** A UF2 file of the bytes from `address`, both multiples of 256. */
export function encodeUf2(regions: readonly { address: number; data: Buffer }[], family: number): Buffer {
    const total = regions.reduce((sum, { data }) => sum + data.length / PAYLOAD, 0)
    const file = Buffer.alloc(total * BLOCK_BYTES)
    let number = 0
    for (const { address, data } of regions) {
        if (address % PAYLOAD !== 0 || data.length % PAYLOAD !== 0) {
            throw new RangeError(`region at ${hex(address)} with ${data.length} bytes is not aligned to ${PAYLOAD}`)
        }
        for (let at = 0; at < data.length; at += PAYLOAD) {
            const block = file.subarray(number * BLOCK_BYTES, (number + 1) * BLOCK_BYTES)
            const words = [MAGIC[0], MAGIC[1], FLAG_FAMILY, address + at, PAYLOAD, number++, total, family]
            words.forEach((word, i) => block.writeUInt32LE(word, 4 * i))
            data.copy(block, DATA_OFFSET, at, at + PAYLOAD)
            block.writeUInt32LE(MAGIC[2], BLOCK_BYTES - 4)
        }
    }
    return file
}

function hex(value: number): string {
    return `0x${value.toString(16)}`
}
