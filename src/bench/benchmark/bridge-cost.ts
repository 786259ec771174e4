import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { WebSocketServer } from 'ws'
import { Hub } from '../../bridge/hub'
import { startRosbridge } from '../../bridge/rosbridge'
import { topicsOf } from '../../bridge/topics'
import type { Robot, RobotState } from '../../host/robot'
import { systemScheduler } from '../../host/scheduler'
import { replaySession, type Replay } from './replay'
import { type Repeated, repeated } from './repeated'

/** States in a report of the board. */
const STATES = 4

/** How 1,000 messages a second come about. */
interface Load {
    title: string
    periodMs: number
    topics: string[]
    clients: number
}

const LOADS: Load[] = [
    {
        title: 'as a rover and two planners make them: a report each 40 ms, five topics for each',
        periodMs: 40,
        topics: ['/joint_states', '/odom', '/imu/data', '/tf', '/clock'],
        clients: 2,
    },
    {
        title: 'one topic for one planner, a report each 4 ms, more often than a board sends',
        periodMs: 4,
        topics: ['/joint_states'],
        clients: 1,
    },
]
const SECONDS = 3
/** What runs before, faster: a bridge serves for hours, so that what V8 compiles in its first seconds is no part of a message. */
const WARM_UP = { seconds: 1, periodMs: 1 }
const REPETITIONS = 3
/** More than all repetitions take. */
const REPORTS = 6000

export interface BridgeCost {
    title: string
    messagesPerSecond: number
    repetitions: number
    paths: { name: string; does: string; cpuMicrosecondsPerMessage: Repeated }[]
}

/** What makes the messages of a load, and for whom. */
interface Path {
    name: string
    does: string
    url: string
    emit: () => void
    close: () => Promise<unknown>
}

/**
 * CPU time (user and system, of this whole process: timers, garbage collection and the kernel's part of the socket
 * included) for each message that leaves on a loopback WebSocket, whose reader is another process. Repetitions take turns.
 */
export async function measureBridge(): Promise<BridgeCost[]> {
    const replay = await replaySession()
    const costs: BridgeCost[] = []
    for (const load of LOADS) costs.push(await measureLoad(replay, load))
    await replay.session.close()
    return costs
}

async function measureLoad(replay: Replay, load: Load): Promise<BridgeCost> {
    const paths = [await jsonOnly(replay, load), await bridgeOnly(replay), await wholeHost(replay), await timerOnly()]
    const costs: number[][] = paths.map(() => [])
    const rates: number[] = []
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
        for (const [i, path] of paths.entries()) {
            const { microseconds, rate } = await measure(path, load)
            costs[i].push(microseconds)
            rates.push(rate)
        }
    }
    for (const path of paths) await path.close()
    return {
        title: load.title,
        messagesPerSecond: repeated(rates).median,
        repetitions: REPETITIONS,
        paths: paths.map(({ name, does }, i) => ({ name, does, cpuMicrosecondsPerMessage: repeated(costs[i]) })),
    }
}

async function measure({ url, emit }: Path, load: Load): Promise<{ microseconds: number; rate: number }> {
    const script = fileURLToPath(new URL('listener.ts', import.meta.url))
    const asks = [url, load.topics.join(), String(load.clients)]
    const listener = url === '' ? undefined : fork(script, asks)
    if (listener) await once(listener, 'message')
    await emitFor(WARM_UP.seconds, { ...load, periodMs: WARM_UP.periodMs }, emit)
    const before = process.cpuUsage()
    const start = performance.now()
    const messages = await emitFor(SECONDS, load, emit)
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

/** @returns how many messages were made */
function emitFor(seconds: number, { periodMs, topics, clients }: Load, emit: () => void): Promise<number> {
    return new Promise(resolve => {
        const start = performance.now()
        const all = (seconds * 1000) / periodMs
        let rounds = 0
        const timer = setInterval(() => {
            // A timer that fired late is made up for, so that the rate holds.
            while (rounds < (performance.now() - start) / periodMs && rounds < all) {
                rounds++
                emit()
            }
            if (rounds < all) return
            clearInterval(timer)
            resolve(rounds * STATES * topics.length * clients)
        }, periodMs)
    })
}

/** The least that sending these objects as JSON can cost. */
async function jsonOnly({ session, states }: Replay, { topics }: Load): Promise<Path> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
    await once(server, 'listening')
    const encoders = topicsOf(session.description, true).filter(({ name }) => topics.includes(name))
    const messages = states.map(state =>
        encoders.map(({ name, encoder }) => ({
            op: 'publish',
            topic: name,
            msg: encoder!(session.description)(state),
        })),
    )
    let next = 0
    return {
        name: 'JSON.stringify and ws.send',
        does: 'the finished message objects, once for each client; baseline',
        url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
        emit: () => {
            for (let i = 0; i < STATES; i++, next++) {
                for (const message of messages[next % messages.length]) {
                    for (const client of server.clients) client.send(JSON.stringify(message))
                }
            }
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
    const bridge = await startRosbridge(robot, { port: 0, hub: new Hub(robot, systemScheduler, { simulation: true }) })
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

async function wholeHost({ session, nextReport, feed }: Replay): Promise<Path> {
    const reports = Array.from({ length: REPORTS }, nextReport)
    let next = 0
    const bridge = await startRosbridge(session, {
        port: 0,
        hub: new Hub(session, systemScheduler, { simulation: true }),
    })
    return {
        name: 'session and bridge',
        does: 'bytes of the serial port to RobotState (attitude, host time), to the WebSocket',
        url: bridge.url,
        emit: () => feed(reports[next++]),
        close: () => bridge.close(),
    }
}

async function timerOnly(): Promise<Path> {
    return {
        name: 'the benchmark itself',
        does: "its timer and Node's own threads, part of all of these",
        url: '',
        emit: () => {},
        close: async () => {},
    }
}
