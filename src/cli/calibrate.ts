import { type Command, Option } from 'commander'
import { calibrate, type Calibration, storeCalibration } from '../bench/calibrate/run'
import { digits } from '../bench/report/html'
import type { Operator } from '../bench/rig'
import { hasParameters } from '../host/parameters'
import type { BenchConnection } from './bench-connect'
import { AskedOperator, answered, SimulatedOperator } from './bench-operator'
import { withBench } from './bench'
import { type BenchOptions, safetyOf, targetOptions } from './bench-options'
import { INTERRUPTED } from './interruption'
import { number } from './options'
import { print, printJson, table } from './output'
import { progress } from './progress'

interface CalibrateOptions extends BenchOptions {
    at?: number
    rest: number
}

export function addCalibrate(program: Command): void {
    const command = program
        .command('calibrate')
        .description(
            "measure a joint's direction, counts, zero, friction and servo pulses, or an IMU's bias, and store it when told to",
        )
        .argument('<target>', "a joint's name, or imu")
        .option('--store', "keep what was found in the board's flash")
        .addOption(
            new Option('--at <rad>', 'where the joint is, instead of being asked: sets its zero').argParser(
                number({ min: -100, max: 100 }),
            ),
        )
        .addOption(
            new Option('--rest <s>', 'imu: how long it is listened to')
                .argParser(number({ min: 1, max: 600 }))
                .default(5),
        )
    targetOptions(command)
        .addHelpText(
            'after',
            '\nA continuous joint turns by itself, up to full duty: lift the wheels, keep clear. A joint with stops is not turned;' +
                '\nservos are armed for 1.5 s, hold, and go limp again.' +
                '\nCtrl-C stops the motor; nothing is stored then.' +
                '\n\nExamples:\n  $ tendon calibrate imu --port auto --store' +
                '\n  $ tendon calibrate motor --sim actuator --speed max' +
                '\n  $ tendon calibrate elbow --port auto --at 0 --store',
        )
        .action(run)
}

async function run(target: string, options: CalibrateOptions): Promise<void> {
    await withBench(options, async (connection, signal) => {
        const bar = progress()
        const { session, scheduler, link } = connection
        const work = calibrate({
            robot: session,
            target,
            scheduler,
            signal,
            operator: operatorOf(connection, target, options, signal),
            place: placeOf(connection, target, options, signal),
            limits: safetyOf(options),
            restSeconds: options.rest,
            conditions: { link },
            onProgress: (part, text) => bar.update(part, text),
        })
        const found = await connection.run(work).finally(() => bar.stop())
        if (!options.json) show(found)
        const stored = found.outcome === 'complete' && (await wanted(found, options, signal))
        const names = stored && hasParameters(session) ? await connection.run(storeCalibration(session, found)) : []
        if (options.json) printJson({ ...found, stored: names })
        else if (names.length > 0) print(`stored: ${names.join(', ')}`)
        else print(found.parameters.some(({ differs }) => differs) ? 'nothing is stored' : 'nothing to store')
        process.exitCode = { complete: 0, interrupted: INTERRUPTED, stopped: 1 }[found.outcome]
    })
}

function operatorOf(
    { simulated, session }: BenchConnection,
    target: string,
    { turns, json }: CalibrateOptions,
    signal: AbortSignal,
): Operator | undefined {
    if (turns !== undefined) return { look: () => {}, turnsSeen: async () => turns }
    const index = session.description.joints.findIndex(({ name }) => name === target)
    if (simulated && index >= 0) return new SimulatedOperator(simulated, index)
    return process.stdin.isTTY && !json ? new AskedOperator(signal) : undefined
}

/** Who says where the joint is: the option, the simulated body of a joint with stops, or a person. */
function placeOf(
    { simulated, session }: BenchConnection,
    target: string,
    { at, json }: CalibrateOptions,
    signal: AbortSignal,
): (() => Promise<number | undefined>) | undefined {
    if (at !== undefined) return async () => at
    const index = session.description.joints.findIndex(({ name }) => name === target)
    const stops = session.description.joints[index]?.kind === 'revolute'
    // To a hundredth of a radian, as one reads a protractor.
    if (simulated) return stops ? async () => Math.round(simulated.body.angles()[index] * 100) / 100 : undefined
    if (!process.stdin.isTTY || json) return undefined
    return async () => {
        const { number: ask } = await import('@inquirer/prompts')
        const message =
            'Bring the joint to a place that you know. Where is it, in rad (0: at its zero mark; empty: leave its zero)?'
        return answered(ask({ message, required: false, step: 'any' }, { signal }))
    }
}

/** Whether it is to be stored: told so beforehand, or asked. */
async function wanted({ parameters }: Calibration, options: CalibrateOptions, signal: AbortSignal): Promise<boolean> {
    if (options.store) return true
    if (options.json || !process.stdin.isTTY || !parameters.some(({ differs }) => differs)) return false
    const { confirm } = await import('@inquirer/prompts')
    return answered(confirm({ message: "Store what differs in the board's flash?", default: false }, { signal })).catch(
        () => false,
    )
}

function show({ parameters, figures, findings, outcome, reason }: Calibration): void {
    for (const { level, text } of findings) print(`${level}: ${text}`)
    if (figures.length > 0) {
        for (const line of table(
            [['measured', 'value', 'unit'], ...figures.map(f => [f.name, digits(f.value), f.unit])],
            [1],
        ))
            print(line)
    }
    if (parameters.length > 0) {
        const rows = parameters.map(({ name, configured, found, uncertainty, unit, differs }) => [
            name,
            `${configured}`,
            `${found}`,
            uncertainty ? digits(uncertainty) : '',
            unit,
            differs ? 'differs' : '',
        ])
        for (const line of table([['parameter', 'configured', 'found', '±', 'unit', ''], ...rows], [1, 2, 3]))
            print(line)
    }
    if (outcome !== 'complete') print(`${outcome}: ${reason}`)
}
