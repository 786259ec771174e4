import { readFile } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import type { Limit } from '../bench/result'
import type { SafetyLimits, SetpointMode } from '../bench/rig'
import type { TestOptions } from '../bench/tests/test'
import { DEFECTS, type Defect } from '../sim/plants/motor-draw'
import { UsageError } from './failure'
import { boardOption, jsonOption, number, seedOption } from './options'

/** Options that `bench` and `bench suite` share. */
export interface BenchOptions {
    port?: string
    sim?: string
    board: string
    seed: number
    speed: '1' | 'max'
    simDraw?: boolean
    simDefect?: Defect
    simLifted?: boolean
    joint?: string
    maxEffort?: number
    maxVelocity?: number
    maxCurrent?: number
    minPosition?: number
    maxPosition?: number
    turns?: number
    limits?: string
    serial?: string
    temperature?: number
    out: string
    report: boolean
    json?: boolean
    mode?: SetpointMode
    amplitude?: number
    offset?: number
    repeats?: number
    duration?: number
    from?: number
    to?: number
    trajectory?: string
    resume?: string
    bandwidth?: number
    damping?: number
    method?: 'model' | 'relay'
    store?: boolean
    gains?: string
}

const real = (low: number, high: number, above = false) => number({ min: low, max: high, above })

/** How the robot is reached, and inside what to stay. */
export function targetOptions(command: Command): Command {
    return command
        .addOption(new Option('--port <path>', 'serial port of the board, or auto to find it').conflicts('sim'))
        .option('--sim <robot>', 'test a simulated robot instead')
        .addOption(boardOption())
        .addOption(seedOption())
        .addOption(
            new Option('--speed <1|max>', 'simulated time beside wall time, or as fast as it goes')
                .choices(['1', 'max'])
                .default('1'),
        )
        .option('--sim-draw', 'draw the simulated motors and rig by the seed, within what such parts vary')
        .addOption(new Option('--sim-defect <name>', 'what is wrong with the simulated actuator').choices(DEFECTS))
        .option('--sim-lifted', 'the simulated robot stands on a stand, wheels in the air')
        .option('--joint <name>', "joint to test (default: the robot's only one)")
        .addOption(new Option('--max-effort <duty>', 'stay below, 0 to 1').argParser(real(0, 1, true)))
        .addOption(new Option('--max-velocity <rad/s>', 'stay below').argParser(real(0, 1e4, true)))
        .addOption(
            new Option('--max-current <A>', 'stop the test above, where it is measured').argParser(real(0, 1e3, true)),
        )
        .addOption(new Option('--min-position <rad>', 'stop the test below').argParser(real(-1e6, 1e6)))
        .addOption(new Option('--max-position <rad>', 'stop the test above').argParser(real(-1e6, 1e6)))
        .addOption(
            new Option('--turns <n>', 'check: turns that you will see, instead of being asked').argParser(
                real(-1e3, 1e3),
            ),
        )
        .option('--limits <file>', 'JSON: { "figure": { "min": …, "max": … } }; outside, the run fails (exit code 1)')
        .option('--serial <number>', 'serial number of the unit under test')
        .addOption(new Option('--temperature <°C>', 'ambient, for the report').argParser(real(-273, 1000)))
        .option('--out <directory>', 'where reports go', 'bench-reports')
        .option('--no-report', 'write no files')
        .addOption(jsonOption('the last line printed is the result as one JSON object'))
}

