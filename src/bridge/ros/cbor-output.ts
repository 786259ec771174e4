// RFC 8949, section 3: a data item begins with its major type in the upper three bits and its argument in the lower five, or
// in 1, 2, 4 or 8 bytes behind them.
const UNSIGNED = 0 << 5
const NEGATIVE = 1 << 5
const BYTES = 2 << 5
const TEXT = 3 << 5
const ARRAY = 4 << 5
const MAP = 5 << 5
const TAG = 6 << 5
const FALSE = 0xf4
const TRUE = 0xf5
const NULL = 0xf6
const FLOAT64 = 0xfb
// RFC 8746: an array of float64, little-endian. rosbridge sends number arrays so, and roslib reads them so.
const FLOAT64_ARRAY = 86

const LONGEST_HEAD = 9
const START_BYTES = 4096

/** Bytes of one CBOR value, in a buffer that grows and is used again. */
export class CborOutput {
    private bytes = Buffer.allocUnsafe(START_BYTES)
    private view = viewOf(this.bytes)
    private length = 0

    /** What was written since the last call. Good until the next value is written. */
    take(): Uint8Array {
        const taken = this.bytes.subarray(0, this.length)
        this.length = 0
        return taken
    }

    map(entries: number): void {
        this.head(MAP, entries)
    }

    array(items: number): void {
        this.head(ARRAY, items)
    }

    text(value: string): void {
        const length = Buffer.byteLength(value)
        this.head(TEXT, length)
        this.reserve(length)
        this.bytes.write(value, this.length)
        this.length += length
    }

    blob(value: Uint8Array): void {
        this.head(BYTES, value.length)
        this.raw(value)
    }

    /** Bytes that are CBOR already. */
    raw(value: Uint8Array): void {
        this.reserve(value.length)
        this.bytes.set(value, this.length)
        this.length += value.length
    }

    /** Whole numbers as such, all others (and -0) as float64. */
    number(value: number): void {
        if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
            if (value >= 0) this.head(UNSIGNED, value)
            else this.head(NEGATIVE, -1 - value)
            return
        }
        this.reserve(LONGEST_HEAD)
        this.bytes[this.length] = FLOAT64
        this.view.setFloat64(this.length + 1, value)
        this.length += 9
    }

    boolean(value: boolean): void {
        this.byte(value ? TRUE : FALSE)
    }

    nothing(): void {
        this.byte(NULL)
    }

    doubles(values: ArrayLike<number>): void {
        this.head(TAG, FLOAT64_ARRAY)
        this.head(BYTES, values.length * 8)
        this.reserve(values.length * 8)
        for (let i = 0; i < values.length; i++, this.length += 8) this.view.setFloat64(this.length, values[i], true)
    }

    private byte(value: number): void {
        this.reserve(1)
        this.bytes[this.length++] = value
    }

    private head(major: number, argument: number): void {
        this.reserve(LONGEST_HEAD)
        const { bytes, view, length } = this
        if (argument < 24) {
            bytes[length] = major | argument
            this.length += 1
        } else if (argument < 0x100) {
            bytes[length] = major | 24
            bytes[length + 1] = argument
            this.length += 2
        } else if (argument < 0x1_0000) {
            bytes[length] = major | 25
            view.setUint16(length + 1, argument)
            this.length += 3
        } else if (argument < 0x1_0000_0000) {
            bytes[length] = major | 26
            view.setUint32(length + 1, argument)
            this.length += 5
        } else {
            bytes[length] = major | 27
            view.setBigUint64(length + 1, BigInt(argument))
            this.length += 9
        }
    }

    private reserve(more: number): void {
        if (this.length + more <= this.bytes.length) return
        const larger = Buffer.allocUnsafe(Math.max(2 * this.bytes.length, this.length + more))
        this.bytes.copy(larger, 0, 0, this.length)
        this.bytes = larger
        this.view = viewOf(larger)
    }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
    return new DataView(buffer, byteOffset, length)
}
