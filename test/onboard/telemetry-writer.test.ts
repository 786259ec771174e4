import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeSetpoint } from '../../src/protocol/setpoint'
import { JointMode, RobotMode } from '../../src/protocol/state'
import { decodeTelemetry, type TelemetryReport } from '../../src/protocol/telemetry'
import { Robot } from '../../src/onboard/robot'
import { TelemetryWriter } from '../../src/onboard/telemetry-writer'
import { FakeEncoders, FakeImu, FakeMotors } from '../portable/fake-parts'
import { Bench, cart } from './cart'

const SAMPLES = 4
const OFF = -(2 ** 31)

/** A writer whose link takes reports when the test says so. */
class Jammed {
    readonly buffers: Buffer[] = []
    readonly waiting: number[] = []
    readonly reports: TelemetryReport[] = []
    readonly writer: TelemetryWriter
    readonly robot: Robot
    readonly encoders = new FakeEncoders(3)
    readonly imu = new FakeImu()

    constructor() {
        const bytes = TelemetryWriter.reportBytes(3, true, SAMPLES)
        this.buffers.push(Buffer.alloc(bytes), Buffer.alloc(bytes))
        this.writer = new TelemetryWriter(this.buffers, true, SAMPLES, index => this.waiting.push(index))
        this.robot = new Robot(cart, this.encoders, this.imu, new FakeMotors(), this.writer)
    }

    add(tick: number): void {
        this.writer.add(this.robot, tick * 10, tick, tick * 10, 0)
    }

    /** The link takes the oldest report. */
    take(): void {
        const index = this.waiting.shift()
        if (index === undefined) return
        this.reports.push(decodeTelemetry(Buffer.from(this.buffers[index]), 3, true)!)
        this.writer.sent(index)
    }

    ticks(): number[] {
        return this.reports.flatMap(({ tick, samples }) => samples.map((_, k) => tick + k))
    }
}

describe('every sample', () => {
    test('arrives exactly once, in order, while the link keeps up', () => {
        const link = new Jammed()
        for (let tick = 0; tick < 400; tick++) {
            link.add(tick)
            if (tick % 3 === 0) link.take()
        }
        link.take()
        expect(link.ticks()).toEqual(Array.from({ length: 400 }, (_, tick) => tick))
        expect(link.reports.every(({ samples }) => samples.length === SAMPLES)).toBe(true)
        expect(link.reports.map(({ report }) => report)).toEqual(Array.from({ length: 100 }, (_, k) => k))
        expect(link.writer.dropped).toBe(0)
    })

    test('that was skipped ends a report, because ticks in it are consecutive', () => {
        const link = new Jammed()
        link.add(0)
        link.add(1)
        link.writer.flush(link.robot, 1)
        link.add(5)
        link.take()
        for (const tick of [6, 7, 8]) link.add(tick)
        link.take()
        expect(link.reports.map(({ tick, samples }) => [tick, samples.length])).toEqual([
            [0, 2],
            [5, 4],
        ])
        expect(link.reports[0].lateTicks).toBe(1)
    })

    test('skipping right after a full report sends nothing', () => {
        const link = new Jammed()
        for (let tick = 0; tick < 4; tick++) link.add(tick)
        link.writer.flush(link.robot, 1)
        expect(link.waiting).toHaveLength(1)
    })

    test('while both buffers wait for the link is dropped, counted, and seen as a gap in the tick', () => {
        const link = new Jammed()
        for (let tick = 0; tick < 8 + 5; tick++) link.add(tick)
        expect(link.waiting).toEqual([0, 1])
        expect(link.writer.dropped).toBe(5)
        link.take()
        for (let tick = 13; tick < 17; tick++) link.add(tick)
        link.take()
        link.take()
        expect(link.ticks()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 13, 14, 15, 16])
        expect(link.reports.map(({ report }) => report)).toEqual([0, 1, 2])
        expect(link.writer.dropped).toBe(5)
    })

    test('is sent or counted as dropped, whatever the link does and whatever ticks are skipped', () => {
        const events = fc.array(fc.constantFrom('tick', 'tick', 'tick', 'take', 'skip'), { maxLength: 200 })
        fc.assert(
            fc.property(events, list => {
                const link = new Jammed()
                const added: number[] = []
                let tick = 0
                for (const event of list) {
                    if (event === 'take') link.take()
                    else if (event === 'tick') {
                        added.push(tick)
                        link.add(tick++)
                    } else {
                        tick += 3
                        link.writer.flush(link.robot, 0)
                    }
                }
                link.writer.flush(link.robot, 0)
                while (link.waiting.length > 0) link.take()
                const arrived = link.ticks()
                expect(arrived.length + link.writer.dropped).toBe(added.length)
                expect([...new Set(arrived)].sort((a, b) => a - b)).toEqual(arrived)
                expect(arrived.every(index => added.includes(index))).toBe(true)
            }),
        )
    })

    test('is not written into a buffer that is on its way', () => {
        const link = new Jammed()
        for (let tick = 0; tick < 8; tick++) link.add(tick)
        const before = link.buffers.map(buffer => Buffer.from(buffer))
        for (let tick = 8; tick < 30; tick++) link.add(tick)
        expect(link.buffers).toEqual(before)
    })
})

