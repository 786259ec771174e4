import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { PROJECT_ROOT } from './build'

/** What was deployed from here, each program under its SHA-256. */
const DEPLOYED = path.join(PROJECT_ROOT, '.tendon/programs')
/** What was built here, each in a directory of its own (`build.ts`). */
const BUILT = path.join(PROJECT_ROOT, '.tendon')

/** A program that was deployed from this project's directory, or built in it, by its SHA-256; undefined when it was not. */
export async function knownProgram(sha256: string): Promise<Buffer | undefined> {
    const directories = await readdir(BUILT).catch(() => [])
    const files = [fileOf(sha256), ...directories.map(name => path.join(BUILT, name, 'bytecode.devs'))]
    for (const file of files) {
        const program = await readFile(file).catch(() => undefined)
        if (program && sha256Of(program) === sha256) return program
    }
    return undefined
}

/** Keeps a program, so that it can be gone back to. */
export async function keepProgram(program: Buffer): Promise<void> {
    const file = fileOf(sha256Of(program))
    await mkdir(DEPLOYED, { recursive: true })
    // A name of its own: several deploys keep the same program at once.
    const draft = `${file}.${randomUUID()}`
    await writeFile(draft, program)
    await rename(draft, file)
}

/** Hexadecimal. */
export function sha256Of(program: Buffer): string {
    return createHash('sha256').update(program).digest('hex')
}

function fileOf(sha256: string): string {
    return path.join(DEPLOYED, `${sha256}.devs`)
}
