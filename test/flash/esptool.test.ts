import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { ESP_KINDS, espRuntime } from '../../src/bench/soak/runtime-images'
import { loadBoard } from '../../src/flash/board-definition'
import { assembleImage } from '../../src/flash/board-image'
import { buildFirmware } from '../../src/flash/build'

/** A Python that has Espressif's own esptool: that of the environment (`TENDON_ESPTOOL`) or the system's. */
const PYTHON = process.env.TENDON_ESPTOOL ?? 'python3'
const run = promisify(execFile)
const esptool = (...args: string[]) => run(PYTHON, ['-m', 'esptool', ...args], { timeout: 60_000 })

beforeEach(context => {
    if (spawnSync(PYTHON, ['-c', 'import esptool; assert int(esptool.__version__.split(".")[0]) >= 5']).status !== 0) {
        context.skip(`skipped: ${PYTHON} has no esptool 5 (pip install esptool; TENDON_ESPTOOL names another Python)`)
    }
})

const BOARDS = {
    esp32: 'esp32_devkit_c',
    esp32s2: 'esp32s2_saola',
    esp32s3: 'esp32s3_devkit',
    esp32c3: 'esp32c3_xiao',
} as const
const KINDS = Object.keys(BOARDS) as (keyof typeof BOARDS)[]

test.each(KINDS)(
    "the image for an %s is one that Espressif's esptool reads, and the one that it makes of the same parts",
    async kind => {
        const { start } = ESP_KINDS[kind]
        const { bytecode } = await buildFirmware('rover')
        const { file } = assembleImage(await loadBoard(BOARDS[kind]), { name: 'r', bytes: espRuntime(kind) }, bytecode)
        const folder = await mkdtemp(path.join(tmpdir(), 'tendon-esptool-'))
        onTestFinished(() => rm(folder, { recursive: true }))
        // Addresses of ESP-IDF and of DeviceScript's architecture files, retyped.
        const addresses = [start, 0x8000, 0x9000, 0x10000, 0x1c0000]
        const parts = addresses.map((address, i) => ({
            address,
            file: path.join(folder, `part-${i}.bin`),
            bytes: file.subarray(address - start, (addresses[i + 1] ?? start + file.length) - start),
        }))
        for (const part of parts) await writeFile(part.file, part.bytes)
        for (const image of [parts[0], parts[3]]) {
            const { stdout } = await esptool('--chip', kind, 'image-info', image.file)
            expect(stdout).toMatch(/Checksum: 0x[0-9a-f]+ \(valid\)/)
            expect(stdout).toMatch(/Validation hash: [0-9a-f]+ \(valid\)/)
        }
        const merged = path.join(folder, 'merged.bin')
        const pairs = parts.flatMap(part => [`0x${part.address.toString(16)}`, part.file])
        await esptool(
            '--chip',
            kind,
            'merge-bin',
            '--output',
            merged,
            '--target-offset',
            `0x${start.toString(16)}`,
            ...pairs,
        )
        expect((await readFile(merged)).equals(file)).toBe(true)
    },
    120_000,
)
