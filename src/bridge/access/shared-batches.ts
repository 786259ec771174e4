/**
 * Frames on their way to sockets, joined to one piece for each system call. Clients that asked for the same get the same
 * frames: what was joined for the first of them is written to all the others.
 */
export class SharedBatches {
    /** By the first frame, so that nothing outlives the frames that it is made of. */
    private readonly joined = new WeakMap<Buffer, { frames: Buffer[]; bytes: Buffer }>()

    /** @param frames at least one */
    join(frames: Buffer[]): Buffer {
        if (frames.length === 1) return frames[0]
        const known = this.joined.get(frames[0])
        if (known !== undefined && same(known.frames, frames)) return known.bytes
        const bytes = Buffer.concat(frames)
        this.joined.set(frames[0], { frames, bytes })
        return bytes
    }
}

function same(a: Buffer[], b: Buffer[]): boolean {
    if (a.length !== b.length) return false
    for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
    return true
}
