import { FrameFlag, makeFrame, ServiceIndex } from '../protocol/frame'
import { readU16 } from '../protocol/bytes'
import { RobotError } from './robot'
import type { Scheduler } from './scheduler'

/*
 * Pipes of Jacdac (jacdac-c, jd_pipes.h): packets of one stream, numbered modulo 32, each acknowledged with its frame's check
 * sum before the next is sent. The service command holds the receiver's port, what kind of packet it is, and the number.
 */
const PORT_SHIFT = 7
const COUNTER_MASK = 0x1f
const CLOSE = 0x20
const METADATA = 0x40

/** An acknowledgement is waited for so long, ms, and so often: a board that writes its flash takes its time. */
const ACK_MS = 150
const ATTEMPTS = 12

/** A pipe from this host to a device. */
export class OutPipe {
    private counter = 0
    private waiting: { crc: number; resolve: () => void } | undefined

    /**
     * @param device id of the receiver, as on the wire
     * @param port that it opened
     */
    constructor(
        private readonly device: Buffer,
        private readonly port: number,
        private readonly send: (frame: Uint8Array) => void,
        private readonly scheduler: Scheduler,
    ) {}

    /** An acknowledgement from the device. */
    acknowledged(crc: number): void {
        if (this.waiting?.crc === crc) this.waiting.resolve()
    }

    /** Sends a packet. Resolves when the device has it. @throws RobotError `no-answer`; what `signal` was aborted with */
    write(data: Buffer, signal: AbortSignal): Promise<void> {
        return this.packet(0, data, signal)
    }

    /** Says that this was all. */
    close(signal: AbortSignal): Promise<void> {
        return this.packet(CLOSE | METADATA, Buffer.alloc(0), signal)
    }

    private packet(flags: number, data: Buffer, signal: AbortSignal): Promise<void> {
        const command = (this.port << PORT_SHIFT) | flags | this.counter
        this.counter = (this.counter + 1) & COUNTER_MASK
        const asked = FrameFlag.Command | FrameFlag.AckRequested
        const frame = makeFrame(this.device, ServiceIndex.Pipe, command, data, asked)
        return new Promise((resolve, reject) => {
            let attempts = 0
            let timer: unknown
            const done = (error?: Error) => {
                this.scheduler.clearTimeout(timer)
                signal.removeEventListener('abort', aborted)
                this.waiting = undefined
                if (error) reject(error)
                else resolve()
            }
            const aborted = () => done(signal.reason as Error)
            const attempt = () => {
                if (attempts++ === ATTEMPTS) {
                    done(
                        new RobotError('no-answer', `the board took no more of the program in ${ATTEMPTS * ACK_MS} ms`),
                    )
                    return
                }
                this.send(frame)
                timer = this.scheduler.setTimeout(attempt, ACK_MS)
            }
            if (signal.aborted) return reject(signal.reason as Error)
            signal.addEventListener('abort', aborted)
            this.waiting = { crc: readU16(frame, 0), resolve: () => done() }
            attempt()
        })
    }
}
