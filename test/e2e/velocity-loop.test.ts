import { expect, test } from 'vitest'
import { connectArmedRover, keepDriving, logWheels, pass, seconds, type WheelLog } from './rig'

/** 5 rad/s at both wheels of 40 mm. */
const GOAL = 5
const LINEAR = 0.2
const BAND = 0.02
/** Steps of the plant (1 ms) in a tick: what the loop can't see or act on within a tick is averaged. */
const TICK_STEPS = 10
/** s */
const LIMIT = 0.3
const WATCHED = 1

/** How long after `start` (s) a wheel's speed, averaged over a tick, last left the band around the goal, s. */
function settlingTime({ times, velocities }: WheelLog, wheel: number, start: number): number {
    let settled = start
    for (let i = TICK_STEPS; i <= times.length; i++) {
        const window = velocities.slice(i - TICK_STEPS, i)
        const mean = window.reduce((sum, step) => sum + step[wheel], 0) / TICK_STEPS
        if (times[i - 1] > start && Math.abs(mean - GOAL) > BAND * GOAL) settled = times[i - 1]
    }
    return settled - start
}

test.each([1, 2, 3, 4, 5, 6])(
    'a wheel settles to 5 rad/s and holds it when a fifth of the supply goes (seed %i)',
    async seed => {
        const rig = await connectArmedRover({ seed })
        const { robot } = rig
        // The step falls on another phase of the tick and of the motor controller's updates with each seed.
        await pass(robot, 0.1 + seed * 0.0017)
        const step = logWheels(robot)
        const commanded = seconds(robot)
        keepDriving(rig, LINEAR)
        await pass(robot, WATCHED)
        for (const wheel of [0, 1]) {
            expect(settlingTime(step, wheel, commanded)).toBeLessThan(LIMIT)
            expect(Math.max(...step.velocities.map(both => both[wheel]))).toBeLessThan(GOAL * 1.1)
        }

        const drop = logWheels(robot)
        const dropped = seconds(robot)
        robot.body.setSupply(12 * 0.8)
        await pass(robot, WATCHED)
        for (const wheel of [0, 1]) {
            // The drop is felt: the motors can't be driven by anything else than the supply.
            expect(Math.min(...drop.velocities.map(both => both[wheel]))).toBeLessThan(GOAL * 0.95)
            expect(settlingTime(drop, wheel, dropped)).toBeLessThan(LIMIT)
        }
    },
)
