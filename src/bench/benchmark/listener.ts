// A WebSocket client in a process of its own, so that its work is not counted as the bridge's: asks for a topic, reads, counts.
import { WebSocket } from 'ws'

const [url, topic] = process.argv.slice(2)
const socket = new WebSocket(url, { perMessageDeflate: false })
let messages = 0
socket.on('message', () => messages++)
socket.on('open', () => {
    socket.send(JSON.stringify({ op: 'subscribe', topic }))
    process.send?.('ready')
})
// The sender asks how many came.
process.on('message', () => process.send?.(messages))
process.on('disconnect', () => process.exit())
