import { createHash } from 'node:crypto'

/** Bytes kept before they are hashed; a record never needs more than {@link MAX_RECORD} of them. */
const BUFFER_SIZE = 64 * 1024
const MAX_RECORD = 32 * 1024

const TRANSACTION = 1
const DOUBLES = 2
const EVENT = 3

/**
 * A fingerprint (SHA-256) of everything that happened in a run: two runs with equal digests had equal bus traffic and equal
 * plant states, to the bit. Records are packed into one kept buffer, so recording allocates nothing.
 *
 * Packing, little-endian: transaction = 1, f64 time, u8 address, i8 result, u16 write length, bytes, u16 read length,
 * bytes; doubles = 2, u16 count, f64 each; event = 3, f64 time, u16 length, UTF-8 text. Lengths are part of the record, so no two sequences pack alike.
 */
export class Trace {
    private readonly hash = createHash('sha256')
    private readonly bytes = new Uint8Array(BUFFER_SIZE)
    private readonly view = new DataView(this.bytes.buffer)
    private used = 0

    /** Number of records so far. */
    records = 0

    /**
     * One bus transaction.
     *
     * @param time s, simulated
     * @param address 7-bit
     * @param write bytes sent
     * @param read bytes received; left out of the fingerprint when `result` is not 0, for then they mean nothing
     * @param result 0, -1 or -2 (see SimulatedI2cBus)
     */
    transaction(
        time: number,
        address: number,
        write: Uint8Array | undefined,
        read: Uint8Array | undefined,
        result: number,
    ): void {
        const writeLength = write === undefined ? 0 : write.length
        const readLength = read === undefined || result !== 0 ? 0 : read.length
        this.reserve(15 + writeLength + readLength)
        let at = this.used
        this.view.setUint8(at, TRANSACTION)
        this.view.setFloat64(at + 1, time, true)
        this.view.setUint8(at + 9, address)
        this.view.setInt8(at + 10, result)
        this.view.setUint16(at + 11, writeLength, true)
        at += 13
        for (let i = 0; i < writeLength; i++) this.bytes[at++] = write![i]
        this.view.setUint16(at, readLength, true)
        at += 2
        for (let i = 0; i < readLength; i++) this.bytes[at++] = read![i]
        this.used = at
        this.records++
    }

    /** The first `count` numbers of `values`, bit for bit. */
    doubles(values: ArrayLike<number>, count: number = values.length): void {
        this.reserve(3 + 8 * count)
        let at = this.used
        this.view.setUint8(at, DOUBLES)
        this.view.setUint16(at + 1, count, true)
        at += 3
        for (let i = 0; i < count; i++) {
            this.view.setFloat64(at, values[i], true)
            at += 8
        }
        this.used = at
        this.records++
    }

    /** Something done to the robot from outside. @param time s, simulated */
    event(time: number, text: string): void {
        const bytes = Buffer.from(text)
        this.reserve(11 + bytes.length)
        this.view.setUint8(this.used, EVENT)
        this.view.setFloat64(this.used + 1, time, true)
        this.view.setUint16(this.used + 9, bytes.length, true)
        this.bytes.set(bytes, this.used + 11)
        this.used += 11 + bytes.length
        this.records++
    }

    /** Fingerprint of all records so far, 64 hexadecimal digits. More may be recorded afterwards. */
    digest(): string {
        this.flush()
        return this.hash.copy().digest('hex')
    }

    private reserve(size: number): void {
        if (size > MAX_RECORD) throw new RangeError(`a trace record holds at most ${MAX_RECORD} bytes, not ${size}`)
        if (this.used + size > BUFFER_SIZE) this.flush()
    }

    private flush(): void {
        this.hash.update(this.bytes.subarray(0, this.used))
        this.used = 0
    }
}
