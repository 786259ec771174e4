import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { BridgeError } from '../bridge-error'

/** Who may connect to a door of the bridge, and how much of it one client may take. The same for every door. */
export interface AccessOptions {
    /** Address to listen on; the default can be reached from this machine only. */
    host?: string
    /** TCP port; 0 takes a free one. */
    port?: number
    /** Origins of web pages that may connect beside those of this machine, as `https://host:port`, or `*` for all. */
    allowOrigins?: readonly string[]
    /** What every client must present. Needed where other machines can reach the door. */
    token?: string
    /** Certificate and key, PEM: the door then speaks TLS only. */
    tls?: { cert: string | Buffer; key: string | Buffer }
    /** Clients at a time (default 64). */
    maxClients?: number
    /** Messages a second from one client, with ten times as many at once (default 1,000). */
    maxMessageRate?: number
    /** Samples for a client that wait for it to read; beyond, it loses the oldest, bytes (default 1 MiB). */
    clientBufferBytes?: number
}

export const DEFAULT_HOST = '127.0.0.1'
/** Nothing that a robot takes is near this large, bytes. */
export const MAX_MESSAGE = 1024 * 1024
const SHORTEST_TOKEN = 16 // characters: 64 bits at least when they are hexadecimal and random

/** Why a connection is not let in, as HTTP says it. */
export interface Denial {
    status: 400 | 401 | 403 | 503
    text: string
}

/** @throws BridgeError `insecure` when another machine could command the robot without showing anything */
export function checkAccess({ host = DEFAULT_HOST, token }: AccessOptions): void {
    if (token !== undefined && token.length < SHORTEST_TOKEN) {
        throw new BridgeError(
            'insecure',
            `the token has ${token.length} characters; needed: ${SHORTEST_TOKEN} or more, as from \`openssl rand -hex 16\``,
        )
    }
    if (token === undefined && !isLoopback(host)) {
        throw new BridgeError(
            'insecure',
            `at ${host} other machines could command the robot: a token is needed there (--token-file or TENDON_TOKEN), ` +
                'and better TLS too (--tls-cert, --tls-key)',
        )
    }
}

/** Whether this address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
    if (host === 'localhost' || host === '::1') return true
    return isIP(host) === 4 && host.startsWith('127.')
}

/** Why this request may not come in, or undefined when it may. */
export function denial(request: IncomingMessage, { token, allowOrigins = [] }: AccessOptions): Denial | undefined {
    const { origin } = request.headers
    if (!originAllowed(origin, allowOrigins)) return { status: 403, text: `web pages of ${origin} may not connect` }
    if (token !== undefined && !same(presented(request), token)) {
        return {
            status: 401,
            text: 'a token is needed: in the header "Authorization: Bearer <token>", or in the URL as ?token=<token>',
        }
    }
    return undefined
}

/** Programs can send a header; browsers, which cannot, put the token into the URL. */
function presented({ headers, url }: IncomingMessage): string {
    const [scheme, token] = headers.authorization?.split(' ') ?? []
    if (scheme?.toLowerCase() === 'bearer' && token !== undefined) return token
    const query = url?.indexOf('?') ?? -1
    return query < 0 ? '' : (new URLSearchParams(url!.slice(query)).get('token') ?? '')
}

/** Takes the same time wherever they differ. */
function same(a: string, b: string): boolean {
    const digest = (text: string) => createHash('sha256').update(text).digest()
    return timingSafeEqual(digest(a), digest(b))
}

const OWN_HOSTS = ['localhost', '127.0.0.1', '[::1]']

/**
 * A web page in this machine's browser reaches loopback too, whatever site it came from. Its `Origin` header tells the
 * site; programs send none.
 */
function originAllowed(origin: string | undefined, allowed: readonly string[]): boolean {
    if (origin === undefined || allowed.includes('*') || allowed.includes(origin)) return true
    if (!URL.canParse(origin)) return false
    const { protocol, hostname } = new URL(origin)
    return /^https?:$/.test(protocol) && OWN_HOSTS.includes(hostname)
}
