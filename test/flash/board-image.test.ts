import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { decodeBlock, familyMap } from 'uf2'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { listBoards, loadBoard } from '../../src/flash/board-definition'
import { assembleImage } from '../../src/flash/board-image'
import { buildFirmware, PROJECT_ROOT } from '../../src/flash/build'
import { CHIPS } from '../../src/flash/chips'
import { decodeDcfg, encodeDcfg, flattenSettings } from '../../src/flash/dcfg'
import { encodeStore, storeCapacity } from '../../src/flash/program-store'
import { findRuntime } from '../../src/flash/runtime-source'
import { DeviceScriptVm } from '../../src/sim/vm/device-script-vm'
import { ESP_KINDS, espRuntime, uf2Runtime } from '../../src/bench/soak/runtime-images'

let program: Buffer
let directory: string
beforeAll(async () => {
    program = (await buildFirmware('rover')).bytecode
    directory = await mkdtemp(path.join(tmpdir(), 'tendon-image-'))
})
afterAll(() => rm(directory, { recursive: true }))

/** What the runtime itself keeps in flash after it was given the program. */
function storeOfRuntime(): Buffer {
    let flash = Buffer.alloc(0)
    const vm = new DeviceScriptVm({
        now: () => 100_000,
        onFrame: () => {},
        onLog: () => {},
        i2cTransfer: () => -1,
        onPanic: () => {},
        random: bytes => bytes.fill(7),
        saveFlash: content => (flash = Buffer.from(content)),
    })
    vm.start(1n)
    vm.process()
    vm.deploy(program)
    return flash
}

describe('the program store', () => {
    test('holds what the runtime itself writes, byte for byte', () => {
        const ours = encodeStore(program, 32)
        const theirs = storeOfRuntime()
        // The runtime does not touch the second header; erased flash is all ones there.
        expect(theirs.subarray(0, 0x2000)).toEqual(ours.subarray(0, 0x2000))
        expect(ours.subarray(0x2000, 0x4000)).toEqual(Buffer.alloc(0x2000, 0xff))
        const end = 0x4000 + 128 + program.length
        expect(theirs.subarray(0x4000, end).equals(ours.subarray(0x4000, end))).toBe(true)
    })

    test('refuses a program that it has no room for', () => {
        expect(storeCapacity(32)).toBe(28 * 4096 - 128)
        expect(() => encodeStore(Buffer.alloc(28 * 4096), 32)).toThrow("the board's store holds 114560")
    })
})

test("board settings are what DeviceScript's own compiler makes of the same file", async () => {
    const run = promisify(execFile)
    const cli = path.join(PROJECT_ROOT, 'node_modules/@devicescript/cli/devicescript')
    for (const id of ['pico', 'esp32c3_xiao']) {
        const board = await loadBoard(id)
        const folder = path.join(directory, id)
        await cp(path.join(PROJECT_ROOT, 'boards'), folder, { recursive: true })
        const { settingsAddress } = board.chip
        await writeFile(
            path.join(folder, 'arch.json'),
            JSON.stringify({ id: board.chip.id, dcfgOffset: settingsAddress, pins: { io: '0-29' } }),
        )
        const out = path.join(folder, 'dcfg.bin')
        await run(process.execPath, [cli, 'dcfg', path.join(folder, `tendon_${id}.board.json`), '-o', out], {
            cwd: folder,
        })
        expect(encodeDcfg(flattenSettings(board.settings))).toEqual(await readFile(out))
    }
})

