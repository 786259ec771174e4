import { describe, expect, test } from 'vitest'
import { Mahony } from '../../src/control/mahony'
import { ClockSync } from '../../src/host/clock-sync'
import { TelemetryReader } from '../../src/host/telemetry-reader'
import type { RobotDescription } from '../../src/protocol/description'
import type { TelemetryReport, TelemetrySample } from '../../src/protocol/telemetry'
import { VirtualScheduler } from './virtual-scheduler'

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
    ],
    imu: { part: 'FAKE', accelerationPerCount: 0.001, angularVelocityPerCount: 0.0005 },
    drive: { left: 'left', right: 'right', wheelRadius: 0.04, trackWidth: 0.24 },
}

const joint = (position: number, velocity = 0) => ({ valid: true, position, velocity, effort: 0, setpoint: NaN })

function sample(left = 0, right = 0, more: Partial<TelemetrySample> = {}): TelemetrySample {
    return { latenessMs: 0, joints: [joint(left), joint(right)], imu: [0, 0, 0, 0, 0, 9807], ...more }
}

/** A report of `count` samples from `tick` on, at its time on a board that started at 0. */
function report(tick: number, count = 4, more: Partial<TelemetryReport> = {}): TelemetryReport {
    return {
        tick,
        boardTimeMs: tick * 10,
        mode: 3,
        trajectory: 0,
        faults: 0,
        warning: false,
        setpoint: 0,
        report: tick / 4,
        lateTicks: 0,
        sensorErrors: 0,
        odometry: { x: 0, y: 0, heading: 0 },
        samples: Array.from({ length: count }, () => sample()),
        ...more,
    }
}

function reader(description = cart) {
    const scheduler = new VirtualScheduler()
    const clock = new ClockSync()
    return {
        scheduler,
        clock,
        reader: new TelemetryReader(description, clock, scheduler, new Mahony({ kp: 1, ki: 0 })),
    }
}

describe('states', () => {
    test('carry names, times and units', () => {
        const { reader: it, clock, scheduler } = reader()
        scheduler.clock.runUntil(50e6)
        clock.add(49.998, 50, 0.999)
        const [, second] = it.read(
            report(100, 2, {
                faults: 0b100010,
                samples: [
                    sample(),
                    {
                        latenessMs: 3,
                        joints: [joint(1.5, 2), { ...joint(2.5, 4), valid: false }],
                        imu: [200, 0, 0, 0, 1000, 9807],
                    },
                ],
            }),
        )
        expect(second).toMatchObject({ tick: 101, mode: 'armed', faults: ['encoder', 'supply'], lateness: 0.003 })
        expect(second.boardTime).toBeCloseTo(1.013, 12)
        // The board's 0.999 s is 49.999 s of the host, good to 1 ms; a time that it tells is up to 1.3 ms ago.
        expect(second.hostTime).toBeCloseTo(50.01365, 9)
        expect(second.hostTimeBound).toBeCloseTo(0.00165, 5)
        expect(second.joints).toEqual([
            { name: 'left', position: 1.5, velocity: 2, effort: 0, setpoint: NaN, valid: true },
            { name: 'right', position: 2.5, velocity: 4, effort: 0, setpoint: NaN, valid: false },
        ])
        expect(second.imu?.angularVelocity[0]).toBeCloseTo(0.1, 12)
        expect(second.imu?.linearAcceleration[1]).toBeCloseTo(1, 12)
        expect(Math.hypot(...second.imu!.orientation)).toBeCloseTo(1, 12)
        expect(second.odometry).toMatchObject({ linear: (2 + 4) * 0.02, angular: ((4 - 2) * 0.04) / 0.24 })
    })

    test('before the clocks are compared, carry the time of arrival and no bound', () => {
        const { reader: it, scheduler } = reader()
        scheduler.clock.runUntil(7e6)
        expect(it.read(report(0))[0]).toMatchObject({ hostTime: 7, hostTimeBound: Infinity })
    })

    test('have stamps in order, whatever becomes of the clocks, and a bound that holds', () => {
        const { reader: it, clock, scheduler } = reader()
        scheduler.clock.runUntil(50e6)
        const states = it.read(report(100))
        // A first comparison that is good to 40 ms puts the board's 0 at 49.04 s, 30 ms too late; a better one follows.
        clock.add(50, 50.08, 1)
        states.push(...it.read(report(104)))
        clock.add(50.0095, 50.0105, 1)
        states.push(...it.read(report(108)))
        const stamps = states.map(({ hostTime }) => hostTime)
        expect(stamps).toEqual([...new Set(stamps)].sort((a, b) => a - b))
        for (const { hostTime, hostTimeBound, boardTime } of states) {
            expect(Math.abs(hostTime - (boardTime + 49.01))).toBeLessThanOrEqual(hostTimeBound)
        }
        // Once the new time has overtaken the old it is as good as it says.
        expect(states.at(-1)!.hostTime).toBeCloseTo(1.11 + 49.01 + 0.00065, 4)
    })

    test('have no IMU where its sample was dropped, or the robot has none', () => {
        const { reader: it } = reader()
        const states = it.read(report(0, 2, { samples: [sample(), sample(0, 0, { imu: undefined })] }))
        expect(states.map(({ imu }) => imu !== undefined)).toEqual([true, false])
        const bare = reader({ ...cart, imu: undefined, drive: undefined })
        const [state] = bare.reader.read(report(0, 1, { samples: [sample(0, 0, { imu: undefined })] }))
        expect(state.imu).toBeUndefined()
        expect(state.odometry).toBeUndefined()
    })

    test('of a mode that this host does not know say its number', () => {
        expect(reader().reader.read(report(0, 1, { mode: 9 }))[0].mode).toBe('unknown (9)')
    })

    test('have the pose of their own tick, found by going back from that of the last', () => {
        const { reader: it } = reader()
        // Straight on at 0.1 rad a tick, 4 mm; the report's pose is that of the fourth sample.
        const samples = [0, 0.1, 0.2, 0.3].map(angle => sample(angle, angle))
        const heading = Math.PI / 2
        const states = it.read(report(0, 4, { samples, odometry: { x: 1, y: 2, heading } }))
        states.forEach(({ odometry }, k) => {
            expect(odometry!.x).toBeCloseTo(1, 12)
            expect(odometry!.y).toBeCloseTo(2 - 0.004 * (3 - k), 12)
            expect(odometry!.heading).toBe(heading)
        })
        // On the spot: 0.1 rad of each wheel turns by 2 · 0.004 / 0.24.
        const turning = it.read(
            report(4, 2, { samples: [sample(0, 0), sample(-0.1, 0.1)], odometry: { x: 1, y: 2, heading: 1 } }),
        )
        expect(turning[0].odometry!.heading).toBeCloseTo(1 - 0.008 / 0.24, 12)
        expect(turning[0].odometry!.x).toBeCloseTo(1, 12)
    })
})

