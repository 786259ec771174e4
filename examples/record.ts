// Records a drive to an MCAP file, for `tendon export` and `tendon replay`.
//
//     npm run example examples/record.ts run.mcap
import { connect, RecordError } from 'tendon'
import { rover } from './rover'

const file = process.argv[2] ?? 'run.mcap'
const robot = await connect({ sim: 'rover', robot: rover })
try {
    await robot.until(({ mode }) => mode === 'idle')
    const recording = await robot.record(file)
    await robot.arm()
    await robot.repeat({ left_wheel: { velocity: 4 }, right_wheel: { velocity: 6 } }, { seconds: 2 })
    await recording.close()
    console.log(`${file}: ${recording.progress().ticks} ticks`)
} catch (error) {
    if (!(error instanceof RecordError)) throw error
    console.error(error.message) // for example: run.mcap exists
    process.exitCode = 1
} finally {
    await robot.disarm().catch(() => undefined)
    await robot.close()
}
