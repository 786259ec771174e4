import { expect, test } from 'vitest'
import { Motoron } from '../../src/sim/chips/motoron'
import { settle } from '../../src/simulate'
import { connectRover, logWheels, pass } from './rig'

/** The Motoron's own, as the rover configures it: 100 ms in steps of 4 ms. */
const TIMEOUT = 0.1
const TIMEOUT_STEP = 0.004
/** Steps of the plant. */
const STEP = 0.001

/** Drives by one setpoint at a time, without pacing, and looks for times in which the program stood still with wheels driven. */
async function driveUnpaced(seed: number, trials: number) {
    const { robot, session } = await connectRover({ seed, pacingMs: 0 })
    const commands: number[] = []
    robot.bus.onTransaction = (address, write, _read, result, time) => {
        if (address === Motoron.ADDRESS && write !== undefined && result === 0) commands.push(time)
    }
    const log = logWheels(robot)
    const modes: string[] = []
    for (let trial = 0; trial < trials; trial++) {
        await settle(robot, session.disarm())
        await settle(robot, session.arm())
        session.drive({ linear: 0.2, angular: 0 })
        await pass(robot, 0.5)
        modes.push(session.state!.mode)
    }
    return { commands, log, modes, lateTicks: session.statistics().lateTicks }
}

test('without pacing the program stalls at times, and the motor controller stops the wheels by itself', async () => {
    const { commands, log, lateTicks } = await driveUnpaced(1, 200)
    expect(lateTicks).toBeGreaterThan(0)

    let stalledDriven = 0
    let last = 0
    for (let i = 0, next = 0; i < log.times.length; i++) {
        while (next < commands.length && commands[next] <= log.times[i]) last = commands[next++]
        const silent = log.times[i] - last
        const driven = log.outputs[i].some(duty => duty !== 0)
        if (driven) expect(silent).toBeLessThanOrEqual(TIMEOUT + TIMEOUT_STEP + STEP)
        // Driven up to the very end of the time that the controller gives a program that says nothing.
        else if (silent > TIMEOUT && silent < TIMEOUT + 2 * STEP && i > 2 && log.outputs[i - 2].some(d => d !== 0)) stalledDriven++
    }
    expect(stalledDriven).toBeGreaterThan(0)
    console.log(stalledDriven, lateTicks)
})
