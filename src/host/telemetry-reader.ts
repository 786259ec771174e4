import type { Mahony } from '../control/mahony'
import type { RobotDescription } from '../protocol/description'
import { FAULT_NAMES, MODE_NAMES } from '../protocol/state'
import type { TelemetryReport, TelemetrySample } from '../protocol/telemetry'
import { TRAJECTORY_STATE_NAMES } from '../protocol/trajectory'
import type { ClockSync } from './clock-sync'
import { odometryOf } from './report-odometry'
import type { ImuState, JointState, PowerState, RobotState, RobotStatistics } from './robot'
import type { Scheduler } from './scheduler'

/** Samples that the period statistics look back on. */
const PERIOD_WINDOW = 1000
const NO_BIAS = [0, 0, 0]
/** Least time between the stamps of two samples, s. */
const STAMP_STEP = 1e-6

/** What of {@link RobotStatistics} comes from telemetry. */
type TelemetryStatistics = Pick<
    RobotStatistics,
    'samplesReceived' | 'samplesLost' | 'ticks' | 'lateTicks' | 'sensorErrors' | 'period'
>

/** Turns telemetry reports into states: host time, names, SI units, attitude; and keeps count of what is missing. */
export class TelemetryReader {
    private nextTick: number | undefined
    private received = 0
    private lost = 0
    private ticks = 0
    private readonly late = new WrappingCounter()
    private readonly errors = new WrappingCounter()
    private lastStart: number | undefined
    /** The last periods in a ring, s, and how many there were in all. */
    private readonly periods = new Float64Array(PERIOD_WINDOW)
    private periodCount = 0
    private lastHostTime = -Infinity

    constructor(
        private readonly robot: RobotDescription,
        private readonly clock: ClockSync,
        private readonly scheduler: Scheduler,
        private readonly attitude: Mahony,
    ) {}

    /** The states of a report, oldest first. A report that was seen before gives none. */
    read(report: TelemetryReport): RobotState[] {
        if (this.nextTick !== undefined) {
            const gap = report.tick - this.nextTick
            // Ticks count up from 0 when the board has restarted.
            if (gap >= 0) this.lost += gap
            else if (report.tick + report.samples.length >= this.nextTick) return []
            else this.restarted()
        }
        this.nextTick = report.tick + report.samples.length
        this.received += report.samples.length
        this.ticks = this.nextTick
        this.late.update(report.lateTicks)
        this.errors.update(report.sensorErrors)
        return this.states(report)
    }

    statistics(): TelemetryStatistics {
        return {
            samplesReceived: this.received,
            samplesLost: this.lost,
            ticks: this.ticks,
            lateTicks: this.late.total,
            sensorErrors: this.errors.total,
            period: this.period(),
        }
    }

    /** On a link that stayed up. The board's clock began anew, too: what is known of the old one would date samples wrongly. */
    private restarted(): void {
        this.clock.reset()
        this.late.reset()
        this.errors.reset()
        this.lastStart = undefined
        this.attitude.reset()
    }

    // Once for each sample of each robot, so without closures and spreads.
    private states(report: TelemetryReport): RobotState[] {
        const { samples } = report
        const { tickPeriodMs } = this.robot
        const mode = MODE_NAMES[report.mode] ?? `unknown (${report.mode})`
        const trajectory = TRAJECTORY_STATE_NAMES[report.trajectory] ?? `unknown (${report.trajectory})`
        const faults = FAULT_NAMES.filter((_, bit) => report.faults & (1 << bit))
        const odometry = odometryOf(report, this.robot)
        const now = this.scheduler.epoch()
        const boardStart = report.boardTimeMs / 1000
        const start = this.clock.toHost(boardStart)
        const states = new Array<RobotState>(samples.length)
        for (let k = 0; k < samples.length; k++) {
            const sample = samples[k]
            const lateness = sample.latenessMs / 1000
            const boardTime = (report.boardTimeMs + k * tickPeriodMs) / 1000 + lateness
            this.countPeriod(boardTime)
            let hostTime = start ? start.time + boardTime - boardStart : now
            let bound = start ? start.bound : Infinity
            // A better comparison of the clocks may set the time back; stamps stay in order all the same, and say how far off.
            if (hostTime <= this.lastHostTime) {
                const next = this.lastHostTime + STAMP_STEP
                bound += next - hostTime
                hostTime = next
            }
            this.lastHostTime = hostTime
            states[k] = {
                tick: report.tick + k,
                boardTime,
                hostTime,
                hostTimeBound: bound,
                mode,
                trajectory,
                faults,
                joints: this.joints(sample),
                imu: sample.imu && this.imu(sample.imu),
                power: sample.power && this.power(sample.power),
                odometry: odometry && odometry[k],
                lateness,
            }
        }
        return states
    }

    private joints({ joints }: TelemetrySample): JointState[] {
        const states = new Array<JointState>(joints.length)
        for (let i = 0; i < joints.length; i++) {
            const { valid, position, velocity, effort, setpoint } = joints[i]
            states[i] = { name: this.robot.joints[i].name, position, velocity, effort, setpoint, valid }
        }
        return states
    }

    private imu(counts: number[]): ImuState {
        const rate = this.robot.imu?.angularVelocityPerCount ?? NaN
        const acceleration = this.robot.imu?.accelerationPerCount ?? NaN
        const bias = this.robot.imu?.gyroBias ?? NO_BIAS
        const gx = counts[0] * rate - bias[0]
        const gy = counts[1] * rate - bias[1]
        const gz = counts[2] * rate - bias[2]
        const ax = counts[3] * acceleration
        const ay = counts[4] * acceleration
        const az = counts[5] * acceleration
        const q = this.attitude.update(gx, gy, gz, ax, ay, az, this.robot.tickPeriodMs / 1000)
        return {
            orientation: [q[0], q[1], q[2], q[3]],
            angularVelocity: [gx, gy, gz],
            linearAcceleration: [ax, ay, az],
        }
    }

    private power({ current, voltage }: { current: number; voltage: number }): PowerState {
        const { amperePerCount = NaN, voltPerCount = NaN } = this.robot.power ?? {}
        return { current: current * amperePerCount, voltage: voltage * voltPerCount }
    }

    private countPeriod(start: number): void {
        if (this.lastStart !== undefined) {
            this.periods[this.periodCount % PERIOD_WINDOW] = start - this.lastStart
            this.periodCount++
        }
        this.lastStart = start
    }

    private period(): { min: number; mean: number; max: number } {
        const count = Math.min(this.periodCount, PERIOD_WINDOW)
        let [min, sum, max] = [Infinity, 0, -Infinity]
        for (let i = 0; i < count; i++) {
            min = Math.min(min, this.periods[i])
            sum += this.periods[i]
            max = Math.max(max, this.periods[i])
        }
        return { min, mean: sum / count, max }
    }
}

/** A counter of 16 bits that wraps on the wire, made whole. */
class WrappingCounter {
    total = 0
    private last: number | undefined

    update(value: number): void {
        if (this.last !== undefined) this.total += (value - this.last) & 0xffff
        else this.total = value
        this.last = value
    }

    /** The board counts from 0 again; what was counted stays. */
    reset(): void {
        this.last = 0
    }
}
