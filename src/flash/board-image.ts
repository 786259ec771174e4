import { createHash } from 'node:crypto'
import type { BoardDefinition } from './board-definition'
import { type Chip, type EspChip, SECTOR_BYTES, type Uf2Chip } from './chips'
import { decodeDcfg, encodeDcfg, flattenSettings } from './dcfg'
import { checkEspRuntime } from './esp-image'
import { FlashError } from './flash-error'
import { encodeStore } from './program-store'
import { decodeUf2, encodeUf2 } from './uf2'

/** A stretch of flash, whole sectors. */
export interface FlashRegion {
    readonly address: number
    readonly data: Buffer
}

/** Everything that goes into a board's flash, and the file that carries it. */
export interface BoardImage {
    readonly board: string
    readonly chip: Chip
    /** In order of their addresses. On an ESP32 one, from the chip's first image address on. */
    readonly regions: readonly FlashRegion[]
    /** `.uf2`, or `.bin` to be written at `chip.imageAddress`. */
    readonly file: Buffer
    /** SHA-256 of the file, hexadecimal. */
    readonly sha256: string
    /** The runtime's version, where its image tells. */
    readonly runtimeVersion: string | undefined
}

/** A runtime as published, or given by the user. */
export interface RuntimeFile {
    readonly name: string
    readonly bytes: Buffer
}

/**
 * Puts runtime, the board's settings and the program together.
 *
 * @throws FlashError when the runtime is damaged, truncated, or for another chip or board
 */
export function assembleImage(board: BoardDefinition, runtime: RuntimeFile, program: Buffer): BoardImage {
    const { chip } = board
    const version = chip.format === 'bin' ? checkEspRuntime(runtime.bytes, chip, runtime.name) : undefined
    const flash = chip.format === 'uf2' ? fromUf2(runtime, chip) : fromBinary(runtime, chip)
    patchSettings(flash, board, runtime.name)
    const store = encodeStore(program, chip.storePages)
    if (flash.holds(chip.storeAddress, store.length)) {
        throw new FlashError('wrong-image', `${runtime.name} holds data where the program goes: it is no bare runtime`)
    }
    flash.write(chip.storeAddress, store)
    const regions = chip.format === 'uf2' ? flash.regions() : [flash.whole(chip.imageAddress)]
    const file = chip.format === 'uf2' ? encodeUf2(regions, chip.familyId) : regions[0].data
    const sha256 = createHash('sha256').update(file).digest('hex')
    return { board: board.id, chip, regions, file, sha256, runtimeVersion: version }
}

/** Replaces the settings of the bare board, whose architecture tells what the runtime was built for. */
function patchSettings(flash: FlashMap, board: BoardDefinition, name: string): void {
    const { chip } = board
    const present = decodeDcfg(flash.read(chip.settingsAddress, SECTOR_BYTES))
    if (!present) {
        throw new FlashError(
            'wrong-image',
            `${name} holds no board settings at 0x${chip.settingsAddress.toString(16)}: it is no DeviceScript runtime for ${chip.name}`,
        )
    }
    const { archId } = present.settings
    if (archId !== undefined && archId !== chip.id) {
        throw new FlashError('wrong-image', `${name} is a runtime for ${archId}; board ${board.id} is ${chip.id}`)
    }
    const settings = encodeDcfg({ ...flattenSettings(board.settings), archId: chip.id })
    if (settings.length > SECTOR_BYTES) {
        throw new FlashError(
            'board',
            `the settings of board ${board.id} have ${settings.length} bytes; allowed: ${SECTOR_BYTES}`,
        )
    }
    flash.write(
        chip.settingsAddress,
        Buffer.concat([settings, Buffer.alloc(Math.max(0, present.bytes - settings.length))]),
    )
}

function fromUf2({ name, bytes }: RuntimeFile, chip: Uf2Chip): FlashMap {
    const flash = new FlashMap()
    for (const { address, data } of decodeUf2(bytes, chip.familyId, name)) {
        if (address < chip.flashAddress || address + data.length > chip.flashAddress + chip.flashBytes) {
            throw new FlashError(
                'wrong-image',
                `${name} writes to 0x${address.toString(16)}, outside the board's flash`,
            )
        }
        flash.write(address, data)
    }
    return flash
}

function fromBinary({ bytes }: RuntimeFile, chip: EspChip): FlashMap {
    const flash = new FlashMap()
    flash.write(chip.imageAddress, bytes)
    return flash
}

/** What flash will hold, by sector; what was not written is erased (0xff). */
class FlashMap {
    private readonly sectors = new Map<number, Buffer>()

    write(address: number, bytes: Buffer): void {
        for (let done = 0; done < bytes.length;) {
            const sector = this.sector(address + done)
            const at = (address + done) % SECTOR_BYTES
            done += bytes.copy(sector, at, done)
        }
    }

    read(address: number, length: number): Buffer {
        const bytes = Buffer.alloc(length, 0xff)
        for (let done = 0; done < length;) {
            const at = (address + done) % SECTOR_BYTES
            const count = Math.min(SECTOR_BYTES - at, length - done)
            this.sectors.get(address + done - at)?.copy(bytes, done, at, at + count)
            done += count
        }
        return bytes
    }

    /** Whether anything but erased bytes is there. */
    holds(address: number, length: number): boolean {
        return this.read(address, length).some(byte => byte !== 0xff)
    }

    /** Neighbouring sectors joined, in order of address. */
    regions(): FlashRegion[] {
        const regions: { address: number; parts: Buffer[] }[] = []
        for (const address of [...this.sectors.keys()].sort((a, b) => a - b)) {
            const last = regions.at(-1)
            const part = this.sectors.get(address) as Buffer
            if (last && last.address + last.parts.length * SECTOR_BYTES === address) last.parts.push(part)
            else regions.push({ address, parts: [part] })
        }
        return regions.map(({ address, parts }) => ({ address, data: Buffer.concat(parts) }))
    }

    /** Everything from `address` on as one region. */
    whole(address: number): FlashRegion {
        const end = Math.max(...this.sectors.keys()) + SECTOR_BYTES
        return { address, data: this.read(address, end - address) }
    }

    private sector(address: number): Buffer {
        const start = address - (address % SECTOR_BYTES)
        let sector = this.sectors.get(start)
        if (!sector) this.sectors.set(start, (sector = Buffer.alloc(SECTOR_BYTES, 0xff)))
        return sector
    }
}
