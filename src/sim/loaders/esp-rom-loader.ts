import { createHash } from 'node:crypto'
import { constants, inflateSync } from 'node:zlib'

/** What tells the kinds apart, retyped from Espressif's esptool (targets/*.py) and the TRMs. */
export const ESP_CHIPS = {
    esp32: { magic: 0x00f0_1d83, security: 0, chipId: 0, spi: 0x3ff4_2000, w0: 0x80 },
    esp32s2: { magic: 0x0000_07c6, security: 12, chipId: 2, spi: 0x3f40_2000, w0: 0x58 },
    esp32s3: { magic: 0x0000_0009, security: 20, chipId: 9, spi: 0x6000_2000, w0: 0x58 },
    esp32c3: { magic: 0x6921_506f, security: 20, chipId: 5, spi: 0x6000_2000, w0: 0x58 },
} as const

enum Command {
    FLASH_BEGIN = 0x02,
    FLASH_DATA = 0x03,
    FLASH_END = 0x04,
    MEM_BEGIN = 0x05,
    MEM_END = 0x06,
    MEM_DATA = 0x07,
    SYNC = 0x08,
    WRITE_REG = 0x09,
    READ_REG = 0x0a,
    SPI_SET_PARAMS = 0x0b,
    SPI_ATTACH = 0x0d,
    CHANGE_BAUDRATE = 0x0f,
    FLASH_DEFL_BEGIN = 0x10,
    FLASH_DEFL_DATA = 0x11,
    FLASH_DEFL_END = 0x12,
    SPI_FLASH_MD5 = 0x13,
    GET_SECURITY_INFO = 0x14,
}

const OK = 0
const INVALID_MESSAGE = 0x05
const BAD_CHECKSUM = 0x07
const MAGIC_REGISTER = 0x4000_1000
/** JEDEC id of a 4 MB part: manufacturer, type, log2 of the size. */
const FLASH_ID = 0x16_40_c8
const SPI_USR = 1 << 18
const SECTOR = 4096

/**
 * The ROM loader of an ESP32 kind, by "Serial Protocol" of Espressif's esptool documentation: SLIP frames in, SLIP frames out.
 * Code uploaded to RAM is not run; once it is started, what Espressif's own uploaded loader would do is done instead.
 */
export class EspRomLoader {
    readonly flash: Buffer
    /** Bytes for the host. */
    onBytes: (bytes: Buffer) => void = () => {}
    /** Fault: this many data blocks are taken, then nothing more is heard. */
    cutAfter = Infinity
    /** Fault: data blocks with these numbers arrive with a byte missing, once. */
    readonly loseByteOf = new Set<number>()
    /** Fault: after writing, this address of the flash holds another bit. */
    flipAt: number | undefined
    dataBlocks = 0
    /** The host has asked for the MD5 of what it wrote. */
    md5Asked = false
    private readonly chip: (typeof ESP_CHIPS)[keyof typeof ESP_CHIPS]
    private readonly registers = new Map<number, number>()
    private frame: number[] | undefined
    private escaped = false
    private stub = false
    private address = 0
    private compressed: Buffer[] = []

    constructor(kind: keyof typeof ESP_CHIPS, flashBytes = 4 * 1024 * 1024) {
        this.chip = ESP_CHIPS[kind]
        this.flash = Buffer.alloc(flashBytes, 0xa5)
    }

    /** EN was pulled low and released with IO0 low: the ROM waits for a host. */
    reset(): void {
        this.stub = this.escaped = false
        this.frame = undefined
        this.dataBlocks = 0
        this.md5Asked = false
    }

    receive(bytes: Uint8Array): void {
        for (const byte of bytes) {
            if (byte === 0xc0) {
                if (this.frame && this.frame.length > 0) this.execute(Buffer.from(this.frame))
                this.frame = []
            } else if (byte === 0xdb) this.escaped = true
            else if (this.frame) {
                this.frame.push(this.escaped ? (byte === 0xdc ? 0xc0 : 0xdb) : byte)
                this.escaped = false
            }
        }
    }

    private execute(request: Buffer): void {
        if (request.length < 8 || request[0] !== 0) return
        if (this.dataBlocks >= this.cutAfter) return
        const op = request[1]
        const isData = op === Command.FLASH_DATA || op === Command.FLASH_DEFL_DATA
        if (isData && this.loseByteOf.delete(request.readUInt32LE(12))) return
        const data = request.subarray(8)
        if (data.length !== request.readUInt16LE(2)) return
        if (isData || op === Command.MEM_DATA) {
            let checksum = 0xef
            for (const byte of data.subarray(16)) checksum ^= byte
            if (checksum !== request.readUInt32LE(4)) return this.answer(op, 0, [], BAD_CHECKSUM)
        }
        this.command(op, data)
    }

