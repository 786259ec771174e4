import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { uf2Runtime } from '../../src/bench/soak/runtime-images'
import { PROJECT_ROOT } from '../../src/flash/build'

const run = promisify(execFile)
/** What a checkout consists of, as far as building goes. */
const CHECKOUT = [
    'bin',
    'boards',
    'devices',
    'services',
    'src',
    'devsconfig.json',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.firmware.json',
]

/** The sources in a folder of their own, with nothing built yet. */
async function checkout(folder: string): Promise<string> {
    await mkdir(folder, { recursive: true })
    for (const part of CHECKOUT) await cp(path.join(PROJECT_ROOT, part), path.join(folder, part), { recursive: true })
    await symlink(path.join(PROJECT_ROOT, 'node_modules'), path.join(folder, 'node_modules'), 'junction')
    return folder
}

async function build(folder: string, runtime: string, ...more: string[]) {
    const args = ['build', 'rover', '--board', 'pico', '--runtime', runtime, '--json', ...more]
    const { stdout } = await run(process.execPath, [path.join(folder, 'bin/tendon.js'), ...args], { cwd: folder })
    const { sha256, image, configHash } = JSON.parse(stdout)
    return { program: sha256, image: image.sha256, configHash, file: image.file as string }
}

test('another checkout of the same sources builds the same bytes', async () => {
    const root = await mkdtemp(path.join(tmpdir(), 'tendon-checkouts-'))
    onTestFinished(() => rm(root, { recursive: true }))
    const runtime = path.join(root, 'runtime.uf2')
    await writeFile(runtime, uf2Runtime('rp2040'))
    // A repository with a commit of its own, in another place with a longer name, and built at another time.
    const second = await checkout(path.join(root, 'another checkout/of the same/sources'))
    const git = (...args: string[]) =>
        run('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', '-c', 'commit.gpgsign=false', ...args], {
            cwd: second,
        })
    await git('init', '-q')
    await git('add', 'package.json')
    await git('commit', '-q', '-m', 'another history')
    // Other tests build images here, too.
    const one = await build(PROJECT_ROOT, runtime, '--out', path.join(root, 'image.uf2'))
    const other = await build(second, runtime)
    // Built by itself.
    expect(other.file.startsWith(second)).toBe(true)
    expect({ ...other, file: '' }).toEqual({ ...one, file: '' })
}, 240_000)
