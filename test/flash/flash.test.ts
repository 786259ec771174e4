import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { loadBoard } from '../../src/flash/board-definition'
import { assembleImage, type BoardImage } from '../../src/flash/board-image'
import { buildFirmware } from '../../src/flash/build'
import { flashEsp } from '../../src/flash/esp-flash'
import { findDrives, flashDrive } from '../../src/flash/uf2-drive'
import { ESP_CHIPS, EspRomLoader } from '../../src/sim/loaders/esp-rom-loader'
import { SimulatedUf2Drive } from '../../src/sim/loaders/uf2-drive'
import { openPty } from '../../src/sim/pty-port'
import { espRuntime, uf2Runtime } from '../../src/bench/soak/runtime-images'

type Kind = keyof typeof ESP_CHIPS
const boardOf: Record<Kind, string> = {
    esp32: 'esp32_devkit_c',
    esp32s2: 'esp32s2_saola',
    esp32s3: 'esp32s3_devkit',
    esp32c3: 'esp32c3_xiao',
}
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

let program: Buffer
beforeAll(async () => (program = (await buildFirmware('rover')).bytecode))
const espImageOf = async (kind: Kind) =>
    assembleImage(await loadBoard(boardOf[kind]), { name: 'runtime', bytes: espRuntime(kind) }, program)
const held = (flash: Buffer, image: BoardImage, base = 0) =>
    image.regions.map(({ address, data }) => sha256(flash.subarray(address - base, address - base + data.length)))
const wanted = (image: BoardImage) => image.regions.map(({ data }) => sha256(data))

/** A chip in its ROM loader on a pseudo-terminal. */
async function chipOn(kind: Kind) {
    const chip = new EspRomLoader(kind)
    const pty = await openPty()
    // Nobody waits for the pseudo-terminal's other end.
    onTestFinished(() => void pty.close())
    pty.stream.onData = bytes => chip.receive(bytes)
    chip.onBytes = bytes => pty.stream.write(bytes)
    return { chip, path: pty.path }
}

describe('an ESP32 kind', () => {
    // These wait for time limits of seconds: TENDON_LONG=1 npx vitest run test/flash/flash.test.ts
    test.runIf(process.env.TENDON_LONG)('that lost a byte is sent the block again', async () => {
        const { chip, path } = await chipOn('esp32c3')
        chip.loseByteOf.add(1)
        const image = await espImageOf('esp32c3')
        await flashEsp(path, image)
        expect(held(chip.flash, image)).toEqual(wanted(image))
    })

    test.runIf(process.env.TENDON_LONG)(
        'that was unplugged in the middle is mended by the same command',
        async () => {
            const { chip, path } = await chipOn('esp32c3')
            chip.cutAfter = 1
            const image = await espImageOf('esp32c3')
            await expect(flashEsp(path, image)).rejects.toMatchObject({ code: 'transfer' })
            chip.reset()
            chip.cutAfter = Infinity
            await flashEsp(path, image)
            expect(held(chip.flash, image)).toEqual(wanted(image))
        },
        60_000,
    )

    test('that does not answer is asked for with its buttons', async () => {
        const { chip, path } = await chipOn('esp32')
        chip.cutAfter = 0
        const flashing = flashEsp(path, await espImageOf('esp32'), { attempts: 1 })
        await expect(flashing).rejects.toMatchObject({
            code: 'no-board',
            message: expect.stringContaining('hold BOOT'),
        })
    })
})

describe('an RP2040', () => {
    const drive = () => {
        const folder = mkdtempSync(path.join(tmpdir(), 'tendon-drive-'))
        const simulated = new SimulatedUf2Drive(folder)
        const timer = setInterval(() => simulated.poll(), 20)
        onTestFinished(() => {
            clearInterval(timer)
            rmSync(folder, { recursive: true })
        })
        return simulated
    }
    const image = async () =>
        assembleImage(await loadBoard('pico'), { name: 'r', bytes: uf2Runtime('rp2040') }, program)

    test('holds exactly the image afterwards', async () => {
        const simulated = drive()
        const made = await image()
        expect(await findDrives([tmpdir(), simulated.folder])).toEqual([simulated.folder])
        await flashDrive(simulated.folder, made)
        expect(held(simulated.flash, made, 0x1000_0000)).toEqual(wanted(made))
    })

    test('that was unplugged in the middle is mended by the same command', async () => {
        const simulated = drive()
        const made = await image()
        simulated.cutAfter = 100
        await flashDrive(simulated.folder, made)
        expect(held(simulated.flash, made, 0x1000_0000)).not.toEqual(wanted(made))
        simulated.cutAfter = Infinity
        simulated.plugIn()
        await flashDrive(simulated.folder, made)
        expect(held(simulated.flash, made, 0x1000_0000)).toEqual(wanted(made))
    })

    test('that did not restart is said so', async () => {
        const folder = mkdtempSync(path.join(tmpdir(), 'tendon-drive-'))
        onTestFinished(() => rmSync(folder, { recursive: true }))
        writeFileSync(path.join(folder, 'INFO_UF2.TXT'), 'Board-ID: RPI-RP2\n')
        await expect(flashDrive(folder, await image(), { restartMs: 100 })).rejects.toMatchObject({ code: 'transfer' })
    })

    test('is not mistaken for any folder', async () => {
        await expect(flashDrive(tmpdir(), await image())).rejects.toMatchObject({ code: 'no-board' })
    })
})
