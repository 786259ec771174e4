import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { PACKAGE_ROOT } from '../version'
import { BuildError } from './build-error'

export { BuildError } from './build-error'

const run = promisify(execFile)

/** The project: where `src`, `devices` and `services` are. */
export const PROJECT_ROOT = PACKAGE_ROOT
/** In a published package: programs that were compiled when it was packed, by the name of their build. */
const SHIPPED = path.join(PACKAGE_ROOT, 'dist/firmware')

/** Everything that a firmware is compiled from, beside the robot's own directory. */
const SOURCES = ['devices', 'services', 'src/hal', 'src/control', 'src/protocol', 'src/onboard', 'src/firmware']

/** A compiled program. */
export interface Program {
    /** What is flashed, and what the simulator runs. */
    bytecode: Buffer
    /** SHA-256 of the bytecode, hexadecimal. */
    sha256: string
    /** DeviceScript's debug information: functions, source positions. */
    debug: DebugInformation
    /** What was flattened; nothing for a plain build. */
    flat: FlatReport
}

/** What a build wrote flat (`flatten.ts`). */
export interface FlatReport {
    /** Calls that were inlined, by callee. */
    inlined: string[]
    /** Loops written out. */
    unrolled: number
    /** Fields that became variables. */
    variables: number
    /** Arrays whose elements became variables. */
    arrays: number
}

/** A robot's compiled firmware. */
export interface Firmware extends Program {
    robot: string
}

/** What is used of `bytecode-dbg.json`. */
export interface DebugInformation {
    functions: { name: string; startpc: number; size: number }[]
}

/** Names of the robots in `src/robots`. */
export async function listRobots(): Promise<string[]> {
    const entries = await readdir(path.join(PROJECT_ROOT, 'src/robots'), { withFileTypes: true })
    return entries.filter(entry => entry.isDirectory()).map(entry => entry.name)
}

/**
 * Compiles a robot's firmware. The result is kept under `.tendon` and used again while no source changes. Compiling
 * happens in a directory outside any repository, because DeviceScript's compiler would put a time of day into the image
 * there: the same sources give the same bytes.
 *
 * @param options.inline whether to write the tick flat (default true)
 * @throws BuildError
 */
export async function buildFirmware(robot: string, options: { inline?: boolean } = {}): Promise<Firmware> {
    const inline = options.inline ?? true
    const robots = await listRobots()
    if (!robots.includes(robot)) {
        throw new BuildError(`robot "${robot}" does not exist; there are: ${robots.join(', ')} (src/robots)`)
    }
    const sources = [...SOURCES, `src/robots/${robot}`]
    const name = `${robot}-${inline ? 'inlined' : 'plain'}`
    if (isPublished()) return { robot, ...(await shipped(name)) }
    return { robot, ...(await build(name, `src/robots/${robot}/main.ts`, sources, inline)) }
}

/**
 * Compiles any DeviceScript entry of the project.
 *
 * @param entry path of the entry from the project's root
 * @param sources files and directories that it is compiled from
 * @param options.inline whether to write it flat; by default it is compiled as it is written
 * @throws BuildError
 */
export async function compileEntry(
    entry: string,
    sources: string[],
    { inline = false }: { inline?: boolean } = {},
): Promise<Program> {
    // The compiler writes the types of the project's services beside its own packages, which all builds share.
    return build(entry.replace(/\W+/g, '-'), entry, ['services', ...sources], inline)
}

/** A published package has no lock file, and with it not all that a firmware is compiled from. */
function isPublished(): boolean {
    return !existsSync(path.join(PACKAGE_ROOT, 'package-lock.json'))
}

async function shipped(name: string): Promise<Program> {
    const program = await read(path.join(SHIPPED, name))
    if (program !== undefined) return program
    throw new BuildError(`this package was published without the program ${name}: build it in tendon's repository`)
}

/** Puts a robot's program where a published package has it. */
export async function shipFirmware(robot: string): Promise<void> {
    const { bytecode, debug, flat } = await buildFirmware(robot)
    const directory = path.join(SHIPPED, `${robot}-inlined`)
    await mkdir(directory, { recursive: true })
    await writeFile(path.join(directory, 'bytecode.devs'), bytecode)
    await writeFile(path.join(directory, 'bytecode-dbg.json'), JSON.stringify(debug))
    await writeFile(path.join(directory, 'flat.json'), JSON.stringify(flat))
}