describe('counting', () => {
    test('samples that never came are lost, once', () => {
        const { reader: it } = reader()
        it.read(report(100))
        it.read(report(104))
        it.read(report(112))
        it.read(report(117, 1))
        expect(it.statistics()).toMatchObject({ samplesReceived: 13, samplesLost: 4 + 1, ticks: 118 })
    })

    test('a report that came before gives no state and no count', () => {
        const { reader: it } = reader()
        expect(it.read(report(100))).toHaveLength(4)
        expect(it.read(report(100))).toEqual([])
        expect(it.read(report(104))).toHaveLength(4)
        expect(it.statistics()).toMatchObject({ samplesReceived: 8, samplesLost: 0 })
    })

    test('what is sampled before the first report is not lost', () => {
        const { reader: it } = reader()
        it.read(report(5000))
        expect(it.statistics().samplesLost).toBe(0)
    })

    test('late ticks and sensor errors go on over the wrap of 16 bits', () => {
        const { reader: it } = reader()
        it.read(report(0, 4, { lateTicks: 65_530, sensorErrors: 3 }))
        it.read(report(4, 4, { lateTicks: 65_535, sensorErrors: 3 }))
        it.read(report(8, 4, { lateTicks: 4, sensorErrors: 10 }))
        expect(it.statistics()).toMatchObject({ lateTicks: 65_540, sensorErrors: 10 })
    })

    test('a board that has restarted counts from 0: nothing is lost by that, and what was counted stays', () => {
        const { reader: it } = reader()
        it.read(report(1000, 4, { lateTicks: 7, sensorErrors: 2 }))
        expect(it.read(report(0, 4, { lateTicks: 0, sensorErrors: 1 }))).toHaveLength(4)
        it.read(report(4, 4, { lateTicks: 2, sensorErrors: 1 }))
        expect(it.statistics()).toMatchObject({
            samplesReceived: 12,
            samplesLost: 0,
            ticks: 8,
            lateTicks: 9,
            sensorErrors: 3,
        })
    })

    test('the period is that of the starts, over the last 1000', () => {
        const { reader: it } = reader()
        const lateness = [0, 2, 0, 0]
        const samples = lateness.map(latenessMs => sample(0, 0, { latenessMs }))
        it.read(report(0, 4, { samples }))
        const { min, mean, max } = it.statistics().period
        expect(min).toBeCloseTo(0.008, 9)
        expect(mean).toBeCloseTo(0.01, 9)
        expect(max).toBeCloseTo(0.012, 9)
        for (let tick = 4; tick < 1200; tick += 4) it.read(report(tick))
        expect(it.statistics().period.max).toBeCloseTo(0.01, 9)
    })
})
