import { binaryFrame } from './access/frame'
import { Refusal } from './checks'
import { nanoseconds } from './publication'

// Foxglove WebSocket protocol v1: binary messages, little-endian, and the numbers of its JSON ones.

/** Best first. Both name the same messages; the second is what older clients offer. */
export const SUBPROTOCOLS = ['foxglove.sdk.v1', 'foxglove.websocket.v1'] as const

export enum StatusLevel {
    Info = 0,
    Warning = 1,
    Error = 2,
}

enum ServerOpcode {
    Time = 2,
    ServiceCallResponse = 3,
}

enum ClientOpcode {
    MessageData = 1,
    ServiceCallRequest = 2,
}

export type ClientBinary =
    | { op: 'message'; channel: number; payload: Uint8Array }
    | { op: 'call'; service: number; call: number; encoding: string; payload: Uint8Array }

const MESSAGE_HEADER = 5 // opcode u8, channel u32
const CALL_HEADER = 13 // opcode u8, service u32, call u32, length of the encoding's name u32

/** Reads a client's binary message. @throws Refusal */
export function readBinary(data: Buffer): ClientBinary {
    if (data[0] === ClientOpcode.MessageData) {
        if (data.length < MESSAGE_HEADER) throw new Refusal(`message data of ${data.length} bytes ends in its header`)
        return { op: 'message', channel: data.readUInt32LE(1), payload: data.subarray(MESSAGE_HEADER) }
    }
    if (data[0] === ClientOpcode.ServiceCallRequest) {
        const end = data.length < CALL_HEADER ? Infinity : CALL_HEADER + data.readUInt32LE(9)
        if (end > data.length) throw new Refusal(`a service call of ${data.length} bytes ends in its header`)
        return {
            op: 'call',
            service: data.readUInt32LE(1),
            call: data.readUInt32LE(5),
            encoding: data.toString('utf8', CALL_HEADER, end),
            payload: data.subarray(end),
        }
    }
    throw new Refusal(`opcode is ${data[0] ?? 'missing'}; known: 1 (message data), 2 (service call)`)
}

/** @param stamp ms since the Unix epoch */
export function timeFrame(stamp: number): Buffer {
    const message = Buffer.allocUnsafe(9)
    message[0] = ServerOpcode.Time
    message.writeBigUInt64LE(nanoseconds(stamp), 1)
    return binaryFrame(message)
}

export function callResponseFrame(service: number, call: number, encoding: string, payload: Uint8Array): Buffer {
    const name = Buffer.from(encoding)
    const header = Buffer.allocUnsafe(CALL_HEADER)
    header[0] = ServerOpcode.ServiceCallResponse
    header.writeUInt32LE(service, 1)
    header.writeUInt32LE(call, 5)
    header.writeUInt32LE(name.length, 9)
    return binaryFrame(header, name, payload)
}
