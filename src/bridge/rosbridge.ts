import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Robot } from '../host/robot'
import { type Scheduler, systemScheduler } from '../host/scheduler'
import { BridgeError } from './bridge-error'
import type { BridgeStatistics } from './diagnostics'
import { Door } from './door'
import { originAllowed } from './origin'
import { Outbox } from './outbox'
import { Session } from './session'

export const DEFAULT_HOST = '127.0.0.1'
export const DEFAULT_PORT = 9090

export interface RosbridgeOptions {
    /** Address to listen on; the default can be reached from this machine only. */
    host?: string
    /** TCP port; 0 takes a free one. */
    port?: number
    /** Origins of web pages that may connect beside those of this machine, or `*` for all. */
    allowOrigins?: readonly string[]
    /** Samples for a client are dropped while more than this many bytes wait for it to read (default 1 MiB). */
    clientBufferBytes?: number
    /** Told what happens, one line each. */
    log?: (line: string) => void
    /** Clock of diagnostics and of queued messages. */
    scheduler?: Scheduler
}

export interface Rosbridge {
    /** `ws://host:port` */
    readonly url: string
    readonly port: number
    /** Counters since the start. */
    statistics(): BridgeStatistics
    /** Disconnects all clients and frees the port. The robot stays as it is. */
    close(): Promise<void>
}

const MAX_MESSAGE = 10_000_000 // bytes, rosbridge's own default
const CLIENT_BUFFER = 1024 * 1024 // bytes
const CLOSE_PATIENCE = 1000 // ms for a client to answer the closing handshake
const GOING_AWAY = 1001 // RFC 6455, section 7.4.1
const UPGRADE_REQUIRED = 426 // RFC 9110, section 15.5.22

/**
 * Opens the planner's door: rosbridge v2 over WebSocket.
 *
 * @throws BridgeError `address-in-use`, `bad-address`
 */
export async function startRosbridge(robot: Robot, options: RosbridgeOptions = {}): Promise<Rosbridge> {
    const { host = DEFAULT_HOST, port = DEFAULT_PORT, allowOrigins = [], log = () => {} } = options
    const { clientBufferBytes = CLIENT_BUFFER, scheduler = systemScheduler } = options
    const door = new Door(robot, scheduler)

    const http = createServer((_request, response) => {
        response.writeHead(UPGRADE_REQUIRED, { 'Content-Type': 'text/plain', Upgrade: 'websocket' })
        response.end('This is a rosbridge: connect with a WebSocket.\n')
    })
    await new Promise<void>((resolve, reject) => {
        http.once('error', error => reject(listenError(error, host, port)))
        http.listen(port, host, resolve)
    })
    const server = new WebSocketServer({
        server: http,
        perMessageDeflate: false,
        maxPayload: MAX_MESSAGE,
        verifyClient: ({ req }, done) => {
            const { origin } = req.headers
            if (originAllowed(origin, allowOrigins)) return done(true)
            log(`refused a web page of ${origin}`)
            done(false, 403, `web pages of ${origin} may not connect`)
        },
    })
    server.on('error', error => log(`server: ${error.message}`))

    let number = 0
    server.on('connection', (socket: WebSocket, request) => {
        const name = `client ${++number} (${request.socket.remoteAddress}:${request.socket.remotePort})`
        const outbox = new Outbox(socket, request.socket, clientBufferBytes, door.statistics)
        const session = new Session(door, outbox, line => log(`${name}: ${line}`))
        door.statistics.clients++
        log(`${name} connected`)
        socket.on('message', (data, isBinary) => session.receive(data, isBinary))
        socket.on('error', error => log(`${name}: ${error.message}`))
        socket.on('close', () => {
            session.close()
            door.statistics.clients--
            log(`${name} left`)
        })
    })
    door.open()

    const address = http.address() as AddressInfo
    return {
        url: `ws://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
        port: address.port,
        statistics: () => ({ ...door.statistics }),
        close: async () => {
            door.close()
            for (const client of server.clients) client.close(GOING_AWAY, 'the bridge is closing')
            const impatient = setTimeout(() => server.clients.forEach(client => client.terminate()), CLOSE_PATIENCE)
            await new Promise(resolve => server.close(resolve))
            clearTimeout(impatient)
            const freed = new Promise(resolve => http.close(resolve))
            http.closeAllConnections()
            await freed
        },
    }
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): BridgeError {
    return cause.code === 'EADDRINUSE'
        ? new BridgeError('address-in-use', `${host}:${port} is in use: end that program or take another port`, {
              cause,
          })
        : new BridgeError('bad-address', `cannot listen on ${host}:${port}: ${cause.message}`, { cause })
}
