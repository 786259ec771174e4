import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeSetpoint } from '../../src/protocol/setpoint'
import { JointMode, RobotMode } from '../../src/protocol/state'
import { Bench } from './cart'

const effort = (sequence: number, value = 0.5, timeoutMs = 0) =>
    encodeSetpoint(sequence, timeoutMs, [{ joint: 0, mode: JointMode.Effort, value }])

describe('deadline', () => {
    /** Times of the ticks, ms after the setpoint, and whether the left motor was driven in each. */
    function drivenAt(timeoutMs: number, ticks: number[]): boolean[] {
        const bench = Bench.armed()
        const start = bench.now
        bench.robot.setpoint(effort(1, 0.5, timeoutMs), start)
        return ticks.map((time, i) => {
            bench.robot.tick(start + time, i, start + time, 0)
            return bench.motors.effort[0] !== 0
        })
    }

    // 12 ms early: it may wait 6 ms to be taken, the clock read 1 ms low, and the next tick start half a period late. So the motors are off at most one
    // period after the deadline, by any clock.
    test.each([
        [0, 88],
        [50, 38],
        [250, 238],
        [65_535, 65_523],
    ])('of timeout %i ms: driven in a tick before %i ms, off in the first from then on', (timeoutMs, off) => {
        expect(drivenAt(timeoutMs, [0, 1, off - 1, off, off + 1])).toEqual([true, true, true, false, false])
    })

    test('however late that first tick is', () => {
        expect(drivenAt(100, [0, 85, 500])).toEqual([true, true, false])
    })

    test('latches: the mode is timeout until the robot is armed anew, and setpoints do nothing', () => {
        const bench = Bench.armed()
        bench.robot.setpoint(effort(1), bench.now)
        bench.run(11)
        expect(bench.robot.mode).toBe(RobotMode.Timeout)
        bench.robot.setpoint(effort(2), bench.now)
        expect(bench.run(3)).toEqual([0, 0, 0])
        expect(bench.robot.mode).toBe(RobotMode.Timeout)
        expect(bench.robot.arm()).toBe(0)
        expect(bench.run()).toEqual([0, 0, 0])
        bench.robot.setpoint(effort(3), bench.now)
        expect(bench.run()).toEqual([0.5, 0, 0])
    })

    test('is moved on by a newer setpoint only', () => {
        const refused = [
            ['the same again', effort(5)],
            ['an older one', effort(4)],
            ['one from half the range ahead', effort(5 + 0x8000)],
            ['one that is cut short', effort(6).subarray(0, 10)],
            ['one that is empty', Buffer.alloc(0)],
            ['one for a joint that there is not', encodeSetpoint(6, 0, [{ joint: 3, mode: 1, value: 0 }])],
            ['one in a mode that there is not', encodeSetpoint(6, 0, [{ joint: 0, mode: 4, value: 0 }])],
        ] as const
        for (const [what, payload] of refused) {
            const bench = Bench.armed()
            bench.robot.setpoint(effort(5), bench.now)
            bench.run(5)
            bench.robot.setpoint(Buffer.from(payload), bench.now)
            expect(bench.robot.rejectedSetpoints, what).toBe(1)
            expect(bench.robot.setpointSequence, what).toBe(5)
            bench.run(6)
            expect(bench.robot.mode, what).toBe(RobotMode.Timeout)
        }
        const bench = Bench.armed()
        bench.robot.setpoint(effort(5), bench.now)
        bench.run(5)
        bench.robot.setpoint(effort(6), bench.now)
        bench.run(6)
        expect(bench.robot.mode).toBe(RobotMode.Armed)
    })

    test('is each setpoint’s own: a short one after a long one counts', () => {
        const bench = Bench.armed()
        bench.robot.setpoint(effort(1, 0.5, 5000), bench.now)
        bench.run(50)
        bench.robot.setpoint(effort(2, 0.5, 40), bench.now)
        expect(bench.run(3)).toEqual([0.5, 0, 0])
        expect(bench.run(1)).toEqual([0, 0, 0])
    })

    test('does not run while armed before the first setpoint', () => {
        const bench = Bench.armed()
        bench.run(1000)
        expect(bench.robot.mode).toBe(RobotMode.Armed)
    })
})

test('setpoints are counted: accepted, refused, and numbers that were skipped since the first that was accepted', () => {
    const bench = Bench.armed()
    const { robot } = bench
    const counts = () => [robot.acceptedSetpoints, robot.rejectedSetpoints, robot.lostSetpoints]
    // The first may be any; then 1, 2 and 5 frames are lost, one of them across the wrap.
    for (const sequence of [0xfffa, 0xfffc, 0xffff, 5]) robot.setpoint(effort(sequence), bench.now)
    expect(counts()).toEqual([4, 0, 1 + 2 + 5])
    // One that comes twice, and one that was overtaken, was counted as lost already.
    for (const sequence of [5, 3]) robot.setpoint(effort(sequence), bench.now)
    expect(counts()).toEqual([4, 2, 8])
    robot.disarm()
    robot.arm()
    robot.setpoint(effort(1000), bench.now)
    expect(counts()).toEqual([5, 2, 8])
})

