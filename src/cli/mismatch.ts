import { listRobots } from '../flash/build'
import { descriptionDifferences } from '../host/description-difference'
import type { RobotDescription } from '../protocol/description'

/**
 * What a connected robot was built with that is not what `src/robots/<its name>` says now: one line for each field, and how to
 * mend it. Nothing for a robot that is not among those here.
 */
export async function mismatch(board: RobotDescription): Promise<string[]> {
    if (!(await listRobots()).includes(board.name)) return []
    const { loadRobot } = await import('../simulate')
    const { describe } = await import('../onboard/describe')
    const { config } = await loadRobot(board.name)
    // What a count means is the drivers' knowledge, and the board's.
    return mismatchText(board, describe(config, board.imu, board.power, board.motors))
}

export function mismatchText(board: RobotDescription, here: RobotDescription): string[] {
    if (board.configHash === here.configHash) return []
    const { name } = board
    const told = descriptionDifferences(board, here)
    const say = (value: unknown) => (value === undefined ? 'none' : String(value))
    const named = told.filter(({ field }) => field !== 'configHash')
    return [
        `the ${name} on the board was built from other data than src/robots/${name}/robot.ts:`,
        ...told.map(({ field, board: theirs, here: ours }) => `  ${field}: board ${say(theirs)}, here ${say(ours)}`),
        ...(named.length === 0
            ? ['  (what differs is none of what a board tells: gains, filters, directions, wiring)']
            : []),
        `to run what is here: npx tendon deploy ${name} --port auto`,
    ]
}
