import { expect, test } from 'vitest'
import { settle } from '../../src/simulate'
import { connectArmedRover, keepDriving, logSetpoints, logWheels, pass, type Rig, type WheelLog } from './rig'

/** The rover's, s. */
const DEADLINE = 0.1
const TICK = 0.01
/** A tick takes a command for over this much early (robot.ts), so that a late next tick is still in time, s. */
const MARGIN = 0.012
/** Of the clock that the command's time is read on, and of the plant, s. */
const STEP = 0.001

function isDriven(outputs: number[]): boolean {
    return outputs.some(duty => duty !== 0)
}

/** When the last driven output was seen, s; undefined when all were zero. */
function lastDriven({ times, outputs }: WheelLog): number | undefined {
    return times[outputs.map(isDriven).lastIndexOf(true)]
}

/** Drives for a while, falls silent and returns when outputs were seen last, counted from when the board could see the last setpoint, s. */
async function fallSilent(rig: Rig, duration: number): Promise<number> {
    const seen = logSetpoints(rig.robot)
    const log = logWheels(rig.robot)
    const silence = keepDriving(rig, 0.2, 0.3)
    await pass(rig.robot, duration)
    silence()
    await pass(rig.robot, 0.3)
    return lastDriven(log)! - seen.at(-1)!
}

test.each([1, 2, 3, 4])(
    'the motors are off at most one tick after the deadline when the planner falls silent (seed %i)',
    async seed => {
        const rig = await connectArmedRover({ seed })
        // Each silence falls on another phase of the tick.
        for (let phase = 0; phase < 10; phase++) {
            const off = await fallSilent(rig, 0.2 + phase * 0.001)
            expect(off).toBeGreaterThan(DEADLINE - MARGIN - 3 * STEP)
            expect(off).toBeLessThanOrEqual(DEADLINE + TICK)
            expect(rig.session.state!.mode).toBe('timeout')
            await settle(rig.robot, rig.session.arm())
        }
    },
)

test('what the deadline stopped stays off until the robot is armed again', async () => {
    const rig = await connectArmedRover({ seed: 5 })
    await fallSilent(rig, 0.2)
    const latched = logWheels(rig.robot)
    keepDriving(rig, 0.2)
    await pass(rig.robot, 0.5)
    // One a millisecond; the plant may stand a few ahead of the clock.
    expect(latched.outputs.length).toBeGreaterThan(480)
    expect(lastDriven(latched)).toBeUndefined()
    expect(rig.session.state!.mode).toBe('timeout')

    await settle(rig.robot, rig.session.arm())
    const armed = logWheels(rig.robot)
    await pass(rig.robot, 0.5)
    expect(isDriven(armed.outputs.at(-1)!)).toBe(true)
    expect(armed.velocities.at(-1)![0]).toBeGreaterThan(4)
})

test('an emergency stop takes the motors off within 16 ms, at whatever moment it comes, and holds until disarmed', async () => {
    const rig = await connectArmedRover({ seed: 6 })
    const silence = keepDriving(rig, 0.2)
    for (let phase = 0; phase < 12; phase++) {
        await pass(rig.robot, 0.3 + phase * 0.0009)
        const log = logWheels(rig.robot)
        const stopping = rig.session.stop()
        await pass(rig.robot, 0.1)
        await stopping
        // 1 ms over USB; the board looks when a tick with its housekeeping (9 ms) is over, and the next may come first (5 ms).
        expect(lastDriven(log)! - log.times[0]).toBeLessThanOrEqual(0.016 + STEP / 2)
        await settle(rig.robot, rig.session.disarm())
        await settle(rig.robot, rig.session.arm())
    }
    await settle(rig.robot, rig.session.stop())
    silence()
    await expect(settle(rig.robot, rig.session.arm())).rejects.toMatchObject({ code: 'blocked' })
    await settle(rig.robot, rig.session.disarm())
    await settle(rig.robot, rig.session.arm())
})
