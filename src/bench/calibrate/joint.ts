import type { Parameter } from '../../host/parameters'
import type { Figure, Finding } from '../result'
import type { MotorRating } from '../../onboard/robot-config'
import { type FoundParameter, foundParameter, parameterOf } from './found'

const TURN = 2 * Math.PI
/** To how much of a turn an operator counts: to the nearest quarter. */
const COUNTED_TO = 0.125
/** An operator reads a joint's place to this, rad: a degree. */
const READ_TO = 0.0175
/** Friction differs by as much from run to run. */
const SAME_FRICTION = 0.2
/** And the motor's constant, with what its supply sags. */
const SAME_CONSTANT = 0.05

/** What the bench's check finds wrong that a parameter puts right. */
const MENDED: Record<string, readonly string[]> = {
    'motor-reversed': ['motor_direction'],
    'encoder-reversed': ['encoder_direction'],
    'both-reversed': ['motor_direction', 'encoder_direction'],
    'wrong-counts': [],
}

/** Whether a finding of the check is put right by calibrating. */
export function isMended({ code }: Finding): boolean {
    return code in MENDED
}

/** Directions and encoder turns for a turn of the joint, by what the check found. */
export function directionsAndRatio(
    joint: string,
    parameters: readonly Parameter[],
    figures: readonly Figure[],
    findings: readonly Finding[],
): FoundParameter[] {
    const named = (name: string) => parameterOf(parameters, `${joint}.${name}`)
    const reversed = findings.flatMap(({ code }) => MENDED[code] ?? [])
    const found = ['motor_direction', 'encoder_direction'].map(name => {
        const parameter = named(name)
        return foundParameter(parameter, reversed.includes(name) ? -parameter.value : parameter.value, 0)
    })
    const counted = valueOf(figures, 'turnsSeen')
    const measured = valueOf(figures, 'turnsMeasured')
    if (counted === undefined || measured === undefined) return found
    const ratio = named('encoder_ratio')
    const scale = Math.abs(measured / counted)
    return [
        ...found,
        foundParameter(ratio, ratio.value * scale, ratio.value * scale * (COUNTED_TO / Math.abs(counted))),
    ]
}

/**
 * The encoder's reading at joint position 0, from a place that is known.
 *
 * @param position what the robot says where the joint is, rad
 * @param truly where it is, rad
 * @param found directions and ratio that will be in force with it, where they differ
 */
export function zeroOffset(
    joint: string,
    parameters: readonly Parameter[],
    position: number,
    truly: number,
    found: readonly FoundParameter[] = [],
): FoundParameter {
    const value = (name: string) => parameterOf(parameters, `${joint}.${name}`).value
    const better = (name: string) =>
        found.find(parameter => parameter.differs && parameter.name === `${joint}.${name}`)?.found ?? value(name)
    const parameter = parameterOf(parameters, `${joint}.zero_offset`)
    const reading = parameter.value + position * value('encoder_ratio') * value('encoder_direction')
    const offset = reading - truly * better('encoder_ratio') * better('encoder_direction')
    // The encoder tells a place within a turn.
    const within = Math.abs(offset) <= TURN ? offset : ((offset % TURN) + TURN) % TURN
    return foundParameter(parameter, within, READ_TO)
}

/**
 * The duty that sliding friction takes, and the duty that a speed takes, from the motor's constants as identified. The second only
 * for a robot that has it: one whose integral is to find it has 0 there on purpose.
 */
export function feedforward(
    joint: string,
    parameters: readonly Parameter[],
    figures: readonly Figure[],
    rated: MotorRating | undefined,
    supplyVoltage: number | undefined,
): FoundParameter[] {
    const torque = valueOf(figures, 'coulombFriction')
    const constant = valueOf(figures, 'motorConstant')
    const resistance = valueOf(figures, 'resistance') ?? (rated && rated.voltage / rated.stallCurrent)
    const voltage = supplyVoltage ?? rated?.voltage
    if (constant === undefined || resistance === undefined || voltage === undefined) return []
    const dutyOf = (newtonMetres: number) => (newtonMetres * resistance) / (constant * voltage)
    const found: FoundParameter[] = []
    const add = (name: string, duty: number, uncertainty: number) =>
        found.push(foundParameter(parameterOf(parameters, `${joint}.${name}`), duty, uncertainty * duty))
    if (torque !== undefined) add('ks', dutyOf(torque), SAME_FRICTION)
    if (parameterOf(parameters, `${joint}.kv`).value !== 0) {
        add('kv', constant / voltage + dutyOf(valueOf(figures, 'viscousFriction') ?? 0), SAME_CONSTANT)
    }
    return found
}

function valueOf(figures: readonly Figure[], key: string): number | undefined {
    return figures.find(figure => figure.key === key)?.value
}
