import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import type { Socket } from 'node:net'

const FIN_TEXT = 0x81
const OPCODE_TEXT = 1
const OPCODE_BINARY = 2
const OPCODE_PING = 9
/** A pong without payload, masked with zeros: the bridge's pings have none. */
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0])
const MASKED = 0x80
const LENGTH_16 = 126
const LENGTH_64 = 127
/** After bytes came they are looked at in the pause until the bridge sends again, ms. */
const LATER = 10

/**
 * A WebSocket client that does next to nothing when bytes come, so that 31 of them on two cores measure the bridge and not
 * each other: notes when they came. Later it finds where messages end (RFC 6455, section 5.2) and hands them over.
 *
 * @param onMessage `arrived`: when its last byte came, ms since the Unix epoch
 */
export function openRaw(
    url: string,
    protocol: string | undefined,
    onMessage: (data: Buffer, isBinary: boolean, arrived: number) => void,
): Promise<{ send: (message: object) => void }> {
    return new Promise((resolve, reject) => {
        const upgrade = request(url.replace(/^ws/, 'http'), {
            headers: {
                Connection: 'Upgrade',
                Upgrade: 'websocket',
                'Sec-WebSocket-Version': '13',
                'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
                ...(protocol === undefined ? {} : { 'Sec-WebSocket-Protocol': protocol }),
            },
        })
        upgrade.on('error', reject)
        upgrade.on('response', ({ statusCode }) => reject(new Error(`${url} answered ${statusCode}`)))
        upgrade.on('upgrade', (_response, socket: Socket, head: Buffer) => {
            let rest: Buffer = Buffer.alloc(0)
            const chunks: { bytes: Buffer; arrived: number }[] = []
            const look = () => {
                for (const { bytes, arrived } of chunks.splice(0)) {
                    rest = takeMessages(rest.length === 0 ? bytes : Buffer.concat([rest, bytes]), (opcode, data) => {
                        if (opcode === OPCODE_PING) socket.write(PONG)
                        else if (opcode === OPCODE_TEXT || opcode === OPCODE_BINARY)
                            onMessage(data, opcode === OPCODE_BINARY, arrived)
                    })
                }
            }
            const take = (bytes: Buffer) => {
                if (chunks.push({ bytes, arrived: clock() }) === 1) setTimeout(look, LATER)
            }
            take(head)
            socket.on('data', take)
            resolve({ send: message => void socket.write(maskedFrame(JSON.stringify(message))) })
        })
        upgrade.end()
    })
}

/** ms since the Unix epoch, to the microsecond and the same in all processes of this machine. */
export function clock(): number {
    return performance.timeOrigin + performance.now()
}

/** @returns the bytes after the last whole frame */
function takeMessages(bytes: Buffer, onFrame: (opcode: number, data: Buffer) => void): Buffer {
    let at = 0
    while (bytes.length - at >= 2) {
        const short = bytes[at + 1]
        const header = short === LENGTH_64 ? 10 : short === LENGTH_16 ? 4 : 2
        if (bytes.length - at < header) break
        const length =
            header === 2 ? short : header === 4 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
        const end = at + header + length
        if (end > bytes.length) break
        onFrame(bytes[at] & 0x0f, bytes.subarray(at + header, end))
        at = end
    }
    return bytes.subarray(at)
}

/** Clients must mask; a mask of zeros leaves the text as it is. */
function maskedFrame(text: string): Buffer {
    const length = Buffer.byteLength(text)
    const frame = Buffer.alloc(8 + length)
    frame[0] = FIN_TEXT
    frame[1] = MASKED | LENGTH_16
    frame.writeUInt16BE(length, 2)
    frame.write(text, 8)
    return frame
}
