import { encodeFrame, FrameDecoder } from '../../protocol/usb-framing'
import type { Random } from '../../sim/random'
import type { Disturbance, Wire } from '../../sim/wire'
import { damaged } from './mutate'

/** Frames that the receiver may still be about to see. */
const REMEMBERED = 4096

/** One direction of the link. */
export interface MutationCounts {
    /** Mutated frames and their bytes; of these frames, those whose lengths and checksum are right. */
    mutants: number
    bytes: number
    sealed: number
    /** Frames as their sender made them, and those of them that came out at the other end. */
    originals: number
    received: number
    /** What the receiver refused: wrong checksums, frames cut or too long, and the bytes of both. */
    crcErrors: number
    framingErrors: number
    bytesDiscarded: number
    /** Damaged frames that the checksum passed: of damage wider than its 16 bits it lets one in 65,536 through. */
    forged: number
}

/** What goes wrong with one direction of a link: each frame has damaged copies of itself before and behind it. */
export class Mutator implements Disturbance {
    private readonly counts = { mutants: 0, bytes: 0, sealed: 0, originals: 0, received: 0, forged: 0 }
    /** Frames that were sent, hex: as they were made, and sealed ones. The newest last. */
    private readonly sent = new Map<string, 'original' | 'sealed'>()
    private readonly one = new FrameDecoder()
    private readonly receiver = new FrameDecoder()
    private frame: Buffer | undefined
    private begun = false

    /**
     * @param copies damaged ones of each frame
     * @param alter frames to be sent beside one, whose lengths and checksums are right; they may be wrong otherwise
     */
    constructor(
        private readonly wire: Wire,
        private readonly copies: number,
        private readonly random: Random,
        private readonly alter: (frame: Buffer, random: Random) => Buffer[],
    ) {
        this.one.onFrame = (frame, length) => (this.frame = Buffer.from(frame.subarray(0, length)))
        this.receiver.onFrame = (frame, length) => this.arrived(frame.toString('hex', 0, length))
        wire.disturbances.push(this)
    }

    /** From now on frames are damaged. What was on its way when the mutator was made has arrived by now. */
    begin(): void {
        const { wire } = this
        const receive = wire.onBytes
        wire.onBytes = bytes => {
            this.receiver.push(bytes)
            receive(bytes)
        }
        this.begun = true
    }

    get bytes(): number {
        return this.counts.bytes
    }

    pass(chunk: Uint8Array): { bytes: Uint8Array; delayUs: number }[] {
        const { random, counts } = this
        const frame = this.frameIn(chunk)
        if (!frame) return [{ bytes: chunk, delayUs: 0 }]
        this.remember(frame, 'original')
        if (!this.begun) return [{ bytes: chunk, delayUs: 0 }]
        counts.originals++
        const mutants: Uint8Array[] = []
        for (let i = 0; i < this.copies; i++) mutants.push(damaged(chunk, random))
        for (const altered of this.alter(frame, random)) {
            counts.sealed++
            this.remember(altered, 'sealed')
            mutants.push(encodeFrame(altered))
        }
        counts.mutants += mutants.length
        for (const { length } of mutants) counts.bytes += length
        const before = Math.floor(random.uniform() * (mutants.length + 1))
        const parts = [...mutants.slice(0, before), chunk, ...mutants.slice(before)]
        return [{ bytes: Buffer.concat(parts), delayUs: 0 }]
    }

    /** From now on everything comes as it is sent. @returns what became of what was sent until now */
    stop(): MutationCounts {
        this.wire.disturbances.splice(this.wire.disturbances.indexOf(this), 1)
        const { crcErrors, framingErrors, bytesDiscarded } = this.receiver
        return { ...this.counts, crcErrors, framingErrors, bytesDiscarded }
    }

    /** The frame, where a chunk is one and nothing else. */
    private frameIn(chunk: Uint8Array): Buffer | undefined {
        this.frame = undefined
        this.one.push(chunk)
        this.one.end()
        return this.frame
    }

    private remember(frame: Buffer, kind: 'original' | 'sealed'): void {
        const { sent } = this
        const key = frame.toString('hex')
        // A pacing frame is the same each time; it must not be forgotten for having been new long ago.
        sent.delete(key)
        sent.set(key, kind)
        if (sent.size > REMEMBERED) sent.delete(sent.keys().next().value!)
    }

    private arrived(key: string): void {
        const kind = this.sent.get(key)
        if (kind === 'original') this.counts.received++
        else if (kind === undefined) this.counts.forged++
    }
}
