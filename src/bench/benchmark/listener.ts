// WebSocket clients in a process of their own, so that their work is not counted as the bridge's: ask for topics, read, count.
import { once } from 'node:events'
import { WebSocket } from 'ws'

const [url, topics, clients] = process.argv.slice(2)
let messages = 0
for (let i = 0; i < Number(clients); i++) {
    const socket = new WebSocket(url, { perMessageDeflate: false })
    socket.on('message', () => messages++)
    await once(socket, 'open')
    for (const topic of topics.split(',')) socket.send(JSON.stringify({ op: 'subscribe', topic }))
}
process.send?.('ready')
// The sender asks how many came.
process.on('message', () => process.send?.(messages))
process.on('disconnect', () => process.exit())
