import { line, mean } from '../analysis/statistics'
import type { Rig } from '../rig'
import type { BenchTest } from './test'

const SPEEDS = 6
const SECONDS = 1.6
const BREAKAWAYS = 3
const RAMP_RATE = 0.05
const MOVED = 0.012

/** What it takes to keep turning, at several speeds, and to begin. */
export const friction: BenchTest = {
    name: 'friction',
    description:
        'duty (and torque, where current is sensed) to begin to move and at steady speeds: Coulomb and viscous parts',
    seconds: options => 2 * (options.repeats ?? SPEEDS) * SECONDS + BREAKAWAYS * 5,
    async run(rig, record, options) {
        const { capture, limits } = rig
        const rest = await rig.samples(await rig.idle(0.5, 'at rest'))
        const quiescent = mean(capture.current.slice(...rest))
        await rig.arm()
        const breakaway = await breakaways(rig, BREAKAWAYS)
        record.figure('breakaway', 'duty at which it begins to move', mean(breakaway.map(({ duty }) => duty)))
        const count = options.repeats ?? SPEEDS
        const fastest = options.amplitude ?? 0.7 * limits.velocity
        const rows: { speed: number; duty: number; volts: number; amperes: number }[] = []
        for (let i = 1; i <= count; i++) {
            for (const sign of [1, -1]) {
                const speed = (sign * fastest * i) / count
                const stretch = await rig.hold('velocity', speed, SECONDS, `${speed.toFixed(1)} rad/s`)
                const [from, to] = await rig.samples({ from: stretch.to - 0.8, to: stretch.to })
                const measured = line(capture.time.slice(from, to), capture.measured.slice(from, to)).slope
                const duty = mean(capture.effort.slice(from, to))
                const amperes = (mean(capture.current.slice(from, to)) - quiescent) / Math.abs(duty)
                rows.push({
                    speed: measured,
                    duty,
                    volts: duty * mean(capture.supply.slice(from, to)),
                    amperes: sign * amperes,
                })
                await rig.hold('effort', 0, 0.3, 'rest')
            }
            const sorted = [...rows].sort((a, b) => a.speed - b.speed)
            record.plot({
                title: 'Friction',
                xLabel: 'speed (rad/s)',
                yLabel: Number.isFinite(quiescent) ? 'motor current (A)' : 'duty',
                x: sorted.map(row => row.speed),
                series: [
                    {
                        name: Number.isFinite(quiescent) ? 'current' : 'duty',
                        values: sorted.map(row => (Number.isFinite(quiescent) ? row.amperes : row.duty)),
                        points: true,
                    },
                ],
            })
        }
        for (const [sign, name] of [
            [1, 'Forward'],
            [-1, 'Backward'],
        ] as const) {
            const side = rows.filter(row => row.speed * sign > 0)
            const duty = line(
                side.map(row => Math.abs(row.speed)),
                side.map(row => Math.abs(row.duty)),
            )
            record.figure(`dutyOffset${name}`, `duty that friction takes, ${name.toLowerCase()}`, duty.intercept)
            record.figure(`dutyPerSpeed${name}`, `duty a speed, ${name.toLowerCase()}`, duty.slope, 's/rad')
            if (!Number.isFinite(quiescent)) continue
            const current = line(
                side.map(row => Math.abs(row.speed)),
                side.map(row => Math.abs(row.amperes)),
            )
            record.figure(
                `coulombCurrent${name}`,
                `current of Coulomb friction, ${name.toLowerCase()}`,
                current.intercept,
                'A',
            )
            record.figure(
                `viscousCurrent${name}`,
                `current of viscous friction, ${name.toLowerCase()}`,
                current.slope,
                'A·s/rad',
            )
        }
    },
}

/** A slow ramp. */
export interface Ramp {
    /** Duty it begins with: below what moves the shaft. */
    start: number
    /** Duty a second */
    rate: number
    /** The shaft moves when the encoder has by this, rad. */
    moved: number
}

/** What a shaft that moves turns by before the ramp ends, rad. */
const AWAY = 0.06

/**
 * Slow ramps from rest, by turns in both directions, until the shaft moves: duty, volts and direction at that moment. A push
 * in the ramp's direction comes before it, so that the gears are engaged.
 */
export async function breakaways(
    rig: Rig,
    pairs: number,
    { start, rate, moved }: Ramp = { start: 0, rate: RAMP_RATE, moved: MOVED },
): Promise<{ duty: number; volts: number; sign: number }[]> {
    const { capture, limits } = rig
    const top = Math.min(0.5, limits.effort)
    const found: { duty: number; volts: number; sign: number }[] = []
    for (let i = 0; i < 2 * pairs; i++) {
        const sign = i % 2 === 0 ? 1 : -1
        await rig.hold('effort', sign * Math.min(0.15, limits.effort), 0.25, 'begin to move')
        await rig.hold('effort', 0, 0.35, 'begin to move')
        const rest = await rig.samples(await rig.hold('effort', 0, 0.1, 'begin to move'))
        const origin = mean(capture.measured.slice(...rest))
        const begun = rest[1]
        const away = () => Math.abs(rig.newest.position - origin) >= AWAY
        const ramp = (t: number) => sign * Math.min(top, start + rate * t)
        await rig.samples(await rig.play('effort', ramp, (top - start) / rate, 'begin to move', away))
        let k = begun
        // Two in a row, for one alone may be noise.
        const gone = (j: number) => sign * (capture.measured[j] - origin) >= moved
        while (k + 1 < capture.length && !(gone(k) && gone(k + 1))) k++
        if (k + 1 >= capture.length) continue
        const duty = Math.abs(capture.effort[k])
        found.push({ duty, volts: duty * capture.supply[k], sign })
    }
    return found
}
