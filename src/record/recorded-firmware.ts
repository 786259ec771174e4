import type { RecordedFirmware } from './firmware-watch'
import { FIRMWARE } from './metadata'
import type { RecordingFile } from './recording-file'

/** Which programs the board ran, in order: the first one, and each that came in its place. */
export async function recordedFirmware(recording: RecordingFile): Promise<RecordedFirmware[]> {
    const found: RecordedFirmware[] = []
    for await (const record of recording.metadataRecords(FIRMWARE)) {
        // Files from before programs were watched have one record, without a time.
        found.push({ time: Number(record.get('time_s') ?? recording.startTime), sha256: record.get('sha256') })
    }
    return found
}
