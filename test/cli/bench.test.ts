import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { BenchResult } from '../../src/bench/result'
import { buildFirmware } from '../../src/flash/build'
import { tendon } from './tendon'
import { Terminal } from './terminal'

beforeAll(() => buildFirmware('actuator'), 180_000)

const SIM = ['--sim', 'actuator', '--speed', 'max', '--no-report']

async function directory(): Promise<(name: string) => string> {
    const made = await mkdtemp(path.join(tmpdir(), 'tendon-bench-'))
    onTestFinished(() => rm(made, { recursive: true }))
    return name => path.join(made, name)
}

function last(stdout: string): BenchResult {
    return JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as BenchResult
}

const SUITE = {
    name: 'wheel motor',
    joint: 'motor',
    steps: [
        { test: 'step', options: { mode: 'effort', repeats: 2 }, limits: { finalSpeed: { min: 5, max: 15 } } },
        { test: 'ramp', options: { duration: 2 }, prompt: 'Hold the motor, then go on' },
    ],
}

describe('tendon bench', { timeout: 90_000 }, () => {
    it('passes or fails by a file of limits, and tells by its exit code', async () => {
        const at = await directory()
        await writeFile(at('good.json'), '{"finalSpeed":{"min":5,"max":15}}')
        await writeFile(at('bad.json'), '{"finalSpeed":{"max":1},"nonsense":{"min":0}}')
        const step = (limits: string) =>
            tendon('bench', 'step', ...SIM, '--mode', 'effort', '--repeats', '2', '--json', '--limits', at(limits))
        const [good, bad] = await Promise.all([step('good.json'), step('bad.json')])
        expect(good.code).toBe(0)
        expect(last(good.stdout)).toMatchObject({ verdict: 'pass', judgements: [{ key: 'finalSpeed', pass: true }] })
        expect(bad.code).toBe(1)
        expect(last(bad.stdout)).toMatchObject({
            outcome: 'complete',
            verdict: 'fail',
            judgements: [
                { key: 'finalSpeed', pass: false },
                { key: 'nonsense', pass: false },
            ],
        })
    })

    it('names what it does not know: test, joint, limit, file', async () => {
        const at = await directory()
        await writeFile(at('limits.json'), '{"speed":{"most":1}}')
        const wrong: [string[], number, RegExp][] = [
            [['dance'], 2, /test "dance" does not exist; there are: check, step/],
            [['step', '--joint', 'elbow'], 2, /joint "elbow" does not exist; there are: motor/],
            [['step', '--limits', at('limits.json')], 2, /"speed.most" is 1; expected \{ "figure": \{ "min": number/],
            [['follow', '--trajectory', at('none.csv')], 2, /cannot read .*none\.csv/],
            [
                ['step', '--max-velocity', '900'],
                1,
                /^tendon: limit velocity 900 of joint motor: allowed above 0 to 25, .*\n$/,
            ],
            [
                ['step', '--min-position', '1', '--max-position', '0'],
                1,
                /^tendon: limit positionMin 1 of joint motor: allowed below 0 rad, its positionMax\n$/,
            ],
        ]
        const outcomes = await Promise.all(wrong.map(([args]) => tendon('bench', ...args, ...SIM)))
        wrong.forEach(([args, code, says], i) => {
            expect(outcomes[i].stderr).toMatch(says)
            expect(outcomes[i].code, args.join(' ')).toBe(code)
        })
    })

    it('goes on with a soak where it was, from a file that is always whole', async () => {
        const at = await directory()
        const soak = (duration: string) =>
            tendon('bench', 'soak', ...SIM, '--json', '--duration', duration, '--resume', at('soak.json'))
        const first = await soak('12')
        expect(first.code).toBe(0)
        const state = JSON.parse(await readFile(at('soak.json'), 'utf8'))
        expect(state).toMatchObject({ cycles: 3, seconds: 12, missing: 0 })
        const second = last((await soak('20')).stdout)
        const figure = (key: string) => second.figures.find(known => known.key === key)?.value
        // 8 s more, not 20; and the figures are of all cycles.
        expect(figure('cycles')).toBe(5)
        expect(figure('hours')).toBeCloseTo(20 / 3600, 9)
        expect(second.capture.seconds).toBeLessThan(11)
        const after = JSON.parse(await readFile(at('soak.json'), 'utf8'))
        expect(after.speed.slice(0, 3)).toEqual(state.speed)
        await writeFile(at('soak.json'), '{"cycles":')
        expect(await soak('20')).toMatchObject({ code: 2, stderr: expect.stringContaining('soak.json is no JSON') })
    })

    it('compares two runs, and refuses runs of different tests', async () => {
        const at = await directory()
        const run = async (test: string, seed: string, name: string) => {
            const { stdout } = await tendon(
                'bench',
                test,
                '--sim',
                'actuator',
                '--speed',
                'max',
                '--sim-draw',
                '--seed',
                seed,
                '--json',
                '--repeats',
                '1',
                '--out',
                at(name),
            )
            return (JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as { files: { json: string } }).files.json
        }
        const [a, b, other] = await Promise.all([run('step', '1', 'a'), run('step', '2', 'b'), run('ramp', '1', 'c')])
        const text = await tendon('bench', 'compare', a, b, '--html', at('both.html'))
        expect(text.code).toBe(0)
        expect(text.stdout).toMatch(/^rise time.* +[\d.]+ +[\d.]+ +s +-?[\d.]+ %$/m)
        expect(text.stdout).toMatch(/^link +simulated actuator on rp2040, seed 1, drawn +simulated .* seed 2, drawn$/m)
        expect(await readFile(at('both.html'), 'utf8')).toContain('step, compared')
        const { figures, conditions } = JSON.parse((await tendon('bench', 'compare', a, b, '--json')).stdout)
        // Of the same program and parameters.
        expect(conditions.map(({ key }: { key: string }) => key).sort()).toEqual(['link', 'supplyVoltage'])
        const rise = figures.find(({ key }: { key: string }) => key === 'riseTime')
        expect(rise.change).toBeCloseTo(rise.b / rise.a - 1, 12)
        const refused = await tendon('bench', 'compare', a, other)
        expect(refused.code).toBe(2)
        expect(refused.stderr).toContain('only runs of one test can be compared')
    })
})

describe('tendon bench suite', { timeout: 90_000 }, () => {
    it('adds a row for each unit, stops at the first failure, and tells by its exit code', async () => {
        const at = await directory()
        await writeFile(at('suite.json'), JSON.stringify(SUITE))
        const unit = (serial: string, ...more: string[]) =>
            tendon('bench', 'suite', at('suite.json'), ...SIM, '--csv', at('units.csv'), '--serial', serial, ...more)
        const good = await unit('A,1')
        expect(good.code).toBe(0)
        expect(good.stdout).toMatch(/^step: pass$/m)
        expect(good.stdout).toMatch(/^wheel motor, unit A,1: PASS/m)
        // Nobody is there to confirm: it is said.
        expect(good.stderr).toContain('Hold the motor, then go on')
        const bad = await unit('A2', '--sim-defect', 'dead-motor', '--json')
        expect(bad.code).toBe(1)
        expect(JSON.parse(bad.stdout.trimEnd().split('\n').at(-1)!)).toMatchObject({ serial: 'A2', pass: false })
        const rows = (await readFile(at('units.csv'), 'utf8')).trimEnd().split('\n')
        expect(rows[0]).toBe('date,suite,serial,verdict,1 step,1 step.finalSpeed,2 ramp')
        expect(rows).toHaveLength(3)
        expect(rows[1]).toMatch(/^[\dT:.-]+Z,wheel motor,"A,1",pass,pass,[\d.]+,pass$/)
        expect(rows[2]).toMatch(/^[\dT:.-]+Z,wheel motor,A2,fail,fail,[-\d.e]*,not run$/)

        await writeFile(at('suite.json'), JSON.stringify({ ...SUITE, steps: SUITE.steps.slice(1) }))
        const other = await unit('A3')
        expect(other.code).toBe(2)
        expect(other.stderr).toContain('holds units of another suite')
        await writeFile(
            at('suite.json'),
            JSON.stringify({ ...SUITE, steps: [{ test: 'step', options: { speed: 1 } }] }),
        )
        expect((await unit('A3')).stderr).toContain('steps[0].options.speed is not known; allowed: mode')
        expect((await readFile(at('units.csv'), 'utf8')).trimEnd().split('\n')).toHaveLength(3)
    })

    it(
        'asks for the serial number and for what a step needs, and obeys Ctrl-C at a question',
        { timeout: 60_000 },
        async () => {
            const at = await directory()
            await writeFile(at('suite.json'), JSON.stringify(SUITE))
            const open = () => new Terminal(['bench', 'suite', at('suite.json'), ...SIM, '--csv', at('units.csv')])
            const asked = async (terminal: Terminal, question: RegExp) => {
                await terminal.said(question)
                // The question is there before its keys are heard.
                await new Promise(resolve => setTimeout(resolve, 300))
            }
            const first = open()
            await asked(first, /Serial number of the unit/)
            first.press('B7\r')
            await asked(first, /Hold the motor, then go on/)
            first.press('y\r')
            expect(await first.ended()).toBe(0)
            expect(first.output).toContain('unit B7: PASS')
            expect(first.settings[1]).toBe(first.settings[0])

            const second = open()
            await asked(second, /Serial number of the unit/)
            second.press('B8\r')
            await asked(second, /Hold the motor, then go on/)
            second.press('\x03')
            expect(await second.ended()).toBe(130)
            const third = open()
            await asked(third, /Serial number of the unit/)
            third.press('\x03')
            expect(await third.ended()).toBe(130)
            expect(third.settings[1]).toBe(third.settings[0])
            for (const { output } of [second, third]) expect(output).not.toMatch(/ {4}at |Error/)
            const rows = (await readFile(at('units.csv'), 'utf8')).trimEnd().split('\n')
            expect(rows).toHaveLength(3)
            expect(rows[1]).toMatch(/,B7,pass,pass,[\d.]+,pass$/)
            expect(rows[2]).toMatch(/,B8,fail,pass,[\d.]+,not run$/)
        },
    )
})
