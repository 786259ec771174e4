import { appendFile, readFile } from 'node:fs/promises'
import { type BenchResult, type Limit, withoutPlots } from '../bench/result'
import { BenchStop } from '../bench/rig'
import type { TestOptions } from '../bench/tests/test'
import { withBench } from './bench'
import { answered } from './bench-operator'
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
const OPTIONS = [
    'mode',
    'amplitude',
    'offset',
    'repeats',
    'duration',
    'from',
    'to',
    'bandwidth',
    'damping',
    'method',
    'store',
]

/** Tests one unit by a suite's file: prompts, tests in order until one fails, a row in the CSV. Fails when the unit does. */
export async function runSuite(file: string, options: BenchOptions & { csv: string }): Promise<void> {
    const suite = checkSuite(file, json(file, await text(file)))
    const table = await openTable(options.csv, suite)
    const serial = options.serial ?? (await ask())
    if (serial === undefined) {
        process.exitCode = INTERRUPTED
        return
    }
    await withBench(options, async (connection, signal) => {
        const results: BenchResult[] = []
        let interrupted = false
        for (const step of suite.steps) {
            if (step.prompt !== undefined) interrupted = !(await confirm(step.prompt, signal))
            if (interrupted) break
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
            interrupted = result.outcome === 'interrupted'
            if (result.verdict === 'fail') break
        }
        const pass = results.length === suite.steps.length && results.every(({ verdict }) => verdict === 'pass')
        await table.add(serial, results, pass)
        if (options.json) printJson({ suite: suite.name, serial, pass, results: results.map(withoutPlots) })
        else print(`${suite.name}, unit ${serial}: ${pass ? 'PASS' : 'FAIL'} (added to ${options.csv})`)
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

/** Undefined when the question was interrupted. */
async function ask(): Promise<string | undefined> {
    if (!process.stdin.isTTY) throw new UsageError('a suite needs the unit: --serial <number>')
    const { input } = await import('@inquirer/prompts')
    return unlessInterrupted(input({ message: 'Serial number of the unit', required: true }))
}

/**
 * Without a terminal there is nobody to confirm: it is said, and the test goes on.
 *
 * @returns false when the question was interrupted
 */
async function confirm(prompt: string, signal: AbortSignal): Promise<boolean> {
    if (!process.stdin.isTTY) {
        note(prompt)
        return true
    }
    const { confirm: asked } = await import('@inquirer/prompts')
    let yes: boolean | undefined = false
    while (yes === false) yes = await unlessInterrupted(asked({ message: prompt }, { signal }))
    return yes === true
}

async function unlessInterrupted<T>(question: Promise<T>): Promise<T | undefined> {
    return answered(question).catch((error: unknown) => {
        if (!(error instanceof BenchStop)) throw error
        return undefined
    })
}

/** A suite's results of many units: a header for a new file, then a row for each unit. */
interface UnitTable {
    add(serial: string, results: BenchResult[], pass: boolean): Promise<void>
}

/**
 * The columns follow from the suite alone, so that all units fit one table.
 *
 * @throws UsageError when the file is there and holds other columns
 */
async function openTable(csv: string, suite: Suite): Promise<UnitTable> {
    const columns = suite.steps.flatMap(({ test, limits }, i) => [
        { head: `${i + 1} ${test}`, of: (result?: BenchResult) => result?.verdict ?? 'not run', step: i },
        ...Object.keys(limits ?? {}).map(key => ({
            head: `${i + 1} ${test}.${key}`,
            of: (result?: BenchResult) => String(result?.judgements.find(judged => judged.key === key)?.value ?? ''),
            step: i,
        })),
    ])
    const cell = (value: string) => (/[",\n]/.test(value) ? `"${value.replace(/"/g, '""')}"` : value)
    const line = (cells: string[]) => `${cells.map(cell).join(',')}\n`
    const head = line(['date', 'suite', 'serial', 'verdict', ...columns.map(({ head: name }) => name)])
    const there = await readFile(csv, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return ''
        throw new UsageError(`cannot read ${csv}: ${error.message}`)
    })
    if (there !== '' && !there.startsWith(head))
        throw new UsageError(`${csv} holds units of another suite (its first line differs): --csv <another file>`)
    return {
        add: (serial, results, pass) => {
            const date = results[0]?.conditions.date ?? new Date().toISOString()
            const verdict = pass ? 'pass' : 'fail'
            const row = line([date, suite.name, serial, verdict, ...columns.map(({ of, step }) => of(results[step]))])
            return appendFile(csv, there === '' ? head + row : row)
        },
    }
}
