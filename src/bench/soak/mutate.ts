import { FLAT, kilobytes } from '../safety/memory'
import { mutationRun, type MutationRun } from '../safety/mutation-run'
import type { MutationCounts } from '../safety/mutator'

/** Damaged frames by the million, both ways, while the robot drives. @returns whether none of them was taken for anything */
export async function mutationCampaign(bytes: number, seed: number, board: string): Promise<boolean> {
    const run = await mutationRun(bytes, seed, board)
    process.stdout.write(
        `rover on ${board}, seed ${seed}, ${run.simulatedSeconds.toFixed(0)} s\n` +
            `to the board ${direction(run.toBoard)}\nto the host  ${direction(run.toHost)}\n` +
            `setpoints followed: ${run.setpoints}, of these not sent ${run.setpointsForged}; ` +
            `states told: ${run.states}, of these not sent ${run.statesForged}\n` +
            `${run.mode} at the end; panics: ${run.panics}, restarts: ${run.restarts}; program ${kilobytes(run.boardBytes)}\n`,
    )
    const found = mutationProblems(run)
    for (const problem of found) process.stdout.write(`BROKEN: ${problem}\n`)
    return found.length === 0
}

function direction(counts: MutationCounts): string {
    const { bytes, mutants, sealed, originals, received, crcErrors, framingErrors, bytesDiscarded, forged } = counts
    return (
        `${bytes} bytes of ${mutants} mutants (${sealed} with a right checksum): ${crcErrors} wrong checksums, ` +
        `${framingErrors} broken frames, ${bytesDiscarded} bytes dropped, ${forged} passed the checksum by chance; ` +
        `${received} whole frames out of ${originals} and what of them came twice`
    )
}

/** Everything that is not as it must be, in words. */
export function mutationProblems(run: MutationRun): string[] {
    const found: string[] = []
    const must = (holds: boolean, problem: string) => {
        if (!holds) found.push(problem)
    }
    must(
        run.panics === 0 && run.restarts === 0,
        `the runtime panicked ${run.panics} and restarted ${run.restarts} times`,
    )
    must(run.setpointsForged === 0, `the robot followed ${run.setpointsForged} setpoints that nobody had sent`)
    must(run.statesForged === 0, `the session told ${run.statesForged} states that the board had not sent`)
    must(run.mode === 'armed' && run.disarmed === 0, `mode ${run.mode}; not armed ${run.disarmed} times on the way`)
    must(run.toBoard.received >= run.toBoard.originals, 'whole frames did not reach the board')
    must(run.toHost.received >= run.toHost.originals, 'whole frames did not reach the host')
    const [before, after] = run.boardBytes
    must(after < before * (1 + FLAT), `the program's heap grew: ${kilobytes(run.boardBytes)}`)
    return found
}
