import {
    EFFORT_SCALE,
    HEADER_BYTES,
    IMU_BYTES,
    IMU_VALID,
    JOINTS_VALID,
    JOINT_BYTES,
    POSITION_SCALE,
    POWER_BYTES,
    POWER_FAILED,
    sampleBytes,
    VELOCITY_SCALE,
} from '../protocol/telemetry'
import type { Robot } from './robot'

const POSITION_COUNTS = 1 / POSITION_SCALE
const VELOCITY_COUNTS = 1 / VELOCITY_SCALE
const EFFORT_COUNTS = 1 / EFFORT_SCALE

/**
 * Collects every tick's sample and hands out reports (layout: `protocol/telemetry.ts`) when they are full, or flushed when a
 * tick was skipped, because a report's ticks are consecutive. Two buffers take turns: one fills while the other is on its way.
 * When both are full, the newest samples are dropped, and the gap in `tick` shows it.
 */
export class TelemetryWriter {
    /** Samples dropped because the link took no report. */
    dropped = 0
    private filling = 0
    private readonly busy = [false, false]
    /** Samples in the report that is being filled: 0 when one was just sent, or the link takes none. */
    samples = 0
    private reports = 0
    /** Where the next sample goes. */
    private at = HEADER_BYTES

    /**
     * @param buffers two, of {@link TelemetryWriter.reportBytes} each
     * @param samplesPerReport samples in a full report
     * @param send puts a full buffer (by index) on its way, and calls {@link TelemetryWriter.sent} when it may be reused
     */
    constructor(
        private readonly buffers: Buffer[],
        private readonly imu: boolean,
        private readonly samplesPerReport: number,
        private readonly send: (index: number) => void,
    ) {}

    /** Bytes of a full report. */
    static reportBytes(joints: number, imu: boolean, samplesPerReport: number, power = false): number {
        return HEADER_BYTES + samplesPerReport * sampleBytes(joints, imu, power)
    }

    /** The buffer may be filled again. */
    sent(index: number): void {
        this.busy[index] = false
    }

    /**
     * Sends what has been collected. For when ticks are skipped, before the next is added: the robot's state, which the
     * report's header holds, is then still that of its last sample.
     */
    flush(robot: Robot, lateTicks: number): void {
        if (this.samples !== 0) this.finish(robot, lateTicks)
    }

    /** Packs this tick's sample. Part of the tick: `setAt` with a format is one operation, so nothing is called here. @inline */
    add(robot: Robot, now: number, tick: number, deadline: number, lateTicks: number): void {
        const samples = this.samples
        const filling = this.filling
        const buffer = this.buffers[filling]
        if (samples === 0) {
            if (this.busy[filling]) {
                this.dropped++
                return
            }
            this.at = HEADER_BYTES
            buffer.setAt(0, 'u32', tick)
            buffer.setAt(4, 'u32', deadline)
        }
        const start = this.at
        buffer.setAt(start, 'u8', now - deadline)
        const { position, velocity, effort, wireSetpoint, count } = robot.joints
        for (let i = 0; i < count; i++) {
            // One sum with the sample's start, once the loop is written out.
            buffer.setAt(start + (2 + i * JOINT_BYTES), 'i32', position[i] * POSITION_COUNTS)
            buffer.setAt(start + (6 + i * JOINT_BYTES), 'i16', velocity[i] * VELOCITY_COUNTS)
            buffer.setAt(start + (8 + i * JOINT_BYTES), 'i16', effort[i] * EFFORT_COUNTS)
            buffer.setAt(start + (10 + i * JOINT_BYTES), 'i32', wireSetpoint[i])
        }
        let at = start + (2 + count * JOINT_BYTES)
        let valid = JOINTS_VALID & ~robot.failed
        if (this.imu) {
            buffer.blitAt(at, robot.imuFrame as Buffer, 0, IMU_BYTES)
            at += IMU_BYTES
            if (robot.imuValid) valid |= IMU_VALID
        }
        const power = robot.power
        if (power) {
            buffer.setAt(at, 'i16', robot.powerValid ? power.currentRaw : POWER_FAILED)
            buffer.setAt(at + 2, 'u16', power.supplyRaw)
            at += POWER_BYTES
        }
        buffer[start + 1] = valid
        this.at = at
        this.samples = samples + 1
        if (samples + 1 === this.samplesPerReport) this.finish(robot, lateTicks)
    }

    /** Brings the odometry up to date, writes the header's last part and sends the report. @inline */
    private finish(robot: Robot, lateTicks: number): void {
        const index = this.filling
        const buffer = this.buffers[index]
        buffer[8] = this.samples | robot.warned
        buffer[9] = robot.mode | (robot.trajectory.state << 4)
        buffer.setAt(10, 'u16', robot.faults | robot.latched)
        buffer.setAt(12, 'u16', robot.setpointSequence)
        buffer.setAt(14, 'u16', this.reports & 0xffff)
        buffer.setAt(16, 'u16', lateTicks & 0xffff)
        buffer.setAt(18, 'u16', robot.sensorErrors & 0xffff)
        const chassis = robot.chassis
        if (chassis) {
            chassis.update(robot.joints.position)
            buffer.setAt(20, 'i32', chassis.x * POSITION_COUNTS)
            buffer.setAt(24, 'i32', chassis.y * POSITION_COUNTS)
            buffer.setAt(28, 'i32', chassis.heading * POSITION_COUNTS)
        }
        this.reports++
        this.samples = 0
        this.busy[index] = true
        this.filling = 1 - index
        this.send(index)
    }
}
