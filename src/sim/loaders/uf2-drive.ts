import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const FLASH_ADDRESS = 0x1000_0000
const SECTOR = 4096

/**
 * An RP2040 in its boot ROM: a drive that takes UF2 files (RP2040 datasheet, 2.8.4). Blocks of another family, of another size
 * than 256 bytes or outside the flash are ignored; a sector is erased when its first block comes; when every block of a file
 * was seen the chip restarts, and the drive is gone.
 */
export class SimulatedUf2Drive {
    readonly flash: Buffer
    restarted = false
    /** Fault: the cable is pulled after this many blocks. */
    cutAfter = Infinity
    blocks = 0
    private readonly seen = new Set<number>()
    private readonly erased = new Set<number>()

    constructor(
        readonly folder: string,
        flashBytes = 2 * 1024 * 1024,
    ) {
        // What was there before is no part of the image.
        this.flash = Buffer.alloc(flashBytes, 0xa5)
        this.plugIn()
    }

    /** Shows the drive, as when BOOTSEL is held while the board is plugged in. */
    plugIn(): void {
        mkdirSync(this.folder, { recursive: true })
        const info = 'UF2 Bootloader v3.0\nModel: Raspberry Pi RP2\nBoard-ID: RPI-RP2\n'
        writeFileSync(path.join(this.folder, 'INFO_UF2.TXT'), info)
        this.restarted = false
        this.seen.clear()
        this.erased.clear()
    }

    /** Takes what the host has written so far. */
    poll(): void {
        if (this.restarted) return
        for (const name of readdirSync(this.folder)) {
            if (name === 'INFO_UF2.TXT') continue
            const file = readFileSync(path.join(this.folder, name))
            for (let at = 0; at + 512 <= file.length && !this.restarted; at += 512)
                this.take(file.subarray(at, at + 512))
        }
    }

    private take(block: Buffer): void {
        const word = (offset: number) => block.readUInt32LE(offset)
        if (word(0) !== 0x0a324655 || word(4) !== 0x9e5d5157 || word(508) !== 0x0ab16f30) return
        if ((word(8) & 1) !== 0 || (word(8) & 0x2000) === 0 || word(28) !== 0xe48bff56) return
        const offset = word(12) - FLASH_ADDRESS
        const number = word(20)
        if (word(16) !== 256 || offset < 0 || offset % 256 !== 0 || offset + 256 > this.flash.length) return
        if (this.seen.has(number)) return
        if (this.blocks >= this.cutAfter) return this.unplug()
        this.blocks++
        this.seen.add(number)
        const sector = offset - (offset % SECTOR)
        if (!this.erased.has(sector)) {
            this.erased.add(sector)
            this.flash.fill(0xff, sector, sector + SECTOR)
        }
        block.copy(this.flash, offset, 32, 288)
        if (this.seen.size === word(24)) this.unplug()
    }

    private unplug(): void {
        this.restarted = true
        for (const name of readdirSync(this.folder)) rmSync(path.join(this.folder, name))
    }
}
