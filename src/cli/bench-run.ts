import { renameSync, writeFileSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { writeReport, type ReportFiles } from '../bench/report/write'
import type { BenchResult, Limit } from '../bench/result'
import type { Operator } from '../bench/rig'
import { runBench } from '../bench/run'
import { benchTests } from '../bench/tests'
import type { BenchTest, TestOptions } from '../bench/tests/test'
import { robotConditions } from '../host/conditions'
import type { BenchConnection } from './bench-connect'
import { AskedOperator, SimulatedOperator } from './bench-operator'
import { type BenchOptions, json, safetyOf, text } from './bench-options'
import { UsageError } from './failure'
import { progress } from './progress'

/** @throws UsageError naming the tests there are */
export function testNamed(name: string): BenchTest {
    const test = benchTests.find(candidate => candidate.name === name)
    if (test) return test
    throw new UsageError(
        `test "${name}" does not exist; there are: ${benchTests.map(({ name: known }) => known).join(', ')}`,
    )
}

/** @throws UsageError naming the joints there are */
export function jointOf({ session }: BenchConnection, given: string | undefined): string {
    const { joints } = session.description
    if (given === undefined && joints.length === 1) return joints[0].name
    if (joints.some(({ name }) => name === given)) return given!
    const known = joints.map(({ name }) => name).join(', ')
    throw new UsageError(
        given === undefined
            ? `which joint? --joint ${known.replace(/, /g, ' | ')}`
            : `joint "${given}" does not exist; there are: ${known}`,
    )
}

/** Runs one test on a connection, and writes its report. */
export async function runOne(
    connection: BenchConnection,
    test: BenchTest,
    settings: TestOptions,
    options: BenchOptions,
    accept: Record<string, Limit>,
    signal: AbortSignal,
): Promise<{ result: BenchResult; files?: ReportFiles }> {
    const joint = jointOf(connection, options.joint)
    const bar = progress()
    const { link, session, scheduler } = connection
    const { serial, temperature } = options
    try {
        const conditions = await connection.run(robotConditions(session, scheduler))
        const run = runBench({
            test,
            settings:
                test.name === 'soak' && options.resume !== undefined
                    ? await resumable(settings, options.resume)
                    : settings,
            robot: session,
            joint,
            scheduler,
            limits: safetyOf(options),
            signal,
            operator: operatorOf(connection, joint, options, signal),
            onProgress: (part, what) => bar.update(part, what),
            accept,
            conditions: { ...conditions, link, serial, temperature },
        })
        const outcome = await connection.run(run)
        const files = options.report ? await writeReport(options.out, outcome) : undefined
        if (outcome.defect !== undefined) throw outcome.defect
        return { result: outcome.result, files }
    } finally {
        bar.stop()
    }
}

function operatorOf(
    { simulated, session }: BenchConnection,
    joint: string,
    options: BenchOptions,
    signal: AbortSignal,
): Operator | undefined {
    const { turns } = options
    if (turns !== undefined) return { look: () => {}, turnsSeen: async () => turns }
    if (simulated)
        return new SimulatedOperator(
            simulated,
            session.description.joints.findIndex(({ name }) => name === joint),
        )
    return process.stdin.isTTY && !options.json ? new AskedOperator(signal) : undefined
}

/** What a soak went through before is in the file, and each cycle is put there. */
async function resumable(settings: TestOptions, file: string): Promise<TestOptions> {
    const there = await access(file).then(
        () => true,
        () => false,
    )
    const onCycle = (state: unknown) => {
        // Whole or not at all: the power may go at any time.
        writeFileSync(`${file}.new`, JSON.stringify(state))
        renameSync(`${file}.new`, file)
    }
    if (!there) return { ...settings, onCycle }
    const state = json(file, await text(file)) as { cycles?: unknown; seconds?: unknown; speed?: unknown }
    if (typeof state?.cycles !== 'number' || typeof state.seconds !== 'number' || !Array.isArray(state.speed)) {
        throw new UsageError(`${file} is no state of a soak`)
    }
    return { ...settings, resume: state, onCycle }
}
