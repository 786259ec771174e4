import { createHash } from 'node:crypto'
import { lstat, mkdir, realpath, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import type { DeployOptions, DeployReport, Deployment } from './deploy'
import { FlashError, type FlashErrorCode } from './flash-error'
import { sha256Of } from './known-programs'

/*
 * A bridge holds its board's port, so a deploy has to go through it: by a socket in a directory of the user's own, which only that
 * user can reach. Nothing of it is on the network. The command sends one line of JSON and the program; the bridge answers lines.
 */

/** Longest program taken: no board's store is larger, bytes. */
const MOST_BYTES = 256 * 1024
/** Longest first line, bytes. */
const MOST_HEADER = 1024
/** The command sends everything at once; whoever is silent for so long is sent away, ms. */
const SILENT_MS = 10_000

interface Header {
    robot: string
    bytes: number
    sha256: string
    force: boolean
}

/** What the bridge says meanwhile, and in the end. */
type Line =
    | { step: string }
    | { written: number; total: number }
    | { report: DeployReport }
    | { error: { code: FlashErrorCode; message: string } }

export type DoorOptions = Pick<DeployOptions, 'force' | 'onStep' | 'onProgress'>
/** Deploys, one at a time. */
export type DeployHandler = (deployment: Deployment, options: DoorOptions) => Promise<DeployReport>

/**
 * Lets `tendon deploy` of the same user reach a bridge by the port's path.
 *
 * @throws FlashError `refused` when the directory is not the user's alone
 */
export async function openDeployDoor(port: string, handle: DeployHandler): Promise<{ close(): Promise<void> }> {
    const sockets = new Set<Socket>()
    const serve = async (socket: Socket) => {
        sockets.add(socket)
        socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
        const say = (line: Line) => void (socket.writable && socket.write(`${JSON.stringify(line)}\n`))
        try {
            const { header, program } = await receive(socket)
            const report = await handle(
                { robot: header.robot, program, sha256: header.sha256 },
                {
                    force: header.force,
                    onStep: step => say({ step }),
                    onProgress: (written, total) => say({ written, total }),
                },
            )
            say({ report })
        } catch (error) {
            const { code = 'transfer', message } = error as Partial<FlashError> & Error
            say({ error: { code, message } })
        }
        socket.end()
    }
    const servers: Server[] = []
    for (const address of await addresses(port)) {
        // The port's lock lets one bridge only be here: a socket that is left belongs to one that has died.
        if (process.platform !== 'win32') await rm(address, { force: true })
        const server = createServer(socket => void serve(socket))
        await new Promise<void>((resolve, reject) => {
            server.once('error', reject)
            server.listen(address, () => resolve())
        })
        servers.push(server)
    }
    return {
        close: async () => {
            for (const socket of sockets) socket.destroy()
            await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
        },
    }
}

/** Deploys through the bridge that holds the port; undefined when none does. @throws FlashError as `deployProgram` */
export async function deployThroughBridge(
    port: string,
    { robot, program, sha256 }: Deployment,
    { force = false, onStep, onProgress }: DoorOptions,
): Promise<DeployReport | undefined> {
    for (const address of await addresses(port)) {
        const socket = await open(address)
        if (!socket) continue
        const header: Header = { robot, bytes: program.length, sha256, force }
        socket.write(`${JSON.stringify(header)}\n`)
        socket.write(program)
        let text = ''
        socket.setEncoding('utf8')
        for await (const chunk of socket as AsyncIterable<string>) {
            const lines = (text + chunk).split('\n')
            text = lines.pop() as string
            for (const line of lines.map(line => JSON.parse(line) as Line)) {
                if ('step' in line) onStep?.(line.step)
                else if ('written' in line) onProgress?.(line.written, line.total)
                else if ('report' in line) return line.report
                else throw new FlashError(line.error.code, line.error.message)
            }
        }
        throw new FlashError(
            'transfer',
            'the bridge ended during the deploy: the board has the former program, the new one, or none. Run the same command again',
        )
    }
    return undefined
}

async function receive(socket: Socket): Promise<{ header: Header; program: Buffer }> {
    let received = Buffer.alloc(0)
    let header: Header | undefined
    let start = 0
    socket.setTimeout(SILENT_MS, () => socket.destroy(new Error('silent')))
    // Reading goes on after the program: an iterator that ends would close the socket.
    return new Promise((resolve, reject) => {
        socket.on('data', (chunk: Buffer) => {
            received = Buffer.concat([received, chunk])
            try {
                if (!header) {
                    const end = received.indexOf('\n')
                    if (end < 0 && received.length > MOST_HEADER) throw new FlashError('refused', 'no request')
                    if (end < 0) return
                    header = readHeader(received.toString('utf8', 0, end))
                    start = end + 1
                }
                if (received.length < start + header.bytes) return
                socket.setTimeout(0)
                socket.removeAllListeners('data').resume()
                const program = received.subarray(start, start + header.bytes)
                if (sha256Of(program) !== header.sha256) {
                    throw new FlashError('verify', 'the program that came is not the one whose hash was said')
                }
                resolve({ header, program })
            } catch (error) {
                reject(error as Error)
            }
        })
        socket.on('close', () => reject(new FlashError('transfer', 'the command has ended')))
    })
}

function readHeader(text: string): Header {
    const header = JSON.parse(text) as Header
    const { robot, bytes, sha256, force } = header
    const whole = Number.isInteger(bytes) && bytes > 0 && bytes <= MOST_BYTES && bytes % 32 === 0
    if (typeof robot === 'string' && whole && /^[0-9a-f]{64}$/.test(sha256) && typeof force === 'boolean') return header
    throw new FlashError(
        'refused',
        `not a deploy request: ${text.slice(0, 200)}; allowed: robot, sha256, force, and bytes, a multiple of 32 up to ${MOST_BYTES}`,
    )
}

function open(address: string): Promise<Socket | undefined> {
    return new Promise(resolve => {
        const socket = connect(address)
        socket.once('connect', () => resolve(socket)).once('error', () => resolve(undefined))
    })
}

/** Where the bridge of a port listens: under the path that it was given, and under the port that this is. */
async function addresses(port: string): Promise<string[]> {
    const given = path.resolve(port)
    const names = [...new Set([given, await realpath(given).catch(() => given)])].map(name =>
        createHash('sha256').update(name).digest('hex').slice(0, 16),
    )
    const user = userInfo()
    if (process.platform === 'win32') return names.map(name => `\\\\.\\pipe\\tendon-${user.username}-${name}`)
    const directory = path.join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), `tendon-${user.uid}`)
    await mkdir(directory, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
    })
    const found = await lstat(directory)
    if (!found.isDirectory() || found.uid !== user.uid || (found.mode & 0o077) !== 0) {
        throw new FlashError('refused', `${directory} must be a directory of yours with mode 700: remove it`)
    }
    return names.map(name => path.join(directory, name))
}
