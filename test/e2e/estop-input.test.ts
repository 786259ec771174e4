import { expect, test } from 'vitest'
import { Random } from '../../src/sim/random'
import { settle } from '../../src/simulate'
import { connectArmedRover, connectRover, keepDriving, pass, seconds } from './rig'

// The rover's button: a contact between the board's pin ESTOP and ground. Read as a board reads it, by the runtime's own pin.

/** Longest from a press until no output is driven, s: a tick that runs, the tick that sees it, and the Motoron's 10 ms. */
const WITHIN = 0.03

test('the button stops a driving rover within three ticks, at whatever moment, and stays so until disarmed', async () => {
    let longest = 0
    for (let seed = 1; seed <= 8; seed++) {
        const rig = await connectArmedRover({ seed })
        const { robot, session } = rig
        keepDriving(rig, 0.3, 0.5)
        await pass(robot, 0.5 + new Random(seed).fork('press').uniform(0, 0.05))
        const at = seconds(robot)
        const state = new Float64Array(64)
        let last = 0
        robot.body.onStep = () => {
            if (robot.body.outputs().every(duty => duty === 0)) return
            robot.body.writeState(state)
            last = state[0]
        }
        robot.inject({ at, kind: 'contact-open', target: 'estop', duration: 0.3 })
        await pass(robot, 0.2)
        expect(session.state).toMatchObject({ mode: 'estop', faults: ['estop'] })
        expect(session.faultReports[0].sentence).toContain('emergency stop input is active')
        await expect(settle(robot, session.arm())).rejects.toThrow('arming is blocked by: estop')
        await settle(robot, session.disarm())
        await pass(robot, 0.05)
        expect(session.state!.mode).toBe('estop')
        await pass(robot, 0.4)
        // Released, and the planner goes on: still stopped.
        expect(session.state).toMatchObject({ mode: 'estop', faults: [] })
        expect(last).toBeGreaterThan(at - 0.01)
        longest = Math.max(longest, last - at)
        await settle(robot, session.disarm())
        await settle(robot, session.arm())
        await session.close()
    }
    expect(longest).toBeLessThan(WITHIN)
})

test('a rover whose button is pressed or not connected at power-on cannot be armed', async () => {
    const faults = JSON.stringify({ faults: [{ at: 0, kind: 'contact-open', target: 'estop' }] })
    const { robot, session } = await connectRover({ faults })
    await pass(robot, 0.2)
    expect(session.state).toMatchObject({ mode: 'estop', faults: ['estop'] })
    await expect(settle(robot, session.arm())).rejects.toThrow('estop')
    await settle(robot, session.disarm())
    await pass(robot, 0.05)
    expect(session.state!.mode).toBe('estop')
})
