import { type BenchOutcome, runBench } from '../../src/bench/run'
import type { TestOptions } from '../../src/bench/tests/test'
import { connectBench } from '../../src/cli/bench-connect'
import { SimulatedOperator } from '../../src/cli/bench-operator'
import { testNamed } from '../../src/cli/bench-run'
import type { Defect } from '../../src/sim/plants/motor-draw'
import type { ActuatorTruth, RobotBody } from '../../src/sim/robot-body'

export interface BenchCase {
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
}

/** Runs a test on a drawn simulated actuator, on simulated time. */
export async function bench(options: BenchCase): Promise<BenchOutcome & { truth: ActuatorTruth; drives: number[] }> {
    const { test, seed, settings = {}, defect, interruptAfter = Infinity, faults = [], onSample } = options
    const target = { sim: 'actuator', board: 'rp2040', seed, fast: true, simDraw: true, simDefect: defect }
    const connection = await connectBench(target)
    const simulated = connection.simulated!
    const controller = new AbortController()
    const start = simulated.clock.now / 1e6
    simulated.inject(...faults.map(fault => ({ ...fault, at: start + fault.at })))
    let samples = 0
    connection.session.onState(() => {
        if (++samples === interruptAfter) controller.abort()
        onSample?.(simulated.clock.now / 1e6 - start, simulated.body)
    })
    try {
        const run = runBench({
            test: testNamed(test),
            settings,
            robot: connection.session,
            joint: 'motor',
            scheduler: connection.scheduler,
            signal: controller.signal,
            operator: new SimulatedOperator(simulated, 0),
            conditions: {
                link: connection.link,
                firmware: connection.firmware,
                serial: 'A-17',
                temperature: 21.5,
            },
        })
        const outcome = await connection.run(run)
        return { ...outcome, truth: simulated.body.truths!()[0], drives: simulated.body.outputs() }
    } finally {
        await connection.close()
    }
}
