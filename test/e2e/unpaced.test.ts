import { expect, test } from 'vitest'
import { Motoron } from '../../src/sim/chips/motoron'
import { settle } from '../../src/simulate'
import { connectRover, logWheels, pass, type WheelLog } from './rig'

/** The Motoron's own time limit, as the rover sets it, s, and the step in which it keeps it. */
const TIMEOUT = 0.1
const TIMEOUT_STEP = 0.004
/** s */
const PLANT_STEP = 0.001

/** Sends one setpoint at a time and falls silent. Logs the wheels, and when the motor controller got a command, s. */
async function driveInBursts(seed: number, bursts: number, pacingMs?: number) {
    const { robot, session } = await connectRover({ seed, pacingMs })
    const commands: number[] = []
    robot.bus.onTransaction = (address, write, _read, result, time) => {
        if (address === Motoron.ADDRESS && write !== undefined && result === 0) commands.push(time)
    }
    const log = logWheels(robot)
    for (let burst = 0; burst < bursts; burst++) {
        await settle(robot, session.disarm())
        await settle(robot, session.arm())
        session.drive({ linear: 0.2, angular: 0 })
        await pass(robot, 0.5)
    }
    const stalls = commands
        .map((from, i) => ({ from, to: commands[i + 1] ?? from }))
        .filter(({ from, to }) => to - from > TIMEOUT + TIMEOUT_STEP + PLANT_STEP)
    return { log, stalls, lateTicks: session.statistics().lateTicks }
}

/** Whether a wheel was driven at any time after `from` and before `to`, s. */
function isDriven({ times, outputs }: WheelLog, from: number, to: number): boolean {
    return outputs.some((duties, i) => times[i] > from && times[i] < to && duties.some(duty => duty !== 0))
}

test('without pacing the program stalls at times, and the motor controller stops the wheels by itself', async () => {
    const { log, stalls, lateTicks } = await driveInBursts(7, 100, 0)
    expect(lateTicks).toBeGreaterThan(50)
    const driven = stalls.filter(({ from, to }) => isDriven(log, from, to))
    // Bursts in which a program that stood still would have driven on, for a second or for good. How many is chance.
    expect(driven.length).toBeGreaterThan(0)
    expect(Math.max(...driven.map(({ from, to }) => to - from))).toBeGreaterThan(1.5 * TIMEOUT)
    for (const { from, to } of driven) {
        expect(isDriven(log, from + TIMEOUT - 2 * PLANT_STEP, from + TIMEOUT)).toBe(true)
        expect(isDriven(log, from + TIMEOUT + TIMEOUT_STEP, to)).toBe(false)
    }
})

test('with pacing it does not stall', async () => {
    const { stalls, lateTicks } = await driveInBursts(1, 100)
    expect(stalls).toEqual([])
    // Disarming goes through the runtime's own dispatcher, which now and then costs more than the tick can spare: one in ten of 100.
    expect(lateTicks).toBeLessThan(10)
})
