import { expect, onTestFinished, test } from 'vitest'
import { connectSimulated, schedulerOf, simulate } from '../../src/simulate'
import { pass } from './rig'

/*
 * The true start of each tick is what the simulator knows: when the fiber began that talked to the bus. Host and board have
 * clocks that drift apart, and bytes take 0.1 to 1.1 ms on USB, and up to 0.5 ms more in the host's scheduling, either way.
 */
test.each([
    [200, 1],
    [-200, 2],
])(
    'with clocks %i ppm apart every sample’s time is right to its bound, below 2 ms after 30 s',
    async (ppm, seed) => {
        const rate = 1 + ppm * 1e-6
        const faults = JSON.stringify({ faults: [{ at: 0, kind: 'link-delay', delay: 0, jitter: 0.0005 }] })
        const robot = await simulate({ robot: 'rover', seed, faults })
        const session = await connectSimulated(robot, undefined, schedulerOf(robot.host, rate))
        onTestFinished(() => session.close())
        await pass(robot, 1)

        const starts: number[] = []
        robot.board.onTick = ({ startUs }) => starts.push((startUs / 1e6) * rate)
        const samples: { time: number; bound: number; at: number }[] = []
        await pass(robot, 0.1)
        session.onState(({ hostTime, hostTimeBound }) =>
            samples.push({ time: hostTime, bound: hostTimeBound, at: robot.clock.now / 1e6 }),
        )
        await pass(robot, 50)

        // The tick that a sample belongs to is the nearest: ticks are at least 4 ms apart, bounds below 2.
        let from = 0
        let outside = 0
        for (const { time, bound } of samples) {
            while (from + 1 < starts.length && Math.abs(starts[from + 1] - time) <= Math.abs(starts[from] - time))
                from++
            if (Math.abs(starts[from] - time) > bound) outside++
        }
        expect(samples.length).toBeGreaterThan(4900)
        expect(outside / samples.length).toBeLessThanOrEqual(0.001)
        const late = samples.filter(({ at }) => at > 30)
        expect(Math.max(...late.map(({ bound }) => bound))).toBeLessThan(0.002)
        // Not by saying too much, either: ten times the true spread would be useless.
        expect(Math.min(...late.map(({ bound }) => bound))).toBeGreaterThan(0.00065)
    },
    60_000,
)

test('after a restart of the board on a living link every sample’s time is right to its bound, and soon to 5 ms', async () => {
    const robot = await simulate({ robot: 'rover', seed: 5 })
    const session = await connectSimulated(robot)
    onTestFinished(() => session.close())
    await pass(robot, 6)
    const starts: number[] = []
    robot.board.onTick = ({ startUs }) => starts.push(startUs / 1e6)
    const at = robot.clock.now / 1e6
    robot.inject({ at, kind: 'board-reset' })
    const samples: { time: number; bound: number; at: number; tick: number }[] = []
    session.onState(({ tick, hostTime, hostTimeBound }) =>
        samples.push({ tick, time: hostTime, bound: hostTimeBound, at: robot.clock.now / 1e6 }),
    )
    await pass(robot, 4.5)
    const again = samples.filter(({ tick }) => tick < 500)
    expect(again.length).toBeGreaterThan(200)
    expect(session.statistics().reconnects).toBe(0)
    for (const { time, bound } of again) {
        const nearest = Math.min(...starts.map(start => Math.abs(start - time)))
        expect(nearest).toBeLessThanOrEqual(bound)
    }
    const first = again[0].at
    expect(Math.max(...again.filter(sample => sample.at > first + 0.5).map(({ bound }) => bound))).toBeLessThan(0.005)
    // What follows a trajectory is timed by this.
    const { boardTime } = session.clockFit()!
    expect(Math.abs(boardTime - (robot.clock.now / 1e6 - at))).toBeLessThan(0.005)
})

test('the host reports a stall of the board within 50 ms, and its end', async () => {
    const robot = await simulate({ robot: 'rover', seed: 3 })
    const session = await connectSimulated(robot)
    onTestFinished(() => session.close())
    const told: { at: number; stalled: boolean }[] = []
    session.onStall = stalled => told.push({ at: robot.clock.now / 1e6, stalled })
    for (let run = 0; run < 20; run++) {
        await pass(robot, 0.5 + run * 0.0013)
        const at = robot.clock.now / 1e6
        robot.inject({ at, kind: 'board-stall', duration: 0.2 })
        await pass(robot, 0.3)
        expect(told.length).toBe(2 * run + 2)
        const [begin, end] = told.slice(-2)
        expect(begin.stalled).toBe(true)
        expect(begin.at - at).toBeLessThanOrEqual(0.05)
        expect(end.stalled).toBe(false)
        expect(end.at - at - 0.2).toBeLessThanOrEqual(0.05)
    }
})