describe('sequence number', () => {
    const take = (bench: Bench, sequence: number) => {
        const before = bench.robot.rejectedSetpoints
        bench.robot.setpoint(effort(sequence & 0xffff), bench.now)
        return bench.robot.rejectedSetpoints === before
    }

    test('the first after arming may be any', () => {
        for (const sequence of [0, 1, 0x7fff, 0x8000, 0xffff]) {
            const bench = Bench.armed()
            expect(take(bench, 40_000)).toBe(true)
            bench.robot.disarm()
            bench.robot.arm()
            expect(take(bench, sequence)).toBe(true)
            expect(bench.robot.setpointSequence).toBe(sequence)
        }
    })

    test('later ones must be newer by less than half the range, across the wrap', () => {
        const sequence = fc.integer({ min: 0, max: 0xffff })
        fc.assert(
            fc.property(sequence, fc.integer({ min: 0, max: 0xffff }), (first, ahead) => {
                const bench = Bench.armed()
                take(bench, first)
                expect(take(bench, first + ahead)).toBe(ahead > 0 && ahead < 0x8000)
            }),
        )
    })

    test('goes back in telemetry', () => {
        const bench = Bench.armed()
        bench.run(3)
        bench.robot.setpoint(effort(54_321), bench.now)
        bench.run(1)
        expect(bench.reports.at(-1)?.setpoint).toBe(54_321)
    })
})

describe('payload', () => {
    test('any bytes but a whole setpoint are refused, counted and change nothing', () => {
        // Sometimes bytes of the right length for their count, so that joint and mode are looked at too.
        const bytes = fc.oneof(
            fc.uint8Array({ maxLength: 240 }),
            fc.array(fc.uint8Array({ minLength: 6, maxLength: 6 }), { maxLength: 20 }).map(entries => {
                return Uint8Array.from([9, 0, 0, 0, entries.length, ...entries.flatMap(entry => [...entry])])
            }),
        )
        fc.assert(
            fc.property(bytes, payload => {
                const bench = Bench.armed()
                bench.robot.setpoint(effort(8, 0.25), bench.now)
                const { joints } = bench.robot
                const before = { mode: [...joints.mode], setpoint: [...joints.setpoint] }
                bench.robot.setpoint(Buffer.from(payload), bench.now)
                const entries = payload.length >= 5 ? payload[4] : 0
                const places = Array.from({ length: entries }, (_, k) => 5 + 6 * k)
                const ahead = (payload[0] | (payload[1] << 8)) - 8
                const whole =
                    entries > 0 &&
                    payload.length === 5 + 6 * entries &&
                    places.every(at => payload[at] < 3 && payload[at + 1] <= 3) &&
                    ahead > 0 &&
                    ahead < 0x8000
                expect(bench.robot.rejectedSetpoints).toBe(whole ? 0 : 1)
                if (!whole) expect({ mode: joints.mode, setpoint: joints.setpoint }).toEqual(before)
            }),
            { numRuns: 500 },
        )
    })

    test('a whole one sets every joint that it names, each within its limits', () => {
        const entry = fc.record({
            joint: fc.integer({ min: 0, max: 2 }),
            mode: fc.integer({ min: 0, max: 3 }),
            value: fc.integer({ min: -500_000, max: 500_000 }),
        })
        // By mode: limits of a wheel, limits of the mast. Off has none, and means nothing.
        const limits: [number, number][][] = [
            [
                [-Infinity, Infinity],
                [-0.9, 0.9],
                [-15, 15],
                [-Infinity, Infinity],
            ],
            [
                [-Infinity, Infinity],
                [-0.9, 0.9],
                [-3, 3],
                [-1.5, 2.5],
            ],
        ]
        fc.assert(
            fc.property(fc.array(entry, { minLength: 1, maxLength: 32 }), entries => {
                const bench = Bench.armed()
                const inSi = entries.map(({ joint, mode, value }) => ({ joint, mode, value: value * 1e-4 }))
                bench.robot.setpoint(encodeSetpoint(1, 0, inSi), bench.now)
                const { joints } = bench.robot
                for (let i = 0; i < 3; i++) {
                    const last = inSi.filter(({ joint }) => joint === i).at(-1)
                    expect(joints.mode[i]).toBe(last?.mode ?? 0)
                    if (!last || last.mode === 0) continue
                    const [low, high] = limits[i === 2 ? 1 : 0][last.mode]
                    expect(joints.setpoint[i]).toBeCloseTo(Math.min(high, Math.max(low, last.value)), 9)
                }
            }),
        )
    })
})
