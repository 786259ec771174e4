import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { checkout } from '../../src/cli/checkout'
import { type Examination, examine, type ExamineOptions } from '../../src/doctor/examine'
import { UDEV_RULE } from '../../src/doctor/host-findings'
import { PROJECT_ROOT } from '../../src/flash/build'
import { EspRomLoader } from '../../src/sim/loaders/esp-rom-loader'
import { SimulatedUf2Drive } from '../../src/sim/loaders/uf2-drive'
import { openPty } from '../../src/sim/pty-port'

function folder(): string {
    const made = mkdtempSync(path.join(tmpdir(), 'tendon-doctor-'))
    onTestFinished(() => rmSync(made, { recursive: true, force: true }))
    return made
}

async function pty() {
    const port = await openPty()
    onTestFinished(() => void port.close())
    return port
}

/** The doctor on a machine with nothing but what is given. */
async function doctor(options: Partial<ExamineOptions>): Promise<Examination> {
    return examine({ ...(await checkout({})), ports: [], folders: [], labels: '/none', sys: '/none', ...options })
}

function only({ findings }: Examination, code: string): string {
    expect(findings.map(finding => finding.code)).toEqual([code])
    return `${findings[0].what} -> ${findings[0].remedy}`
}

/** Root may do everything: as someone else, for as long as `body` runs. */
async function asAnyone<T>(body: () => Promise<T>): Promise<T> {
    if (process.geteuid?.() !== 0) return body()
    process.seteuid?.(65534)
    try {
        return await body()
    } finally {
        process.seteuid?.(0)
    }
}

/** `/sys` of a machine with one USB device, which has a serial port or none. */
function sysWith(device: { vendorId: string; productId: string; port?: string }): string {
    const sys = folder()
    const directory = path.join(sys, 'bus/usb/devices/1-2')
    mkdirSync(path.join(directory, '1-2:1.0'), { recursive: true })
    writeFileSync(path.join(directory, 'idVendor'), `${device.vendorId}\n`)
    writeFileSync(path.join(directory, 'idProduct'), `${device.productId}\n`)
    if (device.port !== undefined) mkdirSync(path.join(directory, '1-2:1.0/tty', device.port), { recursive: true })
    return sys
}

describe('no port to look at', () => {
    test('no board, or a cable that only charges', async () => {
        expect(only(await doctor({}), 'no-board')).toMatch(
            /no board is on USB; serial ports: none -> .*the cable only charges/,
        )
    })

    test('a converter without its driver', async () => {
        const sys = sysWith({ vendorId: '1a86', productId: '7523' })
        expect(only(await doctor({ sys }), 'no-driver')).toMatch(
            /CH340 converter \(1a86:7523\).* -> .*sudo modprobe ch341/,
        )
    })

    test('a device that has a port is not blamed', async () => {
        const sys = sysWith({ vendorId: '1a86', productId: '7523', port: 'ttyUSB0' })
        only(await doctor({ sys }), 'no-board')
    })

    test('several boards', async () => {
        const ports = ['/dev/ttyACM0', '/dev/ttyACM1'].map(at => ({ path: at, vendorId: '2e8a', productId: '000a' }))
        expect(only(await doctor({ ports }), 'several-boards')).toMatch(/ttyACM0, \/dev\/ttyACM1 -> name one: --port/)
    })

    test('a port that does not exist', async () => {
        expect(only(await doctor({ port: '/dev/ttyACM77' }), 'no-such-port')).toMatch(/ttyACM77 .*-> `tendon ports`/)
    })
})

