import type { DeployResult, Progress } from './messages'
import type { FleetRobot } from './view'

/** What became of one robot of a batch. */
export type BatchOutcome =
    | ({ robot: string } & DeployResult)
    | { robot: string; outcome: 'failed'; code?: string; error: string }
    /** Another one failed before its turn came. */
    | { robot: string; outcome: 'not-tried' }

export interface BatchOptions {
    /** Deploys to one robot. */
    deploy: (robot: string, onProgress: (progress: Progress) => void) => Promise<DeployResult>
    /** Robots at once, behind the first. */
    atOnce: number
    /** Go on when one fails. */
    keepGoing: boolean
    onProgress: (robot: string, progress: Progress) => void
    onOutcome: (outcome: BatchOutcome) => void
    signal?: AbortSignal
}

/**
 * Deploys to many robots: to the first alone, which shows whether the program is any good, then to the others. After a failure
 * no other one is begun, unless told to; those under way come to their end.
 */
export async function deployBatch(robots: readonly string[], options: BatchOptions): Promise<BatchOutcome[]> {
    const { deploy, atOnce, keepGoing, onProgress, onOutcome, signal } = options
    const outcomes = new Map<string, BatchOutcome>()
    let stopped = false
    const one = async (robot: string) => {
        let outcome: BatchOutcome
        try {
            outcome = { robot, ...(await deploy(robot, progress => onProgress(robot, progress))) }
        } catch (error) {
            const { code, message } = error as Error & { code?: string }
            outcome = { robot, outcome: 'failed', code, error: message }
            stopped ||= !keepGoing
        }
        outcomes.set(robot, outcome)
        onOutcome(outcome)
    }
    const [first, ...waiting] = robots
    if (first !== undefined) await one(first)
    const worker = async () => {
        while (!stopped && !signal?.aborted && waiting.length > 0) await one(waiting.shift() as string)
    }
    await Promise.all(Array.from({ length: atOnce }, worker))
    return robots.map(robot => outcomes.get(robot) ?? { robot, outcome: 'not-tried' })
}

/** Why a robot cannot be deployed to as it is now; undefined when it can. @param kind that the program is for */
export function obstacle(robot: FleetRobot | undefined, id: string, kind: string): string | undefined {
    if (!robot?.about)
        return `there is no robot "${id}" in the fleet (see tendon fleet list; --wait listens for longer)`
    const { about, status, state } = robot
    const { name } = about.description
    if (name !== kind) return `it is a "${name}", the program is for "${kind}"`
    if (status !== 'online') return `it is ${status}: bring it back first`
    if (!about.deploys) return 'its bridge takes no programs from the fleet: start it with --fleet-deploy'
    if (state?.mode === 'armed') return 'it is armed: disarm it first'
    return undefined
}
