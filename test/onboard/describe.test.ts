import { describe as group, expect, test } from 'vitest'
import { describe, hash, samplesPerReport } from '../../src/onboard/describe'
import { rover } from '../../src/robots/rover/robot'
import { cart } from './cart'

group('hash', () => {
    // Test vectors of FNV-1a, 32 bits, from the algorithm's reference page (Noll): empty, "a", "foobar".
    test.each([
        ['', '811c9dc5'],
        ['a', 'e40c292c'],
        ['b', 'e70c2de5'],
        ['foobar', 'bf9cf968'],
    ])('of %j is %s', (text, expected) => {
        expect(hash(text)).toBe(expected)
    })

    test('agrees with 32-bit arithmetic on longer texts', () => {
        for (let length = 0; length < 300; length += 7) {
            const text = Array.from({ length }, (_, i) => String.fromCharCode(32 + ((i * 31 + length) % 95))).join('')
            let expected = 0x811c9dc5
            for (const byte of Buffer.from(text)) expected = Math.imul(expected ^ byte, 0x01000193)
            expect(hash(text)).toBe((expected >>> 0).toString(16).padStart(8, '0'))
        }
    })
})

group('samples in a report', () => {
    test.each([
        // 25 reports a second of four samples each.
        [10, 2, true, 4],
        // One a report, as slow loops need.
        [40, 2, true, 1],
        [100, 2, true, 1],
        // 200 Hz wants 8, of which 5 fit: (236 - 32) / 38.
        [5, 2, true, 5],
        // Three joints and no IMU: 38 bytes likewise.
        [5, 3, false, 5],
        [1, 1, false, 14],
    ])('at a period of %i ms with %i joints, IMU %s, are %i', (tickPeriodMs, count, imu, expected) => {
        const joints = Array.from({ length: count }, () => cart.joints[0])
        expect(samplesPerReport({ ...cart, tickPeriodMs, joints, imu: imu ? cart.imu : undefined })).toBe(expected)
    })
})

group('description', () => {
    const scale = { accelerationPerCount: 0.001, angularVelocityPerCount: 0.0005 }

    test('says what a host needs to know, and nothing of gains and wiring', () => {
        expect(JSON.parse(JSON.stringify(describe(cart, scale)))).toEqual({
            protocol: 1,
            name: 'cart',
            configHash: hash(JSON.stringify(cart)),
            tickPeriodMs: 10,
            samplesPerReport: 4,
            commandTimeoutMs: 100,
            joints: [
                {
                    name: 'left',
                    kind: 'continuous',
                    velocityLimit: 15,
                    effortLimit: 0.9,
                    observerBandwidth: 60,
                    unwatched: true,
                },
                {
                    name: 'right',
                    kind: 'continuous',
                    velocityLimit: 15,
                    effortLimit: 0.9,
                    observerBandwidth: 60,
                    unwatched: true,
                },
                {
                    name: 'mast',
                    kind: 'revolute',
                    velocityLimit: 3,
                    effortLimit: 0.9,
                    positionMin: -1.5,
                    positionMax: 2.5,
                    observerBandwidth: 40,
                    unwatched: true,
                },
            ],
            imu: { part: 'FAKE', ...scale },
            drive: { left: 'left', right: 'right', wheelRadius: 0.04, trackWidth: 0.24 },
        })
    })

    test('leaves out what the robot has not', () => {
        expect(describe({ ...cart, drive: undefined }, undefined)).not.toHaveProperty('drive')
        expect(describe(cart, undefined)).not.toHaveProperty('imu')
        expect(describe({ ...cart, imu: undefined }, scale)).not.toHaveProperty('imu')
    })

    test('has another hash when any value changes', () => {
        const gains = { ...rover.joints[0].gains, kp: rover.joints[0].gains.kp + 1e-6 }
        const changed = { ...rover, joints: [{ ...rover.joints[0], gains }, rover.joints[1]] }
        expect(describe(changed, undefined).configHash).not.toBe(describe(rover, undefined).configHash)
    })
})
