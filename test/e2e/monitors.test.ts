import { expect, test } from 'vitest'
import { settle } from '../../src/simulate'
import { connectArmedRover, keepDriving, pass, seconds } from './rig'

// The rover's own thresholds, on its simulated body.

test.each([
    [{ kind: 'motor-jam', target: 'left_wheel' }, 0.3, 1.6],
    // The magnet's angle stands still, the chip's noise goes on: a stall, to all that can be seen.
    [{ kind: 'encoder-freeze', target: 'left_wheel' }, 0.3, 1],
    [{ kind: 'broken-wire', target: 'right_wheel' }, 0.3, 1.6],
    [{ kind: 'supply-sag', volts: 6 }, 0.3, 0.6],
])('%o stops the rover at %s m/s within %s s, and telemetry says why', async (fault, linear, limit) => {
    const rig = await connectArmedRover()
    const silence = keepDriving(rig, linear)
    await pass(rig.robot, 1)
    const at = seconds(rig.robot)
    rig.robot.inject({ at, ...fault })
    let last = 0
    rig.robot.body.onStep = () => {
        if (rig.robot.body.outputs().some(duty => duty !== 0)) last = seconds(rig.robot)
    }
    await pass(rig.robot, 2)
    silence()
    expect(last - at).toBeLessThan(limit)
    expect(rig.session.state!.mode).toBe('fault')
    expect(rig.session.state!.faults.length).toBeGreaterThan(0)
    expect(rig.session.faultReports.map(({ fault }) => fault)).toEqual(rig.session.state!.faults)
})

test('driven hard, from full speed forward to full speed back and around, nothing trips', async () => {
    const rig = await connectArmedRover()
    for (const [linear, angular] of [
        [0.6, 0],
        [-0.6, 0],
        [0.6, 0],
        [0, 4],
        [0, -4],
        [0.05, 0],
    ]) {
        const silence = keepDriving(rig, linear, angular)
        await pass(rig.robot, 1.5)
        silence()
    }
    expect(rig.session.state).toMatchObject({ mode: 'armed', faults: [] })
    expect(rig.session.statistics().lateTicks).toBe(0)
})

test('a second warning is told while another stands, and the end of either', async () => {
    const rig = await connectArmedRover()
    const { robot, session } = rig
    const set = (name: string, value: number) => settle(robot, session.setParameter(name, value))
    const told = () => session.faultReports.filter(({ warns }) => warns).map(({ fault, joint }) => `${fault} ${joint}`)
    await set('left_wheel.monitors.stall.action', 1)
    // Slower than is called turning, with the duty that this takes.
    const silence = keepDriving(rig, 0.012)
    await set('left_wheel.monitors.stall.limit', 0.005)
    await pass(robot, 2)
    expect(told()).toEqual(['stall left_wheel'])
    // The noise of its estimate is enough.
    await set('right_wheel.monitors.acceleration.limit', 0.01)
    await pass(robot, 1.5)
    expect(told()).toEqual(['stall left_wheel', 'acceleration right_wheel'])
    await set('left_wheel.monitors.stall.limit', 0.5)
    await pass(robot, 1.5)
    expect(told()).toEqual(['acceleration right_wheel'])
    expect(session.state).toMatchObject({ mode: 'armed', faults: [] })
    silence()
})
