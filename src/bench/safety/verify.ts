import { Motoron } from '../../sim/chips/motoron'
import { loadRobot, simulate, SimulationError } from '../../simulate'
import { catalogue, type Scenario } from './scenarios'
import { ms, stopRun, type StopRun } from './stop-run'

export interface VerifyOptions {
    robot: string
    board: string
    /** Each scenario runs with this many, from the first on. */
    seeds: number
    firstSeed: number
    signal?: AbortSignal
    /** Told the part that is done, 0 to 1, and the scenario. */
    onProgress?: (part: number, text: string) => void
}

/** A scenario over all seeds. */
export interface ScenarioResult {
    name: string
    /** What must happen, in words. */
    must: string
    bound: { from: string; text: string; seconds: number }
    runs: StopRun[]
    /** The run with the least left of its bound. */
    worst: StopRun
    pass: boolean
}

/** Everything that a report says. */
export interface SafetyResult {
    robot: string
    board: string
    seeds: number
    firstSeed: number
    scenarios: ScenarioResult[]
    /** False when it was ended before all scenarios had run. */
    complete: boolean
    pass: boolean
}

/**
 * Runs every scenario with every seed.
 *
 * @throws SimulationError for a robot of which the bounds do not hold, or whose parts cannot be broken
 */
export async function verifySafety(options: VerifyOptions): Promise<SafetyResult> {
    const { robot, board, seeds, firstSeed, signal, onProgress } = options
    const scenarios: ScenarioResult[] = []
    let complete = true
    const all = await scenariosOf(robot, board)
    for (const scenario of all) {
        const runs: StopRun[] = []
        for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
            if (signal?.aborted) break
            runs.push(await stopRun(robot, scenario, seed, board))
            onProgress?.((scenarios.length + runs.length / seeds) / all.length, scenario.name)
        }
        complete = runs.length === seeds
        if (runs.length === 0) break
        scenarios.push(summary(scenario, runs))
        if (!complete) break
    }
    const pass = complete && scenarios.every(({ pass }) => pass)
    return { robot, board, seeds, firstSeed, scenarios, complete, pass }
}

/** @throws SimulationError */
async function scenariosOf(name: string, board: string): Promise<Scenario[]> {
    const { config } = await loadRobot(name)
    if (config.balance) {
        throw new SimulationError(
            `${name} balances: at a missed deadline it stands on with its motors driven, so the bounds of verify-safety do not ` +
                'hold for it; what stops it is tested in test/e2e/balancer.test.ts',
        )
    }
    const driven = config.joints.filter(({ stop }) => stop?.action === 'hold' || stop?.action === 'park')
    if (driven.length > 0) {
        const joints = driven.map(({ name }) => name).join(', ')
        throw new SimulationError(
            `${name}: at a missed deadline ${joints} are held with their motors driven (stop.action in robot.ts), so the bounds of ` +
                'verify-safety do not hold for it; test/onboard/stop-actions.test.ts shows what such joints do',
        )
    }
    const { parts } = (await simulate({ robot: name, board })).body
    if (!parts || !Object.values(parts.chips).some(({ device }) => device instanceof Motoron)) {
        throw new SimulationError(
            `${name}: its plant.ts names no Motoron among its parts, so it is not known when its motor controller stops by itself`,
        )
    }
    return catalogue(parts, config)
}

function summary({ name, bound, ends, unheard }: Scenario, runs: StopRun[]): ScenarioResult {
    const worst = runs.reduce((a, b) => (b.slack < a.slack ? b : a))
    const seconds = worst.bound
    const mode = ends ? `; mode ${ends.join(' or ')} at the end` : ''
    return {
        name,
        must: `motors off within ${bound.text}; ${unheard ? 'driven while telemetry says off only where it names motor' : 'not driven while telemetry says off'}${mode}`,
        bound: { from: bound.from, text: bound.text, seconds },
        runs,
        worst,
        pass: runs.every(({ failures }) => failures.length === 0),
    }
}

/** How often each mode ended a run, and every fault that was told: `fault ×20 (encoder)`. */
export function happened({ runs }: ScenarioResult): string {
    const counts = new Map<string, number>()
    for (const { mode } of runs) counts.set(mode, (counts.get(mode) ?? 0) + 1)
    const modes = [...counts].map(([mode, count]) => `${mode} ×${count}`).join(', ')
    const faults = [...new Set(runs.flatMap(({ faults }) => faults))]
    const contradicted = Math.max(...runs.map(({ contradicted }) => contradicted))
    return [
        modes,
        ...(faults.length > 0 ? [`(${faults.join(', ')})`] : []),
        ...(contradicted > 0 ? [`driven ${ms(contradicted)} after telemetry said off`] : []),
    ].join(' ')
}

/** Each way in which a scenario failed, with its seed. */
export function failures({ runs }: ScenarioResult): string[] {
    return runs.flatMap(({ seed, failures }) => failures.map(text => `seed ${seed}: ${text}`))
}
