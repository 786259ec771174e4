import type { ActuatorTruth } from '../../sim/robot-body'
import type { LoopPlant } from '../analysis/velocity-loop'

/** A motor at a duty, by hand: V d - K ω = i (R + Rₛ d²), K i = J ω' + B ω + T. Its figures follow from the truth alone. */
export interface AtDuty {
    /** rad/s in the end */
    speed: number
    /** s, while it gains speed */
    timeConstant: number
}

/** @param duty constant, 0 to 1 */
export function atDuty(truth: ActuatorTruth, duty: number): AtDuty {
    const { motorConstant: k, viscousFriction: b, coulombFriction, supplyVoltage, drivingInertia } = truth
    const resistance = truth.resistance + truth.supplyResistance * duty * duty
    const stiff = k * k + b * resistance
    return {
        speed: (k * duty * supplyVoltage - coulombFriction * resistance) / stiff,
        timeConstant: (drivingInertia * resistance) / stiff,
    }
}

/** Of small sines of the duty around a duty. */
export interface SmallSignal {
    /** At the lowest frequency, rad/s per duty. */
    gain: number
    /** Where it is 3 dB below that, Hz. */
    bandwidth: number
}

/**
 * First order, G / √(1 + (f / f₁)²), of a duty that is held for each tick. The load is gained and lost by turns: the inertia
 * is the mean of both.
 *
 * @param lowest frequency that the gain is compared with, Hz
 */
export function smallSignal(truth: ActuatorTruth, duty: number, lowest: number, period: number): SmallSignal {
    const { motorConstant: k, viscousFriction: b, supplyVoltage, supplyResistance } = truth
    const resistance = truth.resistance + supplyResistance * duty * duty
    const stiff = k * k + b * resistance
    const inertia = (truth.drivingInertia + truth.brakingInertia) / 2
    const corner = stiff / (2 * Math.PI * inertia * resistance)
    const current = (supplyVoltage * duty - k * atDuty(truth, duty).speed) / resistance
    const still = (k * (supplyVoltage - 2 * supplyResistance * duty * current)) / stiff
    const held = (f: number) => Math.sin(Math.PI * f * period) / (Math.PI * f * period)
    const gainAt = (f: number) => (still * held(f)) / Math.hypot(1, f / corner)
    const gain = gainAt(lowest)
    let [low, high] = [corner / 10, corner * 10]
    for (let i = 0; i < 50; i++) {
        const middle = (low + high) / 2
        if (gainAt(middle) > gain * Math.SQRT1_2) low = middle
        else high = middle
    }
    return { gain, bandwidth: low }
}

/** The motor as its velocity loop sees it. */
export function loopPlant(truth: ActuatorTruth, delay: number): LoopPlant {
    const { motorConstant: k, resistance, viscousFriction, coulombFriction, supplyVoltage } = truth
    const damping = viscousFriction + (k * k) / resistance
    return {
        gain: (k * supplyVoltage) / resistance / damping,
        timeConstant: (truth.drivingInertia + truth.brakingInertia) / 2 / damping,
        delay,
        frictionDuty: (coulombFriction * resistance) / (k * supplyVoltage),
    }
}
