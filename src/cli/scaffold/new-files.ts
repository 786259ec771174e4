import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { PROJECT_ROOT } from '../../flash/build'
import { CommandError } from '../failure'

/**
 * Writes files that are not there yet: all of them, or none.
 *
 * @param files texts by path from the project's root
 * @returns the paths
 * @throws CommandError naming the files that are there already, or that cannot be written
 */
export async function writeNewFiles(files: ReadonlyMap<string, string>, root = PROJECT_ROOT): Promise<string[]> {
    const there = [...files.keys()].filter(file => existsSync(path.join(root, file)))
    if (there.length > 0) {
        throw new CommandError(`${there.join(', ')}: there already; nothing was written. Choose another name.`)
    }
    const written: string[] = []
    try {
        for (const [file, text] of files) {
            await mkdir(path.join(root, path.dirname(file)), { recursive: true })
            // Fails when another process made the file meanwhile.
            await writeFile(path.join(root, file), text, { flag: 'wx' })
            written.push(file)
        }
    } catch (error) {
        for (const file of written) await rm(path.join(root, file), { force: true })
        throw new CommandError(`nothing was written: ${(error as Error).message}`, { cause: error })
    }
    return written
}
