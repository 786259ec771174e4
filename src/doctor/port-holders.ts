import { readdir, readFile, readlink, realpath } from 'node:fs/promises'
import path from 'node:path'

/** A process that has a port open. */
export interface PortHolder {
    readonly pid: number
    readonly command: string
}

/**
 * Other processes that have a port open, as far as Linux lets this user see: another user's are seen by root only.
 *
 * @param proc where the kernel's list of processes is mounted
 */
export async function portHolders(port: string, proc = '/proc'): Promise<PortHolder[]> {
    const target = await realpath(port).catch(() => port)
    const pids = (await readdir(proc).catch(() => [])).filter(name => /^\d+$/.test(name))
    const holders = await Promise.all(
        pids.map(async pid => {
            if (Number(pid) === process.pid) return undefined
            const directory = path.join(proc, pid, 'fd')
            const links = await readdir(directory).catch(() => [])
            const targets = await Promise.all(links.map(fd => readlink(path.join(directory, fd)).catch(() => '')))
            return targets.includes(target) ? { pid: Number(pid), command: await commandOf(proc, pid) } : undefined
        }),
    )
    return holders.filter(holder => holder !== undefined)
}

async function commandOf(proc: string, pid: string): Promise<string> {
    const line = await readFile(path.join(proc, pid, 'cmdline'), 'utf8').catch(() => '')
    return line.split('\0').filter(Boolean).join(' ') || 'unknown'
}

/** `cat (process 12), screen (process 34)` */
export function describeHolders(holders: readonly PortHolder[]): string {
    const short = (command: string) => (command.length > 60 ? `${command.slice(0, 57)}...` : command)
    return holders.map(({ pid, command }) => `${short(command)} (process ${pid})`).join(', ')
}
