import type { Robot } from '../host/robot'
import { readParameters } from './parameter-watch'
import { Recorder, type RecorderOptions } from './recorder'

/**
 * Reads the robot's parameters, which would cost the recording samples, then records it to a new file.
 *
 * @throws RecordError `exists`, `unwritable`, `disk-full`, `write`
 */
export async function startRecording(robot: Robot, path: string, options: RecorderOptions): Promise<Recorder> {
    await readParameters(robot, options.scheduler)
    return Recorder.start(robot, path, options)
}
