import { boardPins, checkBoard, type RobotNeeds } from '../flash/board-check'
import { type BoardDefinition, listBoards, loadBoard } from '../flash/board-definition'
import type { BoardImage } from '../flash/board-image'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { PROJECT_ROOT } from '../flash/build'
import type { RobotWiring } from '../onboard/robot-wiring'
import { boardProfiles } from '../sim/board-profile'
import { loadRobot } from '../simulate'
import { UsageError } from './failure'

/** A robot's wiring, if it has one written down (`src/robots/<name>/wiring.ts`). */
export async function loadWiring(robot: string): Promise<RobotWiring | undefined> {
    if (!existsSync(path.join(PROJECT_ROOT, 'src/robots', robot, 'wiring.ts'))) return undefined
    return ((await import(`../robots/${robot}/wiring.ts`)) as { wiring: RobotWiring }).wiring
}

/** What the robot asks of a board. */
export async function robotNeeds(robot: string): Promise<RobotNeeds> {
    const { config } = await loadRobot(robot)
    const wiring = await loadWiring(robot)
    return { robot, i2cFrequency: config.i2c.frequency, pins: wiring && boardPins(wiring) }
}

/** A board that the robot can be wired to. @throws FlashError naming what does not fit */
export async function boardFor(robot: string, id: string): Promise<BoardDefinition> {
    const board = await loadBoard(id)
    checkBoard(board, await robotNeeds(robot))
    return board
}

/**
 * What `--board` of `tendon build` names: a board, which stands for a timing profile, or such a profile by itself.
 *
 * @throws UsageError naming both kinds
 */
export async function boardOrProfile(
    robot: string,
    name: string,
): Promise<{ board?: BoardDefinition; profile: string }> {
    if (boardProfiles[name]) return { profile: name }
    const ids = await listBoards()
    if (!ids.includes(name)) {
        throw new UsageError(
            `board "${name}" is not known; boards: ${ids.join(', ')}; timing profiles: ${Object.keys(boardProfiles).join(', ')}`,
        )
    }
    const board = await boardFor(robot, name)
    return { board, profile: board.chip.profile }
}

/** Builds the whole image of a robot for a board. */
export async function buildImage(
    board: BoardDefinition,
    program: Buffer,
    options: { runtime?: string; download: boolean },
): Promise<BoardImage & { runtime: { name: string; sha256: string } }> {
    const { findRuntime } = await import('../flash/runtime-source')
    const { assembleImage } = await import('../flash/board-image')
    const runtime = await findRuntime(board.chip, { file: options.runtime, download: options.download })
    const image = assembleImage(board, runtime, program)
    return { ...image, runtime: { name: runtime.name, sha256: runtime.sha256 } }
}
