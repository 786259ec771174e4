import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { BuildError, PROJECT_ROOT } from '../flash/build'
import { configProblems } from '../flash/config-check'
import { entryProblems, nativeDrivers } from '../flash/entry-check'
import { wiringProblems } from '../flash/wiring-check'
import type { RobotConfig } from '../onboard/robot-config'
import { loadWiring } from './robot-board'

/** A robot's `main.ts`; nothing in a published package, which has it compiled. */
function entryOf(robot: string): Promise<string> {
    return readFile(path.join(PROJECT_ROOT, `src/robots/${robot}/main.ts`), 'utf8').catch(() => '')
}

/** Why a robot with motors, servos or encoders of the runtime itself cannot be simulated; undefined for others. */
export async function whyNotSimulated(robot: string): Promise<string | undefined> {
    const used = (await nativeDrivers(await entryOf(robot))).map(driver => `devices/${driver}`)
    if (used.length === 0) return undefined
    return (
        `${robot} has ${used.join(' and ')}: the simulator's runtime has none of the services that a board's offers by ` +
        'itself, so the tick cannot be measured. `tendon flash` and `tendon deploy` build it without that (docs/motors.md).'
    )
}

/**
 * Looks at all that can be known of a robot without compiling it: its data, its wiring, and what its entry makes of them.
 *
 * @throws BuildError naming every key, its value and what is allowed
 */
export async function checkRobotFiles(robot: string): Promise<void> {
    const directory = `src/robots/${robot}`
    const config = ((await import(`../robots/${robot}/robot.ts`)) as Record<string, RobotConfig | undefined>)[robot]
    if (config === undefined) {
        throw new BuildError(
            `${directory} cannot be built:\n  robot.ts: the export "${robot}" is missing; allowed: the robot's data, ` +
                "under its directory's name",
        )
    }
    const wiring = await loadWiring(robot)
    const { name } = config
    const lines = [
        ...(name === robot ? [] : [`robot.ts: name is ${JSON.stringify(name)}; allowed: "${robot}", as its directory`]),
        ...configProblems(config).map(problem => `robot.ts: ${problem}`),
        ...(wiring ? wiringProblems(wiring) : []).map(problem => `wiring.ts: ${problem}`),
        ...(await entryProblems(config, await entryOf(robot))),
    ]
    if (lines.length > 0) throw new BuildError(`${directory} cannot be built:\n${lines.map(l => `  ${l}`).join('\n')}`)
}
