import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { RuntimeFile } from './board-image'
import { PROJECT_ROOT } from './build'
import type { Chip } from './chips'
import { FlashError } from './flash-error'

const CACHE = path.join(PROJECT_ROOT, '.tendon/runtime')
const FETCH_MS = 60_000

/** What is kept beside a downloaded runtime. */
export interface RuntimeRecord {
    /** Address that it was asked from, and the one that answered: the latter names the release. */
    readonly url: string
    readonly release: string
    readonly bytes: number
    /** Of the file, hexadecimal. */
    readonly sha256: string
}

export interface RuntimeOptions {
    /** A file of the user's, instead of the published one. */
    readonly file?: string
    /** Whether the network may be asked (default true); without it only what is kept is found. */
    readonly download?: boolean
    readonly cache?: string
    /** Replaces the chip's own address of the published runtime. */
    readonly url?: string
}

/**
 * The runtime for a chip: the user's file, the kept one, or the published one, which is then kept.
 *
 * @throws FlashError `runtime`, naming `--runtime`, when there is none or a kept one has changed
 */
export async function findRuntime(chip: Chip, options: RuntimeOptions = {}): Promise<RuntimeFile & { sha256: string }> {
    if (options.file !== undefined) return readGiven(options.file)
    const { cache = CACHE, url = chip.runtimeUrl } = options
    const kept = path.join(cache, path.basename(new URL(url).pathname))
    return (await readKept(kept)) ?? (options.download === false ? missing(chip, url) : download(chip, url, kept))
}

async function readGiven(file: string) {
    const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
        throw new FlashError('runtime', `cannot read --runtime ${file}: ${error.code ?? error.message}`)
    })
    return { name: file, bytes, sha256: sha256Of(bytes) }
}

async function readKept(kept: string) {
    const record = await readFile(`${kept}.json`, 'utf8').catch(() => undefined)
    const bytes = await readFile(kept).catch(() => undefined)
    if (record === undefined || !bytes) return undefined
    const { sha256 } = JSON.parse(record) as RuntimeRecord
    if (sha256Of(bytes) === sha256) return { name: kept, bytes, sha256 }
    throw new FlashError(
        'runtime',
        `${kept} is not the file that was downloaded (SHA-256 ${sha256} expected): delete it and try again`,
    )
}

function missing(chip: Chip, url: string): never {
    throw new FlashError('runtime', `no runtime for ${chip.name} is kept: ${howToGet(url)}`)
}

async function download(chip: Chip, url: string, kept: string) {
    const failed = (reason: string, cause?: unknown) =>
        new FlashError('runtime', `cannot download the runtime for ${chip.name} (${reason}): ${howToGet(url)}`, {
            cause,
        })
    const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_MS) }).catch((error: Error) => {
        const { code } = (error.cause ?? {}) as { code?: string }
        throw failed(code ?? error.message, error)
    })
    if (!response.ok) throw failed(`HTTP status ${response.status}`)
    const bytes = Buffer.from(await response.arrayBuffer())
    const length = response.headers.get('content-length')
    if (length !== null && Number(length) !== bytes.length) throw failed(`${bytes.length} of ${length} bytes came`)
    const record: RuntimeRecord = { url, release: response.url, bytes: bytes.length, sha256: sha256Of(bytes) }
    await mkdir(path.dirname(kept), { recursive: true })
    await writeWhole(kept, bytes)
    await writeWhole(`${kept}.json`, `${JSON.stringify(record, undefined, 2)}\n`)
    return { name: kept, bytes, sha256: record.sha256 }
}

function howToGet(url: string): string {
    return `fetch ${url} on a machine with internet access and give it with --runtime <file>`
}

/** A process that ends in the middle leaves no half file. */
async function writeWhole(file: string, content: string | Buffer): Promise<void> {
    const temporary = `${file}.${process.pid}`
    await writeFile(temporary, content)
    await rename(temporary, file)
}

function sha256Of(bytes: Buffer): string {
    return createHash('sha256').update(bytes).digest('hex')
}
