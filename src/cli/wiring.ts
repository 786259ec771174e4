import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { CommandError } from './failure'
import { checkRobot, jsonOption } from './options'
import { note, print, printJson, table } from './output'

interface WiringOptions {
    board: string
    svg?: string
    json?: boolean
}

export function addWiring(program: Command): void {
    program
        .command('wiring')
        .description('print how a robot is wired to a board: terminal by terminal, or as a diagram')
        .argument('<robot>', 'a robot of src/robots')
        .requiredOption('--board <id>', 'a board of boards/ (tendon build --list-boards)')
        .option('--svg <file>', 'write a diagram to this file, too')
        .addOption(jsonOption('print one JSON object: { "robot", "board", "parts": [...], "connections": [...] }'))
        .addHelpText(
            'after',
            '\nFrom boards/ and src/robots/<robot>/wiring.ts, with the addresses and channels that the firmware uses.' +
                '\n\nExample:\n  $ tendon wiring rover --board pico --svg rover-pico.svg',
        )
        .action(wiring)
}

async function wiring(robot: string, { board: id, svg, json }: WiringOptions): Promise<void> {
    await checkRobot(robot)
    const { boardFor, loadWiring } = await import('./robot-board')
    const { hex, wiringTable } = await import('./wiring-table')
    const board = await boardFor(robot, id)
    const wired = await loadWiring(robot)
    if (!wired)
        throw new CommandError(`robot "${robot}" has no src/robots/${robot}/wiring.ts that says how it is wired`)
    const result = wiringTable(board, wired)
    if (svg !== undefined) {
        const { wiringSvg } = await import('./wiring-svg')
        await write(svg, wiringSvg(robot, result))
    }
    if (json) return printJson({ robot, ...result })
    print(`${robot} on ${board.name}`)
    const address = new Map(result.parts.map(part => [part.name, part.address]))
    const rows = result.connections.map(({ part, terminal, to }) => {
        const at = address.get(part)
        return [part, at === undefined ? '' : hex(at), terminal, to]
    })
    for (const line of table([['part', 'address', 'terminal', 'to'], ...rows])) print(`  ${line}`)
}

async function write(file: string, text: string): Promise<void> {
    try {
        await writeFile(file, text)
    } catch (error) {
        throw new CommandError(`--svg ${file} cannot be written: ${(error as Error).message}`, { cause: error })
    }
    note(`wrote ${file}`)
}
