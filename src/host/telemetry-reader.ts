import type { Mahony } from '../control/mahony'
import type { RobotDescription } from '../protocol/description'
import { FAULT_NAMES, MODE_NAMES } from '../protocol/state'
import type { TelemetryReport, TelemetrySample } from '../protocol/telemetry'
import type { ClockSync } from './clock-sync'
import { odometryOf } from './report-odometry'
import type { ImuState, RobotState, RobotStatistics } from './robot'
import type { Scheduler } from './scheduler'

/** Samples that the period statistics look back on. */
const PERIOD_WINDOW = 1000

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
    private readonly periods: number[] = []

    constructor(
        private readonly robot: RobotDescription,
        private readonly clock: ClockSync,
        private readonly scheduler: Scheduler,
        private readonly attitude: Mahony
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
        const faults = FAULT_NAMES.filter((_, bit) => report.faults & (1 << bit))
        const mode = MODE_NAMES[report.mode] ?? `unknown (${report.mode})`
        const odometry = odometryOf(report, this.robot)
        return report.samples.map((sample, k) => ({
            ...this.state(report, sample, k),
            mode,
            faults,
            odometry: odometry?.[k],
        }))
    }

    statistics(): TelemetryStatistics {
        const { periods } = this
        const mean = periods.reduce((sum, period) => sum + period, 0) / periods.length
        return {
            samplesReceived: this.received,
            samplesLost: this.lost,
            ticks: this.ticks,
            lateTicks: this.late.total,
            sensorErrors: this.errors.total,
            period: { min: Math.min(...periods), mean, max: Math.max(...periods) },
        }
    }

    private restarted(): void {
        this.late.reset()
        this.errors.reset()
        this.lastStart = undefined
        this.attitude.reset()
    }

    private state(report: TelemetryReport, sample: TelemetrySample, k: number): Omit<RobotState, 'mode' | 'faults'> {
        const lateness = sample.latenessMs / 1000
        const boardTime = (report.boardTimeMs + k * this.robot.tickPeriodMs) / 1000 + lateness
        const now = this.scheduler.epoch()
        const host = this.clock.toHost(boardTime, now) ?? { time: now, bound: Infinity }
        this.countPeriod(boardTime)
        return {
            tick: report.tick + k,
            boardTime,
            hostTime: host.time,
            hostTimeBound: host.bound,
            joints: sample.joints.map((joint, i) => ({ name: this.robot.joints[i].name, ...joint })),
            imu: sample.imu && this.imu(sample.imu),
            lateness,
        }
    }

    private countPeriod(start: number): void {
        if (this.lastStart !== undefined) {
            this.periods.push(start - this.lastStart)
            if (this.periods.length > PERIOD_WINDOW) this.periods.shift()
        }
        this.lastStart = start
    }

    private imu(counts: number[]): ImuState {
        const { angularVelocityPerCount: rate, accelerationPerCount: acceleration } = this.robot.imu ?? {
            angularVelocityPerCount: NaN,
            accelerationPerCount: NaN,
        }
        const [gx, gy, gz] = counts.slice(0, 3).map(count => count * rate)
        const [ax, ay, az] = counts.slice(3).map(count => count * acceleration)
        const [x, y, z, w] = this.attitude.update(gx, gy, gz, ax, ay, az, this.robot.tickPeriodMs / 1000)
        return {
            orientation: [x, y, z, w],
            angularVelocity: [gx, gy, gz],
            linearAcceleration: [ax, ay, az],
        }
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
