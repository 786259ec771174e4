// Turns the rover's wheels along points in time, which the board follows by its own clock, and breaks another such way off.
//
//     npm run example examples/trajectory.ts
import { connect } from 'tendon'
import { rover } from './rover'

const robot = await connect({ sim: 'rover', robot: rover })
try {
    const { joints } = await robot.until(({ mode }) => mode === 'idle')
    const [left, right] = joints.map(({ position }) => position)
    await robot.arm()
    const outcome = await robot.follow({
        joints: ['left_wheel', 'right_wheel'],
        points: [
            { time: 0.5, positions: [left + 1, right + 1] },
            { time: 1.2, positions: [left, right] },
        ],
    })
    console.log('worst error on the way, rad:', outcome.worstError)

    const far = { time: 5, positions: [left + 20, right + 20] }
    const way = { joints: ['left_wheel' as const, 'right_wheel' as const], points: [far] }
    await robot.follow(way, { signal: AbortSignal.timeout(500) }).catch((error: Error) => console.log(error.name))
} finally {
    await robot.disarm()
    await robot.close()
}
