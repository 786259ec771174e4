import { Feedforward } from './feedforward'
import { Pid } from './pid'
import { GAIN_MAX, requireInRange } from './range'

/** Gains and limits; the output is in the unit of `kp` times rad/s: duty, or N·m with a `MotorModel` behind it. */
export interface CascadeConfig {
    /** Position loop: rad/s for each rad of error. */
    readonly kpPosition: number
    /** Velocity loop: output for each rad/s of error. */
    readonly kp: number
    /** Output a second for each rad/s of error. */
    readonly ki: number
    /** Feedforward: output against friction; for each rad/s; for each rad/s² (default 0). */
    readonly ks: number
    readonly kv: number
    readonly ka?: number
    /** Largest velocity that the position loop asks for, rad/s. */
    readonly velocityLimit: number
    /** Largest magnitude of the output. */
    readonly effortLimit: number
}

/**
 * One joint's loops: position (P) into velocity (PI with feedforward) into effort, each limited. The stage over all joints
 * on the board, `controlJoints` in `src/onboard`, does the same; a test holds them equal to the bit.
 */
export class Cascade {
    /** Of the last call: what the velocity loop was asked for, rad/s; the output; and the output before it was limited. */
    readonly state = { goal: 0, output: 0, demand: 0 }
    readonly pid: Pid
    private readonly feedforward: Feedforward

    /** @throws RangeError naming the key, when a value is out of its range */
    constructor(readonly config: CascadeConfig) {
        requireInRange('kpPosition', config.kpPosition, 0, GAIN_MAX)
        requireInRange('velocityLimit', config.velocityLimit, 0, GAIN_MAX)
        requireInRange('effortLimit', config.effortLimit, 0, GAIN_MAX)
        this.feedforward = new Feedforward({ ks: config.ks, kv: config.kv, ka: config.ka ?? 0 })
        this.pid = new Pid({
            kp: config.kp,
            ki: config.ki,
            kd: 0,
            outputMin: -config.effortLimit,
            outputMax: config.effortLimit,
            // It grows only while the output is within its limits, which bounds it.
            integralLimit: GAIN_MAX,
        })
    }

    /** The setpoint itself, limited; the loops forget. */
    effort(setpoint: number): number {
        const limit = this.config.effortLimit
        this.reset()
        this.state.demand = setpoint
        this.state.output = setpoint > limit ? limit : setpoint < -limit ? -limit : setpoint
        return this.state.output
    }

    /**
     * @param setpoint rad/s
     * @param velocity measured, rad/s
     * @param dt s since the last call; 0, negative or NaN changes nothing and returns the last output
     * @param acceleration of the setpoint, rad/s²
     */
    velocity(setpoint: number, velocity: number, dt: number, acceleration = 0): number {
        const { state, pid } = this
        const ahead = this.feedforward.calculate(setpoint, acceleration)
        state.goal = setpoint
        state.output = pid.calculate(velocity, setpoint, dt, ahead)
        state.demand = pid.state.p + pid.state.i + ahead
        return state.output
    }

    /**
     * @param setpoint rad
     * @param position measured, rad
     * @param velocity measured, rad/s
     * @param dt s since the last call
     * @param ahead velocity of the setpoint, rad/s, added to what the position loop asks for
     * @param acceleration of the setpoint, rad/s²
     */
    position(setpoint: number, position: number, velocity: number, dt: number, ahead = 0, acceleration = 0): number {
        const limit = this.config.velocityLimit
        const goal = this.config.kpPosition * (setpoint - position) + ahead
        return this.velocity(goal > limit ? limit : goal < -limit ? -limit : goal, velocity, dt, acceleration)
    }

    /** As new: no integral, output 0. */
    reset(): void {
        this.pid.reset()
        this.state.goal = 0
        this.state.output = 0
        this.state.demand = 0
    }
}
