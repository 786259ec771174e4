import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import { type Bridge, startBridge } from '../../bridge/start-bridge'
import type { Robot, RobotState } from '../../host/robot'
import { systemScheduler } from '../../host/scheduler'
import { replaySession } from '../benchmark/replay'
import type { ClientsReport, Counted } from './clients'

/** As the board sends them: four states at once, 100 a second. */
const STATES = 4
const PERIOD_MS = 40
const TOPICS = ['/joint_states', '/odom', '/imu/data', '/tf', '/clock']
/** Readers by what they speak; one more client never reads. */
const READERS = [
    ...Array<string>(19).fill('none'),
    ...Array<string>(4).fill('cbor'),
    ...Array<string>(8).fill('foxglove'),
]
const PROCESSES = 2
const SETTLE_MS = 1000
/** Rounds from one look at the memory to the next, which takes a while. */
const ROUNDS_A_LOOK = 25

export interface Spread {
    p50: number
    p99: number
    max: number
}

export interface FanOut {
    seconds: number
    clients: number
    samplesPerSecond: number
    /** Messages that every reader should have got, and those that any of them did not. */
    expectedPerReader: number
    lost: number
    /** Samples that the client that does not read lost. */
    droppedForTheOther: number
    /** From the state in the bridge to the message in a reader, ms. */
    ageMs: Spread
    /** The part of it in the bridge: until the last byte for the last reader is the kernel's. */
    bridgeMs: Spread
    /** The same way, at other moments, of eight bytes on a socket without any bridge: what this machine adds by itself. */
    bareMs: Spread
    /** CPU time of the bridge's process per message sent, µs. */
    cpuMicrosecondsPerMessage: number
    /** Of the bridge's process, MB: at the start, and the most in the second half. */
    memoryMegabytes: { start: number; later: number }
}

/** Serves 32 clients on every topic, one of which does not read, and counts what the others got and how late. */
export async function measureFanOut(seconds: number): Promise<FanOut> {
    const { session, states } = await replaySession()
    const listeners = new Set<(state: RobotState) => void>()
    const robot = Object.create(session, {
        onState: {
            value: (listener: (state: RobotState) => void) => {
                listeners.add(listener)
                return () => listeners.delete(listener)
            },
        },
    }) as Robot
    const bridge = await startBridge(robot, { port: 0, foxglovePort: 0, simulation: true })
    const bare = await startBare()
    const processes = await startReaders(bridge, bare.port)
    const deaf = await startDeaf(bridge)
    const before = { ...bridge.statistics() }
    const cpu = process.cpuUsage()
    const memory = { start: process.memoryUsage.rss(), later: 0 }
    let sent = 0
    const emit = () => {
        const now = systemScheduler.epoch()
        for (let k = 0; k < STATES; k++) {
            const state = { ...states[sent % states.length], tick: sent, hostTime: now + k * 1e-6 }
            for (const listener of listeners) listener(state)
            sent++
        }
    }
    const rounds = Math.round((seconds * 1000) / PERIOD_MS)
    const bridgeMs: number[] = []
    const look = () => void (memory.later = Math.max(memory.later, process.memoryUsage.rss()))
    await paced(rounds, PERIOD_MS, round => {
        const start = performance.now()
        emit()
        // The sockets are written to when this turn ends, in the order in which they were given something.
        process.nextTick(() => bridgeMs.push(performance.now() - start))
        setTimeout(bare.send, (PERIOD_MS * 3) / 4)
        // In the middle of the pause: what it takes is no part of a message's age.
        if (round > rounds / 2 && round % ROUNDS_A_LOOK === 0) setTimeout(look, PERIOD_MS / 2)
    })
    const { user, system } = process.cpuUsage(cpu)
    await new Promise(resolve => setTimeout(resolve, SETTLE_MS))
    const reports = await Promise.all(processes.map(collect))
    const after = bridge.statistics()
    deaf.terminate()
    bare.close()
    await bridge.close()
    await session.close()

    const readers = reports.flatMap(({ clients }) => clients)
    return {
        seconds,
        clients: readers.length + 1,
        samplesPerSecond: sent / seconds,
        expectedPerReader: sent * TOPICS.length,
        lost: readers.reduce((sum, reader) => sum + missing(reader, sent), 0),
        droppedForTheOther: after.samplesDropped - before.samplesDropped,
        ageMs: spread(reports.flatMap(({ agesMs }) => agesMs)),
        bridgeMs: spread(bridgeMs),
        bareMs: spread(reports.flatMap(({ bareAgesMs }) => bareAgesMs)),
        cpuMicrosecondsPerMessage: (user + system) / (after.samplesSent - before.samplesSent),
        memoryMegabytes: { start: memory.start / 1e6, later: memory.later / 1e6 },
    }
}