describe('a port that cannot be used', () => {
    test('for want of permission', async () => {
        const { path: port } = await pty()
        chmodSync(port, 0o600)
        if (process.geteuid?.() !== 0) chmodSync(port, 0)
        expect(only(await asAnyone(() => doctor({ port })), 'no-permission')).toMatch(
            /may not open .* -> npx tendon doctor --udev-rule \| sudo tee \/etc\/udev\/rules\.d\/60-tendon\.rules/,
        )
    })

    test('because another program has it, which is named', async () => {
        const { path: port } = await pty()
        const program = `new (require('serialport').SerialPort)({ path: ${JSON.stringify(port)}, baudRate: 115200 }, () => console.log('open')).on('data', () => {})`
        const monitor = spawn(process.execPath, ['-e', program], {
            cwd: PROJECT_ROOT,
            stdio: ['ignore', 'pipe', 'inherit'],
        })
        onTestFinished(() => void monitor.kill())
        await once(monitor.stdout, 'data')
        const text = only(await doctor({ port }), 'busy')
        expect(text).toContain(`(process ${monitor.pid})`)
        expect(text).toContain('end that program, or close its serial monitor')
    })

    test('because nothing answers on it', async () => {
        const { path: port } = await pty()
        expect(only(await doctor({ port }), 'silent')).toMatch(/opens, and nothing answers -> press the reset button/)
    })

    test('because another firmware speaks on it', async () => {
        const { path: port, stream } = await pty()
        stream.onData = () =>
            stream.write(Buffer.from('\r\n>>> \r\nMicroPython v1.24.1 on 2024-11-29; Raspberry Pi Pico\r\n'))
        expect(only(await doctor({ port }), 'other-firmware')).toMatch(
            /MicroPython v1\.24\.1.* -> another firmware is on the board/,
        )
    })

    test('because an ESP32 waits in its ROM loader', async () => {
        const { path: port, stream } = await pty()
        const chip = new EspRomLoader('esp32c3')
        stream.onData = bytes => chip.receive(bytes)
        chip.onBytes = bytes => stream.write(bytes)
        expect(only(await doctor({ port }), 'bootloader')).toMatch(
            /waits in its boot loader.* -> write an image to it: tendon flash/,
        )
        expect(chip.dataBlocks).toBe(0)
    })
})

describe('a boot drive', () => {
    test('waits for an image', async () => {
        const { folder: drive } = new SimulatedUf2Drive(folder())
        expect(only(await doctor({ folders: [drive] }), 'bootloader')).toMatch(
            /RP2040 waits in its boot loader.* -> .*tendon flash/,
        )
    })

    test('is not mounted', async () => {
        const labels = folder()
        symlinkSync('../../sdb1', path.join(labels, 'RPI-RP2'))
        const { findings } = await doctor({ labels })
        expect(findings[0]).toMatchObject({
            code: 'drive-not-mounted',
            what: expect.stringContaining('sdb1'),
            remedy: expect.stringContaining('udisksctl mount'),
        })
    })

    test('cannot be written to', async () => {
        const { folder: drive } = new SimulatedUf2Drive(folder())
        chmodSync(drive, 0o555)
        chmodSync(path.join(drive, 'INFO_UF2.TXT'), 0o444)
        const { findings } = await asAnyone(() => doctor({ folders: [drive] }))
        expect(findings[0]).toMatchObject({
            code: 'drive-read-only',
            remedy: expect.stringContaining('mount it for this user'),
        })
    })

    test('is full', async context => {
        const drive = folder()
        try {
            execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', drive], { stdio: 'ignore' })
        } catch {
            return context.skip('skipped: this user may not mount a small file system to fill')
        }
        try {
            new SimulatedUf2Drive(drive)
            const { findings } = await doctor({ folders: [realpathSync(drive)] })
            expect(findings[0]).toMatchObject({ code: 'drive-full', remedy: expect.stringContaining('hold BOOTSEL') })
        } finally {
            execFileSync('umount', [drive])
        }
    })
})

test('the udev rule names every maker of boards', () => {
    expect(UDEV_RULE).toContain('ATTRS{idVendor}=="2e8a", TAG+="uaccess"')
    expect(UDEV_RULE.split('\n').filter(line => line.startsWith('SUBSYSTEMS'))).toHaveLength(5)
})
