import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { decodeBlock } from 'uf2'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { espRuntime, uf2Runtime } from '../../src/bench/soak/runtime-images'
import { buildFirmware } from '../../src/flash/build'
import { touch } from '../../src/flash/touch'
import { ESP_CHIPS } from '../../src/sim/loaders/esp-rom-loader'
import { openPty } from '../../src/sim/pty-port'
import { RunningTendon } from '../cli/tendon'
import { PluggedRover } from '../e2e/plugged-rover'
import { espBoard, fileOf, folder, picoBoard, sha256 } from './flash-rig'

type Kind = keyof typeof ESP_CHIPS
const BOARDS: Record<Kind, { board: string; imageAddress: number }> = {
    esp32: { board: 'esp32_devkit_c', imageAddress: 0x1000 },
    esp32s2: { board: 'esp32s2_saola', imageAddress: 0x1000 },
    esp32s3: { board: 'esp32s3_devkit', imageAddress: 0 },
    esp32c3: { board: 'esp32c3_xiao', imageAddress: 0 },
}
const KINDS = Object.keys(BOARDS) as Kind[]

beforeAll(() => buildFirmware('rover'), 240_000)

/** Runs `tendon`, however long it takes. */
const tendon = (...args: string[]) => new RunningTendon(args).outcome

/** What `tendon build` says of its image, and the image. */
async function built(board: string, runtime: string) {
    const out = path.join(folder(), 'image')
    const { stdout } = await tendon('build', 'rover', '--board', board, '--runtime', runtime, '--out', out, '--json')
    return { report: JSON.parse(stdout).image, file: readFileSync(out) }
}

