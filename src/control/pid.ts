import { decay } from './decay'
import { GAIN_MAX, requireInRange } from './range'

export interface PidConfig {
    /** Output for each unit of error. */
    readonly kp: number
    /** Output a second for each unit of error. */
    readonly ki: number
    /** Output for each unit a second of the measurement. */
    readonly kd: number
    readonly outputMin: number
    readonly outputMax: number
    /** Largest magnitude of the integral part, in units of the output. Default: the larger magnitude of the output's limits. */
    readonly integralLimit?: number
    /** Time constant of the derivative's first-order filter, s. Default 0: not filtered. */
    readonly derivativeTimeConstant?: number
}

/** Parts of the last output, for telemetry. The output is their sum and the feedforward, limited. */
export interface PidState {
    p: number
    i: number
    d: number
    output: number
    /** Steps dropped because an input was NaN or infinite. */
    rejected: number
}

/**
 * PID controller with limited output, integral and derivative filter. The derivative is of the measurement, so that a step
 * of the setpoint does not kick. Against windup, the integral keeps its value while the output is at a limit and the
 * error pushes further.
 *
 * An input that is NaN or infinite changes nothing but `state.rejected`: the output is held, and it is the caller who stops
 * the joint when bad data go on.
 */
export class Pid {
    readonly state: PidState = { p: 0, i: 0, d: 0, output: 0, rejected: 0 }
    private readonly integralLimit: number
    private readonly derivativeTimeConstant: number
    private previous = 0
    private hasPrevious = false
    /** The derivative filter's share of a new value, for the `dt` it was worked out for. */
    private share = 1
    private shareDt = 0

    /** @throws RangeError naming the key, when a value is out of its range */
    constructor(readonly config: PidConfig) {
        requireInRange('kp', config.kp, 0, GAIN_MAX)
        requireInRange('ki', config.ki, 0, GAIN_MAX)
        requireInRange('kd', config.kd, 0, GAIN_MAX)
        requireInRange('outputMin', config.outputMin, -GAIN_MAX, GAIN_MAX)
        requireInRange('outputMax', config.outputMax, config.outputMin, GAIN_MAX)
        const widest = config.outputMax > -config.outputMin ? config.outputMax : -config.outputMin
        this.integralLimit = config.integralLimit ?? widest
        this.derivativeTimeConstant = config.derivativeTimeConstant ?? 0
        requireInRange('integralLimit', this.integralLimit, 0, GAIN_MAX)
        requireInRange('derivativeTimeConstant', this.derivativeTimeConstant, 0, GAIN_MAX)
    }

    /**
     * @param measurement in the unit of the setpoint
     * @param dt s since the last call; 0, negative or NaN changes nothing and returns the last output
     * @param feedforward added to the output before it is limited
     * @returns output, `outputMin` to `outputMax`
     */
    calculate(measurement: number, setpoint: number, dt: number, feedforward = 0): number {
        const state = this.state
        if (!(dt > 0)) return state.output
        const config = this.config

        const error = setpoint - measurement
        const p = config.kp * error
        const increment = config.ki * dt * error
        const limit = this.integralLimit
        let i = state.i + increment
        if (i > limit) i = limit
        else if (i < -limit) i = -limit
        let d = state.d
        if (config.kd > 0 && this.hasPrevious) {
            if (dt !== this.shareDt) this.setShare(dt)
            d += this.share * ((config.kd * (this.previous - measurement)) / dt - d)
        }

        const sum = p + i + d + feedforward
        // Only NaN and infinities differ from themselves so; p is one of them whenever the error is, even if kp is 0.
        if (sum - sum !== 0) {
            state.rejected++
            this.hasPrevious = false
            return state.output
        }
        let output = sum
        if (sum > config.outputMax) {
            output = config.outputMax
            if (increment > 0) i = state.i
        } else if (sum < config.outputMin) {
            output = config.outputMin
            if (increment < 0) i = state.i
        }
        this.previous = measurement
        this.hasPrevious = true
        state.p = p
        state.i = i
        state.d = d
        state.output = output
        return output
    }

    /** As new: no integral, no derivative before the second step, output 0. */
    reset(): void {
        const state = this.state
        state.p = 0
        state.i = 0
        state.d = 0
        state.output = 0
        state.rejected = 0
        this.hasPrevious = false
    }

    private setShare(dt: number): void {
        const tau = this.derivativeTimeConstant
        this.share = tau > 0 ? 1 - decay(1 / tau, dt) : 1
        this.shareDt = dt
    }
}
