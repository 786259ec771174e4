import { createHash } from 'node:crypto'
import { ESP_APPLICATION_ADDRESS, ESP_PARTITION_TABLE_ADDRESS, type EspChip } from './chips'
import { FlashError } from './flash-error'

/** ESP-IDF, "App image format": header, segments, check sum, SHA-256. */
const IMAGE_MAGIC = 0xe9
const HEADER_BYTES = 24
const SEGMENT_HEADER_BYTES = 8
const MAX_SEGMENTS = 16
const CHECKSUM_SEED = 0xef
/** esp_app_desc_t begins the first segment of an application. */
const APPLICATION_MAGIC = 0xabcd_5432
/** ESP-IDF, "Partition tables": each entry begins with this; the MD5 row with the other. */
const PARTITION_MAGIC = 0x50aa
const PARTITION_MD5_MAGIC = 0xebeb
const PARTITION_BYTES = 32
const PARTITIONS_MAX_BYTES = 0xc00

/**
 * Checks a runtime for an ESP32 kind, which is one file from the chip's first image address on: bootloader, partition table
 * and application, each with its own check sums.
 *
 * @returns the application's version, as ESP-IDF put it in
 * @throws FlashError `runtime` when it is damaged or truncated, `wrong-image` when it is for another chip
 */
export function checkEspRuntime(file: Buffer, chip: EspChip, name: string): string | undefined {
    checkImage(file, chip, name, 0, 'bootloader')
    checkPartitionTable(file, ESP_PARTITION_TABLE_ADDRESS - chip.imageAddress, name)
    const application = ESP_APPLICATION_ADDRESS - chip.imageAddress
    checkImage(file, chip, name, application, 'application')
    return applicationVersion(file, application)
}

function checkImage(file: Buffer, chip: EspChip, name: string, start: number, what: string): void {
    const damaged = (reason: string) => new FlashError('runtime', `${name}: the ${what} at byte ${start} ${reason}`)
    const truncated = () => damaged(`goes on after the file's end (${file.length} bytes): the file is truncated`)
    if (start + HEADER_BYTES > file.length) throw truncated()
    if (file[start] !== IMAGE_MAGIC)
        throw damaged('does not begin as an image for an ESP32: damaged, or for another board')
    const chipId = file.readUInt16LE(start + 12)
    if (chipId !== chip.imageChipId) {
        throw new FlashError(
            'wrong-image',
            `${name}: the ${what} is for chip id ${chipId}, the board's ${chip.name} is ${chip.imageChipId}`,
        )
    }
    const segments = file[start + 1]
    if (segments > MAX_SEGMENTS) throw damaged(`claims ${segments} segments`)
    let at = start + HEADER_BYTES
    let checksum = CHECKSUM_SEED
    for (let i = 0; i < segments; i++) {
        if (at + SEGMENT_HEADER_BYTES > file.length) throw truncated()
        const end = at + SEGMENT_HEADER_BYTES + file.readUInt32LE(at + 4)
        if (end > file.length) throw truncated()
        for (let j = at + SEGMENT_HEADER_BYTES; j < end; j++) checksum ^= file[j]
        at = end
    }
    // The check sum is the last byte of a block of 16, counted from the image's beginning.
    const end = start + Math.floor((at - start) / 16) * 16 + 16
    if (end > file.length) throw truncated()
    if (file[end - 1] !== checksum) throw damaged('has a wrong check sum: the file is damaged')
    if (file[start + 23] === 0) return
    if (end + 32 > file.length) throw truncated()
    const sha256 = createHash('sha256').update(file.subarray(start, end)).digest()
    if (!sha256.equals(file.subarray(end, end + 32))) throw damaged('has a wrong SHA-256: the file is damaged')
}

function checkPartitionTable(file: Buffer, start: number, name: string): void {
    const wrong = (reason: string) =>
        new FlashError('runtime', `${name}: the partition table at byte ${start} ${reason}`)
    const end = Math.min(file.length, start + PARTITIONS_MAX_BYTES)
    for (let at = start; at + PARTITION_BYTES <= end; at += PARTITION_BYTES) {
        const magic = file.readUInt16LE(at)
        if (magic === PARTITION_MAGIC) continue
        if (magic !== PARTITION_MD5_MAGIC) break
        const md5 = createHash('md5').update(file.subarray(start, at)).digest()
        if (md5.equals(file.subarray(at + 16, at + PARTITION_BYTES))) return
        throw wrong('has a wrong MD5: the file is damaged')
    }
    throw wrong('is missing or truncated')
}

function applicationVersion(file: Buffer, application: number): string | undefined {
    const description = application + HEADER_BYTES + SEGMENT_HEADER_BYTES
    if (description + 48 > file.length || file.readUInt32LE(description) !== APPLICATION_MAGIC) return undefined
    const version = file.subarray(description + 16, description + 48)
    const end = version.indexOf(0)
    return version.toString('latin1', 0, end < 0 ? version.length : end) || undefined
}
