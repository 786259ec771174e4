import { FLAT, kilobytes } from '../safety/memory'
import { reconnectRun } from '../safety/reconnect-run'

/** Many losses of one session's link. @returns whether it always came back, nothing moved, and memory is flat */
export async function reconnectCampaign(count: number, seed: number): Promise<boolean> {
    const run = await reconnectRun(count, seed)
    const grown = ([before, after]: [number, number]) => after / before - 1
    process.stdout.write(
        `${run.losses} losses, ${run.reconnects} returns, the slowest ${run.slowest.toFixed(2)} s after the link's\n` +
            `steps with an output driven before it was armed again and told to: ${run.drivenSteps}; turned by arming: ${run.moved} rad\n` +
            `from a tenth of the losses to their end: host ${kilobytes(run.hostBytes)}, program on the board ${kilobytes(run.boardBytes)}\n`,
    )
    const still = run.drivenSteps === 0 && run.moved === 0
    const flat = grown(run.hostBytes) < FLAT && grown(run.boardBytes) < FLAT
    if (!still) process.stdout.write('BROKEN: a joint moved\n')
    if (!flat) process.stdout.write(`BROKEN: memory grew by more than ${FLAT * 100} %\n`)
    return still && flat && run.reconnects === run.losses
}
