import { readdir, readFile, realpath } from 'node:fs/promises'
import { SerialPort } from 'serialport'
import { RobotError } from './robot'

/** A serial port of this machine. */
export interface PortInfo {
    /** What to open, for example `/dev/ttyACM0`. */
    path: string
    /** USB vendor id, four lower-case hex digits; absent when the port is not a USB device's. */
    vendorId?: string
    /** USB product id, likewise. */
    productId?: string
    manufacturer?: string
    serialNumber?: string
}

/** USB vendors whose ports may be a board's (USB-IF vendor ids). */
export const BOARD_VENDORS: Readonly<Record<string, string>> = {
    '2e8a': 'Raspberry Pi (RP2040)',
    '303a': 'Espressif (ESP32-S2, S3, C3)',
    '10c4': 'Silicon Labs (CP210x)',
    '1a86': 'WCH (CH34x)',
    '0403': 'FTDI',
}

/** Serial ports of this machine, in order of their paths. */
export async function listPorts(): Promise<PortInfo[]> {
    let found: PortInfo[]
    try {
        found = await SerialPort.list()
    } catch {
        found = await listFromSysfs() // no udevadm: containers, small systems
    }
    return found.map(tidy).sort((a, b) => (a.path < b.path ? -1 : 1))
}

/**
 * The port of the one board that is connected.
 *
 * @param ports where to look; by default this machine's
 * @throws RobotError `no-port`, naming the ports that were seen, when there is none or more than one
 */
export async function findPort(ports?: PortInfo[]): Promise<PortInfo> {
    const all = ports ?? (await listPorts())
    const boards = all.filter(port => port.vendorId !== undefined && BOARD_VENDORS[port.vendorId.toLowerCase()])
    if (boards.length === 1) return boards[0]
    if (boards.length > 1) {
        throw new RobotError('no-port', `More than one port may be the robot's: ${describePorts(boards)}. Name one.`)
    }
    throw new RobotError(
        'no-port',
        `No board found. Serial ports seen: ${describePorts(all)}. Connect the board with a USB cable that carries data, or name its port.`,
    )
}

/** The ports in one line, with what is known of each. */
export function describePorts(ports: PortInfo[]): string {
    return ports.length === 0 ? 'none' : ports.map(describePort).join(', ')
}

function describePort({ path, vendorId, productId, manufacturer, serialNumber }: PortInfo): string {
    if (vendorId === undefined) return path
    const maker = BOARD_VENDORS[vendorId.toLowerCase()] ?? manufacturer ?? 'USB'
    return `${path} (${maker}, ${vendorId}:${productId ?? '????'}${serialNumber ? `, ${serialNumber}` : ''})`
}

function tidy({ path, vendorId, productId, manufacturer, serialNumber }: PortInfo): PortInfo {
    const port: PortInfo = { path }
    if (vendorId) port.vendorId = vendorId.toLowerCase()
    if (productId) port.productId = productId.toLowerCase()
    if (manufacturer) port.manufacturer = manufacturer
    if (serialNumber) port.serialNumber = serialNumber
    return port
}

/** USB serial ports as the Linux kernel lists them. */
async function listFromSysfs(): Promise<PortInfo[]> {
    const names = await readdir('/sys/class/tty').catch(() => [])
    return Promise.all(names.filter(name => /^tty(ACM|USB)\d+$/.test(name)).map(sysfsPort))
}

async function sysfsPort(name: string): Promise<PortInfo> {
    const port: PortInfo = { path: `/dev/${name}` }
    // The ids stand in the directory of the USB device, a level or two above the interface that the port belongs to.
    let directory = await realpath(`/sys/class/tty/${name}/device`).catch(() => '')
    for (let level = 0; level < 4 && directory.startsWith('/sys/devices/'); level++) {
        const read = (file: string) =>
            readFile(`${directory}/${file}`, 'utf8').then(
                text => text.trim(),
                () => undefined,
            )
        port.vendorId = await read('idVendor')
        if (port.vendorId !== undefined) {
            port.productId = await read('idProduct')
            port.manufacturer = await read('manufacturer')
            port.serialNumber = await read('serial')
            break
        }
        directory = directory.slice(0, directory.lastIndexOf('/'))
    }
    return port
}
