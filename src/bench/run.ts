import type { RobotConditions } from '../host/conditions'
import { RobotError } from '../host/robot'
import { type BenchResult, type Conditions, judge, type Limit, type Plot, Recorder } from './result'
import { BenchStop, Rig, type RigOptions } from './rig'
import type { BenchTest, TestOptions } from './tests/test'

export interface BenchRun extends RigOptions {
    test: BenchTest
    settings: TestOptions
    /** What figures may be. */
    accept?: Record<string, Limit>
    /** What is known of the conditions beside what the robot tells. */
    conditions: Partial<RobotConditions> & Pick<Conditions, 'link' | 'temperature' | 'serial'>
}

/** A result, and the capture that it came from. */
export interface BenchOutcome {
    result: BenchResult
    rig: Rig
    /** A defect of the program that ended the test: to be thrown when the report is written. */
    defect?: unknown
}

/** Points of a raw plot at most: a browser shows 10,000 with ease, a file of 1 MB holds them. */
const RAW_POINTS = 6000

/**
 * Runs a test to its end, or as far as it gets. Whatever happens the motor is off afterwards, and the result says what was
 * measured until then.
 *
 * @throws LimitError for limits that the joint does not allow, RobotError for a joint that does not exist; before anything moves
 */
export async function runBench(run: BenchRun): Promise<BenchOutcome> {
    const { test, settings } = run
    const rig = new Rig(run, test.seconds(settings))
    const recorder = new Recorder()
    const date = new Date(run.scheduler.epoch() < 1e8 ? Date.now() : run.scheduler.epoch() * 1000).toISOString()
    let outcome: BenchResult['outcome'] = 'complete'
    let reason: string | undefined
    let defect: unknown
    try {
        await test.run(rig, recorder, settings)
    } catch (error) {
        if (error instanceof BenchStop || error instanceof RobotError) {
            outcome = error.code === 'interrupted' ? 'interrupted' : 'stopped'
            reason = error.message
        } else {
            defect = error
            outcome = 'stopped'
            reason = `defect of the program: ${String(error)}`
        }
    } finally {
        await rig.stop()
    }
    const capture = rig.capture.summary()
    if (capture.missing > 0) {
        const text = `${capture.missing} of ${capture.samples + capture.missing} samples are missing: the figures may be off`
        recorder.finding('samples-missing', 'warning', text)
    }
    for (const plot of rawPlots(rig)) recorder.plot(plot)
    const judgements = judge(recorder.figures, run.accept ?? {})
    const { figures, findings, plots } = recorder
    const failed =
        outcome !== 'complete' ||
        findings.some(({ level }) => level === 'fault') ||
        judgements.some(({ pass }) => !pass) ||
        capture.missing > 0
    const { name, configHash } = rig.robot.description
    const { supplyVoltage } = rig.capture
    const conditions: Conditions = {
        date,
        robot: name,
        joint: rig.description.name,
        configHash,
        ...run.conditions,
        ...(Number.isFinite(supplyVoltage) && { supplyVoltage }),
        options: { ...settings },
    }
    const verdict = failed ? 'fail' : 'pass'
    return {
        rig,
        defect,
        result: {
            test: test.name,
            outcome,
            reason,
            verdict,
            conditions,
            figures,
            findings,
            judgements,
            capture,
            plots,
        },
    }
}

/** What was captured, over time. */
function rawPlots({ capture }: Rig): Plot[] {
    const { time, length } = capture
    if (length === 0) return []
    const every = Math.max(1, Math.ceil(length / RAW_POINTS))
    const thin = <T>(column: T[]) => column.filter((_, i) => i % every === 0)
    const x = thin(time).map(seconds => round(seconds - time[0], 4))
    const series = (name: string, column: number[], digits = 4) => ({
        name,
        values: thin(column).map(value => (Number.isFinite(value) ? round(value, digits) : null)),
    })
    const plot = (title: string, yLabel: string, curves: Plot['series']): Plot => ({
        title,
        xLabel: 'time (s)',
        yLabel,
        x,
        series: curves,
    })
    const plots = [
        plot('Position', 'rad', [series('measured', capture.measured), series('estimate', capture.position)]),
        plot('Velocity', 'rad/s', [series('estimate', capture.velocity)]),
        plot('Command', 'duty; setpoint in its unit', [
            series('effort', capture.effort),
            series('setpoint', capture.setpoint),
        ]),
        plot('Lateness of the tick', 'ms', [
            series(
                'lateness',
                capture.lateness.map(seconds => seconds * 1000),
                1,
            ),
        ]),
    ]
    if (capture.current.some(Number.isFinite)) {
        plots.push(plot('Supply current', 'A', [series('current', capture.current)]))
        plots.push(plot('Supply voltage', 'V', [series('voltage', capture.supply)]))
    }
    return plots
}

function round(value: number, digits: number): number {
    const scale = 10 ** digits
    return Math.round(value * scale) / scale
}
