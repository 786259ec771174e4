import type { Command } from 'commander'
import { jsonOption } from './options'
import { note, print, printJson } from './output'

export function addRecover(program: Command): void {
    program
        .command('recover')
        .description('write what a cut or damaged MCAP recording holds to a new file, with index and footer')
        .argument('<in>', 'the recording')
        .argument('<out>', 'a new file')
        .addOption(jsonOption())
        .addHelpText('after', '\nExample:\n  $ tendon recover run.mcap mended.mcap')
        .action(recoverRecording)
}

async function recoverRecording(input: string, output: string, { json }: { json?: boolean }): Promise<void> {
    const { recover } = await import('../record/recover')
    const recovery = await recover(input, output)
    if (json) return printJson({ file: output, ...recovery })
    const { whole, messages, chunks, bytesLeftOut, damage } = recovery
    if (whole) note(`${input} was whole`)
    if (damage !== undefined) note(`${input} is damaged: ${damage}`)
    print(`${output}: ${messages} messages of ${chunks} chunks; the last ${bytesLeftOut} bytes were left out`)
}
