import type { Bytes } from '../protocol/crc16'

/** Longest line of the board's log, bytes; a longer one is broken. */
const LINE_BYTES = 1024

/** Makes lines of UTF-8 text that comes in pieces. */
export class LineAssembler {
    private readonly line = Buffer.alloc(LINE_BYTES)
    private fill = 0

    constructor(private readonly onLine: (line: string) => void) {}

    push(bytes: Bytes, from: number, to: number): void {
        for (let i = from; i < to; i++) {
            if (bytes[i] === 0x0a) {
                this.emit()
            } else {
                this.line[this.fill++] = bytes[i]
                if (this.fill === LINE_BYTES) this.emit()
            }
        }
    }

    /** The text is over, perhaps in the middle of a line. */
    flush(): void {
        if (this.fill > 0) this.emit()
    }

    private emit(): void {
        const text = this.line.toString('utf8', 0, this.fill)
        this.fill = 0
        this.onLine(text.endsWith('\r') ? text.slice(0, -1) : text)
    }
}
