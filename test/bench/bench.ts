import { type BenchOutcome, runBench } from '../../src/bench/run'
import type { TestOptions } from '../../src/bench/tests/test'
import { connectBench } from '../../src/cli/bench-connect'
import { SimulatedOperator } from '../../src/cli/bench-operator'
import { testNamed } from '../../src/cli/bench-run'
import type { Defect } from '../../src/sim/plants/motor-draw'
import type { ActuatorTruth } from '../../src/sim/robot-body'

export interface BenchCase {
    test: string
    seed: number
    settings?: TestOptions
    defect?: Defect
    /** Interrupts the test after so many samples. */
    interruptAfter?: number
}

/** Runs a test on a drawn simulated actuator, on simulated time. */
export async function bench(options: BenchCase): Promise<BenchOutcome & { truth: ActuatorTruth; drives: number[] }> {
    const { test, seed, settings = {}, defect, interruptAfter = Infinity } = options
    const target = { sim: 'actuator', board: 'rp2040', seed, fast: true, simDraw: true, simDefect: defect }
    const connection = await connectBench(target)
    const simulated = connection.simulated!
    const controller = new AbortController()
    let samples = 0
    connection.session.onState(() => {
        if (++samples === interruptAfter) controller.abort()
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
