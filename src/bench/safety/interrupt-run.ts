import { connectBench } from '../../cli/bench-connect'
import { SimulatedOperator } from '../../cli/bench-operator'
import { Random } from '../../sim/random'
import { loadRobot, runFast } from '../../simulate'
import type { BenchResult } from '../result'
import { runBench } from '../run'
import type { BenchTest, TestOptions } from '../tests/test'
import { BOUNDS } from './bounds'

/** What ends a test before its time, and who then has to stop the motor. */
export const INTERRUPTIONS = {
    'Ctrl-C': { outcome: 'interrupted', stopper: 'host' },
    'defect of the program': { outcome: 'stopped', stopper: 'host' },
    'link unplugged': { outcome: 'stopped', stopper: 'board' },
    'link silent': { outcome: 'stopped', stopper: 'board' },
    'motor controller reset': { outcome: 'stopped', stopper: 'chip' },
} as const

export type Interruption = keyof typeof INTERRUPTIONS

/** Runs of hours and minutes are not waited for: what they do repeats itself. */
const SHORTER: Record<string, TestOptions> = {
    thermal: { duration: 12 },
    soak: { duration: 16 },
    ramp: { duration: 8 },
}
/** Part of a test's expected time within which it is interrupted: some take less than expected. */
const WITHIN = 0.6
/** The host notices at its next setpoint, and what it sends then takes up to this, s. */
const UNDER_WAY = 0.01
/** The link is given up after 1.5 s of silence; looked at the motor for this after the result, s. */
const AFTER = 0.3

export interface InterruptedRun {
    test: string
    by: Interruption
    seed: number
    /** When it was interrupted, and when an output was driven last, s since the test began. */
    at: number
    lastDriven: number
    /** The motor may be driven for so long after the interruption, s. */
    bound: number
    result: BenchResult
    /** What is wrong, in words. */
    failures: string[]
}

/** Interrupts a test on a drawn simulated actuator at a moment drawn by the seed, and looks at the motor controller's output. */
export async function interruptRun(test: BenchTest, by: Interruption, seed: number): Promise<InterruptedRun> {
    const { outcome, stopper } = INTERRUPTIONS[by]
    const settings = SHORTER[test.name] ?? {}
    const target = { sim: 'actuator', board: 'rp2040', seed, fast: true, simDraw: true }
    const connection = await connectBench(target)
    const robot = connection.simulated!
    const now = () => robot.clock.now / 1e6
    const start = now()
    let at = start + new Random(seed).fork(`${test.name} ${by}`).uniform(0.05, WITHIN * test.seconds(settings))
    const state = new Float64Array(64)
    let lastDriven = start
    robot.body.onStep = () => {
        if (robot.body.outputs().every(duty => duty === 0)) return
        robot.body.writeState(state)
        lastDriven = state[0]
    }
    const controller = new AbortController()
    if (by === 'Ctrl-C') robot.clock.at(at * 1e6, () => controller.abort())
    if (by === 'link unplugged') robot.inject({ at, kind: 'link-unplug', duration: 60 })
    if (by === 'link silent') robot.inject({ at, kind: 'link-drop', duration: 60 })
    // One that is reset while nothing is armed is set up again by the next arming, and the test goes on.
    const resetOnceArmed = () => {
        at = now()
        if (connection.session.state?.mode === 'armed') robot.inject({ at, kind: 'chip-reset', target: 'motoron' })
        else robot.clock.at(robot.clock.now + 10_000, resetOnceArmed)
    }
    if (by === 'motor controller reset') robot.clock.at(at * 1e6, resetOnceArmed)
    try {
        const { result } = await connection.run(
            runBench({
                test,
                settings,
                robot: connection.session,
                joint: 'motor',
                scheduler: connection.scheduler,
                signal: controller.signal,
                operator: new SimulatedOperator(robot, 0),
                onProgress: () => {
                    if (by === 'defect of the program' && now() >= at) throw new TypeError('a defect')
                },
                conditions: { link: connection.link },
            }),
        )
        const end = now() + AFTER
        await runFast(robot, () => now() >= end)
        const { config } = await loadRobot('actuator')
        const period = config.tickPeriodMs / 1000
        const bound = {
            // Progress is told each ten setpoints.
            host: (by === 'Ctrl-C' ? 1 : 10) * period + BOUNDS.command.seconds(config) + UNDER_WAY,
            // Without pacing the runtime may make its last tick just before the deadline; then the chip waits for its own timeout.
            board: BOUNDS.deadline.seconds(config) + BOUNDS.chip.seconds(config),
            chip: BOUNDS.chipAtOnce.seconds(config),
        }[stopper]
        const failures: string[] = []
        if (lastDriven - at > bound) failures.push(`motor driven ${lastDriven - at} s after, allowed ${bound} s`)
        if (robot.body.outputs().some(duty => duty !== 0)) failures.push('motor driven at the end')
        if (result.outcome !== outcome) failures.push(`outcome ${result.outcome}, must be ${outcome}`)
        if (result.verdict !== 'fail') failures.push('a test that was not finished passed')
        if (result.capture.samples < (at - start - 0.2) * (1 / period))
            failures.push(`only ${result.capture.samples} samples`)
        if (at - start > 0.2 && result.plots.length === 0) failures.push('no plot of what was measured')
        const times = { at: at - start, lastDriven: lastDriven - start }
        return { test: test.name, by, seed, ...times, bound, result, failures }
    } finally {
        await connection.close()
    }
}
