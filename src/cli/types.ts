import { writeFile } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import { CommandError, UsageError } from './failure'
import { checkRobot } from './options'
import { note } from './output'

interface TypesOptions {
    port?: string
    out?: string
}

export function addTypes(program: Command): void {
    program
        .command('types')
        .description("write a robot's joint names and limits as TypeScript, for programs that connect to it")
        .argument('[robot]', 'in src/robots')
        .addOption(new Option('--port <path>', 'ask the board on this serial port instead, or auto to find it'))
        .option('--out <file>', 'write there (default: to the output)')
        .addHelpText('after', '\nExample:\n  $ tendon types rover --out rover.ts')
        .action(types)
}

async function types(name: string | undefined, { port, out }: TypesOptions): Promise<void> {
    if ((name === undefined) === (port === undefined)) {
        throw new UsageError('whose types? A robot in src/robots, or --port <path>')
    }
    const [{ specOf }, { writeTypes }] = await Promise.all([import('../api/robot-spec'), import('../api/write-types')])
    const spec = name === undefined ? await specOfBoard(port!) : specOf(await describeRobot(name))
    const text = writeTypes(spec, `tendon types ${name ?? `--port ${port}`}`)
    if (out === undefined) return void process.stdout.write(text)
    await writeFile(out, text).catch((cause: Error) => {
        throw new CommandError(`cannot write ${out}: ${cause.message}`, { cause })
    })
    note(`wrote ${out}`)
}

async function describeRobot(name: string) {
    await checkRobot(name)
    const [{ loadRobot }, { describe }] = await Promise.all([import('../simulate'), import('../onboard/describe')])
    return describe((await loadRobot(name)).config, undefined)
}

async function specOfBoard(port: string) {
    const [{ connect }, { specOf }, { ParameterServices }] = await Promise.all([
        import('../connect'),
        import('../api/robot-spec'),
        import('../bridge/parameter-services'),
    ])
    const robot = await connect({ port })
    try {
        const parameters = await new ParameterServices(robot).list()
        return specOf(
            robot.description,
            parameters.map(({ name }) => name),
        )
    } finally {
        await robot.close()
    }
}
