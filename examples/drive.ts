// Drives a simulated rover forward and turns it, printing its pose. With a board: connect({ port: 'auto', robot: rover }).
//
//     npm run example examples/drive.ts
import { connect } from 'tendon'
import { rover } from './rover'

const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort(new Error('interrupted')))
const { signal } = interrupted

const robot = await connect({ sim: 'rover', robot: rover, signal })
try {
    await robot.until(({ mode }) => mode === 'idle', { signal })
    await robot.arm({ signal })
    // Joints by name: a name that the rover does not have does not compile.
    await robot.repeat({ left_wheel: { velocity: 5 }, right_wheel: { velocity: 5 } }, { seconds: 1, signal })
    await robot.repeat(time => ({ left_wheel: { velocity: -2 * time }, right_wheel: { velocity: 2 * time } }), {
        seconds: 1,
        signal,
    })
    const { x, y, heading } = robot.state!.odometry!
    console.log(`x ${x.toFixed(3)} m, y ${y.toFixed(3)} m, heading ${heading.toFixed(3)} rad`)
} finally {
    await robot.disarm().catch(() => undefined)
    await robot.close()
}
