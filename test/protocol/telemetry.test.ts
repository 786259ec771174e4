import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeTelemetry, sampleBytes } from '../../src/protocol/telemetry'

/** A report written by hand from the table: offsets and types as there, every field another number. */
function report(samples: number, joints: number, imu: boolean): Buffer {
    const size = 2 + 12 * joints + (imu ? 12 : 0)
    const payload = Buffer.alloc(34 + samples * size)
    payload.writeUInt32LE(0xfedcba98, 0) // tick
    payload.writeUInt32LE(0x89abcdef, 4) // boardTimeMs
    payload.writeUInt8(samples, 8) // sampleCount
    payload.writeUInt8(3, 9) // mode
    payload.writeUInt16LE(0x8021, 10) // faults
    payload.writeUInt16LE(0xfff1, 12) // setpoint
    payload.writeUInt16LE(0xfff2, 14) // report
    payload.writeUInt16LE(0xfff3, 16) // lateTicks
    payload.writeUInt16LE(0xfff4, 18) // sensorErrors
    payload.writeInt32LE(-12_345, 20) // x, 0.1 mm
    payload.writeInt32LE(67_890, 24) // y
    payload.writeInt32LE(-31_416, 28) // heading, 0.1 mrad
    payload.writeUInt16LE(0x4100, 32) // warnings
    for (let k = 0; k < samples; k++) {
        const start = 34 + k * size
        payload.writeUInt8(k, start) // lateness, ms
        payload.writeUInt8(0x7f | (imu ? 0x80 : 0), start + 1) // valid
        for (let i = 0; i < joints; i++) {
            const at = start + 2 + 12 * i
            payload.writeInt32LE(-1_000_000 - 1000 * k - i, at) // position, 0.1 mrad
            payload.writeInt16LE(-1000 - 10 * k - i, at + 4) // velocity, 2 mrad/s
            payload.writeInt16LE(-5000 - 10 * k - i, at + 6) // effort, 1e-4
            payload.writeInt32LE(-20_000 - 10 * k - i, at + 8) // setpoint
        }
        for (let axis = 0; imu && axis < 6; axis++) {
            payload.writeInt16LE(-32_768 + 100 * k + axis, start + 2 + 12 * joints + 2 * axis)
        }
    }
    return payload
}

test('the header is decoded to SI units', () => {
    const decoded = decodeTelemetry(report(1, 2, true), 2, true)!
    expect(decoded).toMatchObject({
        tick: 0xfedcba98,
        boardTimeMs: 0x89abcdef,
        mode: 3,
        faults: 0x8021,
        setpoint: 0xfff1,
        report: 0xfff2,
        lateTicks: 0xfff3,
        sensorErrors: 0xfff4,
    })
    expect(decoded.odometry.x).toBeCloseTo(-1.2345, 12)
    expect(decoded.odometry.y).toBeCloseTo(6.789, 12)
    expect(decoded.odometry.heading).toBeCloseTo(-3.1416, 12)
})

test.each([
    [1, 1, false],
    [4, 2, true],
    [3, 3, true],
    [5, 2, true],
    [14, 1, false],
])('%i samples of %i joints, IMU %s: each sample has its own', (count, joints, imu) => {
    const decoded = decodeTelemetry(report(count, joints, imu), joints, imu)!
    expect(decoded.samples).toHaveLength(count)
    decoded.samples.forEach((sample, k) => {
        expect(sample.latenessMs).toBe(k)
        expect(sample.joints).toHaveLength(joints)
        sample.joints.forEach((joint, i) => {
            expect(joint.valid).toBe(true)
            expect(joint.position).toBeCloseTo(-100 - 0.1 * k - 0.0001 * i, 9)
            expect(joint.velocity).toBeCloseTo(-2 - 0.02 * k - 0.002 * i, 9)
            expect(joint.effort).toBeCloseTo(-0.5 - 0.001 * k - 0.0001 * i, 9)
            expect(joint.setpoint).toBeCloseTo(-2 - 0.001 * k - 0.0001 * i, 9)
        })
        expect(sample.imu).toEqual(imu ? [0, 1, 2, 3, 4, 5].map(axis => -32_768 + 100 * k + axis) : undefined)
    })
})