async function build(name: string, entry: string, sources: string[], inline: boolean): Promise<Program> {
    const kept = path.join(PROJECT_ROOT, '.tendon', `${name}-${(await hashOf(sources)).slice(0, 16)}`)
    return (await read(kept)) ?? (await compile(entry, inline, sources, kept))
}

async function read(directory: string): Promise<Program | undefined> {
    try {
        const bytecode = await readFile(path.join(directory, 'bytecode.devs'))
        const debug = JSON.parse(await readFile(path.join(directory, 'bytecode-dbg.json'), 'utf8')) as DebugInformation
        const flat = JSON.parse(await readFile(path.join(directory, 'flat.json'), 'utf8')) as FlatReport
        return { bytecode, sha256: createHash('sha256').update(bytecode).digest('hex'), debug, flat }
    } catch {
        return undefined
    }
}

async function compile(entry: string, inline: boolean, sources: string[], kept: string): Promise<Program> {
    const directory = await mkdtemp(path.join(tmpdir(), 'tendon-build-'))
    try {
        for (const source of [...sources, 'devsconfig.json']) {
            await cp(path.join(PROJECT_ROOT, source), path.join(directory, source), { recursive: true })
        }
        await writeFile(path.join(directory, 'package.json'), JSON.stringify({ name: 'tendon' }))
        await symlink(path.join(PROJECT_ROOT, 'node_modules'), path.join(directory, 'node_modules'), 'junction')
        const flat: FlatReport = { inlined: [], unrolled: 0, variables: 0, arrays: 0 }
        if (inline) {
            const { flattenProgram } = await import('./flatten')
            const result = flattenProgram({ entry, root: PROJECT_ROOT })
            for (const [file, text] of result.files) await writeFile(path.join(directory, file), text)
            flat.inlined = result.inlined.map(({ callee }) => callee)
            flat.unrolled = result.unrolled
            flat.variables = result.variables.length
            flat.arrays = result.arrays.length
        }
        await runCompiler(directory, entry)
        const output = path.join(directory, '.devicescript/bin')
        await writeFile(path.join(output, 'flat.json'), JSON.stringify(flat))
        await mkdir(path.dirname(kept), { recursive: true })
        // Another process may have built the same meanwhile; its result is as good.
        const moved = `${kept}.${process.pid}`
        await cp(output, moved, { recursive: true })
        await rename(moved, kept).catch(() => rm(moved, { recursive: true }))
    } finally {
        await rm(directory, { recursive: true, force: true })
    }
    return (await read(kept)) as Program
}

async function runCompiler(directory: string, entry: string): Promise<void> {
    const cli = createRequire(import.meta.url).resolve('@devicescript/cli/package.json')
    const devs = path.join(path.dirname(cli), 'devicescript')
    const result = await run(process.execPath, [devs, 'build', entry], {
        cwd: directory,
        env: { ...process.env, NO_COLOR: '1' },
    }).catch((error: { stdout?: string; stderr?: string; message: string }) => error)
    const text = `${result.stdout ?? ''}${result.stderr ?? ''}`
    // The compiler prints its errors and may still exit with 0.
    const errors = text.split('\n').filter(line => /error|exception/i.test(line))
    if ('message' in result || errors.length > 0) {
        throw new BuildError(`DeviceScript refused ${entry}:\n${text.trim()}`)
    }
}

/** SHA-256 over names and contents of all files, and of the compiler's version. */
async function hashOf(sources: string[]): Promise<string> {
    const hash = createHash('sha256')
    const files = ['package-lock.json', 'devsconfig.json', 'tsconfig.firmware.json']
    for (const source of [...sources, 'src/flash']) files.push(...(await filesIn(source)))
    for (const file of files)
        hash.update(file)
            .update('\0')
            .update(await readFile(path.join(PROJECT_ROOT, file)))
            .update('\0')
    return hash.digest('hex')
}

/** Every file in a directory of the project, or the file itself. */
async function filesIn(source: string): Promise<string[]> {
    if (path.extname(source) !== '') return [source]
    const entries = await readdir(path.join(PROJECT_ROOT, source), { withFileTypes: true, recursive: true })
    return entries
        .filter(entry => entry.isFile())
        .map(entry => path.relative(PROJECT_ROOT, path.join(entry.parentPath, entry.name)))
        .sort()
}
