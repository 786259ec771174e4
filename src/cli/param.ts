import { readFile, writeFile } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import { allowedValues, type Parameter, type Parameterised, withParameters } from '../host/parameters'
import type { Robot } from '../host/robot'
import { CommandError, UsageError } from './failure'
import { boardOption, checkRobot, jsonOption } from './options'
import { print, printJson, table } from './output'

type ParameterRobot = Robot & Parameterised

interface ParamOptions {
    port?: string
    sim?: string
    board: string
    json?: boolean
}

export function addParam(program: Command): void {
    const param = program.command('param').description("see, change, store, save and load a robot's parameters")
    const sub = (usage: string, text: string) =>
        param
            .command(usage)
            .description(text)
            .addOption(new Option('--port <path>', 'serial port of the board, or auto to find it').conflicts('sim'))
            .option('--sim <robot>', 'simulate a robot in this process instead; its flash is empty and forgotten')
            .addOption(boardOption())
            .addOption(jsonOption())
    sub('list', 'every parameter: value, default, range, unit').action((options: ParamOptions) =>
        withRobot(options, async robot => showAll(robot, await robot.parameters(), options)),
    )
    sub('get <name>', 'one parameter').action((name: string, options: ParamOptions) =>
        withRobot(options, async robot => show(await robot.getParameter(name), options)),
    )
    sub('set <name> <value>', 'change one parameter, until the board restarts (see store)').action(
        (name: string, value: string, options: ParamOptions) =>
            withRobot(options, async robot => {
                const number = valueOf(await robot.getParameter(name), value)
                show(await robot.setParameter(name, number), options)
            }),
    )
    sub('store', "write what is in force to the board's flash").action((options: ParamOptions) =>
        withRobot(options, async robot => {
            await robot.storeParameters()
            await showStorage(robot, 'stored', options)
        }),
    )
    sub('reset', 'every parameter to its default; what is stored stays until the next store').action(
        (options: ParamOptions) =>
            withRobot(options, async robot => {
                await robot.resetParameters()
                await showStorage(robot, 'reset', options)
            }),
    )
    sub('save <file>', 'write what is in force to a file').action((file: string, options: ParamOptions) =>
        withRobot(options, robot => save(robot, file, options)),
    )
    sub('load <file>', 'take values from a file: all of them, or none when one does not fit').action(
        (file: string, options: ParamOptions) => withRobot(options, robot => load(robot, file, options)),
    )
    param.addHelpText('after', '\nExample:\n  $ tendon param set left_wheel.kp 0.06 --port auto')
}

/** Of a number as text, or of a value's name. */
function valueOf(parameter: Parameter, text: string): number {
    const named = parameter.names?.indexOf(text) ?? -1
    const value = named >= 0 ? named : text.trim() === '' ? NaN : Number(text)
    if (Number.isFinite(value)) return value
    throw new UsageError(`parameter ${parameter.name} = ${text}, allowed ${allowedValues(parameter)}`)
}

/** A value as a person reads it. */
function shown({ names }: Parameter, value: number): string {
    return names?.[value] ?? `${value}`
}

async function withRobot(options: ParamOptions, use: (robot: ParameterRobot) => Promise<void>): Promise<void> {
    const { port, sim, board } = options
    if (port === undefined && sim === undefined) {
        throw new UsageError('which robot? --port <path>, --port auto, or --sim <robot> (see `tendon ports`)')
    }
    if (sim !== undefined) await checkRobot(sim)
    const { connect } = await import('../connect')
    const robot = await connect(sim === undefined ? { port: port! } : { sim, board })
    try {
        await use(withParameters(robot))
    } finally {
        await robot.close()
    }
}

async function showAll(robot: ParameterRobot, parameters: Parameter[], { json }: ParamOptions): Promise<void> {
    const storage = await robot.parameterStorage()
    if (json) return printJson({ robot: robot.description.name, storage, parameters })
    for (const line of table([['name', 'value', 'default', 'allowed', 'unit'], ...parameters.map(row)], [1, 2]))
        print(line)
    print(`flash: ${storage.origin}, store ${storage.sequence}${storage.changed ? ', changed since' : ''}`)
}

function row(parameter: Parameter): string[] {
    const { name, value, default: usual, unit, disarmedOnly } = parameter
    const allowed = allowedValues(parameter) + (disarmedOnly ? ', disarmed' : '')
    return [name, shown(parameter, value), shown(parameter, usual), allowed, unit]
}

async function show(parameter: Parameter, { json }: ParamOptions): Promise<void> {
    if (json) return printJson(parameter)
    const { name, value, unit, default: usual } = parameter
    const text = shown(parameter, value) + (unit && ` ${unit}`)
    print(`${name} = ${text} (default ${shown(parameter, usual)}, allowed ${allowedValues(parameter)})`)
}

async function showStorage(robot: ParameterRobot, what: string, { json }: ParamOptions): Promise<void> {
    const storage = await robot.parameterStorage()
    if (json) printJson({ event: what, storage })
    else print(`${what}: store ${storage.sequence}${storage.changed ? ', values in force differ from it' : ''}`)
}

async function save(robot: ParameterRobot, file: string, { json }: ParamOptions): Promise<void> {
    const { parameterFileText } = await import('../host/parameter-file')
    const parameters = await robot.parameters()
    await writeFile(file, parameterFileText(robot.description, parameters)).catch((error: Error) => {
        throw new CommandError(`cannot write ${file}: ${error.message}`)
    })
    if (json) printJson({ event: 'saved', file, parameters: parameters.length })
    else print(`${parameters.length} parameters saved to ${file}`)
}

async function load(robot: ParameterRobot, file: string, { json }: ParamOptions): Promise<void> {
    const { applyChanges, checkParameterFile } = await import('../host/parameter-file')
    const text = await readFile(file, 'utf8').catch((error: Error) => {
        throw new CommandError(`cannot read ${file}: ${error.message}`)
    })
    const armed = robot.state?.mode === 'armed'
    const { problems, changes } = checkParameterFile(text, robot.description, await robot.parameters(), armed)
    if (problems.length > 0) throw new CommandError(`${file}: nothing was changed\n  ${problems.join('\n  ')}`)
    await applyChanges(robot, changes)
    if (json) printJson({ event: 'loaded', file, changed: changes.map(({ parameter }) => parameter.name) })
    else print(`${changes.length} parameters changed by ${file}; \`tendon param store\` keeps them`)
}
