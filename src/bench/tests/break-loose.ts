import { mean } from '../analysis/statistics'
import type { Rig } from '../rig'

/** The Motoron's step of a duty: what is sent is what is driven. */
export const DUTY_STEP = 1 / 800
/** At each step of the stairs, s. */
const DWELL = 0.4
/** A push before, that the gears are engaged, and a rest, s. */
const PUSH = 0.15
const PUSHED = 0.25
const RESTED = 0.45
/** Two and a half counts of an AS5600, rad: above its noise. */
const MOVED = 0.004

/**
 * By how much a torque may be above static friction without moving the shaft so far that it shows, N·m: friction falls with
 * speed and so it leaves in the end, but while it does not it creeps, held back by the motor's own damping alone, and turns by
 * excess / damping · (t - τ (1 - exp(-t / τ))) in t.
 *
 * @param damping of speed, N·m·s/rad
 * @param timeConstant τ, s
 */
export function unseenExcess(damping: number, timeConstant: number): number {
    const lasting = DWELL - timeConstant * (1 - Math.exp(-DWELL / timeConstant))
    return (MOVED * damping) / lasting
}

/** Between which two duties a shaft breaks loose. */
export interface BrokeLoose {
    /** The last that held, and the first that did not, 0 to 1. */
    held: number
    moved: number
    /** V, at the motor driver */
    volts: number
}

/**
 * Stairs of duty, one of the driver's own steps each, by turns in both directions, until the shaft moves. A ramp would not
 * know more: between two steps of the driver nothing changes, and it would not know which step the shaft left at.
 *
 * @param from duty to begin with: it holds the shaft; where it does not, that time does not count
 */
export async function breakLoose(rig: Rig, from: number, pairs: number): Promise<BrokeLoose[]> {
    const found: BrokeLoose[] = []
    const first = Math.max(1, Math.floor(from / DUTY_STEP))
    const last = Math.floor(Math.min(0.5, rig.limits.effort) / DUTY_STEP)
    for (let i = 0; i < 2 * pairs; i++) {
        const sign = i % 2 === 0 ? 1 : -1
        const text = `static friction ${i + 1} of ${2 * pairs}`
        await rig.hold('effort', sign * Math.min(PUSH, rig.limits.effort), PUSHED, text)
        await rig.hold('effort', 0, RESTED - 0.1, text)
        const rest = await rig.samples(await rig.hold('effort', 0, 0.1, text))
        const origin = mean(rig.capture.measured.slice(...rest))
        const gone = (k: number) => sign * (rig.capture.measured[k] - origin) >= MOVED
        for (let step = first; step <= last; step++) {
            const duty = sign * step * DUTY_STEP
            const away = () => Math.abs(rig.newest.position - origin) > 4 * MOVED
            const stretch = await rig.play('effort', () => duty, DWELL, text, away)
            const [start, end] = await rig.samplesWhile(stretch, 'effort', duty, 0)
            let moved = false
            // Two in a row, for one alone may be noise.
            for (let k = start; k + 1 < end && !moved; k++) moved = gone(k) && gone(k + 1)
            if (!moved) continue
            if (step > first) {
                const volts = mean(rig.capture.supply.slice(start, end))
                found.push({ held: (step - 1) * DUTY_STEP, moved: step * DUTY_STEP, volts })
            }
            break
        }
    }
    await rig.hold('effort', 0, 0.1, 'rest')
    return found
}
