import type { ByteStream } from '../../src/host/byte-stream'
import { MAGIC, Sequence } from '../../src/protocol/usb-framing'
import type { Random } from '../../src/sim/random'

/** What was put between the chunks of one direction, and done to them. */
export interface NoiseCounts {
    /** Runs of random bytes. */
    random: number
    /** Beginnings of frames whose end never came. */
    cut: number
    /** Whole frames of which one bit behind the length was another. */
    badCrc: number
    /** Chunks of which bytes were lost or changed. */
    damaged: number
}

export interface Noise {
    /** The line with the noise in it. */
    stream: ByteStream
    toHost: NoiseCounts
    toBoard: NoiseCounts
}

/**
 * A bad line. Both ways, before each chunk, it may add noise of its own; a part `damage` of the chunks (0 to 1) it
 * damages as well. All of it comes from `random`.
 */
export function makeNoisy(inner: ByteStream, random: Random, damage: number): Noise {
    const toHost = new NoisyWay(random.fork('to host'), damage)
    const toBoard = new NoisyWay(random.fork('to board'), damage)
    const stream: ByteStream = {
        write: bytes => toBoard.pass(bytes, chunk => inner.write(chunk)),
        onData: () => {},
        onClose: () => {},
        close: () => inner.close(),
    }
    inner.onData = bytes => toHost.pass(bytes, chunk => stream.onData(chunk))
    inner.onClose = reason => stream.onClose(reason)
    return { stream, toHost: toHost.counts, toBoard: toBoard.counts }
}

class NoisyWay {
    readonly counts: NoiseCounts = { random: 0, cut: 0, badCrc: 0, damaged: 0 }

    constructor(
        private readonly random: Random,
        private readonly damage: number,
    ) {}

    pass(bytes: Uint8Array, out: (chunk: Uint8Array) => void): void {
        const isFrame = bytes[0] === MAGIC && bytes[1] === Sequence.FrameStart
        const kind = this.whole(12)
        if (kind === 0) out(this.randomBytes())
        else if (kind === 1 && isFrame) out(this.cut(bytes))
        else if (kind === 2 && isFrame) out(this.badCrc(bytes))
        out(this.random.uniform() < this.damage ? this.damaged(bytes) : bytes)
    }

    /** Every value, and more often than by chance those that mean something in the framing. */
    private randomBytes(): Uint8Array {
        this.counts.random++
        return Uint8Array.from({ length: 1 + this.whole(80) }, () =>
            this.whole(4) === 0 ? 0xf8 + this.whole(8) : this.whole(256),
        )
    }

    private cut(bytes: Uint8Array): Uint8Array {
        this.counts.cut++
        // Not the end's second byte, and not the start alone.
        return bytes.slice(0, 3 + this.whole(bytes.length - 4))
    }

    private badCrc(bytes: Uint8Array): Uint8Array {
        this.counts.badCrc++
        const copy = Uint8Array.from(bytes)
        // Behind the start, check sum (escaped, perhaps) and length, before the end; nothing that is or becomes a sequence.
        for (;;) {
            const at = 7 + this.whole(copy.length - 9)
            const changed = copy[at] ^ (1 << this.whole(8))
            if (copy[at] === MAGIC || copy[at - 1] === MAGIC || changed === MAGIC) continue
            copy[at] = changed
            return copy
        }
    }

    private damaged(bytes: Uint8Array): Uint8Array {
        this.counts.damaged++
        const at = this.whole(bytes.length)
        if (this.whole(2) === 0) {
            const lost = Array.from(bytes)
            lost.splice(at, 1 + this.whole(8))
            return Uint8Array.from(lost)
        }
        const copy = Uint8Array.from(bytes)
        copy[at] ^= 1 + this.whole(255)
        return copy
    }

    private whole(below: number): number {
        return Math.floor(this.random.uniform(0, below))
    }
}
