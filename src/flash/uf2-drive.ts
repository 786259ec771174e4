import { open, readdir, readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BoardImage } from './board-image'
import { FlashError } from './flash-error'

/** Every boot drive holds this file (UF2 specification, "Embedding sources"). */
const INFO = 'INFO_UF2.TXT'
/** `Board-ID` of the RP2040's boot ROM (datasheet, 2.8.4.1). */
const BOARD_ID = 'RPI-RP2'
/** The boot ROM restarts the chip by itself once it has every block. A Pico takes some 3 s for a megabyte. */
const RESTART_MS = 20_000
const POLL_MS = 50

export const HOW_TO_BOOT =
    'hold the BOOTSEL button while plugging the board in; it shows up as a drive named RPI-RP2. Or name its folder with --drive'

/** Folders of all boot drives of RP2040 boards, as the desktop systems mount them. */
export async function findDrives(folders?: string[]): Promise<string[]> {
    const found = await Promise.all(
        (folders ?? (await mountPoints())).map(async folder => [folder, await isDrive(folder)] as const),
    )
    return found.filter(([, drive]) => drive).map(([folder]) => folder)
}

async function isDrive(folder: string): Promise<boolean> {
    const info = await readFile(path.join(folder, INFO), 'utf8').catch(() => '')
    return new RegExp(`^Board-ID:\\s*${BOARD_ID}\\s*$`, 'm').test(info)
}

async function mountPoints(): Promise<string[]> {
    if (process.platform === 'win32') return [...'DEFGHIJKLMNOPQRSTUVWXYZ'].map(letter => `${letter}:\\`)
    const { username } = userInfo()
    const roots =
        process.platform === 'darwin'
            ? ['/Volumes']
            : [`/media/${username}`, `/run/media/${username}`, '/media', '/mnt']
    const lists = await Promise.all(
        roots.map(async root => (await readdir(root).catch(() => [])).map(name => path.join(root, name))),
    )
    return lists.flat()
}

/**
 * Copies a UF2 image to a boot drive and waits until the board has taken it and restarted. The boot ROM has no way to read
 * flash back: that the robot answers afterwards is the proof.
 *
 * @throws FlashError `no-board`, `transfer`
 */
export async function flashDrive(
    folder: string,
    image: BoardImage,
    options: { onProgress?: (written: number, total: number) => void; restartMs?: number } = {},
): Promise<void> {
    if (!(await isDrive(folder))) throw new FlashError('no-board', `${folder} is no RP2040 boot drive: ${HOW_TO_BOOT}`)
    const { onProgress, restartMs = RESTART_MS } = options
    try {
        await copy(path.join(folder, 'TENDON.UF2'), image.file, onProgress)
    } catch (error) {
        // The board may have restarted before the system had written the last directory entry.
        if (await isDrive(folder)) {
            const { code, message } = error as NodeJS.ErrnoException
            throw new FlashError(
                'transfer',
                `writing to ${folder} failed (${code ?? message}): run the same command again`,
            )
        }
    }
    for (let waited = 0; await isDrive(folder); waited += POLL_MS) {
        if (waited >= restartMs) {
            throw new FlashError(
                'transfer',
                `the board has not restarted ${restartMs / 1000} s after the copy to ${folder}: it did not get every block. ` +
                    'Run the same command again.',
            )
        }
        await sleep(POLL_MS)
    }
}

async function copy(file: string, bytes: Buffer, onProgress?: (written: number, total: number) => void): Promise<void> {
    const STEP = 16 * 1024
    const handle = await open(file, 'w')
    try {
        for (let at = 0; at < bytes.length; at += STEP) {
            await handle.write(bytes, at, Math.min(STEP, bytes.length - at))
            onProgress?.(Math.min(at + STEP, bytes.length), bytes.length)
        }
        await handle.sync()
    } finally {
        await handle.close().catch(() => undefined)
    }
}
