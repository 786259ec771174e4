import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkChipName, checkGroupName, checkRobotName } from '../../src/cli/scaffold/names'
import { PROJECT_ROOT } from '../../src/flash/build'
import type { Outcome } from './tendon'

const COPIED = [
    'bin',
    'boards',
    'devices',
    'scripts',
    'services',
    'src',
    'test',
    'devsconfig.json',
    'package.json',
    'package-lock.json',
]
const SETTINGS = ['tsconfig.json', 'tsconfig.firmware.json', 'vitest.config.ts', 'eslint.config.js', '.prettierrc.json']
/** Compiling, linting and testing in a fresh copy: 18 s on an idle machine, many times that on a busy one, ms. */
const SLOW = 300_000

/** Also what `main.ts` calls its motor controller: a robot's name must not get into its files' way. */
const NAME = 'motors'

/** A copy of the project, so that what is made here is never in the project itself. */
let copy: string

beforeAll(async () => {
    copy = await mkdtemp(path.join(tmpdir(), 'tendon-new-'))
    for (const name of [...COPIED, ...SETTINGS]) {
        await cp(path.join(PROJECT_ROOT, name), path.join(copy, name), { recursive: true })
    }
    await symlink(path.join(PROJECT_ROOT, 'node_modules'), path.join(copy, 'node_modules'), 'junction')
})
afterAll(() => rm(copy, { recursive: true, force: true }))

/** Runs a script of the copy, or of its packages, with Node. */
function run(script: string, ...args: string[]): Promise<Outcome> {
    const env = { ...process.env, NO_COLOR: '1' }
    return new Promise(resolve =>
        execFile(process.execPath, [script, ...args], { cwd: copy, env }, (error, stdout, stderr) =>
            resolve({ code: error ? Number(error.code ?? NaN) : 0, stdout, stderr }),
        ),
    )
}

const tendon = (...args: string[]) => run('bin/tendon.js', ...args)
const vitest = (file: string) => run('node_modules/vitest/vitest.mjs', 'run', file)

/** Types, imports and format of new files: what `npm run check` asks of all. */
async function expectClean(files: string[]): Promise<void> {
    const hosts = files.filter(file => !file.endsWith('/main.ts'))
    await writeFile(
        path.join(copy, 'tsconfig.new.json'),
        JSON.stringify({ extends: './tsconfig.json', include: hosts }),
    )
    const checks = [
        await run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.new.json'),
        await run('node_modules/eslint/bin/eslint.js', ...files),
        await run('node_modules/prettier/bin/prettier.cjs', '--check', ...files),
    ]
    for (const { code, stdout, stderr } of checks) expect(code, stdout + stderr).toBe(0)
}

describe('names', () => {
    it.each(['', 'Crawler', '../rover', 'my-robot', '1st', '_a', 'a b', 'class', 'await', 'eval', 'a'.repeat(33)])(
        'of robots: not "%s"',
        name => expect(() => checkRobotName(name)).toThrow(/^robot name ".*allowed: a lower-case letter/),
    )
    it.each(['a', 'crawler', 'arm_2', 'constructor', 'a'.repeat(32)])('of robots: "%s"', name => {
        expect(() => checkRobotName(name)).not.toThrow()
    })
    it.each(['', 'BME280', 'bme-280', '2n', '../x'])('of chips: not "%s"', name => {
        expect(() => checkChipName(name)).toThrow(/^--driver .*allowed: a lower-case letter/)
    })
    it.each(['', '../src', 'a/b', 'Imus'])('of directories: not "%s"', name => {
        expect(() => checkGroupName(name)).toThrow(/^--group .*allowed: a lower-case letter/)
    })
})

describe('tendon new', () => {
    it(
        'makes a robot that type-checks, builds, drives in the simulator and passes its test',
        async () => {
            const made = await tendon('new', NAME, '--json')
            expect(made).toMatchObject({ code: 0, stderr: '' })
            const { created } = JSON.parse(made.stdout) as { created: string[] }
            const own = ['robot', 'channels', 'main', 'wiring', 'plant'].map(file => `src/robots/${NAME}/${file}.ts`)
            expect(created).toEqual([...own, `test/robots/${NAME}.test.ts`])

            const built = await tendon('build', NAME, '--board', 'pico', '--json')
            expect(built, built.stderr).toMatchObject({ code: 0 })
            const drive = await tendon('sim', NAME, '--duration', '5', '--json')
            expect(drive, drive.stderr).toMatchObject({ code: 0 })
            expect(JSON.parse(drive.stdout)).toMatchObject({ robot: NAME, mode: 'armed', samplesLost: 0 })
            const test = await vitest(`test/robots/${NAME}.test.ts`)
            expect(test.code, test.stdout + test.stderr).toBe(0)
            expect(test.stdout).toMatch(/Tests +1 passed/)
            await expectClean(created)
        },
        SLOW,
    )

    it(
        'makes a driver, its simulated chip and a test that passes',
        async () => {
            const facts = ['--address', '0x76', '--id-register', '0xd0', '--id', '0x60']
            const told = await tendon('new', '--driver', 'bme280', ...facts, '--json')
            const untold = await tendon('new', '--driver', 'abc1', '--group', 'imus')
            expect([told.code, untold.code]).toEqual([0, 0])
            const { created } = JSON.parse(told.stdout) as { created: string[] }
            expect(created).toEqual([
                'devices/sensors/bme280.ts',
                'src/sim/chips/bme280.ts',
                'test/devices/bme280.test.ts',
            ])
            expect(untold.stdout).toMatch(/Not told: --address, --id-register, --id\. Placeholders/)
            const text = await readFile(path.join(copy, created[0]), 'utf8')
            expect(text).toMatch(/BME280_ADDRESS = 0x76/)
            expect(text).not.toMatch(/Placeholder/)

            const test = await run(
                'node_modules/vitest/vitest.mjs',
                'run',
                'test/devices/bme280.test.ts',
                'test/devices/abc1.test.ts',
            )
            expect(test.code, test.stdout + test.stderr).toBe(0)
            expect(test.stdout).toMatch(/Tests +8 passed/)
            await expectClean([
                ...created,
                'devices/imus/abc1.ts',
                'src/sim/chips/abc1.ts',
                'test/devices/abc1.test.ts',
            ])
            const firmware = await run('--import', 'tsx', 'scripts/check-firmware.mjs')
            expect(firmware.code, firmware.stdout + firmware.stderr).toBe(0)
        },
        SLOW,
    )

    it('never overwrites, and then writes nothing at all', async () => {
        const before = await readFile(path.join(copy, 'src/robots/rover/robot.ts'), 'utf8')
        const rover = await tendon('new', 'rover')
        expect(rover).toMatchObject({ code: 1, stdout: '' })
        expect(rover.stderr).toMatch(/src\/robots\/rover\/robot\.ts, .*: there already; nothing was written/)
        expect(await readFile(path.join(copy, 'src/robots/rover/robot.ts'), 'utf8')).toBe(before)

        // One file of the three is there.
        const chip = await tendon('new', '--driver', 'ina226')
        expect(chip).toMatchObject({ code: 1, stdout: '' })
        expect(chip.stderr).toMatch(/src\/sim\/chips\/ina226\.ts, test\/devices\/ina226\.test\.ts: there already/)
        await expect(readFile(path.join(copy, 'devices/sensors/ina226.ts'))).rejects.toThrow(/ENOENT/)
    })
})
