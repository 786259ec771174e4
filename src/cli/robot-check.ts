import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { BuildError, PROJECT_ROOT } from '../flash/build'
import { configProblems } from '../flash/config-check'
import { wiringProblems } from '../flash/wiring-check'
import type { RobotConfig } from '../onboard/robot-config'
import { loadWiring } from './robot-board'

/**
 * Looks at all that can be known of a robot without compiling it: its data, its wiring, and what its entry makes of them.
 *
 * @throws BuildError naming every key, its value and what is allowed
 */
export async function checkRobotFiles(robot: string): Promise<void> {
    const directory = `src/robots/${robot}`
    const config = ((await import(`../robots/${robot}/robot.ts`)) as Record<string, RobotConfig>)[robot]
    const wiring = await loadWiring(robot)
    const entry = await readFile(path.join(PROJECT_ROOT, directory, 'main.ts'), 'utf8').catch(() => undefined)
    const lines = [
        ...configProblems(config).map(problem => `robot.ts: ${problem}`),
        ...(wiring ? wiringProblems(wiring) : []).map(problem => `wiring.ts: ${problem}`),
    ]
    if (entry !== undefined && config.imu) {
        // Apart, because TypeScript's own parser takes a while to load.
        const { entryProblems } = await import('../flash/entry-check')
        lines.push(...entryProblems(config, entry))
    }
    if (lines.length > 0) throw new BuildError(`${directory} cannot be built:\n${lines.map(l => `  ${l}`).join('\n')}`)
}
