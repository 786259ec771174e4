import { createHash } from 'node:crypto'
import { encodeDcfg } from '../../flash/dcfg'
import { encodeUf2 } from '../../flash/uf2'
import { Random } from '../../sim/random'

/*
 * Runtime images of the right form, with noise for code: the published ones are not in this repository. Every check that the
 * real ones pass, these pass too: family, chip id, segments, check sums, partition table.
 */

const noise = (length: number, seed: number) => {
    const random = new Random(seed)
    return Buffer.from(Array.from({ length }, () => Math.floor(random.uniform() * 256)))
}

/** Settings of the bare board, as every published runtime carries them. */
const bareSettings = (archId: string) => encodeDcfg({ devName: `bare ${archId}`, productId: 0x3f00_0001, archId })

/** A runtime for a Pico (`rp2040`) or a Pico W (`rp2040w`). */
export function uf2Runtime(archId: 'rp2040' | 'rp2040w', { family = 0xe48b_ff56, seed = 1 } = {}): Buffer {
    const settings = bareSettings(archId)
    const padded = Buffer.concat([
        settings,
        Buffer.alloc(Math.ceil(settings.length / 256) * 256 - settings.length, 0xff),
    ])
    return encodeUf2(
        [
            // No whole number of sectors, as linkers leave it.
            { address: 0x1000_0000, data: noise(256 * 157, seed) },
            { address: 0x100d_c000, data: padded },
        ],
        family,
    )
}

export const ESP_KINDS = {
    esp32: { chipId: 0, start: 0x1000 },
    esp32s2: { chipId: 2, start: 0x1000 },
    esp32s3: { chipId: 9, start: 0 },
    esp32c3: { chipId: 5, start: 0 },
} as const

/** A runtime for an ESP32 kind: bootloader, partition table, settings and application in one file. */
export function espRuntime(
    kind: keyof typeof ESP_KINDS,
    { archId = kind as string, version = 'v2.16.4' } = {},
): Buffer {
    const { chipId, start } = ESP_KINDS[kind]
    const application = Buffer.concat([applicationDescription(version), noise(20_000, chipId + 2)])
    const parts: [number, Buffer][] = [
        [start, espImage(chipId, [noise(3_000, chipId + 1)])],
        [0x8000, partitionTable()],
        [0x9000, bareSettings(archId)],
        [0x10000, espImage(chipId, [application, noise(5_003, chipId + 3)])],
    ]
    const end = parts[3][0] + parts[3][1].length
    const file = Buffer.alloc(end - start, 0xff)
    for (const [address, bytes] of parts) bytes.copy(file, address - start)
    return file
}

/** ESP-IDF, "App image format". */
export function espImage(chipId: number, segments: Buffer[]): Buffer {
    const header = Buffer.alloc(24)
    header.set([0xe9, segments.length, 2, 0x20])
    header.writeUInt32LE(0x4008_0000, 4)
    header.writeUInt16LE(chipId, 12)
    header[23] = 1 // SHA-256 appended
    let checksum = 0xef
    const parts = [header]
    segments.forEach((data, i) => {
        const padded = Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)])
        for (const byte of padded) checksum ^= byte
        const segment = Buffer.alloc(8)
        segment.writeUInt32LE(0x3ffb_0000 + i * 0x10000, 0)
        segment.writeUInt32LE(padded.length, 4)
        parts.push(segment, padded)
    })
    const body = Buffer.concat(parts)
    const padding = Buffer.alloc(16 - (body.length % 16))
    padding[padding.length - 1] = checksum
    const image = Buffer.concat([body, padding])
    return Buffer.concat([image, createHash('sha256').update(image).digest()])
}

function applicationDescription(version: string): Buffer {
    const description = Buffer.alloc(256)
    description.writeUInt32LE(0xabcd_5432, 0)
    description.write(version, 16)
    description.write('devicescript', 48)
    return description
}

/** ESP-IDF, "Partition tables". */
function partitionTable(): Buffer {
    const entry = (type: number, subtype: number, offset: number, size: number, label: string) => {
        const bytes = Buffer.alloc(32)
        bytes.set([0xaa, 0x50, type, subtype])
        bytes.writeUInt32LE(offset, 4)
        bytes.writeUInt32LE(size, 8)
        bytes.write(label, 12)
        return bytes
    }
    const entries = Buffer.concat([
        entry(1, 0x40, 0x9000, 0x1000, 'dcfg'),
        entry(0, 0, 0x10000, 0x1b0000, 'factory'),
        entry(1, 0x41, 0x1c0000, 0x40000, 'fstor'),
    ])
    const md5 = Buffer.concat([
        Buffer.from([0xeb, 0xeb]),
        Buffer.alloc(14, 0xff),
        createHash('md5').update(entries).digest(),
    ])
    return Buffer.concat([entries, md5, Buffer.alloc(0xc00 - entries.length - md5.length, 0xff)])
}
