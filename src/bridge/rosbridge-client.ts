import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { BridgeError } from './bridge-error'
import { MessageQueue } from './message-queue'

export interface ClientOptions {
    /** Patience for the connection and for each answer, ms (default 5000). */
    timeoutMs?: number
    /** Told the bridge's warnings, one line each. */
    onWarning?: (text: string) => void
}

export interface SubscribeOptions {
    /** ROS type the topic must have; any when left out. */
    type?: string
    /** Least time between messages, ms. */
    throttleMs?: number
    /** Ends the messages. */
    signal?: AbortSignal
}

export interface PublishOptions {
    /** Messages per second. */
    rateHz: number
    /** Ends after so many messages (default: never). */
    count?: number
    /** ROS type that the topic must take; any when left out. */
    type?: string
    /** Ends after the message under way. */
    signal?: AbortSignal
}

export interface TopicName {
    name: string
    /** ROS 2 type */
    type: string
}

const DEFAULT_TIMEOUT = 5000 // ms
const START = 'start one with `tendon bridge` or `tendon start`'

/**
 * Connects to a rosbridge.
 *
 * @param url for example `ws://127.0.0.1:9090`
 * @throws BridgeError `bad-url`, `no-bridge`, `no-answer`, `refused`
 */
export async function connectRosbridge(url: string, options: ClientOptions = {}): Promise<RosbridgeClient> {
    const shown = address(url)
    if (!URL.canParse(url) || !/^wss?:$/.test(new URL(url).protocol)) {
        throw new BridgeError('bad-url', `${shown} is no WebSocket URL; needed: ws://host:port`)
    }
    const { timeoutMs = DEFAULT_TIMEOUT } = options
    const socket = new WebSocket(url, { perMessageDeflate: false, handshakeTimeout: timeoutMs })
    // Listening from the first moment on, so that no message and no loss falls between opening and now.
    const client = new RosbridgeClient(socket, shown, options)
    await new Promise<void>((resolve, reject) => {
        socket.once('open', resolve)
        socket.once('error', cause => reject(connectError(shown, timeoutMs, cause)))
        socket.once('unexpected-response', (_request, response) => {
            response.setTimeout(timeoutMs, () => response.destroy())
            void denialOf(shown, response).then(error => {
                reject(error)
                socket.terminate()
            })
        })
    })
    return client
}

