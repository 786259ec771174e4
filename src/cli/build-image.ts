import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { BoardDefinition } from '../flash/board-definition'
import { PROJECT_ROOT } from '../flash/build'
import { storeCapacity } from '../flash/program-store'
import { FlashError } from '../flash/flash-error'
import { buildImage } from './robot-board'

/** What `tendon build` says of a board and of the image for it. */
export interface ImageReport {
    board: string
    chip: string
    i2c: BoardDefinition['i2c'] | null
    /** Bytes of the longest program that the board's store holds. */
    storeBytes: number
    /** Null when there is no runtime at hand, and then why. */
    image: {
        file: string
        bytes: number
        sha256: string
        runtime: { name: string; sha256: string; version: string | null }
    } | null
    noImage: string | null
}

/**
 * Writes the image for a board, when a runtime is at hand: given, or kept from an earlier download. Without one the program is
 * all there is to build.
 */
export async function writeImage(
    robot: string,
    board: BoardDefinition,
    program: Buffer,
    options: { runtime?: string; out?: string },
): Promise<ImageReport> {
    const { chip } = board
    const report: ImageReport = {
        board: board.id,
        chip: chip.name,
        i2c: board.i2c ?? null,
        storeBytes: storeCapacity(chip.storePages),
        image: null,
        noImage: null,
    }
    try {
        const image = await buildImage(board, program, { runtime: options.runtime, download: false })
        const file = options.out ?? path.join(PROJECT_ROOT, '.tendon/images', `${robot}-${board.id}.${chip.format}`)
        await mkdir(path.dirname(file), { recursive: true })
        await writeFile(file, image.file)
        report.image = {
            file,
            bytes: image.file.length,
            sha256: image.sha256,
            runtime: { ...image.runtime, version: image.runtimeVersion ?? null },
        }
    } catch (error) {
        // Who asked for an image must hear why there is none; else it is worth a line.
        const asked = options.runtime !== undefined || options.out !== undefined
        if (asked || !(error instanceof FlashError) || error.code !== 'runtime') throw error
        report.noImage = error.message
    }
    return report
}

/** The report's lines for a person. */
export function imageLines({ board, chip, i2c, image, noImage }: ImageReport): string[] {
    return [
        `  board    ${board} (${chip})${i2c ? `, I2C at ${i2c.kHz} kHz on GPIO ${i2c.sda} (SDA) and ${i2c.scl} (SCL)` : ''}`,
        ...(image
            ? [
                  `  image    ${image.file}, ${image.bytes} bytes`,
                  `           sha256 ${image.sha256}`,
                  `           runtime ${image.runtime.version ?? 'of unknown version'}, ${image.runtime.name}`,
              ]
            : [`  image    none: ${noImage}`]),
    ]
}
