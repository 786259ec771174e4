import { trackingGains } from '../control/velocity-estimator'
import type { RobotState } from '../host/robot'
import type { RobotDescription } from '../protocol/description'
import type { CaptureSummary } from './result'

/** Every tick's sample of one joint, as columns. Entry i of each belongs to one tick. */
export class Capture {
    readonly tick: number[] = []
    /** Board clock at the tick's start, s. */
    readonly time: number[] = []
    /** The same instant by the host's clock, s. */
    readonly host: number[] = []
    /** The board's estimate, rad and rad/s. */
    readonly position: number[] = []
    readonly velocity: number[] = []
    /** What the encoder read at this tick, rad: see {@link Capture.add}. */
    readonly measured: number[] = []
    /** Motor duty from this tick on, -1 to 1. */
    readonly effort: number[] = []
    /** In the unit of its mode; NaN when off. */
    readonly setpoint: number[] = []
    readonly valid: boolean[] = []
    /** s */
    readonly lateness: number[] = []
    /** From the motor supply, A, and its voltage, V; NaN where they are not measured. */
    readonly current: number[] = []
    readonly supply: number[] = []
    missing = 0
    /** Whether samples that do not come are missed: not while something else than the test has the link. */
    counting = true
    private readonly index: number
    private readonly observer: number
    private readonly period: number
    private lateTicks = 0
    private invalid = 0
    private samples = 0
    private seconds = 0
    private supplySum = 0
    private supplySamples = 0

    constructor(description: RobotDescription, joint: string) {
        this.index = description.joints.findIndex(({ name }) => name === joint)
        this.period = description.tickPeriodMs / 1000
        const gains = { position: 0, velocity: 0 }
        const { observerBandwidth } = description.joints[this.index]
        if (observerBandwidth !== undefined) trackingGains(observerBandwidth, this.period, gains)
        this.observer = gains.position
    }

    get length(): number {
        return this.tick.length
    }

    /**
     * Takes a sample. Telemetry carries the board's estimate, not the encoder's reading; but the estimate is a filter of known
     * gain whose whole state is there, so the reading follows from two consecutive samples:
     * reading = prediction + (estimate - prediction) / gain, prediction = position + velocity · dt of the sample before. The
     * wire's rounding (0.1 mrad) makes that good to 0.2 mrad, an eighth of an AS5600's count.
     */
    add(state: RobotState): void {
        const joint = state.joints[this.index]
        const last = this.length - 1
        const gap = last < 0 ? 1 : state.tick - this.tick[last]
        if (gap <= 0) return
        if (this.counting) this.missing += gap - 1
        const dt = state.boardTime - this.time[last]
        if (last >= 0 && gap === 1 && this.observer > 0 && joint.valid) {
            const predicted = this.position[last] + this.velocity[last] * dt
            this.measured.push(predicted + (joint.position - predicted) / this.observer)
        } else this.measured.push(joint.position)
        if (last >= 0) this.seconds += dt
        this.tick.push(state.tick)
        this.time.push(state.boardTime)
        this.host.push(state.hostTime)
        this.position.push(joint.position)
        this.velocity.push(joint.velocity)
        this.effort.push(joint.effort)
        this.setpoint.push(joint.setpoint)
        this.valid.push(joint.valid)
        this.lateness.push(state.lateness)
        this.current.push(state.power?.current ?? NaN)
        this.supply.push(state.power?.voltage ?? NaN)
        this.samples++
        if (state.power) {
            this.supplySum += state.power.voltage
            this.supplySamples++
        }
        if (!joint.valid) this.invalid++
        if (state.lateness > this.period / 2) this.lateTicks++
    }

    /** Samples whose tick started from `from` to before `to`, s of the host's clock: first index and the one after the last. */
    between(from: number, to: number): [number, number] {
        const first = this.host.findIndex(time => time >= from)
        if (first < 0) return [this.length, this.length]
        let end = first
        while (end < this.length && this.host[end] < to) end++
        return [first, end]
    }

    /** Forgets the samples, but not how many there were: for runs of hours. */
    forget(): void {
        const columns = [this.time, this.host, this.position, this.velocity, this.measured, this.effort, this.setpoint]
        // The newest stays, so that the next is known to follow it.
        for (const column of [...columns, this.tick, this.lateness, this.current, this.supply]) {
            column.splice(0, column.length - 1)
        }
        this.valid.splice(0, this.valid.length - 1)
    }

    /** V, mean of every sample, also of those forgotten; NaN where it is not measured. */
    get supplyVoltage(): number {
        return this.supplySum / this.supplySamples
    }

    summary(): CaptureSummary {
        const { samples, missing, invalid, lateTicks, seconds } = this
        return { samples, missing, invalid, lateTicks, seconds }
    }
}
