import { open, readdir, readlink, statfs } from 'node:fs/promises'
import path from 'node:path'
import { error, type Finding, warning } from './finding'

/** Bytes of the largest image for an RP2040: its flash, twice over as UF2. */
const IMAGE_BYTES = 4 * 1024 * 1024
/** Label of the RP2040's boot drive (datasheet, 2.8.4.1). */
const LABEL = 'RPI-RP2'

/** What of the boot drives that are mounted stands in the way of an image. */
export async function driveFindings(folders: readonly string[]): Promise<Finding[]> {
    const findings: Finding[] = []
    for (const folder of folders) {
        const failure = await notWritable(folder)
        if (failure) {
            findings.push(
                error(
                    'drive-read-only',
                    `the boot drive ${folder} cannot be written to (${failure.code})`,
                    failure.code === 'EROFS'
                        ? `the system found it damaged and mounted it read-only: unplug the board, hold BOOTSEL and plug it in again`
                        : `mount it for this user (udisksctl mount -b /dev/disk/by-label/${LABEL}), or run as the user who it is mounted for`,
                ),
            )
            continue
        }
        const { bavail, bsize } = await statfs(folder)
        if (bavail * bsize < IMAGE_BYTES) {
            findings.push(
                error(
                    'drive-full',
                    `the boot drive ${folder} has ${bavail * bsize} bytes left, an image needs up to ${IMAGE_BYTES}`,
                    'delete what was copied to it, or unplug the board, hold BOOTSEL and plug it in again: a real boot drive is empty',
                ),
            )
        }
    }
    return findings
}

/** A boot drive that the system sees and has not mounted. */
export async function unmountedDrive(labels = '/dev/disk/by-label'): Promise<Finding[]> {
    const device = (await readdir(labels).catch((): string[] => [])).includes(LABEL)
        ? await readlink(path.join(labels, LABEL)).catch(() => LABEL)
        : undefined
    if (device === undefined) return []
    return [
        warning(
            'drive-not-mounted',
            `a boot drive (${path.basename(device)}) is connected and not mounted`,
            `udisksctl mount -b /dev/disk/by-label/${LABEL}, or click it in the file manager`,
        ),
    ]
}

/** Opens the file that is on every boot drive for writing, and writes nothing: so a system tells that it is mounted read-only. */
async function notWritable(folder: string): Promise<NodeJS.ErrnoException | undefined> {
    try {
        await (await open(path.join(folder, 'INFO_UF2.TXT'), 'r+')).close()
        return undefined
    } catch (failure) {
        return failure as NodeJS.ErrnoException
    }
}
