import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type WebSocket, WebSocketServer } from 'ws'
import { jointStateMessage } from '../../bridge/ros/messages'
import { startRosbridge } from '../../bridge/rosbridge'
import type { Robot, RobotState } from '../../host/robot'
import { replaySession, type Replay } from './replay'
import { type Repeated, repeated } from './repeated'

const TOPIC = '/joint_states'
/** States come as the board sends them, several at once: 1,000 a second. */
const PERIOD_MS = 4
const STATES = 4
const SECONDS = 3
const WARM_UP_SECONDS = 0.5
const REPETITIONS = 3

export interface BridgeCost {
    messagesPerSecond: number
    repetitions: number
    paths: { name: string; does: string; cpuMicrosecondsPerMessage: Repeated }[]
}

/** What makes messages at {@link PERIOD_MS}, and for whom. */
interface Path {
    name: string
    does: string
    url: string
    emit: () => void
    close: () => Promise<unknown>
}

/**
 * CPU time (user and system, of this whole process: timers, garbage collection and the kernel's part of the socket
 * included) for each state that leaves as a message on a loopback WebSocket, whose reader is another process. Repetitions
 * take turns.
 */
export async function measureBridge(): Promise<BridgeCost> {
    const replay = await replaySession()
    const paths = [await jsonOnly(replay), await bridgeOnly(replay), await wholeHost(replay), await timerOnly()]
    const costs: number[][] = paths.map(() => [])
    const rates: number[] = []
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
        for (const [i, path] of paths.entries()) {
            const { microseconds, rate } = await measure(path)
            costs[i].push(microseconds)
            rates.push(rate)
        }
    }
    for (const path of paths) await path.close()
    await replay.session.close()
    return {
        messagesPerSecond: repeated(rates).median,
        repetitions: REPETITIONS,
        paths: paths.map(({ name, does }, i) => ({ name, does, cpuMicrosecondsPerMessage: repeated(costs[i]) })),
    }
}

async function measure({ url, emit }: Path): Promise<{ microseconds: number; rate: number }> {
    const listener = url === '' ? undefined : fork(fileURLToPath(new URL('listener.ts', import.meta.url)), [url, TOPIC])
    if (listener) await once(listener, 'message')
    await emitFor(WARM_UP_SECONDS, emit)
    const before = process.cpuUsage()
    const start = performance.now()
    const messages = await emitFor(SECONDS, emit)
    const { user, system } = process.cpuUsage(before)
    const rate = messages / ((performance.now() - start) / 1000)
    if (listener) {
        await new Promise(resolve => setTimeout(resolve, 200))
        listener.send('count')
        const [received] = (await once(listener, 'message')) as [number]
        if (received < messages) throw new Error(`${received} messages of ${messages} arrived at ${url}`)
        const gone = once(listener, 'exit')
        listener.disconnect()
        await gone
    }
    return { microseconds: (user + system) / messages, rate }
}

/** @returns how many states were made */
function emitFor(seconds: number, emit: () => void): Promise<number> {
    return new Promise(resolve => {
        const start = performance.now()
        let rounds = 0
        const timer = setInterval(() => {
            // A timer that fired late is made up for, so that the rate holds.
            while (rounds < (performance.now() - start) / PERIOD_MS && rounds < (seconds * 1000) / PERIOD_MS) {
                rounds++
                emit()
            }
            if (rounds < (seconds * 1000) / PERIOD_MS) return
            clearInterval(timer)
            resolve(rounds * STATES)
        }, PERIOD_MS)
    })
}

/** The least that sending these objects as JSON can cost. */
async function jsonOnly({ states }: Replay): Promise<Path> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
    await once(server, 'listening')
    let client: WebSocket | undefined
    server.on('connection', socket => (client = socket))
    const messages = states.map(state => ({ op: 'publish', topic: TOPIC, msg: jointStateMessage(state) }))
    let next = 0
    return {
        name: 'JSON.stringify and ws.send',
        does: 'the finished message objects; baseline',
        url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
        emit: () => {
            for (let i = 0; i < STATES; i++) client?.send(JSON.stringify(messages[next++ % messages.length]))
        },
        close: () => new Promise(resolve => server.close(resolve)),
    }
}

async function bridgeOnly({ session, states }: Replay): Promise<Path> {
    const listeners = new Set<(state: RobotState) => void>()
    // The replayed robot, but for where its states come from.
    const robot = Object.create(session, {
        onState: {
            value: (listener: (state: RobotState) => void) => {
                listeners.add(listener)
                return () => listeners.delete(listener)
            },
        },
    }) as Robot
    const bridge = await startRosbridge(robot, { port: 0 })
    let next = 0
    return {
        name: 'bridge',
        does: 'RobotState to message, to JSON, to the WebSocket',
        url: bridge.url,
        emit: () => {
            for (let i = 0; i < STATES; i++) {
                const state = states[next++ % states.length]
                for (const listener of listeners) listener(state)
            }
        },
        close: () => bridge.close(),
    }
}

async function wholeHost({ session, feed }: Replay): Promise<Path> {
    const bridge = await startRosbridge(session, { port: 0 })
    return {
        name: 'session and bridge',
        does: 'bytes of the serial port to RobotState (attitude, host time), to the WebSocket',
        url: bridge.url,
        emit: feed,
        close: () => bridge.close(),
    }
}

async function timerOnly(): Promise<Path> {
    return {
        name: 'nothing',
        does: 'the timer alone, part of all of these',
        url: '',
        emit: () => {},
        close: async () => {},
    }
}