describe('a report', () => {
    test('holds the state of its last sample, also when the next tick was skipped', () => {
        const bench = Bench.armed()
        const drive = [
            { joint: 0, mode: JointMode.Velocity, value: 5 },
            { joint: 1, mode: JointMode.Velocity, value: 5 },
        ]
        bench.robot.setpoint(encodeSetpoint(77, 0, drive), bench.now)
        bench.run(2)
        // Straight on, on wheels of 40 mm.
        const [left, right] = bench.robot.joints.position
        const x = 0.04 * ((left + right) / 2)
        // 50 ms pass, in which the wheels have gone on.
        bench.encoders.turn(0, 0.3)
        bench.encoders.turn(1, -0.3)
        bench.robot.skipped(bench.now + 50, 3)
        bench.robot.tick(bench.now + 50, 7, bench.now + 50, 3)
        for (let k = 1; k < 4; k++) bench.robot.tick(bench.now + 50 + 10 * k, 7 + k, bench.now + 50 + 10 * k, 3)
        const [report, next] = bench.reports
        expect(report.samples).toHaveLength(2)
        expect(report.odometry.x).toBeCloseTo(x, 4)
        expect(next.odometry.x).toBeGreaterThan(x + 0.005)
        expect(report).toMatchObject({ tick: 0, boardTimeMs: 1000, mode: RobotMode.Armed, setpoint: 77, lateTicks: 3 })
    })

    test('packs one sample as the table says', () => {
        const link = new Jammed()
        const { joints } = link.robot
        joints.position[0] = 1.5
        joints.velocity[0] = -3.25
        joints.effort[0] = 0.75
        joints.position[1] = -20_000
        joints.velocity[1] = 100
        joints.effort[1] = -2
        joints.wireSetpoint[1] = -123_456
        link.imu.next(-300, true)
        link.robot.imuValid = true
        link.robot.failed = 2
        link.writer.add(link.robot, 123_459, 70_000, 123_456, 65_537)
        link.writer.flush(link.robot, 65_537)
        const [bytes] = link.buffers
        expect(bytes.readUInt32LE(0)).toBe(70_000)
        expect(bytes.readUInt32LE(4)).toBe(123_456)
        expect(bytes[8]).toBe(1)
        // A counter of 16 bits.
        expect(bytes.readUInt16LE(16)).toBe(1)
        expect(bytes[32]).toBe(3)
        expect(bytes[33]).toBe(0x80 | 0b1111101)
        // 0.1 mrad, 2 mrad/s, 1e-4.
        expect(bytes.readInt32LE(34)).toBe(15_000)
        expect(bytes.readInt16LE(38)).toBe(-1625)
        expect(bytes.readInt16LE(40)).toBe(7500)
        expect(bytes.readInt32LE(42)).toBe(OFF)
        // Out of range is clamped, not wrapped.
        expect(bytes.readInt32LE(46)).toBe(-200_000_000)
        expect(bytes.readInt16LE(50)).toBe(32_767)
        expect(bytes.readInt16LE(52)).toBe(-20_000)
        expect(bytes.readInt32LE(54)).toBe(-123_456)
        for (let axis = 0; axis < 6; axis++) expect(bytes.readInt16LE(70 + 2 * axis)).toBe(-300 + axis)
    })

    test('says 255 for a start that was later than that, and 0 for one that was early', () => {
        for (const [lateness, byte] of [
            [254, 254],
            [255, 255],
            [256, 255],
            [5000, 255],
            [-1, 0],
        ]) {
            const link = new Jammed()
            link.writer.add(link.robot, 10_000 + lateness, 0, 10_000, 0)
            expect(link.buffers[0][32]).toBe(byte)
        }
    })

    test('fits one packet of 236 bytes', () => {
        expect(TelemetryWriter.reportBytes(2, true, 4)).toBe(32 + 4 * (2 + 2 * 12 + 12))
        expect(TelemetryWriter.reportBytes(2, true, 4)).toBeLessThanOrEqual(236)
    })
})
