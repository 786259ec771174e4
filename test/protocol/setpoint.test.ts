import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
    encodeSetpoint,
    SETPOINT_ENTRY_BYTES,
    SETPOINT_HEADER_BYTES,
    SETPOINT_SCALE,
} from '../../src/protocol/setpoint'

test('one worked case, byte by byte', () => {
    const payload = encodeSetpoint(0xabcd, 250, [
        { joint: 0, mode: 2, value: 5 },
        { joint: 7, mode: 1, value: -0.25 },
    ])
    // sequence · timeout · count · then joint, mode and value: 5 rad/s are 50,000 steps, -0.25 of duty -2500.
    expect(payload.toString('hex')).toBe('cdab' + 'fa00' + '02' + '0002' + '50c30000' + '0701' + '3cf6ffff')
})

describe('the table', () => {
    const payload = encodeSetpoint(0x0102, 0x0304, [
        { joint: 5, mode: 3, value: 1 },
        { joint: 6, mode: 1, value: -1 },
    ])

    test.each([
        ['sequence', payload.readUInt16LE(0), 0x0102],
        ['timeoutMs', payload.readUInt16LE(2), 0x0304],
        ['count', payload[4], 2],
        ['joint of the first entry', payload[5], 5],
        ['mode of the first entry', payload[6], 3],
        ['value of the first entry', payload.readInt32LE(7), 10_000],
        ['joint of the second entry', payload[11], 6],
        ['mode of the second entry', payload[12], 1],
        ['value of the second entry', payload.readInt32LE(13), -10_000],
        ['length', payload.length, 17],
        ['header', SETPOINT_HEADER_BYTES, 5],
        ['entry', SETPOINT_ENTRY_BYTES, 6],
        ['scale', SETPOINT_SCALE, 0.0001],
    ])('%s', (_, value, expected) => {
        expect(value).toBe(expected)
    })
})

describe('value', () => {
    test.each([
        [0, 0],
        [0.0001, 1],
        [-0.0001, -1],
        [0.00004, 0],
        [0.00006, 1],
        [-0.00006, -1],
        // Small negative numbers borrow from the upper half.
        [-1, -10_000],
        [-6.5535, -65_535],
        [-6.5536, -65_536],
        [-6.5537, -65_537],
        [214_748.3647, 0x7fffffff],
        [-214_748.3648, -0x80000000],
    ])('%d is %i steps', (value, steps) => {
        expect(encodeSetpoint(0, 0, [{ joint: 0, mode: 3, value }]).readInt32LE(7)).toBe(steps)
    })

    test('is exact to half a step over the whole range', () => {
        fc.assert(
            fc.property(fc.double({ min: -200_000, max: 200_000, noNaN: true }), value => {
                const steps = encodeSetpoint(0, 0, [{ joint: 0, mode: 3, value }]).readInt32LE(7)
                expect(Math.abs(steps * 1e-4 - value)).toBeLessThan(0.50001e-4)
            }),
        )
    })
})

test('a packet holds 32 entries', () => {
    const entries = Array.from({ length: 32 }, (_, joint) => ({ joint, mode: 1, value: 0 }))
    expect(encodeSetpoint(1, 0, entries)).toHaveLength(197)
    expect(encodeSetpoint(1, 0, entries).length).toBeLessThanOrEqual(236)
})
