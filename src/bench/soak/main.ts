import '../../sim/device-script-buffer'
import { parseArgs } from 'node:util'
import { LINK_SCENARIOS } from '../safety/scenarios'
import { ms, stopRun, type StopRun } from '../safety/stop-run'

const USAGE = 'usage: npm run soak -- stop [--runs <n>] [--seed <first>]'

const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { runs: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
})
const runs = Number(values.runs)
const first = Number(values.seed)
if (positionals[0] !== 'stop' || positionals.length !== 1 || !(runs >= 1) || !Number.isInteger(first)) {
    process.stderr.write(`${USAGE}\n`)
    process.exit(2)
}

const worst = new Map<string, { runs: number; afterSetpoint: number; afterTick: number; worst: StopRun }>()
for (let seed = first; seed < first + runs; seed++) {
    const run = await stopRun('rover', LINK_SCENARIOS[seed % LINK_SCENARIOS.length], seed)
    const row = worst.get(run.scenario)
    worst.set(run.scenario, {
        runs: (row?.runs ?? 0) + 1,
        afterSetpoint: Math.max(row?.afterSetpoint ?? 0, run.afterSetpoint),
        afterTick: Math.max(row?.afterTick ?? 0, run.afterTick),
        worst: !row || run.slack < row.worst.slack ? run : row.worst,
    })
    for (const failure of run.failures) {
        process.exitCode = 1
        process.stdout.write(`BROKEN: ${run.scenario}, seed ${seed}: ${failure}\n`)
    }
}
for (const { name, bound } of LINK_SCENARIOS) {
    const row = worst.get(name)
    if (!row) continue
    process.stdout.write(
        `${name.padEnd(27)} ${row.runs} runs; after the setpoint at most ${ms(row.afterSetpoint)}, after the last tick ` +
            `${ms(row.afterTick)}; ${bound.text}: ${row.worst.slack < 0 ? 'BROKEN' : 'held'}, ${ms(row.worst.slack)} left (seed ${row.worst.seed})\n`,
    )
}
