import { readFile } from 'node:fs/promises'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { FleetError } from './fleet-error'

/** Where a broker is, and who we are to it. */
export interface BrokerOptions {
    /** `mqtt://host:1883`, `mqtts://host:8883`, `ws://…` or `wss://…`; without credentials in it. */
    url: string
    username?: string
    password?: string
    /** Files in PEM format: authority of the broker's certificate; our certificate and its key. */
    ca?: string
    cert?: string
    key?: string
}

/** Without a sign of life for one and a half times as long, a broker takes a client for lost (MQTT 5, 3.1.2.10), s. */
const KEEP_ALIVE = 1
const CONNECT_TIMEOUT_MS = 5000
const RECONNECT_MS = 500
const UNACCEPTABLE_PROTOCOL = 1 // MQTT 3.1.1, table 3.1: what older brokers answer to MQTT 5
const UNSUPPORTED_PROTOCOL = 132 // MQTT 5, table 2-6

/** A connection to a broker, and the version of MQTT that both speak. */
export interface Connection {
    client: MqttClient
    /** 5, or 4 (MQTT 3.1.1) where the broker knows no better: expiry is then by the payload alone. */
    version: 4 | 5
}

/**
 * Connects to a broker, with MQTT 5 where it can. The connection is made again by itself when it is lost later.
 *
 * @throws FleetError `bad-broker`, `unreachable`
 */
export async function connectBroker(
    options: BrokerOptions,
    extra: Pick<IClientOptions, 'will' | 'clientId'> = {},
): Promise<Connection> {
    const base: IClientOptions = {
        ...extra,
        ...(await tls(options)),
        username: options.username,
        password: options.password,
        clean: true,
        keepalive: KEEP_ALIVE,
        connectTimeout: CONNECT_TIMEOUT_MS,
        reconnectPeriod: RECONNECT_MS,
        // What could not be sent while the broker was away is stale: a state has a newer one, a command has expired.
        queueQoSZero: false,
    }
    const url = checkUrl(options.url)
    try {
        return { client: await connect(url, { ...base, protocolVersion: 5 }), version: 5 }
    } catch (error) {
        const { code } = error as { code?: number | string }
        if (code !== UNACCEPTABLE_PROTOCOL && code !== UNSUPPORTED_PROTOCOL) throw unreachable(url, error)
    }
    try {
        return { client: await connect(url, { ...base, protocolVersion: 4 }), version: 4 }
    } catch (error) {
        throw unreachable(url, error)
    }
}

function connect(url: string, options: IClientOptions): Promise<MqttClient> {
    return new Promise((resolve, reject) => {
        const client = mqtt.connect(url, { ...options })
        const fail = (error?: Error) => {
            client.on('error', () => undefined)
            client.end(true)
            reject(error ?? new Error('the broker closed the connection'))
        }
        // A command must not wait until TCP has acknowledged what was sent before it (Nagle: up to 40 ms).
        client.on('connect', () => (client.stream as { setNoDelay?: (on: boolean) => void }).setNoDelay?.(true))
        client.once('connect', () => {
            client.removeListener('error', fail)
            client.removeListener('close', fail)
            // Later losses are mended by reconnecting, and show as robots that fall silent.
            client.on('error', () => undefined)
            resolve(client)
        })
        client.once('error', fail)
        client.once('close', fail)
    })
}

function checkUrl(text: string): string {
    let url: URL
    try {
        url = new URL(text)
    } catch (error) {
        throw new FleetError('bad-broker', `broker ${JSON.stringify(text)} is no URL; like mqtt://127.0.0.1:1883`, {
            cause: error,
        })
    }
    if (!['mqtt:', 'mqtts:', 'ws:', 'wss:'].includes(url.protocol)) {
        throw new FleetError('bad-broker', `broker ${text}: allowed are mqtt://, mqtts://, ws:// and wss://`)
    }
    if (url.username || url.password) {
        throw new FleetError('bad-broker', 'credentials do not belong into the URL: it is printed and logged')
    }
    return text
}

async function tls({ ca, cert, key, url }: BrokerOptions): Promise<IClientOptions> {
    if (ca === undefined && cert === undefined && key === undefined) return {}
    if (!/^(mqtts|wss):/.test(url)) {
        throw new FleetError('bad-broker', `certificates were given, but ${url} is not encrypted: mqtts:// or wss://`)
    }
    if ((cert === undefined) !== (key === undefined)) {
        throw new FleetError('bad-broker', 'a certificate and its key are needed together')
    }
    const read = async (file: string | undefined) => {
        try {
            return file === undefined ? undefined : await readFile(file)
        } catch (error) {
            throw new FleetError('bad-broker', `cannot read ${file}: ${(error as Error).message}`, { cause: error })
        }
    }
    return { ca: await read(ca), cert: await read(cert), key: await read(key) }
}

function unreachable(url: string, error: unknown): FleetError {
    const cause = error as Error & { errors?: Error[] }
    // Connecting to a name with several addresses fails once for each.
    const text = cause.message || cause.errors?.map(({ message }) => message).join(', ') || 'unknown'
    return new FleetError(
        'unreachable',
        `no connection to the broker at ${url}: ${text}; one for a desk: \`tendon fleet broker\``,
        { cause: error },
    )
}
