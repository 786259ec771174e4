import '../../sim/device-script-buffer'
import { parseArgs } from 'node:util'
import { stopRun, type StopRun } from './stop-time'

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
    const run = await stopRun(seed)
    const row = worst.get(run.scenario)
    worst.set(run.scenario, {
        runs: (row?.runs ?? 0) + 1,
        afterSetpoint: Math.max(row?.afterSetpoint ?? 0, run.afterSetpoint),
        afterTick: Math.max(row?.afterTick ?? 0, run.afterTick),
        worst: !row || run.slack < row.worst.slack ? run : row.worst,
    })
}
let broken = false
for (const [scenario, row] of worst) {
    const bound = row.worst.endsPacing ? "chip's timeout + 4 ms after the last tick" : 'deadline + one tick'
    const ms = (seconds: number) => `${(seconds * 1000).toFixed(1)} ms`
    if (row.worst.slack < 0) broken = true
    process.stdout.write(
        `${scenario.padEnd(27)} ${row.runs} runs; after the setpoint at most ${ms(row.afterSetpoint)}, after the last tick ` +
            `${ms(row.afterTick)}; ${bound}: ${row.worst.slack < 0 ? 'BROKEN' : 'held'}, ${ms(row.worst.slack)} left (seed ${row.worst.seed})\n`,
    )
}
process.exitCode = broken ? 1 : 0
