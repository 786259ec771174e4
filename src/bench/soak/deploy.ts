import { type CutRun, CUTS, cutRuns } from '../deploy/cut-run'

/** Many deploys, each cut somewhere. @returns whether the board answered every time and the same command mended it */
export async function deployCampaign(count: number, seed: number): Promise<boolean> {
    const runs = await cutRuns(count, seed)
    const broken = runs.filter(({ failure }) => failure !== undefined)
    for (const cut of CUTS) {
        const of = runs.filter(run => run.cut === cut)
        if (of.length === 0) continue
        const count = (condition: (run: CutRun) => boolean) => of.filter(condition).length
        const alive = of.filter(({ killed }) => !killed)
        process.stdout.write(
            `${cut.padEnd(23)} ${of.length} deploys: ${count(run => run.empty)} left no whole program, ` +
                `${count(run => run.formatted)} a store that was formatted; ` +
                `${alive.filter(({ error }) => error === undefined).length} of ${alive.length} commands that lived on mended it\n`,
        )
    }
    for (const { cut, at, killed, error } of runs) {
        if (!killed && error !== undefined)
            process.stdout.write(`not mended by itself: ${cut}, ${at.toFixed(3)} s: ${error}\n`)
    }
    const answered = runs.length - broken.length
    process.stdout.write(
        `${runs.length} of ${count} deploys cut (seed ${seed}): ${answered} boards answered and took the same command\n`,
    )
    for (const { cut, at, failure } of broken) {
        process.stdout.write(`BROKEN: ${cut}, ${at.toFixed(3)} s: ${failure}\n`)
    }
    return broken.length === 0 && runs.length === count
}
