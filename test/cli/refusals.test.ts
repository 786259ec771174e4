import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { robotFiles } from '../../src/cli/scaffold/robot-files'
import { PROJECT_ROOT } from '../../src/flash/build'
import type { Outcome } from './tendon'

const COPIED = ['bin', 'boards', 'devices', 'services', 'src', 'devsconfig.json', 'package.json', 'package-lock.json']
const SETTINGS = ['tsconfig.json', 'tsconfig.firmware.json']
/** Of a test that compiles: 7 s on an idle machine, ms. */
const SLOW = 180_000

/** A copy of the project with robots that cannot be. */
let copy: string

beforeAll(async () => {
    copy = await mkdtemp(path.join(tmpdir(), 'tendon-refusals-'))
    for (const name of [...COPIED, ...SETTINGS]) {
        await cp(path.join(PROJECT_ROOT, name), path.join(copy, name), { recursive: true })
    }
    await symlink(path.join(PROJECT_ROOT, 'node_modules'), path.join(copy, 'node_modules'), 'junction')
})
afterAll(() => rm(copy, { recursive: true, force: true }))

/** Writes a robot as `tendon new` does, with some words changed in some of its files, and builds it. */
async function build(name: string, changes: Record<string, [RegExp, string][]>, ...args: string[]): Promise<Outcome> {
    for (const [file, text] of robotFiles(name)) {
        if (!file.startsWith('src/')) continue
        let changed = text
        for (const [from, to] of changes[path.basename(file)] ?? []) {
            expect(changed).toMatch(from)
            changed = changed.replace(from, to)
        }
        await mkdir(path.dirname(path.join(copy, file)), { recursive: true })
        await writeFile(path.join(copy, file), changed)
    }
    const env = { ...process.env, NO_COLOR: '1' }
    return new Promise(resolve =>
        execFile(process.execPath, ['bin/tendon.js', 'build', name, ...args], { cwd: copy, env }, (error, out, err) =>
            resolve({ code: error ? Number(error.code ?? NaN) : 0, stdout: out, stderr: err }),
        ),
    )
}

const IMU = `imu: { part: 'LSM6DSOX', outputDataRate: 52, accelerationRange: 4, angularVelocityRange: 500, mounting: { x: 'y', y: '-x', z: 'z' } },`

