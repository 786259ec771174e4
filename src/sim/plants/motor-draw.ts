import type { Random } from '../random'
import type { DcGearMotorParameters } from './dc-gear-motor'

/** What can be wrong with an actuator on the bench. */
export const DEFECTS = [
    'motor-reversed',
    'encoder-reversed',
    'phase-missing',
    'loose-coupling',
    'wrong-counts',
    'wrong-gear-ratio',
    'dead-motor',
    'jammed-motor',
    'weak-supply',
] as const
export type Defect = (typeof DEFECTS)[number]

/** How far a part may be from its type's figures, either way, as a part of them. Estimates: makers publish few of them. */
export const SPREAD = {
    /** Winding, and its temperature: 40 K of copper are 16 %. */
    resistance: 0.15,
    /** Magnets. */
    torqueConstant: 0.1,
    gearEfficiency: 0.06,
    rotorInertia: 0.3,
    /** Bearings, brushes, grease. */
    friction: 0.4,
}

/** A motor as it may come out of the box. */
export function drawMotor(type: DcGearMotorParameters, random: Random): DcGearMotorParameters {
    const spread = (part: number) => random.uniform(1 - part, 1 + part)
    const coulombFriction = type.coulombFriction * spread(SPREAD.friction)
    return {
        ...type,
        resistance: type.resistance * spread(SPREAD.resistance),
        torqueConstant: type.torqueConstant * spread(SPREAD.torqueConstant),
        gearEfficiency: Math.min(1, type.gearEfficiency * spread(SPREAD.gearEfficiency)),
        rotorInertia: type.rotorInertia * spread(SPREAD.rotorInertia),
        coulombFriction,
        staticFriction: coulombFriction * random.uniform(1.2, 2),
        viscousFriction: type.viscousFriction * spread(SPREAD.friction),
        // 0.3° to 1.5° at the output.
        backlash: random.uniform(0.005, 0.026),
    }
}
