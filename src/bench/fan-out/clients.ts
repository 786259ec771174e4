// Planners in a process of their own: each asks for every topic and counts what comes, by topic, with its age.
import { WebSocket } from 'ws'

export interface Counted {
    kind: string
    /** Messages by topic. */
    counts: Record<string, number>
}

export interface ClientsReport {
    clients: Counted[]
    /** From the state in the bridge to the message in the client, ms. */
    agesMs: number[]
}

const [rosbridge, foxglove, topicList, kindList] = process.argv.slice(2)
const topics = topicList.split(',')
const report: ClientsReport = { clients: [], agesMs: [] }

const age = (stampMs: number) => report.agesMs.push(performance.timeOrigin + performance.now() - stampMs)

function count(kind: string): (topic: string) => void {
    const counted: Counted = { kind, counts: Object.fromEntries(topics.map(topic => [topic, 0])) }
    report.clients.push(counted)
    return topic => topic in counted.counts && counted.counts[topic]++
}

function openJson(done: () => void, compression: string): void {
    const seen = count(compression)
    const socket = new WebSocket(rosbridge, { perMessageDeflate: false })
    socket.on('message', (data: Buffer, isBinary) => {
        if (isBinary) {
            const topic = topics.find(topic => data.includes(topic))
            if (topic !== undefined) seen(topic)
            return
        }
        const text = data.toString()
        const topic = /^\{"op":"publish","topic":"([^"]+)"/.exec(text)?.[1]
        if (topic === undefined) return text.startsWith('{"op":"service_response"') ? done() : undefined
        if (!topics.includes(topic)) return
        seen(topic)
        const [, sec, nanosec] = /"sec":(\d+),"nanosec":(\d+)/.exec(text)!
        age(Number(sec) * 1000 + Number(nanosec) / 1e6)
    })
    socket.on('open', () => {
        for (const topic of [...topics, '/diagnostics', '/robot_description']) {
            socket.send(JSON.stringify({ op: 'subscribe', topic, compression }))
        }
        socket.send(JSON.stringify({ op: 'call_service', service: '/rosapi/get_time' }))
    })
}

function openFoxglove(done: () => void): void {
    const seen = count('foxglove')
    const channels = new Map<number, string>()
    const socket = new WebSocket(foxglove, ['foxglove.websocket.v1'], { perMessageDeflate: false })
    socket.on('message', (data: Buffer, isBinary) => {
        if (!isBinary) {
            const message = JSON.parse(data.toString()) as { op: string; channels?: { id: number; topic: string }[] }
            if (message.op === 'connectionGraphUpdate') return done()
            if (message.op !== 'advertise') return
            for (const { id, topic } of message.channels!) channels.set(id, topic)
            const subscriptions = message.channels!.map(({ id }) => ({ id, channelId: id }))
            socket.send(JSON.stringify({ op: 'subscribe', subscriptions }))
            socket.send(JSON.stringify({ op: 'subscribeConnectionGraph' }))
            socket.send(JSON.stringify({ op: 'unsubscribeConnectionGraph' }))
        } else if (data[0] === 1) {
            const topic = channels.get(data.readUInt32LE(1))!
            if (!topics.includes(topic)) return
            seen(topic)
            age(Number(data.readBigUInt64LE(5) / 1000n) / 1000)
        }
    })
}

for (const kind of kindList.split(',')) {
    await new Promise<void>(resolve => (kind === 'foxglove' ? openFoxglove(resolve) : openJson(resolve, kind)))
}
process.send?.('ready')
process.on('message', () => process.send?.(report))
process.on('disconnect', () => process.exit())