    private command(op: number, data: Buffer): void {
        const word = (i: number) => data.readUInt32LE(4 * i)
        switch (op) {
            case Command.SYNC:
                // The ROM answers eight times.
                for (let i = 0; i < 8; i++) this.answer(op, this.stub ? 0 : 0x2012_0707)
                return
            case Command.READ_REG:
                return this.answer(op, this.readRegister(word(0)))
            case Command.WRITE_REG:
                this.writeRegister(word(0), word(1))
                return this.answer(op)
            case Command.GET_SECURITY_INFO:
                return this.securityInfo(op)
            case Command.MEM_END:
                this.answer(op)
                this.stub = true
                return this.send(Buffer.from('OHAI'))
            case Command.FLASH_BEGIN:
            case Command.FLASH_DEFL_BEGIN:
                this.address = word(3)
                this.compressed = []
                this.erase(word(0))
                return this.answer(op)
            case Command.FLASH_DATA:
                data.copy(this.flash, this.address + this.countBlock(word(1), data.length - 16), 16)
                return this.answer(op)
            case Command.FLASH_DEFL_DATA:
                return this.inflate(op, word(1), data.subarray(16))
            case Command.SPI_FLASH_MD5:
                return this.md5(op, word(0), word(1))
            case Command.MEM_BEGIN:
            case Command.MEM_DATA:
            case Command.SPI_ATTACH:
            case Command.SPI_SET_PARAMS:
            case Command.CHANGE_BAUDRATE:
            case Command.FLASH_END:
            case Command.FLASH_DEFL_END:
                return this.answer(op)
            default:
                return this.unknown()
        }
    }

    /** The original ESP32 does not know the command, the S2 leaves the chip's id out. */
    private securityInfo(op: number): void {
        const { security, chipId } = this.chip
        if (security === 0) return this.unknown()
        const info = Buffer.alloc(security)
        if (security === 20) info.writeUInt32LE(chipId, 12)
        this.answer(op, 0, [...info])
    }

    /** An unknown command is answered eight times. */
    private unknown(): void {
        for (let i = 0; i < 8; i++) this.answer(0, 0, [], INVALID_MESSAGE)
    }

    private countBlock(sequence: number, bytes: number): number {
        this.dataBlocks++
        return sequence * bytes
    }

    private erase(bytes: number): void {
        const end = Math.min(this.flash.length, this.address + Math.ceil(bytes / SECTOR) * SECTOR)
        this.flash.fill(0xff, this.address, end)
    }

    private inflate(op: number, sequence: number, block: Buffer): void {
        this.dataBlocks++
        // A block that is sent again, because its answer was lost, was taken already.
        if (sequence === this.compressed.length) this.compressed.push(Buffer.from(block))
        const bytes = inflateSync(Buffer.concat(this.compressed), { finishFlush: constants.Z_SYNC_FLUSH })
        bytes.copy(this.flash, this.address)
        if (this.flipAt !== undefined) this.flash[this.flipAt] ^= 0x10
        this.answer(op)
    }

    private md5(op: number, address: number, length: number): void {
        this.md5Asked = true
        const md5 = createHash('md5')
            .update(this.flash.subarray(address, address + length))
            .digest()
        this.answer(op, 0, this.stub ? [...md5] : [...Buffer.from(md5.toString('hex'))])
    }

    private readRegister(address: number): number {
        if (address === MAGIC_REGISTER) return this.chip.magic
        return this.registers.get(address) ?? 0
    }

    /** The SPI controller runs a command at once; the only one used is "read JEDEC id". */
    private writeRegister(address: number, value: number): void {
        const { spi, w0 } = this.chip
        if (address === spi && (value & SPI_USR) !== 0) this.registers.set(spi + w0, FLASH_ID)
        else this.registers.set(address, value)
    }

    private answer(op: number, value = 0, data: number[] = [], error = OK): void {
        const status = error === OK ? [0, 0] : [1, error]
        // The ROM of the ESP32 kinds sends two reserved bytes behind its status, the uploaded loader does not.
        const body = [...data, ...status, ...(this.stub ? [] : [0, 0])]
        const header = Buffer.alloc(8)
        header.set([1, op])
        header.writeUInt16LE(body.length, 2)
        header.writeUInt32LE(value >>> 0, 4)
        this.send(Buffer.concat([header, Buffer.from(body)]))
    }

    private send(payload: Buffer): void {
        const bytes = [0xc0]
        for (const byte of payload) {
            if (byte === 0xc0) bytes.push(0xdb, 0xdc)
            else if (byte === 0xdb) bytes.push(0xdb, 0xdd)
            else bytes.push(byte)
        }
        bytes.push(0xc0)
        this.onBytes(Buffer.from(bytes))
    }
}
