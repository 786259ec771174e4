import { progress } from '../../cli/progress'
import { LINK_SCENARIOS } from '../safety/scenarios'
import { ms, stopRun, type StopRun } from '../safety/stop-run'

/** Every fault of the link in turn, one for each seed. @returns whether every bound held */
export async function stopCampaign(runs: number, first: number, board: string): Promise<boolean> {
    let broken = false
    const worst = new Map<string, { runs: number; afterSetpoint: number; afterTick: number; worst: StopRun }>()
    const bar = progress()
    for (let seed = first; seed < first + runs; seed++) {
        bar.update((seed - first) / runs, `seed ${seed}`)
        const run = await stopRun('rover', LINK_SCENARIOS[seed % LINK_SCENARIOS.length], seed, board)
        const row = worst.get(run.scenario)
        worst.set(run.scenario, {
            runs: (row?.runs ?? 0) + 1,
            afterSetpoint: Math.max(row?.afterSetpoint ?? 0, run.afterSetpoint),
            afterTick: Math.max(row?.afterTick ?? 0, run.afterTick),
            worst: !row || run.slack < row.worst.slack ? run : row.worst,
        })
        for (const failure of run.failures) {
            broken = true
            process.stdout.write(`BROKEN: ${run.scenario}, seed ${seed}: ${failure}\n`)
        }
    }
    bar.stop()
    for (const { name, bound } of LINK_SCENARIOS) {
        const row = worst.get(name)
        if (!row) continue
        process.stdout.write(
            `${name.padEnd(27)} ${row.runs} runs; after the setpoint at most ${ms(row.afterSetpoint)}, after the last tick ` +
                `${ms(row.afterTick)}; ${bound.text}: ${row.worst.slack < 0 ? 'BROKEN' : 'held'}, ${ms(row.worst.slack)} left (seed ${row.worst.seed})\n`,
        )
    }
    return !broken
}
