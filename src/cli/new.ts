import type { Command } from 'commander'
import { UsageError } from './failure'
import { jsonOption, number } from './options'
import { print, printJson } from './output'

interface NewOptions {
    driver?: string
    group: string
    address?: number
    idRegister?: number
    id?: number
    json?: boolean
}

const byte = number({ min: 0, max: 0xff, whole: true })

export function addNew(program: Command): void {
    program
        .command('new')
        .description('write the files of a new robot that builds and moves in the simulator, or of a new driver')
        .argument('[name]', 'the new robot, for example crawler: two driven wheels to begin with')
        .option('--driver <chip>', 'write a driver, its simulated chip and its test instead, for example bme280')
        .option('--group <directory>', 'with --driver: directory of devices/', 'sensors')
        .option(
            '--address <n>',
            'with --driver: 7-bit I2C address, for example 0x76',
            number({ min: 0x08, max: 0x77, whole: true }),
        )
        .option('--id-register <n>', 'with --driver: 8-bit register that says which part it is, for example 0xd0', byte)
        .option('--id <n>', 'with --driver: what that register holds, for example 0x60', byte)
        .addOption(jsonOption('print one JSON object: { "created": [...] }'))
        .addHelpText(
            'after',
            '\nWrites nothing when a file is there already.\n\nExamples:\n  $ tendon new crawler && tendon sim crawler' +
                '\n  $ tendon new --driver bme280 --address 0x76 --id-register 0xd0 --id 0x60',
        )
        .action(create)
}

async function create(name: string | undefined, options: NewOptions): Promise<void> {
    const { driver, json } = options
    if (name !== undefined && driver !== undefined) {
        throw new UsageError(`"${name}" and --driver ${driver}: one at a time, a robot's name or a driver's chip`)
    }
    if (driver !== undefined) return report(await write(await driverOf(driver, options)), json, driverNext(options))
    if (name === undefined) throw new UsageError('name the new robot, or a chip with --driver <chip>')
    const { checkRobotName } = await import('./scaffold/names')
    const { robotFiles } = await import('./scaffold/robot-files')
    checkRobotName(name)
    report(await write(robotFiles(name)), json, [
        `Next: npx tendon sim ${name}`,
        `      npx vitest run test/robots/${name}.test.ts`,
        `Then state what your robot is: src/robots/${name}/robot.ts, and its body in plant.ts.`,
    ])
}

async function write(files: Map<string, string>): Promise<string[]> {
    const { writeNewFiles } = await import('./scaffold/new-files')
    return writeNewFiles(files)
}

async function driverOf(chip: string, { group, address, idRegister, id }: NewOptions): Promise<Map<string, string>> {
    const { checkChipName, checkGroupName } = await import('./scaffold/names')
    const { driverFiles } = await import('./scaffold/driver-files')
    checkChipName(chip)
    checkGroupName(group)
    return driverFiles({ chip, group, address, idRegister, id })
}

function driverNext({ driver, address, idRegister, id }: NewOptions): string[] {
    const next = [`Next: npx vitest run test/devices/${driver}.test.ts`]
    const missing = Object.entries({ '--address': address, '--id-register': idRegister, '--id': id })
        .filter(([, value]) => value === undefined)
        .map(([option]) => option)
    if (missing.length > 0) {
        next.push(
            `Not told: ${missing.join(', ')}. Placeholders stand for them, marked "Placeholder": see the datasheet.`,
        )
    }
    return next
}

function report(created: string[], json: boolean | undefined, next: string[]): void {
    if (json) return printJson({ created })
    for (const file of created) print(`created ${file}`)
    for (const line of next) print(line)
}