function spread(values: number[]): Spread {
    const sorted = values.sort((a, b) => a - b)
    const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]
    return { p50: at(0.5), p99: at(0.99), max: at(1) }
}

/** A server that sends whoever connects nothing but the time. */
async function startBare(): Promise<{ port: number; send: () => void; close: () => void }> {
    const sockets = new Set<Socket>()
    const server = createServer(socket => {
        sockets.add(socket.setNoDelay())
        socket.on('error', () => sockets.delete(socket)).on('close', () => sockets.delete(socket))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const bytes = Buffer.alloc(8)
    const send = () => {
        for (const socket of sockets) {
            bytes.writeDoubleLE(performance.timeOrigin + performance.now())
            socket.write(Buffer.from(bytes))
        }
    }
    return { port: (server.address() as AddressInfo).port, send, close: () => void server.close() }
}

function missing({ counts }: Counted, sent: number): number {
    return TOPICS.reduce((sum, topic) => sum + Math.abs(sent - counts[topic]), 0)
}

/** Calls back on absolute deadlines. */
function paced(rounds: number, periodMs: number, each: (round: number) => void): Promise<void> {
    return new Promise(resolve => {
        const start = performance.now()
        let round = 0
        const timer = setInterval(() => {
            while (round < rounds && round <= (performance.now() - start) / periodMs) each(round++)
            if (round < rounds) return
            clearInterval(timer)
            resolve()
        }, periodMs / 4)
    })
}

async function startReaders({ rosbridge, foxglove }: Bridge, bare: number): Promise<ChildProcess[]> {
    const script = fileURLToPath(new URL('clients.ts', import.meta.url))
    const processes = Array.from({ length: PROCESSES }, (_, i) => {
        const kinds = READERS.filter((_, k) => k % PROCESSES === i)
        // Under the test runner this process has no loader of its own to pass on.
        const execArgv = process.execArgv.some(arg => arg.includes('tsx')) ? process.execArgv : ['--import', 'tsx']
        return fork(script, [rosbridge.url, foxglove!.url, TOPICS.join(), kinds.join(), String(bare)], { execArgv })
    })
    await Promise.all(processes.map(said))
    return processes
}

/** A client that asks for everything and then never reads. */
async function startDeaf({ rosbridge }: Bridge): Promise<WebSocket> {
    const socket = new WebSocket(rosbridge.url, { perMessageDeflate: false })
    await once(socket, 'open')
    for (const topic of TOPICS) socket.send(JSON.stringify({ op: 'subscribe', topic }))
    socket.send(JSON.stringify({ op: 'call_service', service: '/rosapi/get_time' }))
    await once(socket, 'message')
    socket.pause()
    return socket
}

/** What a process says next. @throws Error when it ends before */
async function said(child: ChildProcess): Promise<unknown> {
    const ended = once(child, 'exit').then(([code]) => {
        throw new Error(`a process of readers ended with ${code}`)
    })
    const [message] = (await Promise.race([once(child, 'message'), ended])) as [unknown]
    ended.catch(() => undefined)
    return message
}

async function collect(child: ChildProcess): Promise<ClientsReport> {
    child.send('report')
    const report = (await said(child)) as ClientsReport
    const gone = once(child, 'exit')
    child.disconnect()
    await gone
    return report
}
