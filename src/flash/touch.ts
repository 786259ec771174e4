import { setTimeout as sleep } from 'node:timers/promises'
import { openSerial } from '../host/serial-stream'
import { findDrives } from './uf2-drive'

/** Speed that asks a board for its boot loader, bit/s. */
const TOUCH_BAUD = 1200
/** How long the port stays open: a program of the Pico SDK restarts at once, others on the close. */
const TOUCH_MS = 100
/** From there to the drive, ms: the chip restarts, the system mounts it. */
const DRIVE_MS = 10_000
const POLL_MS = 100

/**
 * Opens a port at 1200 bit/s, on which programs of the Pico SDK, MicroPython and Arduino restart an RP2040 in its boot ROM, and
 * waits for the drive. DeviceScript's runtime has no such thing: its USB code (usb.c of devicescript-pico) takes no notice of the
 * line's speed.
 *
 * @param folders where to look (default: where the system mounts drives)
 * @returns the drives there are then; none when the board took no notice
 * @throws RobotError `no-port`
 */
export async function touch(port: string, folders?: string[], driveMs = DRIVE_MS): Promise<string[]> {
    const stream = await openSerial(port, { baudRate: TOUCH_BAUD })
    await sleep(TOUCH_MS)
    await stream.close()
    for (let waited = 0; waited < driveMs; waited += POLL_MS) {
        const drives = await findDrives(folders)
        if (drives.length > 0) return drives
        await sleep(POLL_MS)
    }
    return []
}
