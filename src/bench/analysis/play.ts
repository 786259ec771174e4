import type { Rig } from '../rig'
import { mean } from './statistics'

/** How far the shaft turned in each of a series of equal pushes, rad, in the direction of the push. */
export interface Pushes {
    /** In the direction of the push before. */
    same: number[]
    /** Against it. */
    reversed: number[]
}

/** Between two pushes, s: the motor is shorted and comes to rest. */
const REST = 0.35
/** Of a push's duty, s. */
const RAMP = 0.5

/**
 * Pushes the shaft to and fro: each direction twice in a row. A push after one in the other direction must first cross the
 * play, so its shaft turns less far by it. Same against same direction, so that a friction that differs between directions
 * falls out.
 */
export async function pushes(rig: Rig, duty: number, seconds: number, rounds: number, text: string): Promise<Pushes> {
    const found: Pushes = { same: [], reversed: [] }
    let direction = 1
    await push(rig, duty, seconds, text)
    for (let i = 0; i < rounds * 2; i++) {
        found.same.push(direction * (await push(rig, direction * duty, seconds, text)))
        direction = -direction
        found.reversed.push(direction * (await push(rig, direction * duty, seconds, text)))
    }
    return found
}

/** Play by the pushes, rad: mean and what its error may be (95 %). */
export function playOf({ same, reversed }: Pushes): { play: number; error: number } {
    const each = same.map((travel, i) => {
        // A reversed push is compared with those in its own direction: entries alternate.
        const alike = reversed.filter((_, j) => j % 2 !== i % 2)
        return travel - mean(alike)
    })
    const play = mean(each)
    const variance = mean(each.map(value => (value - play) ** 2))
    return { play, error: each.length > 1 ? 2 * Math.sqrt(variance / (each.length - 1)) : NaN }
}

/**
 * The duty rises and falls along ramps: host, board and motor driver count time apart, so that each value may last a period
 * more or less. At an edge that would be worth as much as some play; on a ramp the neighbouring value stands in for it.
 *
 * @returns where the shaft ended less where it began, rad
 */
async function push(rig: Rig, duty: number, seconds: number, text: string): Promise<number> {
    const before = await rig.samples(await rig.hold('effort', 0, 0.1, text))
    const start = mean(rig.capture.measured.slice(...before))
    const ramp = Math.min(RAMP, seconds / 2)
    await rig.play('effort', t => duty * Math.min(1, t / ramp, (seconds - t) / ramp), seconds, text)
    await rig.hold('effort', 0, REST, text)
    const after = await rig.samples(await rig.hold('effort', 0, 0.1, text))
    return mean(rig.capture.measured.slice(...after)) - start
}
