import type { Command } from 'commander'
import type { Firmware } from '../flash/build'
import { CommandError, UsageError } from './failure'
import { checkRobot, inlineOption, jsonOption } from './options'
import { print, printJson, table } from './output'
import type { FunctionCost, TickReport } from './tick-cost'

/** Largest program, bytes: less than half of what an RP2040 has room for, so that it can be updated in place. */
const SIZE_BUDGET = 48 * 1024
/** Typical cost of a tick on the RP2040, µs: half the rover's period. */
const TICK_BUDGET_US = 5000
const BUDGETED_BOARD = 'rp2040'

interface BuildOptions {
    board: string
    listBoards?: boolean
    runtime?: string
    out?: string
    inline: boolean
    profile?: boolean
    json?: boolean
}

export function addBuild(program: Command): void {
    program
        .command('build')
        .description("build a robot's firmware and say what its control tick costs on the board")
        .argument('[robot]', 'a robot of src/robots')
        .option('--board <b>', 'a board of boards/, or a timing profile: rp2040, esp32, ideal', 'rp2040')
        .option('--list-boards', 'print the ids of all boards and end')
        .option('--runtime <file>', "DeviceScript's runtime for the board: makes the whole image")
        .option('--out <file>', 'where to write the image (default: .tendon/images)')
        .addOption(inlineOption())
        .option('--profile', 'list the functions by operations for each tick')
        .addOption(jsonOption())
        .addHelpText(
            'after',
            `\nFails when the program is larger than ${SIZE_BUDGET} bytes, or when the typical tick takes more than ` +
                `${TICK_BUDGET_US / 1000} ms on the ${BUDGETED_BOARD}.\n\nExample:\n  $ tendon build rover --profile`,
        )
        .action(build)
}

async function build(robot: string | undefined, options: BuildOptions): Promise<void> {
    const { inline, profile, json } = options
    if (options.listBoards) return printBoards(json)
    if (robot === undefined) throw new UsageError('name a robot of src/robots, or ask for --list-boards')
    await checkRobot(robot)
    const { boardOrProfile } = await import('./robot-board')
    const { board: definition, profile: board } = await boardOrProfile(robot, options.board)
    if (!definition && (options.runtime !== undefined || options.out !== undefined)) {
        throw new UsageError(`--runtime and --out need a board; "${board}" is a timing profile (see --list-boards)`)
    }
    const { buildFirmware } = await import('../flash/build')
    const { measureTick } = await import('./tick-cost')
    const firmware = await buildFirmware(robot, { inline })
    const { tick, functions } = await measureTick({ robot, board, inline, firmware })
    const bytes = firmware.bytecode.length
    const { imageLines, writeImage } = await import('./build-image')
    const image = definition && (await writeImage(robot, definition, firmware.bytecode, options))
    if (json) {
        const { sha256, flat } = firmware
        const budget = { bytes: SIZE_BUDGET, tickMedianUs: board === BUDGETED_BOARD ? TICK_BUDGET_US : null }
        printJson({ robot, board, ...image, bytes, sha256, ...flat, tick, budget, ...(profile && { functions }) })
    } else {
        for (const line of [...summary(firmware), ...tickLines(tick, board)]) print(line)
        if (image) for (const line of imageLines(image)) print(line)
        if (profile) for (const line of profileLines(functions)) print(line)
    }
    if (bytes > SIZE_BUDGET) {
        throw new CommandError(`the program has ${bytes} bytes; allowed: ${SIZE_BUDGET}. Leave out what is not used.`)
    }
    if (board === BUDGETED_BOARD && !(tick.medianUs <= TICK_BUDGET_US)) {
        throw new CommandError(
            `a typical tick takes ${ms(tick.medianUs)} on the ${board}; allowed: ${ms(TICK_BUDGET_US)}. ` +
                '`--profile` shows where the time goes.',
        )
    }
}

async function printBoards(json?: boolean): Promise<void> {
    const { listBoards, loadBoard } = await import('../flash/board-definition')
    const ids = await listBoards()
    if (json) return printJson(ids)
    const boards = await Promise.all(ids.map(id => loadBoard(id)))
    for (const line of table(boards.map(({ id, name, chip }) => [id, name, chip.name]))) print(line)
}

function summary({ robot, bytecode, sha256, flat }: Firmware): string[] {
    const part = ((100 * bytecode.length) / SIZE_BUDGET).toFixed(0)
    return [
        `${robot}`,
        `  program  ${bytecode.length} bytes, ${part} % of ${SIZE_BUDGET}`,
        `  sha256   ${sha256}`,
        `  inlined  ${flat.inlined.length === 0 ? 'nothing' : `${flat.inlined.length} calls: ${counted(flat.inlined).join(', ')}`}`,
        `  flat     ${flat.variables} fields and the elements of ${flat.arrays} arrays as variables, ${flat.unrolled} loops written out`,
    ]
}

function tickLines({ ticks, medianUs, maxUs, meanUs, shares }: TickReport, board: string): string[] {
    const budget = board === BUDGETED_BOARD ? `, budget ${ms(TICK_BUDGET_US)}` : ''
    const row = (name: string, { us }: { us: number }, units = '') => [
        name,
        ms(us),
        `${((100 * us) / meanUs || 0).toFixed(0)} %`,
        units,
    ]
    const { operations, calls, builtins, bus, transactions, collections, other } = shares
    return [
        `  tick     ${ms(medianUs)} typical, ${ms(maxUs)} at most on ${board}${budget}`,
        `           mean of ${ticks} ticks ${ms(meanUs)}, of it`,
        ...table(
            [
                row('operations', operations, operations.units.toFixed(0)),
                row('calls', calls, calls.units.toFixed(1)),
                row('builtins', builtins, builtins.units.toFixed(1)),
                row('I2C bus', bus),
                row('I2C calls', transactions, transactions.units.toFixed(1)),
                row('collections', collections, collections.units.toFixed(2)),
                row('other', other),
            ],
            [1, 2, 3],
        ).map(line => `             ${line}`),
    ]
}

function profileLines(functions: FunctionCost[]): string[] {
    const rows = functions.map(({ name, operations }) => [operations.toFixed(1), name])
    return ['  operations for each tick, by function', ...table(rows, [0]).map(line => `    ${line}`)]
}

/** `a, b (3)`: names in order of appearance, with how often when more than once. */
function counted(names: string[]): string[] {
    const counts = new Map<string, number>()
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
    return [...counts].map(([name, count]) => (count === 1 ? name : `${name} (${count})`))
}

function ms(us: number): string {
    return `${(us / 1000).toFixed(2)} ms`
}
