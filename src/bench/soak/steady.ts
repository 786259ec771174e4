import { progress } from '../../cli/progress'
import { FLAT, kilobytes } from '../safety/memory'
import { steadyRun, type SteadyRun } from '../safety/steady-run'
import { ms } from '../safety/stop-run'

/** Ticks by which counts that are taken at slightly different moments may differ: what one telemetry report holds, and one on its way. */
const TICKS_APART = 12

export interface SteadyCampaign {
    robot: string
    board: string
    minutes: number
    runs: number
    seed: number
}

/** Long drives in which nothing goes wrong, one for each seed. @returns whether each was as steady at its end as it began */
export async function steadyCampaign({ robot, board, minutes, runs, seed: first }: SteadyCampaign): Promise<boolean> {
    let broken = false
    for (let seed = first; seed < first + runs; seed++) {
        const bar = progress()
        const onProgress = (part: number) => bar.update(part, `seed ${seed}`)
        const run = await steadyRun({ robot, board, seed, seconds: minutes * 60, onProgress })
        bar.stop()
        process.stdout.write(`${robot} on ${board}, seed ${seed}, ${minutes} min: ${summary(run)}\n`)
        for (const { at, lateness, before } of run.late) {
            const did = before.map(
                ({ start, seconds, collection }) =>
                    `${(start * 1000).toFixed(1)} for ${ms(seconds)} (${ms(collection)} collecting)`,
            )
            process.stdout.write(
                `  late: ${at.toFixed(3)} s by ${ms(lateness)}; the board worked at ${did.join(', ')}\n`,
            )
        }
        for (const problem of problems(run)) {
            broken = true
            process.stdout.write(`BROKEN: seed ${seed}: ${problem}\n`)
        }
    }
    return !broken
}

function summary(run: SteadyRun): string {
    const { ticks, toBoard, toHost, tilt } = run
    const lean = tilt === undefined ? '' : `, leaned ${((tilt * 180) / Math.PI).toFixed(1)}° at most`
    return (
        `${run.mode}${lean}; ${ticks.board} ticks by the board, ${ticks.host} by the host, ${run.lateTicks} late, ` +
        `${run.samplesLost} samples lost; frames ${toBoard.sent} sent, ${toBoard.received} received by the board, ` +
        `${toHost.sent} sent, ${toHost.received} received by the host; ` +
        `program ${kilobytes(run.boardBytes)}, host ${kilobytes(run.hostBytes)}`
    )
}

/** Everything that is not as it must be, in words. */
export function problems(run: SteadyRun): string[] {
    const { ticks, toBoard, toHost } = run
    const found: string[] = []
    const must = (holds: boolean, problem: string) => {
        if (!holds) found.push(problem)
    }
    must(run.mode === 'armed' && run.disarmed === 0, `mode ${run.mode} at the end, ${run.disarmed} samples not armed`)
    must(run.lateTicks === 0, `${run.lateTicks} ticks were late`)
    must(run.samplesLost === 0, `${run.samplesLost} samples were lost`)
    for (const [name, other] of [
        ['host', ticks.host],
        ['clock', ticks.clock],
    ] as const) {
        must(Math.abs(other - ticks.board) <= TICKS_APART, `${other} ticks by the ${name}, ${ticks.board} by the board`)
    }
    must(toBoard.sent === toBoard.received, `${toBoard.sent} frames sent to the board, ${toBoard.received} received`)
    must(toHost.sent === toHost.received, `${toHost.sent} frames sent to the host, ${toHost.received} received`)
    for (const [name, count] of Object.entries(run.losses)) must(count === 0, `${name}: ${count}`)
    must(run.panics === 0, `the runtime panicked ${run.panics} times`)
    for (const [name, [before, after]] of [
        ['host', run.hostBytes],
        ['program', run.boardBytes],
    ] as const) {
        must(after < before * (1 + FLAT), `${name}: ${kilobytes([before, after])}`)
    }
    return found
}
