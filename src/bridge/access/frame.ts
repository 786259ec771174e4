// RFC 6455, section 5.2: FIN and opcode; length in 7, 16 or 64 bits. Servers do not mask.
const FIN_TEXT = 0x81
const FIN_BINARY = 0x82
const LENGTH_16 = 126
const LENGTH_64 = 127
const LONGEST_7 = 125
const LONGEST_16 = 0xffff

/** A whole WebSocket message from server to client that holds text. */
export function textFrame(text: string): Buffer {
    const length = Buffer.byteLength(text)
    const frame = header(FIN_TEXT, length)
    frame.write(text, frame.length - length)
    return frame
}

/** The same of the bytes of several pieces. */
export function binaryFrame(...pieces: Uint8Array[]): Buffer {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
    const frame = header(FIN_BINARY, length)
    let at = frame.length - length
    for (const piece of pieces) {
        frame.set(piece, at)
        at += piece.length
    }
    return frame
}

/** A frame whose payload is still to be filled in, at its end. */
function header(first: number, length: number): Buffer {
    const size = length <= LONGEST_7 ? 2 : length <= LONGEST_16 ? 4 : 10
    const frame = Buffer.allocUnsafe(size + length)
    frame[0] = first
    if (size === 2) {
        frame[1] = length
    } else if (size === 4) {
        frame[1] = LENGTH_16
        frame.writeUInt16BE(length, 2)
    } else {
        frame[1] = LENGTH_64
        frame.writeBigUInt64BE(BigInt(length), 2)
    }
    return frame
}