describe('tendon flash', () => {
    test('writes to each ESP32 kind exactly what tendon build made, and the robot answers with its program', async () => {
        await Promise.all(
            KINDS.map(async kind => {
                const { board, imageAddress } = BOARDS[kind]
                const runtime = fileOf(espRuntime(kind), 'runtime.bin')
                const { chip, port } = await espBoard(kind)
                const { report, file } = await built(board, runtime)
                const outcome = await tendon(
                    'flash',
                    'rover',
                    '--board',
                    board,
                    '--runtime',
                    runtime,
                    '--port',
                    port,
                    '--patience',
                    '60',
                    '--json',
                )
                expect({ kind, ...outcome, stdout: '', stderr: '' }).toEqual({ kind, code: 0, stdout: '', stderr: '' })
                const flashed = JSON.parse(outcome.stdout)
                expect(flashed).toMatchObject({ answered: 'rover', sha256: report.sha256, bytes: report.bytes })
                expect(sha256(file)).toBe(report.sha256)
                // What the simulated flash holds, read back.
                expect(sha256(chip.flash.subarray(imageAddress, imageAddress + file.length))).toBe(report.sha256)
                // Nothing before and nothing behind was touched.
                expect(chip.flash.subarray(0, imageAddress).every(byte => byte === 0xa5)).toBe(true)
                expect(chip.flash.subarray(-4096).every(byte => byte === 0xa5)).toBe(true)
            }),
        )
    }, 180_000)

    test('writes to a Pico and a Pico W exactly what tendon build made, and the robot answers with its program', async () => {
        await Promise.all(
            (['pico', 'pico_w'] as const).map(async board => {
                const runtime = fileOf(uf2Runtime(board === 'pico' ? 'rp2040' : 'rp2040w'), 'runtime.uf2')
                const { drive, port } = await picoBoard()
                const { report, file } = await built(board, runtime)
                const args = ['--drive', drive.folder, '--robot-port', port, '--patience', '60', '--json']
                const { code, stdout } = await tendon('flash', 'rover', '--board', board, '--runtime', runtime, ...args)
                expect(code).toBe(0)
                expect(JSON.parse(stdout)).toMatchObject({ answered: 'rover', sha256: report.sha256 })
                expect(sha256(file)).toBe(report.sha256)
                // Taken apart by an independent reader, and compared with the simulated flash block by block.
                const image: Buffer[] = []
                const held: Buffer[] = []
                for (let at = 0; at < file.length; at += 512) {
                    const { flashAddress, payload } = decodeBlock(file.subarray(at, at + 512))
                    const start = flashAddress - 0x1000_0000
                    image.push(Buffer.from(payload))
                    held.push(drive.flash.subarray(start, start + payload.length))
                }
                expect(image.length).toBeGreaterThan(100)
                expect(sha256(Buffer.concat(held))).toBe(sha256(Buffer.concat(image)))
            }),
        )
    }, 180_000)

    test('refuses another chip, an image for another board and a truncated one, and writes nothing', async () => {
        const { chip, port } = await espBoard('esp32s2')
        const { drive } = await picoBoard()
        const esp = ['--port', port]
        const uf2 = ['--drive', drive.folder]
        const cases: [string, Buffer, string[], RegExp][] = [
            [
                'esp32c3_xiao',
                espRuntime('esp32c3'),
                esp,
                /the chip on .* is an ESP32-S2, the image .* is for ESP32-C3\. Nothing was written/,
            ],
            ['esp32s2_saola', espRuntime('esp32s3'), esp, /is for chip id 9, the board's ESP32-S2 is 2/],
            ['esp32s2_saola', espRuntime('esp32s2').subarray(0, 0x13000), esp, /the file is truncated/],
            ['pico', uf2Runtime('rp2040w'), uf2, /is a runtime for rp2040w; board pico is rp2040/],
            ['pico', uf2Runtime('rp2040').subarray(0, 512 * 50), uf2, /has 50 of its .* UF2 blocks: it is truncated/],
            ['pico', espRuntime('esp32'), uf2, /it is truncated or no UF2 file/],
        ]
        await Promise.all(
            cases.map(async ([board, runtime, where, message]) => {
                const { code, stderr } = await tendon(
                    'flash',
                    'rover',
                    '--board',
                    board,
                    '--runtime',
                    fileOf(runtime, 'r'),
                    ...where,
                )
                expect(stderr).toMatch(message)
                expect(code).toBe(1)
            }),
        )
        expect(chip.dataBlocks).toBe(0)
        expect(chip.flash.every(byte => byte === 0xa5)).toBe(true)
        expect(readdirSync(drive.folder)).toEqual(['INFO_UF2.TXT'])
        expect(drive.flash.every(byte => byte === 0xa5)).toBe(true)
    }, 120_000)

    test('says that the flash holds something else, and the same command mends it', async () => {
        const { chip, port } = await espBoard('esp32c3')
        const runtime = fileOf(espRuntime('esp32c3'), 'runtime.bin')
        const command = [
            'flash',
            'rover',
            '--board',
            'esp32c3_xiao',
            '--runtime',
            runtime,
            '--port',
            port,
            '--patience',
            '60',
        ]
        chip.flipAt = 0x1_0000
        const failed = await tendon(...command)
        expect(failed).toMatchObject({
            code: 1,
            stderr: expect.stringContaining('MD5 differs): run the same command again'),
        })
        chip.flipAt = undefined
        chip.reset()
        expect(await tendon(...command)).toMatchObject({
            code: 0,
            stdout: expect.stringContaining('rover answers with the program written'),
        })
    }, 120_000)

    test('does not take a cable that was pulled for success, and the same command mends it', async () => {
        const board = await picoBoard()
        const runtime = fileOf(uf2Runtime('rp2040'), 'runtime.uf2')
        const command = [
            'flash',
            'rover',
            '--board',
            'pico',
            '--runtime',
            runtime,
            '--drive',
            board.drive.folder,
            '--robot-port',
            board.port,
        ]
        board.drive.cutAfter = 200
        const failed = await tendon(...command, '--patience', '1')
        expect(failed).toMatchObject({
            code: 1,
            stderr: expect.stringMatching(/flashed, but rover does not answer within 1 s.*Run the same command again/),
        })
        board.drive.cutAfter = Infinity
        board.replug()
        expect(await tendon(...command, '--patience', '60')).toMatchObject({ code: 0 })
    }, 120_000)

    test('does not take another program that answers for the one written', async () => {
        const { drive } = await picoBoard()
        const { path: port } = await PluggedRover.start(1)
        const runtime = fileOf(uf2Runtime('rp2040'), 'runtime.uf2')
        // The rover on that port has the program with its tick inlined.
        const args = [
            '--no-inline',
            '--board',
            'pico',
            '--runtime',
            runtime,
            '--drive',
            drive.folder,
            '--robot-port',
            port,
        ]
        const { code, stderr } = await tendon('flash', 'rover', ...args)
        expect(stderr).toMatch(/holds another program \([0-9a-f]{12}, written was [0-9a-f]{12}\): is it the right port/)
        expect(code).toBe(1)
    }, 120_000)

    test('restarts a board that honours 1200 bit/s in its boot loader', async () => {
        const board = await picoBoard()
        rmSync(path.join(board.drive.folder, 'INFO_UF2.TXT'))
        const other = await openPty()
        onTestFinished(() => void other.close())
        const timer = setInterval(() => {
            if (execFileSync('stty', ['-F', other.path, 'speed']).toString().trim() !== '1200') return
            clearInterval(timer)
            board.drive.plugIn()
        }, 50)
        onTestFinished(() => clearInterval(timer))
        const runtime = fileOf(uf2Runtime('rp2040'), 'runtime.uf2')
        const ports = ['--port', other.path, '--robot-port', board.port, '--drive', board.drive.folder]
        const { code, stderr } = await tendon(
            'flash',
            'rover',
            '--board',
            'pico',
            '--runtime',
            runtime,
            ...ports,
            '--patience',
            '60',
        )
        expect(stderr).toContain(`asking the board on ${other.path} for its boot loader (1200 bit/s)`)
        expect(code).toBe(0)
    }, 120_000)

    test('sees that a board takes no notice of 1200 bit/s', async () => {
        const pty = await openPty()
        onTestFinished(() => void pty.close())
        expect(await touch(pty.path, [folder()], 300)).toEqual([])
    })
})
