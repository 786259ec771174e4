import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'

// Debian puts daemons where a user's path does not lead.
const BINARIES = ['mosquitto', '/usr/sbin/mosquitto']

/** Path of the real broker, undefined on a machine without one. */
export const mosquitto = BINARIES.find(binary => spawnSync(binary, ['-h']).error === undefined)

/** In the name of each test that needs it, so that the report says why it was skipped. */
export const NEEDS_MOSQUITTO = mosquitto ? '' : ' (skipped: no mosquitto on this machine, `apt-get install mosquitto`)'

/** Starts Mosquitto on a free port of this machine; ends with the test. @param lines more lines of its configuration */
export async function startMosquitto(lines: string[] = ['allow_anonymous true'], scheme = 'mqtt'): Promise<string> {
    const port = await freePort()
    const directory = mkdtempSync(path.join(tmpdir(), 'mosquitto-'))
    const file = path.join(directory, 'mosquitto.conf')
    // It drops root's rights by default, and could not read the test's own files then.
    writeFileSync(file, [`listener ${port} 127.0.0.1`, 'user root', 'set_tcp_nodelay true', ...lines, ''].join('\n'))
    const child = spawn(mosquitto!, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] })
    let log = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
    onTestFinished(() => end(child, directory))
    for (let attempt = 0; attempt < 100; attempt++) {
        if (child.exitCode !== null) throw new Error(`mosquitto ended: ${log}`)
        if (await answers(port)) return `${scheme}://127.0.0.1:${port}`
        await new Promise(resolve => setTimeout(resolve, 50))
    }
    throw new Error(`mosquitto does not listen: ${log}`)
}

async function end(child: ChildProcess, directory: string): Promise<void> {
    if (child.exitCode === null) {
        child.kill('SIGKILL')
        await once(child, 'exit')
    }
    rmSync(directory, { recursive: true })
}

async function freePort(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await new Promise(resolve => server.close(resolve))
    return port
}

function answers(port: number): Promise<boolean> {
    return new Promise(resolve => {
        const socket = connect(port, '127.0.0.1')
        socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
        socket.once('connect', () => socket.destroy())
    })
}
