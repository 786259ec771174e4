import type { Command } from 'commander'
import type { Budget } from '../flash/budget'
import type { Firmware } from '../flash/build'
import { RobotError } from '../host/robot'
import { CommandError, UsageError } from './failure'
import { checkRobot, inlineOption, jsonOption } from './options'
import { print, printJson, table } from './output'
import type { FunctionCost, HeapReport, ProgramCost, TickReport } from './tick-cost'

/** The times of a budget are those of this profile. */
const BUDGETED_BOARD = 'rp2040'
/** From this part of a budget on there is a warning. */
const NEAR = 0.9

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
            '\nFails when the program does not keep to the budget of the robot (src/robots/<robot>/budget.json): its size, its heap, and ' +
                `on the ${BUDGETED_BOARD} its time on the bus and its typical tick, which has at most half its period. On any board ` +
                'it fails when a tick is longer than its period, or on the bus for more than half of it; and before it compiles ' +
                'anything, when limits, rates, addresses or the mounting of the robot cannot be right.' +
                '\n\nExample:\n  $ tendon build rover --profile',
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
    const { measureProgram, UndrivenError } = await import('./tick-cost')
    const { rateProblems } = await import('../flash/rate-check')
    const { loadBudget } = await import('../flash/budget')
    const { loadRobot } = await import('../simulate')
    const { config } = await loadRobot(robot)
    const budget = await loadBudget(robot, config.tickPeriodMs)
    const firmware = await buildFirmware(robot, { inline })
    const cost = await measureProgram({ robot, board, inline, firmware }).catch(async error => {
        // A tick that takes all the time is why nothing else happens; any other reason is told as it is.
        if (!(error instanceof UndrivenError)) throw error
        const lines = error.tick.ticks > 0 ? rateProblems(config, board, error.tick) : []
        if (lines.length > 0) throw new CommandError([refusal(robot, lines), ...told(error.cause)].join('\n'))
        const { whyNotSimulated } = await import('./robot-check')
        const why = await whyNotSimulated(robot)
        throw why === undefined ? error.cause : new CommandError(why)
    })
    const { tick, heap, functions, configHash, motorStop } = cost
    const bytes = firmware.bytecode.length
    const { imageLines, writeImage } = await import('./build-image')
    const image = definition && (await writeImage(robot, definition, firmware.bytecode, options))
    const uses = usesOf(bytes, cost, budget, board)
    const warnings = uses.filter(near).map(({ what, text, most }) => `${what} ${text}, near the budget of ${most}`)
    if (motorStop?.stops === false) warnings.push(motorStop.sentence)
    if (json) {
        const { sha256, flat } = firmware
        const timed = board === BUDGETED_BOARD
        const allowed = { ...budget, busUs: timed ? budget.busUs : null, tickUs: timed ? budget.tickUs : null }
        const report = { bytes, sha256, configHash, ...flat, heap, busUs: tick.shares.bus.us, tick, motorStop }
        printJson({ robot, board, ...image, ...report, budget: allowed, warnings, ...(profile && { functions }) })
    } else {
        for (const line of [
            ...summary(firmware, configHash, budget),
            ...heapLines(heap, budget),
            ...tickLines(tick, board, budget),
            ...(motorStop?.stops ? [`  motors   ${motorStop.sentence}`] : []),
        ]) {
            print(line)
        }
        if (image) for (const line of imageLines(image)) print(line)
        if (profile) for (const line of profileLines(functions)) print(line)
        for (const warning of warnings) print(`  warning  ${warning}`)
    }
    const rates = rateProblems(config, board, tick)
    const over = uses.filter(({ used, allowed }) => !(used <= allowed))
    const refusals = []
    if (over.length > 0) {
        refusals.push(
            over.map(({ what, text, most }) => `${what} ${text}; allowed: ${most}`).join('. ') +
                `. \`--profile\` shows where the time goes; the budget is in src/robots/${robot}/budget.json`,
        )
    }
    if (rates.length > 0) refusals.push(refusal(robot, rates))
    if (refusals.length > 0) throw new CommandError(refusals.join('\n'))
}

/** What the robot itself said of why it is not driven: the tick's time need not be all of it. */
function told(cause: unknown): string[] {
    return cause instanceof RobotError ? [`  ${cause.message}`, ...cause.details.map(line => `  ${line}`)] : []
}

/** Of data that its board cannot keep up with. */
function refusal(robot: string, problems: string[]): string {
    return `src/robots/${robot}/robot.ts asks for more than there is:\n${problems.map(line => `  ${line}`).join('\n')}`
}

/** Something that has a budget. */
interface Use {
    what: string
    used: number
    allowed: number
    /** How they are told: what is used, and the most that may be. */
    text: string
    most: string
}

function usesOf(bytes: number, { tick, heap }: ProgramCost, budget: Budget, board: string): Use[] {
    const size = (what: string, used: number, allowed: number) => ({
        what,
        used,
        allowed,
        text: `${used} bytes`,
        most: `${allowed}`,
    })
    const time = (what: string, used: number, allowed: number) => ({
        what,
        used,
        allowed,
        text: `${ms(used)} on the ${board}`,
        most: ms(allowed),
    })
    return [
        size('the program has', bytes, budget.programBytes),
        size('the heap takes up to', heap.peakBytes, budget.heapBytes),
        ...(board === BUDGETED_BOARD
            ? [
                  time('a tick is on the bus for', tick.shares.bus.us, budget.busUs),
                  time('a typical tick takes', tick.medianUs, budget.tickUs),
              ]
            : []),
    ]
}

function near({ used, allowed }: Use): boolean {
    return used > NEAR * allowed && used <= allowed
}

async function printBoards(json?: boolean): Promise<void> {
    const { listBoards, loadBoard } = await import('../flash/board-definition')
    const ids = await listBoards()
    if (json) return printJson(ids)
    const boards = await Promise.all(ids.map(id => loadBoard(id)))
    for (const line of table(boards.map(({ id, name, chip }) => [id, name, chip.name]))) print(line)
}

function summary({ robot, bytecode, sha256, flat }: Firmware, configHash: string, { programBytes }: Budget): string[] {
    const part = ((100 * bytecode.length) / programBytes).toFixed(0)
    return [
        `${robot}`,
        `  program  ${bytecode.length} bytes, ${part} % of ${programBytes}`,
        `  sha256   ${sha256}`,
        `  config   ${configHash}`,
        `  inlined  ${flat.inlined.length === 0 ? 'nothing' : `${flat.inlined.length} calls: ${counted(flat.inlined).join(', ')}`}`,
        `  flat     ${flat.variables} fields and the elements of ${flat.arrays} arrays as variables, ${flat.unrolled} loops written out`,
    ]
}

function heapLines({ peakBytes, totalBytes }: HeapReport, { heapBytes }: Budget): string[] {
    return [`  heap     ${peakBytes} bytes at most of ${totalBytes}, budget ${heapBytes}`]
}

function tickLines(
    { ticks, medianUs, maxUs, meanUs, shares }: TickReport,
    board: string,
    { tickUs, busUs }: Budget,
): string[] {
    const timed = board === BUDGETED_BOARD
    const budget = timed ? `, budget ${ms(tickUs)}` : ''
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
                row('I2C bus', bus, timed ? `budget ${ms(busUs)}` : ''),
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