describe('tendon build refuses', () => {
    it("limits, rates and names that cannot be, all at once, by the robot's own names", async () => {
        const { code, stdout, stderr } = await build('wrong', {
            'robot.ts': [
                [/velocityLimit: VELOCITY_LIMIT,/, 'velocityLimit: 15, positionMin: 1.5, positionMax: -1.5,'],
                [/sensorTimeoutMs: 100/, 'sensorTimeoutMs: 5'],
                [/right: 'right_wheel'/, "right: 'rihgt_wheel'"],
                [/drive: \{/, `${IMU}\n    drive: {`],
            ],
        })
        expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
        expect(stderr.split('\n')).toEqual([
            'tendon: src/robots/wrong cannot be built:',
            '  robot.ts: sensorTimeoutMs is 5; allowed: 10 to 10000 ms, a tick and more',
            '  robot.ts: joints.left_wheel.positionMin is 1.5; allowed: below positionMax, which is -1.5 rad (swapped?)',
            '  robot.ts: imu.outputDataRate is 52; allowed: 100 to 1000000 Hz, a new sample for each tick',
            `  robot.ts: drive.right is "rihgt_wheel"; allowed: "left_wheel", "right_wheel"`,
            `  robot.ts: imu.mounting is {"x":"y","y":"-x","z":"z"}, and main.ts does not use it; allowed: without it, or ` +
                '`new MountedImu(…)` with it around the driver (docs/sensors.md)',
            '',
        ])
    })

    it('motors of the runtime itself in a loop of 100 Hz', async () => {
        const { code, stderr } = await build('native', {
            'main.ts': [
                [
                    /devices\/motors\/motoron'/,
                    "devices/motors/motoron'\nimport { NativeMotors } from '../../../devices/motors/native-motors'",
                ],
            ],
        })
        expect(code).toBe(1)
        expect(stderr).toContain(
            '  robot.ts: tickPeriodMs is 10; allowed: 67 ms and more with 2 motors or servos of the runtime',
        )
    })

    it('two parts at one address, on the bus and behind one channel', async () => {
        const { code, stderr } = await build('clash', {
            'channels.ts': [[/RIGHT_CHANNEL = 1/, 'RIGHT_CHANNEL = 0']],
            'wiring.ts': [[/address: TCA9548A_ADDRESS/, 'address: MOTORON_ADDRESS']],
        })
        expect(code).toBe(1)
        expect(stderr.split('\n').slice(1, -1)).toEqual([
            '  wiring.ts: parts.mux.address is 0x10; allowed: 0x8 to 0x77 without 0x10, which "motors" has; or each behind ' +
                'a channel of its own of a TCA9548A',
            '  wiring.ts: parts.right encoder.address is 0x36; allowed: 0x8 to 0x77 without 0x36, which "left encoder" has, ' +
                'behind channel 0 of "mux"; or another channel',
        ])
    })

    it.each<[string, string, [RegExp, string], string]>([
        [
            'another name than its directory has',
            'robot.ts',
            [/name: '\w+',\n {4}tick/, "name: 'other',\n    tick"],
            '  robot.ts: name is "other"; allowed: "slip", as its directory',
        ],
        [
            'data under another name',
            'robot.ts',
            [/const slip:/, 'const other:'],
            '  robot.ts: the export "slip" is missing; allowed: the robot\'s data, under its directory\'s name',
        ],
        ['a comma too many', 'robot.ts', [/tickPeriodMs: 10,/, 'tickPeriodMs: 10,,'], 'robot.ts:15:21: ERROR: '],
        ['a missing file', 'plant.ts', [/sim\/wheel-pair'/, "sim/wheel-pear'"], "src/sim/wheel-pear' imported from "],
    ])('%s, without a stack', async (_, file, change, told) => {
        const { code, stderr } = await build('slip', { [file]: [change] })
        expect(code).toBe(1)
        expect(stderr).toContain(told)
        expect(stderr).not.toMatch(/^ {4}at /m)
    })

    it.each<[string, string, [RegExp, string], string]>([
        [
            'a driver that does not start',
            'startless',
            [/channels: 2/, 'channels: 3'],
            '  the board logged: Motoron@0x10: ',
        ],
        [
            'a program that ends at once',
            'ended',
            [/new Motoron\(i2c/, 'new Motoron(config.imu.part ? i2c : i2c'],
            "  the board logged: getting field 'part' of undefined",
        ],
    ])(
        '%s, in the words of the board',
        async (_, name, change, told) => {
            const { code, stderr } = await build(name, { 'main.ts': [change] }, '--no-inline')
            expect(code).toBe(1)
            expect(stderr).toContain(told)
            expect(stderr).not.toContain('NaN')
        },
        SLOW,
    )

    it(
        'a tick that takes more than half its period, and a rate that the bus cannot carry',
        async () => {
            const hurried: [RegExp, string][] = [
                [/tickPeriodMs: 10/, 'tickPeriodMs: 5'],
                [/frequency: 400_000/, 'frequency: 60_000'],
            ]
            // As it is written: writing it flat takes as long as compiling it, and changes no rule.
            const { code, stderr } = await build('hurried', { 'robot.ts': hurried }, '--no-inline')
            expect(code).toBe(1)
            const tick =
                /^ {2}tickPeriodMs is 5; allowed: (\d+) ms and more, because a typical tick takes ([\d.]+) ms on the rp2040, and may take 50 % of the period$/m
            const bus =
                /^ {2}i2c\.frequency is 60000; allowed: (\d+) Hz and more .*, or tickPeriodMs (\d+) and more: a tick is on the bus for ([\d.]+) ms, and may be for half its period$/m
            expect(stderr).toMatch(tick)
            const [, period, taken] = stderr.match(tick)!.map(Number)
            expect(period).toBe(Math.ceil(2 * taken))
            expect(stderr).toMatch(bus)
            const [, frequency, relaxed, onBus] = stderr.match(bus)!.map(Number)
            expect(onBus).toBeGreaterThan(2.5)
            expect(frequency / 60_000).toBeCloseTo(onBus / 2.5, 1)
            expect(relaxed).toBe(Math.ceil(2 * onBus))
        },
        SLOW,
    )
})
