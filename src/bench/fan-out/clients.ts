// Planners in a process of their own: each asks for every topic and counts what comes, by topic, with its age.
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { clock, openRaw } from './raw-socket'

export interface Counted {
    kind: string
    /** Messages by topic. */
    counts: Record<string, number>
}

export interface ClientsReport {
    clients: Counted[]
    /** From the report's bytes in the host to the message's last in the client, ms. */
    agesMs: number[]
    /** The same of bytes that came without the bridge. */
    bareAgesMs: number[]
}

const [rosbridge, foxglove, topicList, kindList, barePort] = process.argv.slice(2)
const topics = topicList.split(',')
/** Bytes of a message that hold its topic and its stamp. */
const HEAD = 160
const report: ClientsReport = { clients: [], agesMs: [], bareAgesMs: [] }

function count(kind: string): (topic: string) => void {
    const counted: Counted = { kind, counts: Object.fromEntries(topics.map(topic => [topic, 0])) }
    report.clients.push(counted)
    return topic => topic in counted.counts && counted.counts[topic]++
}

async function openJson(done: () => void, compression: string): Promise<void> {
    const seen = count(compression)
    const socket = await openRaw(rosbridge, undefined, (data, isBinary, arrived) => {
        if (isBinary) {
            const topic = topics.find(topic => data.includes(topic))
            if (topic !== undefined) seen(topic)
            return
        }
        // The head tells topic and stamp; what planners do with the rest is not measured here.
        const text = data.toString('latin1', 0, HEAD)
        const topic = /^\{"op":"publish","topic":"([^"]+)"/.exec(text)?.[1]
        if (topic === undefined) return text.startsWith('{"op":"service_response"') ? done() : undefined
        if (!topics.includes(topic)) return
        seen(topic)
        const [, sec, nanosec] = /"sec":(\d+),"nanosec":(\d+)/.exec(text)!
        report.agesMs.push(arrived - (Number(sec) * 1000 + Number(nanosec) / 1e6))
    })
    for (const topic of [...topics, '/diagnostics', '/robot_description']) {
        socket.send({ op: 'subscribe', topic, compression })
    }
    socket.send({ op: 'call_service', service: '/rosapi/get_time' })
}

async function openFoxglove(done: () => void): Promise<void> {
    const seen = count('foxglove')
    const channels = new Map<number, string>()
    const socket = await openRaw(foxglove, 'foxglove.websocket.v1', (data, isBinary, arrived) => {
        if (!isBinary) {
            const message = JSON.parse(data.toString()) as { op: string; channels?: { id: number; topic: string }[] }
            if (message.op === 'connectionGraphUpdate') return done()
            if (message.op !== 'advertise') return
            for (const { id, topic } of message.channels!) channels.set(id, topic)
            socket.send({ op: 'subscribe', subscriptions: message.channels!.map(({ id }) => ({ id, channelId: id })) })
            socket.send({ op: 'subscribeConnectionGraph' })
            socket.send({ op: 'unsubscribeConnectionGraph' })
        } else if (data[0] === 1) {
            const topic = channels.get(data.readUInt32LE(1))!
            if (!topics.includes(topic)) return
            seen(topic)
            report.agesMs.push(arrived - Number(data.readBigUInt64LE(5) / 1000n) / 1000)
        }
    })
}

const bare = createConnection({ port: Number(barePort), host: '127.0.0.1' })
bare.on('data', data => {
    for (let at = 0; at + 8 <= data.length; at += 8) report.bareAgesMs.push(clock() - data.readDoubleLE(at))
})
await once(bare, 'connect')

for (const kind of kindList.split(',')) {
    await new Promise<void>((resolve, reject) => {
        const opened = kind === 'foxglove' ? openFoxglove(resolve) : openJson(resolve, kind)
        opened.catch(reject)
    })
}
process.send?.('ready')
// What was counted since the last time.
process.on('message', () => {
    process.send?.(report)
    report.agesMs = []
    report.bareAgesMs = []
    for (const { counts } of report.clients) for (const topic of topics) counts[topic] = 0
})
process.on('disconnect', () => process.exit())
