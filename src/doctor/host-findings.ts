import { stat } from 'node:fs/promises'
import { BOARD_VENDORS, describePorts, type PortInfo } from '../host/ports'
import { error, type Finding } from './finding'
import { describeHolders } from './port-holders'
import type { PortReport } from './port-state'
import type { UsbDevice } from './usb-devices'
import { usbKind } from './usb-ids'

/** For /etc/udev/rules.d: the ports of boards belong to whoever sits at the machine, and no modem program opens them. */
export const UDEV_RULE = [
    '# Boards of tendon: https://www.freedesktop.org/software/systemd/man/udev.html',
    ...Object.keys(BOARD_VENDORS).map(
        vendor => `SUBSYSTEMS=="usb", ATTRS{idVendor}=="${vendor}", TAG+="uaccess", ENV{ID_MM_DEVICE_IGNORE}="1"`,
    ),
    '',
].join('\n')
export const UDEV_FILE = '/etc/udev/rules.d/60-tendon.rules'

/** Why there is no port to look at: what can be told of a board that shows none. */
export function noPortFindings(devices: readonly UsbDevice[], ports: readonly PortInfo[]): Finding[] {
    const findings: Finding[] = []
    for (const { vendorId, productId, product, ports: own } of devices) {
        const kind = usbKind(vendorId, productId)
        if (!(vendorId in BOARD_VENDORS) || own.length > 0 || kind?.bootloader) continue
        const module = kind?.module ?? (vendorId === '2e8a' || vendorId === '303a' ? 'cdc_acm' : undefined)
        findings.push(
            error(
                'no-driver',
                `${product ?? kind?.what ?? BOARD_VENDORS[vendorId]} (${vendorId}:${productId}) is on USB and has no serial port`,
                module === undefined
                    ? 'its driver is missing or refuses it: see the end of `sudo dmesg`'
                    : `its driver is missing or taken by another: sudo modprobe ${module}, and see the end of \`sudo dmesg\` (on Ubuntu brltty takes CH340 converters: sudo apt remove brltty)`,
            ),
        )
    }
    if (findings.length > 0) return findings
    return [
        error(
            'no-board',
            `no board is on USB; serial ports: ${describePorts([...ports])}`,
            "if its light is on, the cable only charges: take one that carries data (a phone's data cable does). Else try another socket, without a hub; an RP2040 without a program shows up when BOOTSEL is held while it is plugged in",
        ),
    ]
}

/** What keeps this process from speaking with a board on the port. */
export async function portFindings(port: PortInfo, report: PortReport): Promise<Finding[]> {
    const { path } = port
    switch (report.state) {
        case 'no-permission':
            return [
                error(
                    'no-permission',
                    `this user may not open ${path}${await owner(path)}`,
                    process.platform === 'linux'
                        ? `npx tendon doctor --udev-rule | sudo tee ${UDEV_FILE}; sudo udevadm control --reload; then plug the board in again. Or: sudo usermod -aG dialout $USER, and log in again`
                        : 'close the program that uses the port, or run with the right to open it',
                ),
            ]
        case 'busy':
            return [
                error(
                    'busy',
                    `${path} is in use${report.holders?.length ? ` by ${describeHolders(report.holders)}` : ''}`,
                    report.holders?.length
                        ? 'end that program, or close its serial monitor'
                        : 'close what has it open (a serial monitor, a bridge); `sudo npx tendon doctor` sees the programs of other users, too',
                ),
            ]
        case 'unusable':
            return [
                error(
                    'no-such-port',
                    `${path} cannot be opened: ${report.reason}`,
                    '`tendon ports` lists the ports that there are',
                ),
            ]
        case 'bootloader':
            return [
                error(
                    'bootloader',
                    `the board on ${path} waits in its boot loader and runs nothing`,
                    'write an image to it: tendon flash <robot> --board <b>. Or press its reset button, without the boot button, to run what it holds',
                ),
            ]
        case 'other':
            return [
                error(
                    'other-firmware',
                    `what is on ${path} sends something else than a board of tendon's: "${report.heard}"`,
                    'another firmware is on the board, or it is another device: if it is the board, flash it (tendon flash <robot> --board <b>)',
                ),
            ]
        case 'silent':
            return [
                error(
                    'silent',
                    `${path} opens, and nothing answers`,
                    'press the reset button and look again after 6 s. An ESP32-S2 or C3 board may speak on its second USB connector (docs/boards.md). Else the chip holds no DeviceScript: tendon flash <robot> --board <b>',
                ),
            ]
        default:
            return []
    }
}

async function owner(path: string): Promise<string> {
    const found = await stat(path).catch(() => undefined)
    return found ? ` (mode ${(found.mode & 0o777).toString(8)}, user ${found.uid}, group ${found.gid})` : ''
}