/** What tests can be told. */
export function testOptions(command: Command): Command {
    return command
        .addOption(new Option('--mode <mode>', 'what is commanded').choices(['effort', 'velocity', 'position']))
        .addOption(new Option('--amplitude <x>', 'how much of it (duty, rad/s, rad)').argParser(real(-1e6, 1e6)))
        .addOption(new Option('--offset <x>', 'around what').argParser(real(-1e6, 1e6)))
        .addOption(
            new Option('--repeats <n>', 'how often, or how many points').argParser(
                number({ min: 1, max: 1e5, whole: true }),
            ),
        )
        .addOption(new Option('--duration <s>', 'how long').argParser(real(0, 1e7, true)))
        .addOption(
            new Option('--from <Hz>', 'sweep, chirp, follow: frequency to begin with').argParser(real(0, 50, true)),
        )
        .addOption(new Option('--to <Hz>', 'sweep, chirp: frequency to end with').argParser(real(0, 50, true)))
        .option('--trajectory <file>', 'follow: CSV of times (s) and positions (rad)')
        .addOption(
            new Option('--bandwidth <Hz>', 'tune: wanted bandwidth of the velocity loop (-3 dB)').argParser(
                real(0.1, 25),
            ),
        )
        .addOption(
            new Option('--damping <ratio>', 'tune: wanted damping (0.5 overshoots 16 %, 0.7 5 %, 1 not)').argParser(
                real(0.3, 1),
            ),
        )
        .addOption(
            new Option('--method <name>', 'tune: by the identified model, or by relay').choices(['model', 'relay']),
        )
        .option('--store', "tune: keep the new gains in the board's flash, if they do what is wanted")
        .option('--gains <file>', 'tune: write the new gains to a file of parameters')
        .option('--resume <file>', 'soak: goes on where this file says it was, and keeps it up to date')
}

export function safetyOf(options: BenchOptions): Partial<SafetyLimits> {
    const { maxEffort, maxVelocity, maxCurrent, minPosition, maxPosition } = options
    return {
        effort: maxEffort,
        velocity: maxVelocity,
        current: maxCurrent,
        positionMin: minPosition,
        positionMax: maxPosition,
    }
}

/** @throws UsageError */
export async function settingsOf(options: BenchOptions): Promise<TestOptions> {
    const { mode, amplitude, offset, repeats, duration, from, to, bandwidth, damping, method, store } = options
    if (from !== undefined && to !== undefined && !(from < to))
        throw new UsageError(`--from ${from} is not below --to ${to}`)
    const trajectory =
        options.trajectory === undefined
            ? undefined
            : parseTrajectory(options.trajectory, await text(options.trajectory))
    return { mode, amplitude, offset, repeats, duration, from, to, trajectory, bandwidth, damping, method, store }
}

/** @throws UsageError naming file and key */
export async function limitsOf(file: string | undefined): Promise<Record<string, Limit>> {
    if (file === undefined) return {}
    return checkLimits(file, json(file, await text(file)))
}

/** @throws UsageError */
export function checkLimits(where: string, limits: unknown): Record<string, Limit> {
    const bad = (what: string) =>
        new UsageError(`${where}: ${what}; expected { "figure": { "min": number, "max": number } }`)
    if (typeof limits !== 'object' || limits === null || Array.isArray(limits)) throw bad('no object')
    for (const [key, limit] of Object.entries(limits as Record<string, unknown>)) {
        if (typeof limit !== 'object' || limit === null) throw bad(`"${key}" is ${JSON.stringify(limit)}`)
        for (const [side, value] of Object.entries(limit)) {
            if (!['min', 'max'].includes(side) || typeof value !== 'number')
                throw bad(`"${key}.${side}" is ${JSON.stringify(value)}`)
        }
    }
    return limits as Record<string, Limit>
}

function parseTrajectory(file: string, content: string): { time: number; position: number }[] {
    const points = content
        .split('\n')
        .map((line, i) => ({ line: line.trim(), number: i + 1 }))
        .filter(({ line }) => line !== '' && !line.startsWith('#') && !/^[a-z]/i.test(line))
        .map(({ line, number: at }) => {
            const [time, position] = line.split(/[,;\s]+/).map(Number)
            if (!Number.isFinite(time) || !Number.isFinite(position))
                throw new UsageError(`${file}:${at}: "${line}" is not "time, position"`)
            return { time, position }
        })
    if (points.length < 2) throw new UsageError(`${file}: a trajectory has two points at least`)
    for (let i = 1; i < points.length; i++) {
        if (points[i].time <= points[i - 1].time)
            throw new UsageError(`${file}: time ${points[i].time} s does not come after ${points[i - 1].time} s`)
    }
    return points
}

/** @throws UsageError when the file cannot be read */
export async function text(file: string): Promise<string> {
    return readFile(file, 'utf8').catch((error: Error) => {
        throw new UsageError(`cannot read ${file}: ${error.message}`)
    })
}

/** @throws UsageError when it is no JSON */
export function json(file: string, content: string): unknown {
    try {
        return JSON.parse(content)
    } catch (error) {
        throw new UsageError(`${file} is no JSON: ${(error as Error).message}`)
    }
}
