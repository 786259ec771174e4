import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { INTERRUPTED, onInterruption } from './interruption'
import { boardOption, checkRobot, jsonOption, number, seedOption } from './options'
import { print, printJson, table } from './output'
import { progress } from './progress'

interface VerifyCommandOptions {
    seeds: number
    seed: number
    board: string
    json?: boolean
    only?: string
    report?: string
}

export function addVerifySafety(program: Command): void {
    program
        .command('verify-safety')
        .description('have everything go wrong in the simulator, and measure whether the robot stops in time')
        .argument('<robot>', 'a robot of src/robots')
        .option('--seeds <n>', 'runs of each scenario', number({ min: 1, max: 10_000, whole: true }), 20)
        .addOption(seedOption())
        .addOption(boardOption())
        .option('--only <text>', 'scenarios whose name has this in it')
        .option('--report <file>', 'write the report as HTML')
        .addOption(jsonOption())
        .addHelpText(
            'after',
            '\nFails when a bound is broken, or an actuator is driven while telemetry says otherwise (docs/verify-safety.md).' +
                '\n\nExample:\n  $ tendon verify-safety rover --seeds 100 --report safety.html',
        )
        .action(verify)
}

async function verify(robot: string, { seeds, seed, board, json, only, report }: VerifyCommandOptions): Promise<void> {
    await checkRobot(robot)
    const { verifySafety, failures } = await import('../bench/safety/verify')
    const { htmlSafetyReport, textRow, verdict } = await import('../bench/safety/report')
    const interruption = onInterruption()
    const bar = progress()
    try {
        const { signal } = interruption
        const onProgress = bar.update.bind(bar)
        const result = await verifySafety({ robot, board, seeds, firstSeed: seed, only, signal, onProgress })
        bar.stop()
        if (report !== undefined) await writeFile(report, htmlSafetyReport(result))
        if (json) printJson({ ...result, report })
        else {
            const head = ['', 'scenario', 'stop time, worst', 'must', 'at the end']
            for (const line of table([head, ...result.scenarios.map(textRow)])) print(line)
            for (const row of result.scenarios) for (const text of failures(row)) print(`FAIL ${row.name}, ${text}`)
            print(verdict(result))
            if (report !== undefined) print(`wrote ${report}`)
        }
        process.exitCode = signal.aborted ? INTERRUPTED : result.pass ? 0 : 1
    } finally {
        bar.stop()
        interruption.release()
    }
}
