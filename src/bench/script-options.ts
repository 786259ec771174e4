import { parseArgs, type ParseArgsConfig } from 'node:util'

type Options = NonNullable<ParseArgsConfig['options']>
const HELP = { type: 'boolean', short: 'h' } as const

/** What a script was given. `--help` prints its usage and ends it; so does what it does not know, saying so, with exit code 2. */
export function scriptOptions<O extends Options>(usage: string, options: O, allowPositionals = false) {
    try {
        const given = parseArgs({ allowPositionals, options: { ...options, help: HELP } })
        if (!(given.values as { help?: boolean }).help) return given
    } catch (error) {
        return wrongUsage(usage, (error as Error).message)
    }
    process.stdout.write(`${usage}\n`)
    return process.exit(0)
}

/** Ends the script: it was called wrongly. */
export function wrongUsage(usage: string, problem: string): never {
    process.stderr.write(`${problem}\n\n${usage}\n`)
    return process.exit(2)
}
