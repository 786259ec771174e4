import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** A device on this machine's USB, with a serial port or without. */
export interface UsbDevice {
    readonly vendorId: string
    readonly productId: string
    readonly product?: string
    /** Names of its serial ports, as `ttyACM0`. */
    readonly ports: readonly string[]
}

/**
 * Devices on USB as the Linux kernel lists them; none elsewhere.
 *
 * @param sys where the kernel's list is mounted
 */
export async function usbDevices(sys = '/sys'): Promise<UsbDevice[]> {
    const root = path.join(sys, 'bus/usb/devices')
    const names = await readdir(root).catch(() => [])
    const read = (name: string, file: string) =>
        readFile(path.join(root, name, file), 'utf8').then(
            text => text.trim(),
            () => undefined,
        )
    const devices = await Promise.all(
        // Interfaces have a colon in their names and stand in their device's directory, too.
        names
            .filter(name => !name.includes(':'))
            .map(async name => {
                const vendorId = await read(name, 'idVendor')
                const productId = await read(name, 'idProduct')
                if (vendorId === undefined || productId === undefined) return undefined
                return { vendorId, productId, product: await read(name, 'product'), ports: await portsOf(root, name) }
            }),
    )
    return devices.filter(device => device !== undefined)
}

/** A port stands in its interface's directory: `tty/ttyACM0` of a CDC device, `ttyUSB0` of a converter. */
async function portsOf(root: string, device: string): Promise<string[]> {
    const entries = await readdir(path.join(root, device)).catch(() => [])
    const lists = await Promise.all(
        entries
            .filter(entry => entry.startsWith(`${device}:`))
            .map(async entry => {
                const directory = path.join(root, device, entry)
                const tty = await readdir(path.join(directory, 'tty')).catch(() => [])
                return [...tty, ...(await readdir(directory)).filter(name => /^ttyUSB\d+$/.test(name))]
            }),
    )
    return lists.flat()
}
