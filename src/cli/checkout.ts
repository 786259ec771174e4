import type { Expected } from '../doctor/board-findings'
import type { ExamineOptions } from '../doctor/examine'
import { type BoardDefinition, listBoards, loadBoard } from '../flash/board-definition'
import { buildFirmware, listRobots } from '../flash/build'
import { loadWiring } from './robot-board'

/** What this checkout knows, for the doctor to compare a board with. */
export async function checkout(asked: {
    robot?: string
    board?: string
}): Promise<Pick<ExamineOptions, 'expected' | 'wiring' | 'wires'>> {
    const robots = await listRobots()
    const boards = await Promise.all((await listBoards()).map(id => loadBoard(id)))
    const board = asked.board === undefined ? undefined : await loadBoard(asked.board)
    const boardOf = (productId: number | undefined) => boards.find(each => productOf(each) === productId)
    const expected: Expected = {
        robot: asked.robot,
        board: board && { id: board.id, productId: productOf(board) },
        robots,
        boardOf: productId => boardOf(productId)?.id,
        program: buildFirmware,
    }
    return {
        expected,
        wiring: async robot => (robots.includes(robot) ? loadWiring(robot) : undefined),
        wires: productId => wiresOf(board ?? boardOf(productId)),
    }
}

/** The board's id in its settings, which its runtime tells. */
function productOf({ settings }: BoardDefinition): number {
    return Number(settings.productId)
}

function wiresOf(board: BoardDefinition | undefined): string {
    if (!board?.i2c) return "the board's SDA and SCL (`tendon wiring`)"
    const { i2c, terminals } = board
    const terminal = (pin: number) => terminals[pin] ?? `GPIO ${pin}`
    return `${terminal(i2c.sda)} (SDA) and ${terminal(i2c.scl)} (SCL) of the ${board.name}`
}
