import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { BridgeError } from '../bridge-error'
import { type AccessOptions, checkAccess, DEFAULT_HOST, denial, type Denial, MAX_MESSAGE } from './access'
import { Outbox, type SampleCounts } from './outbox'
import { RateLimit } from './rate'
import { SharedBatches } from './shared-batches'

/** What a door does with one client. */
export interface Peer {
    /** Takes one message. Must not throw. */
    receive(data: Buffer, isBinary: boolean): void
    /** Whether a message is an emergency stop: it is taken whatever this client sent before. */
    isStop(data: Buffer, isBinary: boolean): boolean
    /** Tells the client that a message was not even read. */
    refuse(text: string): void
    /** The client is gone. */
    close(): void
}

export interface Door {
    /** Told to a browser that comes without a WebSocket. */
    welcome: string
    /** Subprotocols, best first; a client must offer one. None: any client may come. */
    protocols?: readonly string[]
    /** What is counted over all doors. */
    counts: SampleCounts & { clients: number; messagesReceived: number; refused: number }
    log(line: string): void
    /** A client came in. @param name its number at this door, and its address */
    admit(outbox: Outbox, log: (line: string) => void, name: string): Peer
}

export interface Listener {
    /** `ws://host:port`, or `wss:` */
    readonly url: string
    readonly port: number
    /** Disconnects all clients and frees the port. */
    close(): Promise<void>
}

const MAX_CLIENTS = 64
const MAX_MESSAGE_RATE = 1000 // messages/s
const CLIENT_BUFFER = 1024 * 1024 // bytes
/** Connections that are not clients yet, or only ask what this is. */
const SPARE_CONNECTIONS = 32
const CLOSE_PATIENCE = 1000 // ms for a client to answer the closing handshake
/** A client that answers no ping from one to the next is gone, ms. */
const PING_PERIOD = 15_000
const GOING_AWAY = 1001 // RFC 6455, section 7.4.1
const POLICY_VIOLATION = 1008
const UPGRADE_REQUIRED = 426 // RFC 9110, section 15.5.22

/**
 * Opens a WebSocket door with the rules that hold for all of them: who may connect, how many, how much each may send, and
 * how much waits for one that does not read.
 *
 * @throws BridgeError `insecure`, `address-in-use`, `bad-address`, `bad-tls`
 */
export async function listen(door: Door, options: AccessOptions): Promise<Listener> {
    checkAccess(options)
    const { host = DEFAULT_HOST, port = 0, tls, maxClients = MAX_CLIENTS, maxMessageRate = MAX_MESSAGE_RATE } = options
    const http = makeServer(door.welcome, tls)
    http.maxConnections = maxClients + SPARE_CONNECTIONS
    await new Promise<void>((resolve, reject) => {
        http.once('error', error => reject(listenError(error, host, port)))
        http.listen(port, host, resolve)
    })
    const server = new WebSocketServer({
        server: http,
        perMessageDeflate: false,
        maxPayload: MAX_MESSAGE,
        handleProtocols: offered => door.protocols?.find(protocol => offered.has(protocol)) ?? false,
        verifyClient: ({ req }, done) => {
            const denied = denial(req, options) ?? overfull(server.clients.size, maxClients) ?? stranger(req, door)
            if (denied === undefined) return done(true)
            door.log(`refused ${req.socket.remoteAddress}: ${denied.text}`)
            done(false, denied.status, denied.text)
        },
    })
    server.on('error', error => door.log(`server: ${error.message}`))

    let number = 0
    const batches = new SharedBatches()
    server.on('connection', (socket: WebSocket, request) => {
        const name = `client ${++number} (${request.socket.remoteAddress}:${request.socket.remotePort})`
        const log = (line: string) => door.log(`${name}: ${line}`)
        const connection: Socket = request.socket
        const outbox = new Outbox(socket, connection, options.clientBufferBytes ?? CLIENT_BUFFER, door.counts, batches)
        const rate = new RateLimit(maxMessageRate, performance.now())
        const peer = door.admit(outbox, log, name)
        door.counts.clients++
        door.log(`${name} connected`)
        alive.add(socket)
        socket.on('pong', () => alive.add(socket))
        let cut = false
        socket.on('message', (data: Buffer, isBinary) => {
            const verdict = cut ? 'cut off' : rate.take(data.length, performance.now())
            door.counts.messagesReceived++
            if (verdict === 'take' || peer.isStop(data, isBinary)) {
                peer.receive(data, isBinary)
            } else {
                door.counts.refused++
                if (verdict === 'refuse') peer.refuse(`more than ${maxMessageRate} messages a second: not read`)
            }
            if (cut || verdict !== 'cut off') return
            cut = true
            cutOff(socket, `far more than ${maxMessageRate} messages a second`)
        })
        socket.on('error', error => log(error.message))
        socket.on('close', () => {
            peer.close()
            door.counts.clients--
            door.log(`${name} left`)
        })
    })

    const alive = new WeakSet<WebSocket>()
    const heartbeat = setInterval(() => {
        for (const client of server.clients) {
            if (!alive.delete(client)) client.terminate()
            else client.ping()
        }
    }, PING_PERIOD)
    heartbeat.unref()

    const address = http.address() as AddressInfo
    return {
        url: `${tls ? 'wss' : 'ws'}://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
        port: address.port,
        close: async () => {
            clearInterval(heartbeat)
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

function makeServer(welcome: string, tls: AccessOptions['tls']) {
    const answer = (_request: IncomingMessage, response: ServerResponse) => {
        response.writeHead(UPGRADE_REQUIRED, { 'Content-Type': 'text/plain', Upgrade: 'websocket' })
        response.end(`${welcome}\n`)
    }
    if (tls === undefined) return createHttp(answer)
    try {
        return createHttps(tls, answer)
    } catch (cause) {
        const { message } = cause as Error
        throw new BridgeError('bad-tls', `the TLS certificate or its key cannot be used: ${message}`, { cause })
    }
}

function cutOff(socket: WebSocket, reason: string): void {
    // What it was told before goes out first.
    setImmediate(() => socket.close(POLICY_VIOLATION, reason))
    setTimeout(() => socket.terminate(), CLOSE_PATIENCE).unref()
}

function overfull(clients: number, most: number): Denial | undefined {
    return clients < most ? undefined : { status: 503, text: `there are ${clients} clients already; allowed: ${most}` }
}

function stranger({ headers }: IncomingMessage, { protocols }: Door): Denial | undefined {
    const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map(name => name.trim())
    if (protocols === undefined || protocols.some(name => offered.includes(name))) return undefined
    return { status: 400, text: `a WebSocket subprotocol is needed: ${protocols.join(' or ')}` }
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): BridgeError {
    return cause.code === 'EADDRINUSE'
        ? new BridgeError('address-in-use', `${host}:${port} is in use: end that program or take another port`, {
              cause,
          })
        : new BridgeError('bad-address', `cannot listen on ${host}:${port}: ${cause.message}`, { cause })
}
