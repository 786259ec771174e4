import { PARAMETERS } from './metadata'
import type { RecordingFile } from './recording-file'

/** Values in force by name, from a time on. */
export interface RecordedParameters {
    /** s since the Unix epoch */
    time: number
    values: Record<string, number>
}

/** What a recording knows of parameters, in order: the first values, and those after each change. */
export async function recordedParameters(recording: RecordingFile): Promise<RecordedParameters[]> {
    const found: RecordedParameters[] = []
    for await (const record of recording.metadataRecords(PARAMETERS)) {
        const values = JSON.parse(record.get('values')!) as Record<string, number>
        found.push({ time: Number(record.get('time_s')), values })
    }
    return found
}
