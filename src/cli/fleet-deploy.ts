import type { BatchOutcome } from '../fleet/batch-deploy'
import type { FleetClient } from '../fleet/client'
import type { Progress } from '../fleet/messages'
import { CommandError, UsageError } from './failure'
import { checkRobot } from './options'
import { note, print, printJson, table } from './output'

export interface FleetDeployOptions {
    all?: boolean
    keepGoing?: boolean
    atOnce: number
    inline: boolean
    json?: boolean
}

/** The program to deploy, built before anybody connects. @throws UsageError, BuildError */
export async function fleetProgram(kind: string, ids: string[], { all, inline }: FleetDeployOptions) {
    await checkRobot(kind)
    if ((all === true) === ids.length > 0) {
        throw new UsageError(`which robots to deploy ${kind} to? Name them, or --all for every ${kind} of the fleet`)
    }
    const { buildFirmware } = await import('../flash/build')
    const { bytecode, sha256 } = await buildFirmware(kind, { inline })
    return { robot: kind, program: bytecode, sha256 }
}

/** Deploys to the robots, one first; says how far it is, and what is where afterwards. @throws CommandError */
export async function fleetDeploy(
    fleet: FleetClient,
    program: Awaited<ReturnType<typeof fleetProgram>>,
    named: string[],
    { all, keepGoing = false, atOnce, json }: FleetDeployOptions,
    signal: AbortSignal,
): Promise<void> {
    const [{ deployBatch, obstacle }, { versionMatrix }, { versionLines }] = await Promise.all([
        import('../fleet/batch-deploy'),
        import('../fleet/versions'),
        import('./fleet-versions'),
    ])
    const kind = program.robot
    const ids = all
        ? fleet.robots.filter(({ about }) => about?.description.name === kind).map(({ id }) => id)
        : [...new Set(named)]
    if (ids.length === 0) throw new CommandError(`no ${kind} in the fleet (right broker? --wait listens for longer)`)
    const obstacles = ids.map(id => [id, obstacle(fleet.view.robot(id), id, kind)]).filter(([, why]) => why)
    if (obstacles.length > 0 && !keepGoing) {
        const list = obstacles.map(([id, why]) => `\n  ${id}: ${why}`).join('')
        throw new CommandError(`nothing was deployed: --keep-going would leave out${list}`)
    }
    note(
        `${kind} (${program.sha256.slice(0, 8)}, ${program.program.length} bytes) to ${ids.length} robots: ${ids[0]} first`,
    )
    const progress = progressLines()
    const outcomes = await deployBatch(ids, {
        keepGoing,
        atOnce,
        signal,
        onProgress: progress,
        onOutcome: outcome => note(`${outcome.robot}: ${outcomeText(outcome)}`),
        deploy: async (id, onProgress) => {
            const why = obstacle(fleet.view.robot(id), id, kind)
            if (why !== undefined) throw new CommandError(`nothing was written: ${why}`)
            const commander = await fleet.command(id, { signal })
            try {
                return await commander.deploy(program, onProgress)
            } finally {
                await commander.release().catch(() => undefined)
            }
        },
    })
    const rows = versionMatrix(fleet.robots.filter(({ id }) => ids.includes(id)))
    const count = (...wanted: BatchOutcome['outcome'][]) =>
        outcomes.filter(({ outcome }) => wanted.includes(outcome)).length
    const counts = {
        deployed: count('deployed'),
        unchanged: count('unchanged'),
        failed: count('failed'),
        notTried: count('not-tried'),
    }
    if (json) printJson({ robot: kind, sha256: program.sha256, ...counts, robots: outcomes, versions: rows })
    else {
        for (const line of table(outcomes.map(outcome => [outcome.robot, outcomeText(outcome)]))) print(line)
        print()
        for (const line of versionLines(rows)) print(line)
    }
    if (counts.failed + counts.notTried > 0) {
        throw new CommandError(`${counts.failed} of ${ids.length} robots failed, ${counts.notTried} were not tried`)
    }
}

function outcomeText(outcome: BatchOutcome): string {
    switch (outcome.outcome) {
        case 'deployed': {
            const again = outcome.attempts > 1 ? ` in ${outcome.attempts} attempts` : ''
            return `deployed over ${outcome.before?.slice(0, 8) ?? 'no program'}${again}, answers (${outcome.seconds.toFixed(1)} s)`
        }
        case 'unchanged':
            return 'has it already, and answers'
        case 'failed':
            return `failed: ${outcome.error}`
        case 'not-tried':
            return 'not tried'
    }
}

/** A line for each new step of a robot, and for each tenth of its program. */
function progressLines(): (robot: string, progress: Progress) => void {
    const last = new Map<string, string>()
    return (robot, { step, written, total }) => {
        const part = written > 0 && written < total ? ` ${Math.floor((10 * written) / total) * 10} %` : ''
        const line = `${robot}: ${step}${part}`
        if (last.get(robot) !== line) note(line)
        last.set(robot, line)
    }
}
