import type { RecorderOptions, RecordingProgress } from '../record/recorder'
import { CommandError } from './failure'

/** What a recording says about itself. @param sim the robot, when it is simulated in this process */
export async function recorderOptions(sim: string | undefined): Promise<RecorderOptions> {
    const [{ systemScheduler }, { PACKAGE_VERSION }] = await Promise.all([
        import('../host/scheduler'),
        import('../version'),
    ])
    return { scheduler: systemScheduler, hostVersion: PACKAGE_VERSION, simulation: sim !== undefined }
}

/** What a recording that has ended holds: as text, and as an event with its fields. */
export function recorded(path: string, { ticks, samplesLost, bytes }: RecordingProgress): [string, string, object] {
    const text = `${path}: ${ticks} ticks, ${samplesLost} lost on the link, ${bytes} bytes`
    return [text, 'recorded', { file: path, ticks, samplesLost, bytes }]
}

/** What went wrong, and what there is all the same. */
export function recordingError(
    error: Error,
    path: string,
    { ticks, ticksInFile, lastTickInFile }: RecordingProgress,
): Error {
    if (error.name !== 'RecordError') return error
    const kept =
        lastTickInFile === undefined
            ? 'no tick is in the file'
            : `${ticksInFile} of ${ticks} ticks are in the file, up to tick ${lastTickInFile}`
    return new CommandError(`${error.message}. ${kept}. Mend it with: tendon recover ${path} <new file>`, {
        cause: error,
    })
}