/** A URL without what nobody should see: the token. */
export function address(url: string): string {
    return url.replace(/[?#].*/, '')
}

function connectError(url: string, timeoutMs: number, cause: NodeJS.ErrnoException): BridgeError {
    if (/timed out/.test(cause.message)) {
        return new BridgeError('no-answer', `no answer from ${url} within ${timeoutMs} ms`, { cause })
    }
    const reason = cause.code === 'ECONNREFUSED' ? '' : ` (${cause.code ?? cause.message})`
    return new BridgeError('no-bridge', `no bridge at ${url}${reason}: ${START}`, { cause })
}

/** What a bridge answers whom it does not let in: no token, a web page from elsewhere, too many clients. */
const DENIED = [401, 403, 503]

/** Why what listens there did not open a WebSocket, as it says itself. */
async function denialOf(url: string, response: IncomingMessage): Promise<BridgeError> {
    const { statusCode = 0 } = response
    const reason = (await beginning(response)).trim() || `HTTP ${statusCode}`
    if (DENIED.includes(statusCode)) return new BridgeError('refused', `${url} lets nobody in like this: ${reason}`)
    return new BridgeError('no-bridge', `what listens at ${url} is no rosbridge (${reason}): ${START}`)
}

/** Of whatever listens, so much is shown, characters. */
const LONGEST_REASON = 200

async function beginning(response: IncomingMessage): Promise<string> {
    let text = ''
    try {
        for await (const chunk of response.setEncoding('utf8')) {
            text += chunk as string
            if (text.length >= LONGEST_REASON) break
        }
    } catch {
        // It was cut off: what came before will do.
    }
    return text.slice(0, LONGEST_REASON)
}

/** What the bridge answers one operation with; `fail` also when the connection ends. */
interface Pending {
    done?: (values: unknown) => void
    fail: (error: BridgeError) => void
}

/** A planner's end of a rosbridge connection, as small as the commands need it. */
export class RosbridgeClient {
    private readonly pending = new Map<string, Pending>()
    private readonly listeners = new Map<string, Set<(message: unknown) => void>>()
    private readonly timeoutMs: number
    private nextId = 1
    private ended: BridgeError | undefined

    constructor(
        private readonly socket: WebSocket,
        readonly url: string,
        private readonly options: ClientOptions = {},
    ) {
        this.timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT
        socket.on('message', data => this.receive(data.toString()))
        // Every error is followed by `close`.
        socket.on('error', () => {})
        socket.on('close', () => this.end(new BridgeError('closed', `the connection to ${url} ended`)))
    }

    /** The topics there are, in the bridge's order. */
    async topics(): Promise<TopicName[]> {
        const { topics, types } = (await this.callService('/rosapi/topics')) as { topics: string[]; types: string[] }
        return topics.map((name, i) => ({ name, type: types[i] }))
    }

    /** @throws BridgeError `refused`, `no-answer`, `closed` */
    callService(service: string, args: object = {}): Promise<unknown> {
        return new Promise((resolve, reject) => {
            const id = this.newId()
            const timer = setTimeout(() => {
                this.pending.delete(id)
                reject(new BridgeError('no-answer', `${service} was not answered within ${this.timeoutMs} ms`))
            }, this.timeoutMs)
            const settle = (action: () => void) => {
                clearTimeout(timer)
                this.pending.delete(id)
                action()
            }
            this.pending.set(id, {
                done: values => settle(() => resolve(values)),
                fail: error => settle(() => reject(error)),
            })
            this.send({ op: 'call_service', id, service, args })
        })
    }

    /**
     * The messages of a topic from now on. A reader that lags loses the oldest.
     *
     * @throws BridgeError `refused` when there is no such topic, `closed` when the connection ends
     */
    async *subscribe(topic: string, options: SubscribeOptions = {}): AsyncGenerator<unknown, void, void> {
        const { type, throttleMs = 0, signal } = options
        if (signal?.aborted) return
        const name = topic.startsWith('/') ? topic : `/${topic}`
        const id = this.newId()
        const queue = new MessageQueue()
        const listeners = this.listeners.get(name) ?? new Set()
        const listener = (message: unknown) => queue.push(message)
        const stop = () => queue.end()
        let subscribed = true
        this.listeners.set(name, listeners.add(listener))
        this.pending.set(id, {
            fail: error => {
                subscribed = false
                queue.end(error)
            },
        })
        signal?.addEventListener('abort', stop)
        try {
            this.send({ op: 'subscribe', id, topic: name, type, throttle_rate: throttleMs })
            for (let next = await queue.next(); next !== undefined; next = await queue.next()) yield next.message
        } finally {
            signal?.removeEventListener('abort', stop)
            listeners.delete(listener)
            if (subscribed) this.send({ op: 'unsubscribe', id, topic: name })
            this.pending.delete(id)
        }
    }

    /**
     * Publishes a message again and again, on absolute deadlines.
     *
     * @returns how many were published
     * @throws BridgeError `refused` as soon as the bridge refuses one
     * @throws RangeError when the rate is not above 0
     */
    async publish(topic: string, message: unknown, options: PublishOptions): Promise<number> {
        const { rateHz, count = Infinity, type, signal } = options
        if (!(rateHz > 0)) throw new RangeError(`rateHz is ${rateHz}; needed: above 0`)
        const id = this.newId()
        const refused = new AbortController()
        const over = AbortSignal.any([refused.signal, ...(signal === undefined ? [] : [signal])])
        this.pending.set(id, { fail: error => refused.abort(error) })
        let sent = 0
        try {
            if (type !== undefined) {
                this.send({ op: 'advertise', id, topic, type })
                await this.callService('/rosapi/get_time')
            }
            const start = performance.now()
            while (sent < count && !over.aborted) {
                this.send({ op: 'publish', id, topic, msg: message })
                sent++
                const wait = start + (sent * 1000) / rateHz - performance.now()
                if (sent < count) await sleep(wait, undefined, { signal: over }).catch(() => {})
            }
            // The bridge answers in order: when this is answered, every refusal has come.
            if (!refused.signal.aborted) await this.callService('/rosapi/get_time')
            refused.signal.throwIfAborted()
            return sent
        } finally {
            this.pending.delete(id)
        }
    }

    /**
     * Publishes messages as they come.
     *
     * @param refused told each time the bridge refuses one, and when the connection ends
     */
    publisher(topic: string, refused: (error: BridgeError) => void): { publish(message: object): void; close(): void } {
        const id = this.newId()
        this.pending.set(id, { fail: refused })
        return {
            publish: msg => this.send({ op: 'publish', id, topic, msg }),
            close: () => void this.pending.delete(id),
        }
    }

    /** Ends the connection and everything that waits for it. */
    async close(): Promise<void> {
        if (this.socket.readyState === WebSocket.CLOSED) return
        const closed = new Promise(resolve => this.socket.once('close', resolve))
        const impatient = setTimeout(() => this.socket.terminate(), this.timeoutMs)
        this.socket.close()
        await closed
        clearTimeout(impatient)
    }

    private newId(): string {
        return `tendon-${this.nextId++}`
    }

    private send(message: { op: string; id: string; [field: string]: unknown }): void {
        if (this.ended !== undefined) this.pending.get(message.id)?.fail(this.ended)
        else this.socket.send(JSON.stringify(message))
    }

    private receive(text: string): void {
        let message: Record<string, unknown>
        try {
            message = Object(JSON.parse(text)) as Record<string, unknown>
        } catch {
            this.options.onWarning?.(`${this.url} sent what is not JSON`)
            return
        }
        const pending = this.pending.get(message.id as string)
        if (message.op === 'publish') {
            for (const listener of this.listeners.get(message.topic as string) ?? []) listener(message.msg)
        } else if (message.op === 'service_response') {
            if (message.result === true) pending?.done?.(message.values)
            else pending?.fail(new BridgeError('refused', String(message.values)))
        } else if (message.op === 'status' && message.level === 'error' && pending !== undefined) {
            pending.fail(new BridgeError('refused', String(message.msg)))
        } else if (message.op === 'status') {
            this.options.onWarning?.(String(message.msg))
        }
    }

    private end(error: BridgeError): void {
        this.ended = error
        for (const { fail } of [...this.pending.values()]) fail(error)
    }
}
