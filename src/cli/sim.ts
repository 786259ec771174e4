import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { CommandError } from './failure'
import { INTERRUPTED, onInterruption } from './interruption'
import type { DriveReport } from './measured-drive'
import { boardOption, checkRobot, durationOption, inlineOption, jsonOption, seedOption, speed } from './options'
import { note, print, printJson, span, table } from './output'
import { progress } from './progress'

interface SimOptions {
    board: string
    duration: number
    speed: number | 'max'
    seed: number
    pacing: boolean
    inline: boolean
    faults?: string
    json?: boolean
}

export function addSim(program: Command): void {
    program
        .command('sim')
        .description('drive a simulated robot along a fixed pattern and report how its control loop kept time')
        .argument('<robot>', 'a robot of src/robots')
        .addOption(boardOption())
        .addOption(durationOption('simulated time to drive').default(60))
        .option('--speed <n|max>', 'times as fast as wall time, or as fast as it goes', speed, 'max')
        .addOption(seedOption())
        .option('--no-pacing', "do not pace the board: shows the stalls of the runtime's main loop")
        .addOption(inlineOption())
        .option('--faults <file>', 'inject the faults of this JSON file (docs/faults.md)')
        .addOption(jsonOption())
        .addHelpText(
            'after',
            '\nThe same robot, board, seed and options give the same trace hash at any speed.' +
                '\n\nExample:\n  $ tendon sim rover --duration 60 --speed max --seed 7',
        )
        .action(simulateDrive)
}

async function simulateDrive(robot: string, { json, ...options }: SimOptions): Promise<void> {
    await checkRobot(robot)
    const faults = options.faults === undefined ? undefined : await readFaults(options.faults)
    const { measureDrive } = await import('./measured-drive')
    const interruption = onInterruption()
    if (options.speed !== 'max') {
        note(
            `driving for ${options.duration} s, ${options.speed} times as fast as wall time; Ctrl-C ends it and reports`,
        )
    }
    const bar = progress()
    try {
        const onProgress = (part: number) => bar.update(part, '')
        const report = await measureDrive({ robot, ...options, faults, signal: interruption.signal, onProgress })
        bar.stop()
        if (json) printJson(report)
        else for (const line of lines(report)) print(line)
        if (interruption.signal.aborted) process.exitCode = INTERRUPTED
    } finally {
        bar.stop()
        interruption.release()
    }
}

async function readFaults(path: string): Promise<string> {
    try {
        return await readFile(path, 'utf8')
    } catch (error) {
        throw new CommandError(`--faults ${path} cannot be read: ${(error as Error).message}`, { cause: error })
    }
}

/** Half and 99 of 100 of the last 1000 at most, where there was anything to measure. */
function latency({ roundTrip, setpointToTick }: DriveReport): string {
    const figures = ({ p50, p99, count }: DriveReport['roundTrip']) =>
        count === 0 ? 'not measured' : `${(p50 * 1000).toFixed(2)} / ${(p99 * 1000).toFixed(2)} ms`
    return `round trip ${figures(roundTrip)}, setpoint to tick ${figures(setpointToTick)} (p50 / p99)`
}

function lines(report: DriveReport): string[] {
    const { heapFreeBytes } = report
    return [
        `${report.robot} on ${report.board}, seed ${report.seed}`,
        ...table([
            ['simulated', `${report.simulatedSeconds.toFixed(3)} s`],
            ['wall', `${report.wallSeconds.toFixed(3)} s (${report.realTimeFactor.toFixed(1)} times real time)`],
            ['ticks', `${report.ticks}, ${report.lateTicks} late`],
            ['period', `${span(report.periodMs)} (min / mean / max)`],
            ['tick', `${span(report.tickMs)} (min / mean / max)`],
            ['samples', `${report.samplesSent} sent, ${report.samplesLost} lost`],
            ['latency', latency(report)],
            ['heap', heapFreeBytes === undefined ? 'unknown' : `${heapFreeBytes} bytes free`],
            ['mode', report.mode],
            ['trace', report.traceHash],
        ]).map(line => `  ${line}`),
        ...report.faults.map(
            ({ time, fault, active }) =>
                `  ${time.toFixed(3)} s  ${fault.kind}${fault.target ? ` ${fault.target}` : ''} ${active ? 'begins' : 'ends'}`,
        ),
    ]
}
