import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Trace } from '../../src/sim/trace'

const sha256 = (...parts: (Uint8Array | number[])[]) => {
    const hash = createHash('sha256')
    for (const part of parts) hash.update(Uint8Array.from(part))
    return hash.digest('hex')
}

describe('Trace', () => {
    test('is the SHA-256 of the packed records', () => {
        const trace = new Trace()
        expect(trace.digest()).toBe(sha256())
        trace.transaction(1.5, 0x36, Uint8Array.of(0x0c), Uint8Array.of(0x01, 0x23), 0)
        const time = [0, 0, 0, 0, 0, 0, 0xf8, 0x3f] // 1.5 as IEEE 754, little-endian
        const transaction = [1, ...time, 0x36, 0, 1, 0, 0x0c, 2, 0, 0x01, 0x23]
        expect(trace.digest()).toBe(sha256(transaction))
        trace.doubles(Float64Array.of(1.5, 99), 1)
        expect(trace.digest()).toBe(sha256(transaction, [2, 1, 0, ...time]))
        expect(trace.records).toBe(2)
    })

    test('leaves the read bytes of a failed transaction out', () => {
        const failed = (bytes: Uint8Array | undefined) => {
            const trace = new Trace()
            trace.transaction(0, 0x10, undefined, bytes, -2)
            return trace.digest()
        }
        expect(failed(Uint8Array.of(1, 2))).toBe(failed(undefined))
    })

    test('tells any bit of difference, in order, across many buffers', () => {
        const run = (change: (values: Float64Array, i: number) => void) => {
            const trace = new Trace()
            const values = new Float64Array(17)
            for (let i = 0; i < 5000; i++) {
                for (let k = 0; k < values.length; k++) values[k] = i * 0.001 + k
                change(values, i)
                trace.doubles(values)
            }
            return trace.digest()
        }
        const plain = run(() => {})
        expect(run(() => {})).toBe(plain)
        expect(run((values, i) => void (i === 2500 && (values[3] += 2 ** -40)))).not.toBe(plain)
        expect(run((values, i) => void (i === 0 && (values[0] = -0)))).not.toBe(plain)
    })

    test('refuses a record that does not fit instead of cutting it', () => {
        expect(() => new Trace().doubles(new Float64Array(5000))).toThrow(/40003/)
    })
})
