import { expect, test } from 'vitest'
import { settle } from '../../src/simulate'
import { connectArmedRover, logWheels, pass, seconds, stallAtRandom } from './rig'

/** There and back for both wheels in `points` points, s apart: 4 rad, in opposite ways, from rest to rest. */
function wave(points: number, apart: number) {
    const omega = (2 * Math.PI) / ((points - 1) * apart)
    return {
        joints: ['left_wheel', 'right_wheel'],
        points: Array.from({ length: points }, (_, k) => {
            const phase = omega * k * apart
            const [angle, velocity] = [2 - 2 * Math.cos(phase), 2 * omega * Math.sin(phase)]
            return { time: 0.2 + k * apart, positions: [angle, -angle], velocities: [velocity, -velocity] }
        }),
    }
}
const RANGE = 4

test.each([1, 2, 3])(
    '50 points are followed within 1 % of the range while the host stalls for 100 ms at random (seed %i)',
    async seed => {
        const rig = await connectArmedRover({ seed })
        stallAtRandom(rig.robot, seed)
        const states: { tick: number; setpoint: number }[] = []
        const outcome = await settle(
            rig.robot,
            rig.session.follow(wave(50, 0.1), {
                onProgress: ({ tick, joints }) => states.push({ tick, setpoint: joints[0].setpoint }),
            }),
        )
        expect(outcome.worstError.left_wheel).toBeLessThan(0.01 * RANGE)
        expect(outcome.worstError.right_wheel).toBeLessThan(0.01 * RANGE)
        expect(outcome.finalError.left_wheel).toBeLessThan(0.01 * RANGE)
        // No setpoint jumps: at most 2.6 rad/s for each 10 ms, and a little for the curve's bends.
        expect(states.length).toBeGreaterThan(450)
        const speeds = states
            .slice(1)
            .map(({ tick, setpoint }, i) => Math.abs(setpoint - states[i].setpoint) / (tick - states[i].tick) / 0.01)
        expect(Math.max(...speeds)).toBeLessThan(2.6 * 1.05)
    },
)

test('when the host dies in the middle, the robot follows what it has and then stops its motors', async () => {
    const rig = await connectArmedRover({ seed: 4 })
    const log = logWheels(rig.robot)
    const followed = rig.session.follow(wave(50, 0.1))
    followed.catch(() => undefined)
    await pass(rig.robot, 1)
    const died = seconds(rig.robot)
    rig.robot.host.hold()
    await pass(rig.robot, 2)
    const driven = log.times.filter((_, i) => log.outputs[i].some(duty => duty !== 0))
    // What the board has queued, at most 0.5 s, and the tick in which it notices; or the Motoron's own time limit.
    expect(driven.at(-1)!).toBeGreaterThan(died + 0.2)
    expect(driven.at(-1)!).toBeLessThan(died + 0.5 + 0.02)
    rig.robot.host.release()
    await pass(rig.robot, 0.3)
    await expect(settle(rig.robot, followed)).rejects.toThrow(/underrun|not-running|not-armed/)
    expect(rig.session.state!.mode).toBe('timeout')
})

test('a setpoint ends a trajectory, which says so', async () => {
    const rig = await connectArmedRover({ seed: 5 })
    const followed = rig.session.follow(wave(50, 0.1))
    followed.catch(() => undefined)
    await pass(rig.robot, 1)
    rig.session.drive({ linear: 0, angular: 0 })
    await expect(settle(rig.robot, followed)).rejects.toThrow(/aborted|not-running/)
})

test('aborting stops the joints where they are', async () => {
    const rig = await connectArmedRover({ seed: 6 })
    const controller = new AbortController()
    const followed = rig.session.follow(wave(50, 0.1), { signal: controller.signal })
    followed.catch(() => undefined)
    await pass(rig.robot, 1)
    controller.abort(new Error('enough'))
    const before = rig.session.state!.joints[0].position
    await expect(settle(rig.robot, followed)).rejects.toThrow('enough')
    await pass(rig.robot, 0.3)
    expect(Math.abs(rig.session.state!.joints[0].position - before)).toBeLessThan(0.3)
    expect(rig.session.state!.trajectory).toBe('aborted')
})

test('points that cannot be are refused, and nothing moves', async () => {
    const rig = await connectArmedRover({ seed: 7 })
    const log = logWheels(rig.robot)
    const move = (points: object[]) =>
        settle(rig.robot, rig.session.follow({ joints: ['left_wheel'], points: points as never }))
    await expect(move([{ time: 0.1, positions: [9] }])).rejects.toThrow(/refused the point.*left_wheel: velocity/)
    await expect(move([{ time: 0.1, positions: [NaN] }])).rejects.toThrow(/points\[0\]\.positions.*NaN/)
    await expect(move([{ time: 1, positions: [0], velocities: [99] }])).rejects.toThrow(/99 rad\/s, allowed ±15/)
    await expect(
        move([
            { time: 1, positions: [0] },
            { time: 1, positions: [1] },
        ]),
    ).rejects.toThrow(/points\[1\]\.time is 1 s, allowed more than 1/)
    await expect(settle(rig.robot, rig.session.follow({ joints: ['nose'], points: [] }))).rejects.toThrow(
        /"nose" does not exist; there are: left_wheel, right_wheel/,
    )
    expect(log.outputs.flat().every(duty => duty === 0)).toBe(true)
    await settle(rig.robot, rig.session.disarm())
    await expect(move([{ time: 1, positions: [0.1] }])).rejects.toThrow(/not-armed/)
})
