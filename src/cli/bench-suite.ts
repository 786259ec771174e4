import { appendFile, stat } from 'node:fs/promises'
import { type BenchResult, type Limit, withoutPlots } from '../bench/result'
import type { TestOptions } from '../bench/tests/test'
import { withBench } from './bench'
import { type BenchOptions, checkLimits, json, text } from './bench-options'
import { runOne, testNamed } from './bench-run'
import { UsageError } from './failure'
import { INTERRUPTED } from './interruption'
import { note, print, printJson } from './output'

/** One test of a suite. */
interface Step {
    test: string
    joint?: string
    options?: TestOptions
    limits?: Record<string, Limit>
    /** Shown to the operator, who has to confirm it before the test runs. */
    prompt?: string
}

interface Suite {
    name: string
    joint?: string
    steps: Step[]
}

/** Keys that a step's options may have. */
const OPTIONS = ['mode', 'amplitude', 'offset', 'repeats', 'duration', 'from', 'to']

/** Tests one unit by a suite's file: prompts, tests in order until one fails, a row in the CSV. Fails when the unit does. */
export async function runSuite(file: string, options: BenchOptions & { csv: string }): Promise<void> {
    const suite = checkSuite(file, json(file, await text(file)))
    const serial = options.serial ?? (await ask())
    await withBench(options, async (connection, signal) => {
        const results: BenchResult[] = []
        for (const step of suite.steps) {
            if (step.prompt !== undefined) await confirm(step.prompt)
            const settings = { ...options, serial, joint: step.joint ?? suite.joint ?? options.joint }
            const { result } = await runOne(
                connection,
                testNamed(step.test),
                step.options ?? {},
                settings,
                step.limits ?? {},
                signal,
            )
            results.push(result)
            if (!options.json) print(`${step.test}: ${result.verdict}${reasons(result)}`)
            if (result.verdict === 'fail') break
        }
        const pass = results.length === suite.steps.length && results.every(({ verdict }) => verdict === 'pass')
        await addRow(options.csv, suite, serial, results, pass)
        if (options.json) printJson({ suite: suite.name, serial, pass, results: results.map(withoutPlots) })
        else print(`${suite.name}, unit ${serial}: ${pass ? 'PASS' : 'FAIL'} (added to ${options.csv})`)
        const interrupted = results.some(({ outcome }) => outcome === 'interrupted')
        process.exitCode = interrupted ? INTERRUPTED : pass ? 0 : 1
    })
}

function reasons({ findings, judgements, reason }: BenchResult): string {
    const why = [
        ...findings.filter(({ level }) => level === 'fault').map(({ text: said }) => said),
        ...judgements.filter(({ pass }) => !pass).map(({ key, value }) => `${key} ${value ?? 'missing'}`),
        ...(reason === undefined ? [] : [reason]),
    ]
    return why.length > 0 ? ` (${why.join('; ')})` : ''
}

/** @throws UsageError naming the key, what it holds and what it may */
function checkSuite(file: string, value: unknown): Suite {
    const suite = value as Suite
    if (typeof suite?.name !== 'string') throw new UsageError(`${file}: "name" is missing`)
    if (!Array.isArray(suite.steps) || suite.steps.length === 0)
        throw new UsageError(`${file}: "steps" has to be a list of tests`)
    suite.steps.forEach((step, i) => {
        testNamed(step.test)
        for (const key of Object.keys(step.options ?? {})) {
            if (!OPTIONS.includes(key))
                throw new UsageError(`${file}: steps[${i}].options.${key} is not known; allowed: ${OPTIONS.join(', ')}`)
        }
        checkLimits(`${file}: steps[${i}].limits`, step.limits ?? {})
    })
    return suite
}

async function ask(): Promise<string> {
    if (!process.stdin.isTTY) throw new UsageError('a suite needs the unit: --serial <number>')
    const { input } = await import('@inquirer/prompts')
    return input({ message: 'Serial number of the unit', required: true })
}

/** Without a terminal there is nobody to confirm: it is said, and the test goes on. */
async function confirm(prompt: string): Promise<void> {
    if (!process.stdin.isTTY) return note(prompt)
    const { confirm: asked } = await import('@inquirer/prompts')
    while (!(await asked({ message: prompt })));
}

/** A header for a new file, then a row: its columns follow from the suite alone, so that all units fit one table. */
async function addRow(csv: string, suite: Suite, serial: string, results: BenchResult[], pass: boolean): Promise<void> {
    const columns = suite.steps.flatMap(({ test, limits }, i) => [
        { head: `${i + 1} ${test}`, value: results[i]?.verdict ?? 'not run' },
        ...Object.keys(limits ?? {}).map(key => ({
            head: `${i + 1} ${test}.${key}`,
            value: String(results[i]?.judgements.find(judgement => judgement.key === key)?.value ?? ''),
        })),
    ])
    const cell = (value: string) => (/[",\n]/.test(value) ? `"${value.replace(/"/g, '""')}"` : value)
    const line = (cells: string[]) => `${cells.map(cell).join(',')}\n`
    const fresh = await stat(csv).then(
        ({ size }) => size === 0,
        () => true,
    )
    const head = line(['date', 'suite', 'serial', 'verdict', ...columns.map(({ head: name }) => name)])
    const date = results[0]?.conditions.date ?? new Date().toISOString()
    const row = line([date, suite.name, serial, pass ? 'pass' : 'fail', ...columns.map(({ value }) => value)])
    await appendFile(csv, fresh ? head + row : row)
}