describe('images', () => {
    test('for a Pico are UF2 files by an independent reader', async () => {
        for (const [id, arch] of [
            ['pico', 'rp2040'],
            ['pico_w', 'rp2040w'],
        ] as const) {
            const image = assembleImage(await loadBoard(id), { name: 'r.uf2', bytes: uf2Runtime(arch) }, program)
            const blocks = []
            for (let at = 0; at < image.file.length; at += 512)
                blocks.push(decodeBlock(image.file.subarray(at, at + 512)))
            expect(familyMap.get(blocks[0].boardFamily)).toMatch(/RP2040/i)
            blocks.forEach((block, i) => {
                expect(block).toMatchObject({
                    blockNumber: i,
                    totalBlocks: blocks.length,
                    boardFamily: 0xe48b_ff56,
                })
                expect(block.flags).toBe(0x2000)
                expect(block.payload.length).toBe(256)
                expect(block.flashAddress % 256).toBe(0)
                expect(block.flashAddress).toBeGreaterThanOrEqual(0x1000_0000)
                expect(block.flashAddress).toBeLessThan(0x1020_0000)
            })
            // Every sector is whole: the boot ROM erases what it touches.
            expect(blocks.length % 16).toBe(0)
            expect(new Set(blocks.map(block => block.flashAddress)).size).toBe(blocks.length)
        }
    })

    test('hold runtime, settings and program, each where it belongs', async () => {
        for (const kind of Object.keys(ESP_KINDS) as (keyof typeof ESP_KINDS)[]) {
            const ids = await Promise.all((await listBoards()).map(id => loadBoard(id)))
            const board = ids.find(({ chip }) => chip.id === kind)
            if (!board) throw new Error(kind)
            const { start } = ESP_KINDS[kind]
            const runtime = espRuntime(kind)
            const { file, runtimeVersion } = assembleImage(board, { name: 'r.bin', bytes: runtime }, program)
            expect(runtimeVersion).toBe('v2.16.4')
            const settings = decodeDcfg(file, 0x9000 - start)?.settings
            expect(settings).toMatchObject({ archId: kind, 'i2c.pinSDA': board.i2c?.sda, 'i2c.kHz': 400 })
            expect(file.subarray(0, 0x9000 - start)).toEqual(runtime.subarray(0, 0x9000 - start))
            expect(file.subarray(0x10000 - start, runtime.length)).toEqual(runtime.subarray(0x10000 - start))
            const store = encodeStore(program, 64)
            expect(file.subarray(0x1c0000 - start, 0x1c0000 - start + store.length).equals(store)).toBe(true)
        }
    })

    test('are the same bytes each time', async () => {
        const make = async () =>
            assembleImage(await loadBoard('pico'), { name: 'r', bytes: uf2Runtime('rp2040') }, program)
        expect((await make()).sha256).toBe((await make()).sha256)
    })

    const changed = (bytes: Buffer, at: number) => {
        const copy = Buffer.from(bytes)
        copy[at] ^= 1
        return copy
    }
    test.each([
        [
            'a UF2 file of another family',
            'pico',
            () => uf2Runtime('rp2040', { family: 0xada5_2840 }),
            'wrong-image',
            'is for UF2 family 0xada52840',
        ],
        [
            "the Pico W's runtime on a Pico",
            'pico',
            () => uf2Runtime('rp2040w'),
            'wrong-image',
            'is a runtime for rp2040w; board pico is rp2040',
        ],
        [
            'a UF2 file cut at a block',
            'pico',
            () => uf2Runtime('rp2040').subarray(0, 512 * 100),
            'runtime',
            'has 100 of its',
        ],
        [
            'a UF2 file cut within one',
            'pico',
            () => uf2Runtime('rp2040').subarray(0, 512 * 100 + 7),
            'runtime',
            'no whole number',
        ],
        [
            'a damaged UF2 file',
            'pico',
            () => changed(uf2Runtime('rp2040'), 512 * 3),
            'runtime',
            'no UF2 block at byte 1536',
        ],
        ['an ESP32 image on a Pico', 'pico', () => espRuntime('esp32'), 'runtime', 'it is truncated or no UF2 file'],
        [
            'a UF2 file on an ESP32',
            'esp32_devkit_c',
            () => uf2Runtime('rp2040'),
            'runtime',
            'does not begin as an image for an ESP32',
        ],
        [
            "another kind's image",
            'esp32s3_devkit',
            () => espRuntime('esp32c3'),
            'wrong-image',
            "is for chip id 5, the board's ESP32-S3 is 9",
        ],
        [
            'a runtime for another board',
            'esp32c3_xiao',
            () => espRuntime('esp32c3', { archId: 'esp32s3' }),
            'wrong-image',
            'is a runtime for esp32s3',
        ],
        [
            'a truncated image',
            'esp32c3_xiao',
            () => espRuntime('esp32c3').subarray(0, 0x14000),
            'runtime',
            'the file is truncated',
        ],
        [
            'a flipped bit in the application',
            'esp32c3_xiao',
            () => changed(espRuntime('esp32c3'), 0x11000),
            'runtime',
            'wrong check sum',
        ],
        [
            "a flipped bit in an image's header",
            'esp32c3_xiao',
            () => changed(espRuntime('esp32c3'), 0x10004),
            'runtime',
            'wrong SHA-256',
        ],
        [
            'a flipped bit in the partition table',
            'esp32c3_xiao',
            () => changed(espRuntime('esp32c3'), 0x8008),
            'runtime',
            'wrong MD5',
        ],
    ])('are refused for %s', async (_, id, make, code, message) => {
        const board = await loadBoard(id)
        const assemble = () => assembleImage(board, { name: 'file', bytes: make() }, program)
        expect(assemble).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }))
    })
})

describe('the runtime', () => {
    const serve = async (body: Buffer, status = 200) => {
        const server = createServer((_, response) => void response.writeHead(status).end(body))
        await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
        onTestFinished(() => void server.close())
        const { port } = server.address() as { port: number }
        return { url: `http://127.0.0.1:${port}/runtime.uf2`, close: () => server.close() }
    }
    const chip = CHIPS.rp2040

    test('is downloaded once, kept, and checked whenever it is used', async () => {
        const cache = path.join(directory, 'cache')
        const bytes = uf2Runtime('rp2040')
        const { url, close } = await serve(bytes)
        expect((await findRuntime(chip, { cache, url })).bytes.equals(bytes)).toBe(true)
        close()
        const { sha256 } = await findRuntime(chip, { cache, url })
        expect(JSON.parse(await readFile(path.join(cache, 'runtime.uf2.json'), 'utf8'))).toMatchObject({
            url,
            sha256,
            bytes: bytes.length,
        })
        await writeFile(path.join(cache, 'runtime.uf2'), bytes.subarray(512))
        await expect(findRuntime(chip, { cache, url })).rejects.toThrow('is not the file that was downloaded')
    })

    test('is asked for by --runtime where it cannot be had', async () => {
        const cache = path.join(directory, 'empty')
        const gone = await serve(Buffer.alloc(0), 404)
        const cases = [
            { url: gone.url },
            { url: 'http://127.0.0.1:1/r.uf2' },
            { download: false },
            { file: '/no/such.uf2' },
        ]
        for (const options of cases) {
            await expect(findRuntime(chip, { cache, ...options })).rejects.toThrow(
                expect.objectContaining({ code: 'runtime', message: expect.stringContaining('--runtime') }),
            )
        }
    })
})
