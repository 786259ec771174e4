import { connectBench } from '../../cli/bench-connect'
import { SimulatedOperator } from '../../cli/bench-operator'
import { testNamed } from '../../cli/bench-run'
import { robotConditions } from '../../host/conditions'
import type { Robot } from '../../host/robot'
import type { Defect } from '../../sim/plants/motor-draw'
import type { ActuatorTruth, RobotBody } from '../../sim/robot-body'
import { type BenchOutcome, runBench } from '../run'
import type { TestOptions } from '../tests/test'

/** A test of a drawn actuator. */
export interface DrawnCase {
    test: string
    seed: number
    settings?: TestOptions
    defect?: Defect
    /** Interrupts the test after so many samples. */
    interruptAfter?: number
    /** What goes wrong: entries of a fault file, `at` in s since the test begins. */
    faults?: ({ kind: string; at: number } & Record<string, unknown>)[]
    /** Called with simulated time, s since the test begins, at each sample. */
    onSample?: (time: number, body: RobotBody) => void
    /** Called with the robot when the test is over. */
    afterwards?: (robot: Robot) => Promise<void>
    /** Of the unit under test, for its report. */
    serial?: string
    /** °C */
    temperature?: number
}

/** What the test found, and what is true. */
export interface DrawnOutcome extends BenchOutcome {
    truth: ActuatorTruth
    /** What the motor outputs do after the test: duty. */
    drives: number[]
    /** From each tick that changed the duty to when the motor controller did, s. */
    delays: number[]
}

/** Runs a test on a drawn simulated actuator, on simulated time. */
export async function runDrawn(options: DrawnCase): Promise<DrawnOutcome> {
    const { test, seed, settings = {}, defect, interruptAfter = Infinity, serial, temperature } = options
    const { faults = [], onSample, afterwards = async () => {} } = options
    const target = { sim: 'actuator', board: 'rp2040', seed, fast: true, simDraw: true, simDefect: defect }
    const connection = await connectBench(target)
    const { session, scheduler, link } = connection
    const { body, clock } = connection.simulated!
    const conditions = await connection.run(robotConditions(session, scheduler))
    const start = clock.now / 1e6
    connection.simulated!.inject(...faults.map(fault => ({ ...fault, at: start + fault.at })))
    const controller = new AbortController()
    let samples = 0
    session.onState(() => {
        if (++samples === interruptAfter) controller.abort()
        onSample?.(clock.now / 1e6 - start, body)
    })
    // When the motor controller's output changed, s: whatever else listens to the plant's steps still does. The body's first
    // state is its time.
    const edges: number[] = []
    const state = new Float64Array(16)
    const onStep = body.onStep
    let driven = 0
    body.onStep = () => {
        onStep?.()
        const [drive] = body.outputs()
        if (drive === driven) return
        driven = drive
        body.writeState(state)
        edges.push(state[0])
    }
    try {
        const run = runBench({
            test: testNamed(test),
            settings,
            robot: session,
            joint: 'motor',
            scheduler,
            signal: controller.signal,
            operator: new SimulatedOperator(connection.simulated!, 0),
            conditions: { ...conditions, link, serial, temperature },
        })
        const outcome = await connection.run(run)
        await connection.run(afterwards(session))
        const { host, effort } = outcome.rig.capture
        const ticks = host.filter((_, i) => i > 0 && effort[i] !== effort[i - 1])
        return { ...outcome, truth: body.truths!()[0], drives: body.outputs(), delays: delaysOf(ticks, edges) }
    } finally {
        await connection.close()
    }
}

/** A duty that changes is felt within this, s: the Motoron's update period, and what a tick takes. */
const LONGEST = 0.016

/** Each tick with the first change of the output after it. */
function delaysOf(ticks: number[], edges: number[]): number[] {
    let at = 0
    return ticks.flatMap(tick => {
        while (at < edges.length && edges[at] < tick) at++
        return at < edges.length && edges[at] - tick < LONGEST ? [edges[at] - tick] : []
    })
}
