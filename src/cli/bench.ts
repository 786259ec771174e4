import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { compareConditions, compareFigures, htmlComparison } from '../bench/report/compare'
import { digits } from '../bench/report/html'
import { type BenchResult, withoutPlots } from '../bench/result'
import type { RobotDescription } from '../protocol/description'
import { benchTests } from '../bench/tests'
import type { BenchConnection } from './bench-connect'
import { type BenchOptions, json, limitsOf, settingsOf, targetOptions, testOptions, text } from './bench-options'
import { UsageError } from './failure'
import { INTERRUPTED, onInterruption } from './interruption'
import { mismatch } from './mismatch'
import { checkRobot, jsonOption } from './options'
import { note, print, printJson, table } from './output'

export function addBench(program: Command): void {
    const bench = program
        .command('bench')
        .description('test an actuator: what is it, is it wired right, what gains does it want')
    // What stands behind `suite` or `compare` is theirs, though a test has options of the same names.
    bench.enablePositionalOptions()
    bench.argument('<test>', benchTests.map(({ name }) => name).join(', '))
    testOptions(targetOptions(bench))
        .addHelpText(
            'after',
            `\nTests:\n${table(benchTests.map(({ name, description }) => [`  ${name}`, description])).join('\n')}`,
        )
        .addHelpText('after', EXAMPLES)
        .action(run)
    bench
        .command('compare')
        .description('lay two runs of a test over each other')
        .argument('<a>', 'JSON report of a run')
        .argument('<b>', 'JSON report of another')
        .option('--html <file>', 'write the comparison, with its plots')
        .addOption(jsonOption())
        .action(compare)
    const suite = bench
        .command('suite')
        .description(
            'run the tests that a file names on one unit after the other, with prompts, serial numbers and a CSV',
        )
        .argument('<file>', 'JSON: { "name", "joint", "steps": [{ "test", "options", "limits", "prompt" }] }')
        .option('--csv <file>', 'a row for each unit is added', 'bench-units.csv')
    targetOptions(suite).action(runSuiteFile)
}

const EXAMPLES =
    '\n\nCtrl-C stops the motor and reports what was measured until then.' +
    '\n\nExamples:\n  $ tendon bench check --port auto --joint left_wheel\n  $ tendon bench identify --sim actuator --sim-draw --seed 7 --speed max' +
    '\n  $ tendon bench tune --port auto --joint left_wheel --bandwidth 3 --damping 0.7 --store' +
    '\n  $ tendon bench step --sim actuator --speed max --mode velocity --amplitude 8 --limits limits.json' +
    '\n  $ tendon bench compare a.json b.json --html both.html'

async function run(name: string, options: BenchOptions): Promise<void> {
    const { runOne, testNamed } = await import('./bench-run')
    const { printResult } = await import('./bench-view')
    const test = testNamed(name)
    const settings = await settingsOf(options)
    const accept = await limitsOf(options.limits)
    if (options.gains !== undefined && name !== 'tune')
        throw new UsageError(`--gains ${options.gains}: only tune finds gains`)
    await withBench(options, async (connection, signal) => {
        const { result, files } = await runOne(connection, test, settings, options, accept, signal)
        if (options.gains !== undefined) await writeGains(options.gains, connection.session.description, result)
        if (!options.json) {
            printResult(result)
            if (files) for (const file of Object.values(files)) print(`wrote ${file}`)
        } else {
            printJson({ ...withoutPlots(result), files })
        }
        process.exitCode = result.outcome === 'interrupted' ? INTERRUPTED : result.verdict === 'pass' ? 0 : 1
    })
}

/** The gains that a run of `tune` found, as a file of parameters; a run that found none writes none. */
async function writeGains(file: string, robot: RobotDescription, { conditions, figures }: BenchResult): Promise<void> {
    const { gainsFile, gainsOf } = await import('../bench/gains')
    const gains = gainsOf(figures)
    if (!gains) return note(`${file} is not written: no gains were found`)
    await writeFile(file, gainsFile(robot, conditions.joint, gains))
    note(`wrote ${file}`)
}

/** Connects, and disconnects whatever happens. The signal is Ctrl-C's. */
export async function withBench(
    options: BenchOptions,
    action: (connection: BenchConnection, signal: AbortSignal) => Promise<void>,
): Promise<void> {
    const { port, sim, board, seed, speed, simDraw, simDefect, simLifted } = options
    if (port === undefined && sim === undefined) {
        throw new UsageError('what to test? --port <path>, --port auto, or --sim <robot> (see `tendon ports`)')
    }
    if (sim !== undefined) await checkRobot(sim)
    const { connectBench } = await import('./bench-connect')
    const interruption = onInterruption()
    try {
        const connection = await connectBench({
            port,
            sim,
            board,
            seed,
            fast: speed === 'max',
            simDraw,
            simDefect,
            simLifted,
        })
        try {
            const { description } = connection.session
            if (port !== undefined) for (const line of await mismatch(description)) note(line)
            await action(connection, interruption.signal)
        } finally {
            await connection.close()
        }
    } finally {
        interruption.release()
    }
}

async function compare(fileA: string, fileB: string, options: { html?: string; json?: boolean }): Promise<void> {
    const [a, b] = await Promise.all([fileA, fileB].map(read))
    if (a.test !== b.test)
        throw new UsageError(`${fileA} is of ${a.test}, ${fileB} of ${b.test}: only runs of one test can be compared`)
    const rows = compareFigures(a, b)
    const conditions = compareConditions(a, b)
    if (options.html !== undefined) await writeFile(options.html, htmlComparison(a, b))
    if (options.json) printJson({ test: a.test, figures: rows, conditions })
    else {
        const cell = (value: number | undefined) => (value === undefined ? '-' : digits(value))
        const change = (value: number) => (Number.isFinite(value) ? `${(100 * value).toFixed(1)} %` : '')
        const lines = rows.map(row => [row.name, cell(row.a), cell(row.b), row.unit, change(row.change)])
        for (const line of table([['figure', 'A', 'B', '', 'change'], ...lines], [1, 2, 4])) print(line)
        const differing = conditions.map(row => [row.key, String(row.a ?? '-'), String(row.b ?? '-')])
        if (differing.length > 0) for (const line of table([['condition', 'A', 'B'], ...differing], [])) print(line)
        if (options.html !== undefined) print(`wrote ${options.html}`)
    }
}

async function read(file: string): Promise<BenchResult> {
    const result = json(file, await text(file)) as BenchResult
    if (!Array.isArray(result?.figures) || !Array.isArray(result.plots))
        throw new UsageError(`${file} is no report of tendon bench`)
    return result
}

async function runSuiteFile(file: string, options: BenchOptions & { csv: string }): Promise<void> {
    const { runSuite } = await import('./bench-suite')
    await runSuite(file, options)
}
