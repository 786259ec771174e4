import { expect, test } from 'vitest'
import { settle } from '../../src/simulate'
import { connectArmedRover, keepDriving, pass, seconds } from './rig'

test.each([1, 2, 3])(
    'what the host sent is what the board accepted, refused and lost, on a link that drops frames (seed %i)',
    async seed => {
        const rig = await connectArmedRover({ seed })
        const { robot, session } = rig
        const silence = keepDriving(rig, 0.2)
        await pass(robot, 0.2)
        const start = seconds(robot)
        for (let i = 0; i < 10; i++) robot.inject({ at: start + 0.1 + 0.2 * i, kind: 'link-drop', duration: 0.05 })
        await pass(robot, 2.3)
        expect(session.state!.mode).toBe('armed')
        // What is on its way arrives.
        silence()
        await pass(robot, 0.05)
        const { accepted, refused, lost } = (await settle(robot, session.timing())).setpoints!
        expect(lost).toBeGreaterThan(10)
        expect(refused).toBe(0)
        expect(accepted + refused + lost).toBe(session.linkQuality().setpointsSent)
    },
)
