import { bandwidthOf, type LoopBoard, type LoopGains, type LoopPlant, overshootOf } from './velocity-loop'

/** What a velocity loop shall be like. */
export interface Wish {
    /** -3 dB, Hz */
    bandwidth: number
    /** Of the system of second order that overshoots as much: 0.5 is 16 %, 0.7 is 4.6 %, 1 is none. */
    damping: number
}

/** Gains, and what the model says of the loop with them. */
export interface Design {
    gains: LoopGains
    bandwidth: number
    overshoot: number
}

/** What a system of second order overshoots by, as a part of its step. */
export function overshootAt(damping: number): number {
    return damping >= 1 ? 0 : Math.exp((-Math.PI * damping) / Math.sqrt(1 - damping * damping))
}

/** Overshoot below this counts as none: a response creeps up to its goal through rounding. */
const NONE = 1e-3
const HALVINGS = 20

/**
 * Gains of a PI velocity loop for a wish. Two gains, two wishes: for each ratio of proportional to integral gain one pair has
 * the wanted bandwidth; the more is proportional, the less it overshoots, until at kp = ki τ the controller's zero lies on the
 * motor's pole. A loop that is slow enough not to overshoot there gets that pair, which is the stiffest without a slow tail.
 *
 * @returns undefined when no pair is both so fast and so well damped: the delays in the loop forbid it
 */
export function designLoop(plant: LoopPlant, board: LoopBoard, { bandwidth, damping }: Wish): Design | undefined {
    const allowed = Math.max(NONE, overshootAt(damping))
    const at = (ratio: number): Design => {
        const gains = gainsFor(plant, board, bandwidth, ratio)
        if (!gains) return { gains: { kp: NaN, ki: NaN }, bandwidth: NaN, overshoot: Infinity }
        return { gains, bandwidth: bandwidthOf(plant, board, gains), overshoot: overshootOf(plant, board, gains) }
    }
    const most = at(1)
    if (!(most.overshoot <= allowed)) return undefined
    if (at(0).overshoot <= allowed) return most
    let [low, high] = [0, 1]
    for (let i = 0; i < HALVINGS; i++) {
        const middle = (low + high) / 2
        if (at(middle).overshoot <= allowed) high = middle
        else low = middle
    }
    return at(high)
}

/** The greatest bandwidth, Hz, that can be had with a damping. */
export function fastestLoop(plant: LoopPlant, board: LoopBoard, damping: number): number {
    let [low, high] = [0, 0.25 / board.period]
    for (let i = 0; i < 12; i++) {
        const middle = (low + high) / 2
        if (designLoop(plant, board, { bandwidth: middle, damping })) low = middle
        else high = middle
    }
    return low
}

/** The pair of gains with kp = ratio · ki τ that has the bandwidth. */
function gainsFor(plant: LoopPlant, board: LoopBoard, bandwidth: number, ratio: number): LoopGains | undefined {
    const pair = (ki: number): LoopGains => ({ kp: ratio * ki * plant.timeConstant, ki })
    // Without any lag the loop of ratio 1 has the bandwidth gain · ki.
    const about = (2 * Math.PI * bandwidth) / plant.gain
    let [low, high] = [about / 50, about * 8]
    const slower = (ki: number) => bandwidthOf(plant, board, pair(ki)) < bandwidth
    if (!slower(low) || slower(high)) return undefined
    for (let i = 0; i < HALVINGS; i++) {
        const middle = Math.sqrt(low * high)
        if (slower(middle)) low = middle
        else high = middle
    }
    return pair(low)
}
