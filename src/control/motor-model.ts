import { requireInRange } from './range'

/** A brushed DC motor with gears; all of it stands in, or follows from, its data sheet (see `docs/control.md`). */
export interface MotorModelConfig {
    /** Winding and brushes, Ω */
    readonly resistance: number
    /** N·m/A of the motor's shaft: also its back-EMF, V·s/rad */
    readonly torqueConstant: number
    /** Motor turns for a turn of the joint */
    readonly gearRatio: number
    /** Part of the power that the gears pass on, 0 to 1. Default 1. */
    readonly gearEfficiency?: number
    /** Friction at the joint, N·m: to overcome from rest, and while it turns. Default 0. */
    readonly staticFriction?: number
    readonly slidingFriction?: number
    /** Speed that tells rest from turning, and below which the wish for a direction counts only in part, rad/s. Default 0.05. */
    readonly restVelocity?: number
    /** What the supply may be, V: a measurement outside is taken as the nearer of both. */
    readonly supplyMin: number
    readonly supplyMax: number
}

/**
 * From torque to duty, so that gains can be in physical units: N·m for a rad, N·m for a rad/s. The duty that gives a torque T
 * at the joint's speed ω from a supply of V volts is (R T / (N η k) + N k ω) / V: battery compensation is in the
 * division, back-EMF in the second term. Friction is added to T in the direction that is wished for.
 */
export class MotorModel {
    private readonly voltsPerTorque: number
    private readonly voltsPerVelocity: number
    private readonly staticFriction: number
    private readonly slidingFriction: number
    private readonly restVelocity: number

    /** @throws RangeError naming the key, when a value is out of its range */
    constructor(readonly config: MotorModelConfig) {
        const efficiency = config.gearEfficiency ?? 1
        this.staticFriction = config.staticFriction ?? 0
        this.slidingFriction = config.slidingFriction ?? 0
        this.restVelocity = config.restVelocity ?? 0.05
        requireInRange('resistance', config.resistance, 1e-3, 1e4)
        requireInRange('torqueConstant', config.torqueConstant, 1e-6, 100)
        requireInRange('gearRatio', config.gearRatio, 1e-3, 1e5)
        requireInRange('gearEfficiency', efficiency, 0.01, 1)
        requireInRange('slidingFriction', this.slidingFriction, 0, 1e4)
        requireInRange('staticFriction', this.staticFriction, this.slidingFriction, 1e4)
        requireInRange('restVelocity', this.restVelocity, 1e-6, 1e3)
        requireInRange('supplyMin', config.supplyMin, 0.1, 1e3)
        requireInRange('supplyMax', config.supplyMax, config.supplyMin, 1e3)
        this.voltsPerTorque = config.resistance / (config.gearRatio * efficiency * config.torqueConstant)
        this.voltsPerVelocity = config.gearRatio * config.torqueConstant
    }

    /**
     * @param torque wanted at the joint, beside friction, N·m
     * @param velocity of the joint, rad/s
     * @param supply measured, V
     * @param wish where the joint is to go, rad/s: its sign is friction's; 0 compensates none
     * @returns duty, -1 to 1; 0 when an input is NaN or infinite
     */
    duty(torque: number, velocity: number, supply: number, wish = 0): number {
        const { supplyMin, supplyMax } = this.config
        const volts = this.voltsPerTorque * (torque + this.friction(velocity, wish)) + this.voltsPerVelocity * velocity
        const duty = volts / (supply > supplyMin ? (supply < supplyMax ? supply : supplyMax) : supplyMin)
        if (duty - duty !== 0 || supply - supply !== 0) return 0
        return duty > 1 ? 1 : duty < -1 ? -1 : duty
    }

    /**
     * Torque against friction, N·m: the static one until the joint turns the way it is wished to, then the sliding one. A wish
     * near 0 gets its part only, so that noise in it does not knock the gears to and fro.
     */
    friction(velocity: number, wish: number): number {
        const rest = this.restVelocity
        const share = wish >= rest ? 1 : wish <= -rest ? -1 : wish / rest
        const turning = share >= 0 ? velocity : -velocity
        return share * (turning > rest ? this.slidingFriction : this.staticFriction)
    }
}
