import { describe, expect, test } from 'vitest'
import { jointHandle, wheelVelocities } from '../../src/host/joint-handle'
import type { RobotDescription } from '../../src/protocol/description'
import type { SetpointEntry } from '../../src/protocol/setpoint'

const cart: RobotDescription = {
    protocol: 1,
    name: 'cart',
    configHash: '0',
    tickPeriodMs: 10,
    samplesPerReport: 4,
    commandTimeoutMs: 100,
    joints: [
        { name: 'left', kind: 'continuous', velocityLimit: 15, effortLimit: 0.9 },
        { name: 'right', kind: 'continuous', velocityLimit: 15, effortLimit: 0.9 },
        { name: 'mast', kind: 'revolute', velocityLimit: 3, effortLimit: 0.5, positionMin: -1.5, positionMax: 2.5 },
    ],
    drive: { left: 'left', right: 'right', wheelRadius: 0.04, trackWidth: 0.24 },
}

describe('a joint', () => {
    const handle = (name: string) => {
        const sent: SetpointEntry[] = []
        return { joint: jointHandle(cart, name, entry => sent.push(entry)), sent }
    }

    test('sends its index, the mode and the value', () => {
        const { joint, sent } = handle('mast')
        joint.setEffort(-0.5)
        joint.setVelocity(3)
        joint.setPosition(2.5)
        joint.off()
        expect(joint.name).toBe('mast')
        expect(sent).toEqual([
            { joint: 2, mode: 1, value: -0.5 },
            { joint: 2, mode: 2, value: 3 },
            { joint: 2, mode: 3, value: 2.5 },
            { joint: 2, mode: 0, value: 0 },
        ])
    })

    test.each([
        ['setEffort', 0.51, 'mast: effort 0.51, allowed -0.5 to 0.5'],
        ['setEffort', NaN, 'mast: effort NaN, allowed -0.5 to 0.5'],
        ['setVelocity', -3.01, 'mast: velocity (rad/s) -3.01, allowed -3 to 3'],
        ['setVelocity', Infinity, 'mast: velocity (rad/s) Infinity, allowed -3 to 3'],
        ['setPosition', -1.6, 'mast: position (rad) -1.6, allowed -1.5 to 2.5'],
        ['setPosition', 2.6, 'mast: position (rad) 2.6, allowed -1.5 to 2.5'],
    ] as const)('refuses %s(%d) and sends nothing', (method, value, message) => {
        const { joint, sent } = handle('mast')
        expect(() => joint[method](value)).toThrow(new RangeError(message))
        expect(sent).toEqual([])
    })

    test('that turns without end may be sent as far as the wire reaches', () => {
        const { joint, sent } = handle('left')
        joint.setPosition(-200_000)
        expect(sent[0].value).toBe(-200_000)
        expect(() => joint.setPosition(200_001)).toThrow(RangeError)
    })

    test('that does not exist is refused, naming those that do', () => {
        expect(() => jointHandle(cart, 'arm', () => {})).toThrow(
            expect.objectContaining({
                code: 'unknown-joint',
                message: 'joint "arm" does not exist; there are: left, right, mast',
            }),
        )
    })
})

describe('driving', () => {
    const wheels = (linear: number, angular: number) => wheelVelocities(cart, { linear, angular }).map(w => w.velocity)

    test.each([
        // (v ∓ ω · 0.12) / 0.04
        [0.4, 0, 10, 10],
        [-0.4, 0, -10, -10],
        [0, 1, -3, 3],
        [0, -1, 3, -3],
        [0.2, 1, 2, 8],
        [0, 0, 0, 0],
    ])('%d m/s and %d rad/s are wheels of %d and %d rad/s', (linear, angular, left, right) => {
        const [l, r] = wheels(linear, angular)
        expect(l).toBeCloseTo(left, 12)
        expect(r).toBeCloseTo(right, 12)
    })

    test.each([
        [1.2, 0, 15, 15],
        [-1.2, 0, -15, -15],
        // 30 - 3 and 30 + 3: scaled by 15 / 33.
        [1.2, 1, (27 * 15) / 33, 15],
        [0, 10, -15, 15],
    ])('too fast (%d m/s, %d rad/s), both wheels are slowed alike', (linear, angular, left, right) => {
        const [l, r] = wheels(linear, angular)
        expect(l).toBeCloseTo(left, 12)
        expect(r).toBeCloseTo(right, 12)
    })

    test('the wheels are named', () => {
        expect(wheelVelocities(cart, { linear: 0, angular: 0 }).map(({ name }) => name)).toEqual(['left', 'right'])
    })

    test('a velocity that is no number is refused', () => {
        expect(() => wheels(NaN, 0)).toThrow(new RangeError('linear velocity NaN, allowed any finite number of m/s'))
        expect(() => wheels(0, -Infinity)).toThrow(
            new RangeError('angular velocity -Infinity, allowed any finite number of rad/s'),
        )
    })

    test('a robot without drive says so', () => {
        expect(() => wheelVelocities({ ...cart, drive: undefined }, { linear: 0, angular: 0 })).toThrow(
            expect.objectContaining({
                code: 'no-drive',
                message: 'robot "cart" has no drive; command its joints instead',
            }),
        )
    })
})