describe('a sample', () => {
    const sampleOf = (payload: Buffer) => decodeTelemetry(payload, 2, true)!.samples[0]

    test('is as long as its joints and IMU make it', () => {
        expect(sampleBytes(1, false)).toBe(14)
        expect(sampleBytes(2, true)).toBe(38)
        expect(sampleBytes(7, true)).toBe(98)
        expect(sampleBytes(1, false, true)).toBe(18)
    })

    test.each([
        [0b1111111, [true, true]],
        [0b0000001, [true, false]],
        [0b0000010, [false, true]],
        [0b1111100, [false, false]],
    ])('with valid bits %i says which joints were measured', (bits, expected) => {
        const payload = report(1, 2, true)
        payload[35] = bits
        expect(sampleOf(payload).joints.map(({ valid }) => valid)).toEqual(expected)
        // Bit 7 is not set: the IMU's bytes mean nothing.
        expect(sampleOf(payload).imu).toBeUndefined()
    })

    test('has a setpoint of NaN for a joint that is off, and no other number for it', () => {
        const payload = report(1, 2, true)
        payload.writeInt32LE(-0x80000000, 36 + 8)
        payload.writeInt32LE(-0x7fffffff, 48 + 8)
        expect(sampleOf(payload).joints[0].setpoint).toBeNaN()
        expect(sampleOf(payload).joints[1].setpoint).toBeCloseTo(-214_748.3647, 6)
    })

    test('reaches both ends of each field', () => {
        const payload = report(1, 2, true)
        payload.writeInt32LE(0x7fffffff, 36)
        payload.writeInt16LE(0x7fff, 40)
        payload.writeInt16LE(10_000, 42)
        payload.writeInt32LE(-0x80000000, 48)
        payload.writeInt16LE(-0x8000, 52)
        payload.writeInt16LE(-10_000, 54)
        const [high, low] = sampleOf(payload).joints
        expect(high.position).toBeCloseTo(214_748.3647, 6)
        expect(high.velocity).toBeCloseTo(65.534, 9)
        expect(high.effort).toBe(1)
        expect(low.position).toBeCloseTo(-214_748.3648, 6)
        expect(low.velocity).toBeCloseTo(-65.536, 9)
        expect(low.effort).toBe(-1)
    })
})

describe('a payload', () => {
    test('that is shorter than its count says is none; bytes behind the last sample mean nothing', () => {
        const whole = report(4, 2, true)
        expect(decodeTelemetry(whole.subarray(0, whole.length - 1), 2, true)).toBeUndefined()
        expect(decodeTelemetry(Buffer.concat([whole, Buffer.alloc(9, 0xff)]), 2, true)).toEqual(
            decodeTelemetry(whole, 2, true),
        )
        expect(decodeTelemetry(Buffer.alloc(0), 2, true)).toBeUndefined()
        expect(decodeTelemetry(Buffer.alloc(31), 2, true)).toBeUndefined()
    })

    test('without samples is none', () => {
        const payload = report(1, 2, true)
        payload[8] = 0
        expect(decodeTelemetry(payload, 2, true)).toBeUndefined()
    })

    test('of any bytes is decoded or refused, never an error', () => {
        fc.assert(
            fc.property(
                fc.uint8Array({ maxLength: 236 }),
                fc.integer({ min: 0, max: 7 }),
                fc.boolean(),
                (bytes, joints, imu) => {
                    const decoded = decodeTelemetry(Buffer.from(bytes), joints, imu)
                    const fits =
                        bytes.length >= 34 && bytes[8] > 0 && bytes.length >= 34 + bytes[8] * sampleBytes(joints, imu)
                    expect(decoded !== undefined).toBe(fits)
                    if (decoded) expect(decoded.samples).toHaveLength(bytes[8])
                },
            ),
        )
    })
})

test('current and voltage of the motor supply stand behind the other parts of a sample; -2^15 says not measured', () => {
    for (const imu of [false, true]) {
        const plain = report(1, 1, imu)
        const power = Buffer.alloc(4)
        power.writeInt16LE(-1234, 0)
        power.writeUInt16LE(40_000, 2)
        const decode = () => decodeTelemetry(Buffer.concat([plain, power]), 1, imu, true)!.samples[0].power
        expect(decode()).toEqual({ current: -1234, voltage: 40_000 })
        power.writeInt16LE(-0x8000, 0)
        expect(decode()).toBeUndefined()
        expect(decodeTelemetry(plain, 1, imu, true)).toBeUndefined()
    }
})
