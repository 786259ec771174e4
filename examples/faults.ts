// Prints every change of the rover's mode and faults for a while: armed, stopped by its deadline, stopped by hand.
//
//     npm run example examples/faults.ts
import { connect } from 'tendon'
import { rover } from './rover'

const robot = await connect({ sim: 'rover', robot: rover })
const over = new AbortController()
const watching = (async () => {
    for await (const { mode, raised, cleared } of robot.faults({ signal: over.signal })) {
        console.log([mode, ...raised.map(fault => `+${fault}`), ...cleared.map(fault => `-${fault}`)].join(' '))
    }
})()
try {
    await robot.until(({ mode }) => mode === 'idle')
    await robot.arm()
    robot.drive({ linear: 0.1, angular: 0 })
    await robot.until(({ mode }) => mode === 'timeout') // nobody repeats the setpoint
    await robot.arm()
    await robot.until(({ mode }) => mode === 'armed')
    await robot.stop()
    await robot.until(({ mode }) => mode === 'estop')
} finally {
    over.abort()
    await watching
    await robot.disarm()
    await robot.close()
}
