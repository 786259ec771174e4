import { type Command, Option } from 'commander'
import { linkWatch } from './bridge'
import { UsageError } from './failure'
import { aborted, onInterruption } from './interruption'
import { boardOption, checkRobot, durationOption, jsonOption } from './options'
import { note, print, printJson } from './output'
import { recorded, recorderOptions, recordingError } from './recording'

/** Between two looks at the link, and between two status lines, ms. */
const LOOK_MS = 100
const STATUS_MS = 1000

interface RecordOptions {
    port?: string
    sim?: string
    board: string
    duration?: number
    json?: boolean
}

export function addRecord(program: Command): void {
    program
        .command('record')
        .description("write every tick's sample of a robot to an MCAP file, until Ctrl-C")
        .argument('<file>', 'a new file')
        .addOption(new Option('--port <path>', 'serial port of the board, or auto to find it').conflicts('sim'))
        .option('--sim <robot>', 'simulate a robot in this process instead')
        .addOption(boardOption())
        .addOption(durationOption('end after so long'))
        .addOption(jsonOption('print JSON lines: one for each event and a status each second'))
        .addHelpText(
            'after',
            '\nA recording that was cut by a crash or a full disk is mended by: tendon recover' +
                '\n\nExamples:\n  $ tendon record --port auto run.mcap\n  $ tendon record --sim rover --duration 10 run.mcap',
        )
        .action(record)
}

async function record(path: string, options: RecordOptions): Promise<void> {
    const { port, sim, board, duration, json } = options
    if (port === undefined && sim === undefined) {
        throw new UsageError('what to record? --port <path>, --port auto, or --sim <robot> (see `tendon ports`)')
    }
    if (sim !== undefined) await checkRobot(sim)
    const interruption = onInterruption()
    const { signal } = interruption
    const { connect } = await import('../connect')
    const { startRecording } = await import('../record/start-recording')
    const say = (text: string, event: string, fields: object = {}) =>
        json ? printJson({ event, ...fields }) : note(text)
    const robot = await connect(sim === undefined ? { port: port! } : { sim, board })
    try {
        const recorder = await startRecording(robot, path, await recorderOptions(sim))
        say(`recording ${robot.description.name} to ${path}; Ctrl-C ends it`, 'recording', { file: path })
        const watch = linkWatch(() => robot.statistics(), say)
        const timers = [setInterval(watch, LOOK_MS)]
        if (json) timers.push(setInterval(() => say('', 'status', recorder.progress()), STATUS_MS))
        const over = new AbortController()
        try {
            await Promise.race([aborted(AbortSignal.any([signal, over.signal]), duration), recorder.failure])
            await recorder.close()
        } catch (error) {
            throw recordingError(error as Error, path, recorder.progress())
        } finally {
            over.abort()
            timers.forEach(timer => clearInterval(timer))
        }
        const [text, event, fields] = recorded(path, recorder.progress())
        if (json) printJson({ event, ...fields })
        else print(text)
    } finally {
        await robot.close()
        interruption.release()
    }
}
