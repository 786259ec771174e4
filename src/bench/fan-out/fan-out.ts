import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import { type Bridge, startBridge } from '../../bridge/start-bridge'
import type { Robot, RobotState } from '../../host/robot'
import { replaySession } from '../benchmark/replay'
import type { ClientsReport, Counted } from './clients'
import { clock } from './raw-socket'

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
/** What comes first, while V8 compiles and the heap finds its size, is told by itself: a bridge runs for hours. */
const WARM_UP_SECONDS = 5
const SETTLE_MS = 500
/** Rounds from one look at the memory to the next, which takes a while. */
const ROUNDS_A_LOOK = 25

export interface Spread {
    p50: number
    p99: number
    max: number
}

export interface FanOut {
    seconds: number
    warmUpSeconds: number
    clients: number
    samplesPerSecond: number
    /** Messages that every reader should have got, and those that any of them did not. */
    expectedPerReader: number
    lost: number
    /** Samples that the client that does not read lost. */
    droppedForTheOther: number
    /** From the report's bytes in the host to a message's last byte in a reader, ms. */
    ageMs: Spread
    /** The same while the bridge was warming up. */
    warmUpAgeMs: Spread
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
export async function measureFanOut(seconds: number, warmUpSeconds = WARM_UP_SECONDS): Promise<FanOut> {
    const { session, nextReport, feed } = await replaySession()
    let sent = 0
    let fedAt = 0
    // The replayed robot, but for its stamps: when the report came, which tells readers how late they are.
    const stamped = (listener: (state: RobotState) => void) => (state: RobotState) =>
        listener({ ...state, hostTime: fedAt + (state.tick % STATES) * 1e-6 })
    const robot = Object.create(session, {
        onState: { value: (listener: (state: RobotState) => void) => session.onState(stamped(listener)) },
    }) as Robot
    const bridge = await startBridge(robot, { port: 0, foxglovePort: 0, simulation: true })
    const bare = await startBare()
    const processes = await startReaders(bridge, bare.port)
    const deaf = await startDeaf(bridge)
    const bridgeMs: number[] = []
    const round = () => {
        const report = nextReport()
        const start = clock()
        fedAt = start / 1000
        feed(report)
        sent += STATES
        // The sockets are written to when this turn ends, in the order in which they were given something.
        process.nextTick(() => bridgeMs.push(clock() - start))
        setTimeout(bare.send, (PERIOD_MS * 3) / 4)
    }
    const run = async (seconds: number, also: (round: number) => void = () => {}) => {
        sent = bridgeMs.length = 0
        await paced((seconds * 1000) / PERIOD_MS, PERIOD_MS, number => {
            round()
            also(number)
        })
    }
    const heard = async () => {
        await new Promise(resolve => setTimeout(resolve, SETTLE_MS))
        const reports = await Promise.all(processes.map(ask))
        return {
            lost: reports.flatMap(({ clients }) => clients).reduce((sum, reader) => sum + missing(reader, sent), 0),
            ageMs: spread(reports.flatMap(({ agesMs }) => agesMs)),
            bareMs: spread(reports.flatMap(({ bareAgesMs }) => bareAgesMs)),
        }
    }

    await run(warmUpSeconds)
    const warmUp = await heard()
    const before = bridge.statistics()
    const cpu = process.cpuUsage()
    const memory = { start: process.memoryUsage.rss(), later: 0 }
    const look = () => void (memory.later = Math.max(memory.later, process.memoryUsage.rss()))
    const half = (seconds * 1000) / PERIOD_MS / 2
    await run(seconds, number => {
        // In the middle of the pause: what it takes is no part of a message's age.
        if (number > half && number % ROUNDS_A_LOOK === 0) setTimeout(look, PERIOD_MS / 2)
    })
    const { user, system } = process.cpuUsage(cpu)
    const { lost, ageMs, bareMs } = await heard()
    const after = bridge.statistics()
    await Promise.all(processes.map(end))
    deaf.terminate()
    bare.close()
    await bridge.close()
    await session.close()

    return {
        seconds,
        warmUpSeconds,
        clients: READERS.length + 1,
        samplesPerSecond: sent / seconds,
        expectedPerReader: sent * TOPICS.length,
        lost: warmUp.lost + lost,
        droppedForTheOther: after.samplesDropped - before.samplesDropped,
        ageMs,
        warmUpAgeMs: warmUp.ageMs,
        bridgeMs: spread(bridgeMs),
        bareMs,
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
            bytes.writeDoubleLE(clock())
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

async function ask(child: ChildProcess): Promise<ClientsReport> {
    child.send('report')
    return (await said(child)) as ClientsReport
}

async function end(child: ChildProcess): Promise<void> {
    const gone = once(child, 'exit')
    child.disconnect()
    await gone
}
