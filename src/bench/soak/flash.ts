import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { loadBoard } from '../../flash/board-definition'
import { assembleImage, type BoardImage } from '../../flash/board-image'
import { buildFirmware } from '../../flash/build'
import { flashEsp } from '../../flash/esp-flash'
import { FlashError } from '../../flash/flash-error'
import { flashDrive } from '../../flash/uf2-drive'
import { EspRomLoader } from '../../sim/loaders/esp-rom-loader'
import { SimulatedUf2Drive } from '../../sim/loaders/uf2-drive'
import { openPty } from '../../sim/pty-port'
import { Random } from '../../sim/random'
import { ESP_KINDS, espRuntime, uf2Runtime } from './runtime-images'

const BOARDS = {
    esp32: 'esp32_devkit_c',
    esp32s2: 'esp32s2_saola',
    esp32s3: 'esp32s3_devkit',
    esp32c3: 'esp32c3_xiao',
} as const
type Kind = keyof typeof BOARDS
type Outcome = 'written' | FlashError['code']

/**
 * Flashes simulated boards of all kinds, each with one fault at a random moment (the cable pulled, a byte lost, a bit that the flash
 * holds wrongly), then once more without: afterwards each must hold exactly the image, and no fault may have passed for success.
 */
export async function flashCampaign(runs: number, seed: number): Promise<boolean> {
    const random = new Random(seed)
    const program = (await buildFirmware('rover')).bytecode
    const counts = new Map<string, number>()
    let broken = 0
    for (let run = 0; run < runs; run++) {
        const kinds = [...(Object.keys(BOARDS) as Kind[]), 'rp2040'] as const
        const kind = kinds[Math.floor(random.uniform() * kinds.length)]
        const { fault, outcome, problem } =
            kind === 'rp2040' ? await drive(random, program) : await chip(kind, random, program)
        const key = `${kind} ${fault}: ${outcome}`
        counts.set(key, (counts.get(key) ?? 0) + 1)
        if (problem === undefined) continue
        broken++
        process.stdout.write(`BROKEN in run ${run}: ${key}: ${problem}\n`)
    }
    for (const [key, count] of [...counts].sort()) process.stdout.write(`${String(count).padStart(5)}  ${key}\n`)
    process.stdout.write(`${runs} runs, seed ${seed}: ${broken} broken, all others mended by the same command\n`)
    return broken === 0
}

interface Run {
    fault: string
    outcome: Outcome
    problem?: string
}

async function chip(kind: Kind, random: Random, program: Buffer): Promise<Run> {
    const image = assembleImage(await loadBoard(BOARDS[kind]), { name: 'runtime', bytes: espRuntime(kind) }, program)
    const loader = new EspRomLoader(kind)
    const pty = await openPty()
    pty.stream.onData = bytes => loader.receive(bytes)
    loader.onBytes = bytes => pty.stream.write(bytes)
    const holds = () =>
        sameHash(loader.flash.subarray(ESP_KINDS[kind].start, ESP_KINDS[kind].start + image.file.length), image.file)
    try {
        const fault = (['cable pulled', 'byte lost', 'bit wrong'] as const)[Math.floor(random.uniform() * 3)]
        // An image has some six blocks.
        const block = Math.floor(random.uniform() * 6)
        if (fault === 'cable pulled') loader.cutAfter = block
        else if (fault === 'byte lost') loader.loseByteOf.add(block)
        else loader.flipAt = ESP_KINDS[kind].start + Math.floor(random.uniform() * image.file.length)
        const outcome = await attempt(() => flashEsp(pty.path, image))
        if (outcome === 'written' && !holds())
            return { fault, outcome, problem: 'told as written, and the flash holds something else' }
        loader.cutAfter = Infinity
        loader.loseByteOf.clear()
        loader.flipAt = undefined
        loader.reset()
        return mended(fault, outcome, await attempt(() => flashEsp(pty.path, image)), holds())
    } finally {
        await pty.close()
    }
}

async function drive(random: Random, program: Buffer): Promise<Run> {
    const image = assembleImage(await loadBoard('pico'), { name: 'runtime', bytes: uf2Runtime('rp2040') }, program)
    const folder = mkdtempSync(path.join(tmpdir(), 'tendon-soak-'))
    const simulated = new SimulatedUf2Drive(folder)
    const timer = setInterval(() => simulated.poll(), 10)
    const holds = () => image.regions.every(region => holdsRegion(simulated.flash, region))
    try {
        simulated.cutAfter = Math.floor((random.uniform() * image.file.length) / 512)
        // The boot drive tells nothing of what it took: that the robot answers with its program is the proof, not this outcome.
        const outcome = await attempt(() => flashDrive(folder, image))
        simulated.cutAfter = Infinity
        simulated.plugIn()
        return mended('cable pulled', outcome, await attempt(() => flashDrive(folder, image)), holds())
    } finally {
        clearInterval(timer)
        rmSync(folder, { recursive: true })
    }
}

function holdsRegion(flash: Buffer, { address, data }: BoardImage['regions'][number]): boolean {
    const start = address - 0x1000_0000
    return sameHash(flash.subarray(start, start + data.length), data)
}

function mended(fault: string, outcome: Outcome, again: Outcome, holds: boolean): Run {
    if (again !== 'written') return { fault, outcome, problem: `the same command then failed: ${again}` }
    return holds ? { fault, outcome } : { fault, outcome, problem: 'mended, and the flash holds something else' }
}

async function attempt(flash: () => Promise<void>): Promise<Outcome> {
    try {
        await flash()
        return 'written'
    } catch (error) {
        if (error instanceof FlashError) return error.code
        throw error
    }
}

function sameHash(a: Buffer, b: Buffer): boolean {
    const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
    return hash(a) === hash(b)
}
