import type { Parameter } from '../../host/parameters'
import { type FoundParameter, foundParameter, parameterOf } from './found'

/** A servo stays within its dead band and its friction of where it is sent, rad: to either side. */
const SETTLES_WITHIN = 0.01

/** Whether a joint is a servo whose pulse ends are parameters. */
export function isServo(joint: string, parameters: readonly Parameter[]): boolean {
    return parameters.some(({ name }) => name === `${joint}.pulse_low`)
}

/**
 * The pulses at a servo's ends, from where it went when it was sent to where its joint was: by as much its horn is off.
 *
 * @param went rad
 */
export function pulseEnds(joint: string, parameters: readonly Parameter[], went: number): FoundParameter[] {
    const named = (name: string) => parameterOf(parameters, `${joint}.${name}`)
    const [low, high] = [named('pulse_low'), named('pulse_high')]
    const secondsPerRadian = (high.value - low.value) / (named('servo_high').value - named('servo_low').value)
    const within = Math.abs(secondsPerRadian) * SETTLES_WITHIN
    return [low, high].map(end => foundParameter(end, end.value - secondsPerRadian * went, within))
}
