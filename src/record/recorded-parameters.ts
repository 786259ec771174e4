import type { Parameter } from '../host/parameters'
import { PARAMETER_KINDS, PARAMETERS } from './metadata'
import type { RecordingFile } from './recording-file'

/** Values in force by name, from a time on. */
export interface RecordedParameters {
    /** s since the Unix epoch */
    time: number
    values: Record<string, number>
}

/** What parameters there are from a time on: units, ranges, defaults. */
export interface RecordedKinds {
    /** s since the Unix epoch */
    time: number
    kinds: Omit<Parameter, 'value'>[]
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

/** What they are, in order: one record, and another after each change by another program. None in files from before them. */
export async function recordedParameterKinds(recording: RecordingFile): Promise<RecordedKinds[]> {
    const found: RecordedKinds[] = []
    for await (const record of recording.metadataRecords(PARAMETER_KINDS)) {
        const kinds = JSON.parse(record.get('kinds')!) as RecordedKinds['kinds']
        found.push({ time: Number(record.get('time_s')), kinds })
    }
    return found
}
