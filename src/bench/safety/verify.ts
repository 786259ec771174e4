import { Motoron } from '../../sim/chips/motoron'
import { Pca9685 } from '../../sim/chips/pca9685'
import { loadRobot, simulate, SimulationError } from '../../simulate'
import { catalogue, type Scenario } from './scenarios'
import { ms, stopRun, type StopRun } from './stop-run'

export interface VerifyOptions {
    robot: string
    board: string
    /** Each scenario runs with this many, from the first on. */
    seeds: number
    firstSeed: number
    /** Scenarios whose name has this in it; all when absent. */
    only?: string
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
    const { robot, board, seeds, firstSeed, only = '', signal, onProgress } = options
    const scenarios: ScenarioResult[] = []
    let complete = true
    const every = await scenariosOf(robot, board)
    const all = every.filter(({ name }) => name.includes(only))
    if (all.length === 0) {
        throw new SimulationError(
            `no scenario of ${robot} has "${only}" in its name; there are: ${every.map(({ name }) => name).join(', ')}`,
        )
    }
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
    const { body } = await simulate({ robot: name, board })
    const { parts } = body
    const known = Object.values(parts?.chips ?? {}).some(
        ({ device }) => device instanceof Motoron || device instanceof Pca9685,
    )
    if (!parts || !known) {
        throw new SimulationError(
            `${name}: its plant.ts names no Motoron and no PCA9685 among its parts, so it is not known when its motor controller stops by itself`,
        )
    }
    return catalogue(parts, config)
}

function summary({ name, bound, ends, unheard, outlives }: Scenario, runs: StopRun[]): ScenarioResult {
    const worst = runs.reduce((a, b) => (b.slack < a.slack ? b : a))
    const seconds = worst.bound
    const mode = ends ? `; mode ${ends.join(' or ')} at the end` : ''
    const told = outlives
        ? 'telemetry names motor'
        : unheard
          ? 'driven while telemetry says off only where it names motor'
          : 'not driven while telemetry says off'
    return {
        name,
        must: `${[...new Set(runs.map(({ must }) => must))].join('; or ')}; ${told}${mode}`,
        bound: { from: bound.from, text: worst.must, seconds },
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
    const pulse = Math.max(...runs.map(({ restartPulse }) => restartPulse))
    return [
        modes,
        ...(faults.length > 0 ? [`(${faults.join(', ')})`] : []),
        ...(contradicted > 0 ? [`driven ${ms(contradicted)} after telemetry said off`] : []),
        ...(pulse > 0 ? [`and once more for ${ms(pulse)} as the program started anew`] : []),
    ].join(' ')
}

/** Each way in which a scenario failed, with its seed. */
export function failures({ runs }: ScenarioResult): string[] {
    return runs.flatMap(({ seed, failures }) => failures.map(text => `seed ${seed}: ${text}`))
}
