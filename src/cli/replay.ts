import { type Command, Option } from 'commander'
import type { RecordingFile } from '../record/recording-file'
import { addBridgeOptions, type BridgeFlags, readBridgeOptions } from './bridge-options'
import { UsageError } from './failure'
import { onInterruption } from './interruption'
import { boardOption, jsonOption, number, seedOption } from './options'
import { note, print, printJson, table } from './output'

const RATE = { min: 0, above: true, max: 1000 }

interface ReplayOptions extends BridgeFlags {
    to?: string
    rate?: number
    loop?: boolean
    wait?: boolean
    record?: string
    board: string
    seed: number
    json?: boolean
}

export function addReplay(program: Command): void {
    const command = program
        .command('replay')
        .description('play a recording to planners, or send its commands to a robot, with the timing that it had')
        .argument('<recording>', 'an MCAP file')
        .option('--to <robot>', 'send the recorded commands to: sim, a serial port, or auto to find one')
        .addOption(new Option('--rate <n>', 'times as fast as it was (default: 1)').argParser(number(RATE)))
        .option('--loop', 'begin again at the end')
        .option('--wait', 'begin when the first planner has connected')
        .addOption(boardOption())
        .addOption(seedOption())
        .addOption(new Option('--record <file>', 'with --to: record what the robot does to this new MCAP file'))
    addBridgeOptions(command)
        .addOption(jsonOption('print JSON lines'))
        .addHelpText(
            'after',
            '\nTo planners a recording is a robot with simulated time (/clock) that refuses commands.' +
                '\nWith --to the robot MOVES as it did then, and is compared with the recording.' +
                '\n\nExamples:\n  $ tendon replay run.mcap --rate 2\n  $ tendon replay run.mcap --to sim',
        )
        .action(replay)
}

async function replay(path: string, options: ReplayOptions): Promise<void> {
    const alone = options.to === undefined ? ['record'] : ['rate', 'loop', 'wait']
    const wrong = alone.find(name => options[name as keyof ReplayOptions] !== undefined)
    if (wrong !== undefined) {
        throw new UsageError(
            options.to === undefined
                ? '--record belongs to --to: what is played to planners is recorded already'
                : `--${wrong} does not go with --to: a robot gets its commands once, with the timing that they had`,
        )
    }
    const { RecordingFile } = await import('../record/recording-file')
    const recording = await RecordingFile.open(path)
    try {
        await (options.to === undefined ? toPlanners : toRobot)(recording, path, options)
    } finally {
        await recording.close()
    }
}

async function toPlanners(recording: RecordingFile, path: string, options: ReplayOptions): Promise<void> {
    const [{ recordedStates }, { openRecordedRobot }, { ReplayClock }] = await Promise.all([
        import('../record/replay/recorded-states'),
        import('../record/replay/parameterised-robot'),
        import('../record/replay/replay-clock'),
    ])
    const [{ systemScheduler }, { openBridge }] = await Promise.all([
        import('../host/scheduler'),
        import('./start-rover'),
    ])
    const doors = await readBridgeOptions(options)
    const robot = await openRecordedRobot(recording, path)
    const first = await recordedStates(recording).next()
    if (first.done) throw new UsageError(`${path} has no samples`)
    const clock = new ReplayClock(systemScheduler, first.value.received, options.rate ?? 1)
    const interruption = onInterruption()
    const { signal } = interruption
    const say = (text: string, event: string, fields: object = {}) =>
        options.json ? printJson({ event, ...fields }) : print(text)
    const bridge = await openBridge(robot, { ...doors, simulation: true, scheduler: clock, log: note })
    try {
        const { url } = bridge.rosbridge
        const foxglove = bridge.foxglove?.url
        say(`rosbridge at ${url}${foxglove === undefined ? '' : `, foxglove at ${foxglove}`}`, 'bridge', {
            url,
            foxglove,
        })
        while (options.wait && bridge.statistics().clients === 0 && !signal.aborted) await pause(LOOK_MS)
        do {
            clock.restart()
            say(`playing ${path}`, 'playing', { file: path })
            await robot.play(recordedStates(recording), clock, signal)
        } while (options.loop && !signal.aborted)
        await pause(LOOK_MS) // for the last samples on their way
        const { samplesReceived } = robot.statistics()
        say(`played ${samplesReceived} samples`, 'played', { samples: samplesReceived })
    } finally {
        await bridge.close()
        interruption.release()
    }
}

/** Between two looks, ms. */
const LOOK_MS = 50

async function toRobot(recording: RecordingFile, path: string, options: ReplayOptions): Promise<void> {
    const { replayTo } = await import('../replay-commands')
    const interruption = onInterruption()
    try {
        const result = await replayTo(recording, path, {
            ...options,
            to: options.to!,
            signal: interruption.signal,
            onNote: note,
        })
        if (options.json) return printJson(result)
        print(`${result.robot}: ${result.commands} commands in ${result.seconds.toFixed(2)} s`)
        const rows = result.deviations.map(({ joint, position, velocity }) => [
            joint,
            position.toFixed(3),
            velocity.toFixed(3),
        ])
        const head = ['beside the recording', 'way at most (rad)', 'velocity rms (rad/s)']
        for (const line of table([head, ...rows], [1, 2])) print(line)
    } finally {
        interruption.release()
    }
}

function pause(ms: number): Promise<void> {
    return new Promise(resolve => setTimeout(resolve, ms))
}
