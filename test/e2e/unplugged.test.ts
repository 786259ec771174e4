import { expect, test } from 'vitest'
import { PluggedRover, until, wait } from './plugged-rover'
import './rig'

test('a session through a serial port goes on by itself when the board was unplugged and is back', async () => {
    const rover = await PluggedRover.start(1)
    const session = await rover.connect()
    await until(() => session.state !== undefined)
    const start = { tick: session.state!.tick, lost: session.statistics().samplesLost }
    const ticks: number[] = []
    session.onState(state => ticks.push(state.tick))
    await session.arm()
    session.drive({ linear: 0.2, angular: 0 })
    await until(() => ticks.length > 50)
    expect(session.statistics()).toMatchObject({ connected: true, reconnects: 0 })

    await rover.unplug()
    await until(() => !session.statistics().connected)
    const before = ticks.length
    await expect(session.arm()).rejects.toMatchObject({ code: 'disconnected' })
    await wait(300)
    expect(ticks.length).toBe(before)
    // The board goes on by itself, or stands still; nobody drives it.
    await until(() => rover.robot.body.outputs().every(duty => duty === 0))

    await rover.plug()
    await until(() => ticks.length > before + 50)
    expect(session.statistics()).toMatchObject({ connected: true, reconnects: 1 })
    expect(ticks).toEqual([...new Set(ticks)].sort((a, b) => a - b))
    // What was missed meanwhile is known.
    const { samplesLost } = session.statistics()
    expect(samplesLost - start.lost).toBe(ticks.at(-1)! - start.tick - ticks.length)
    expect(samplesLost - start.lost).toBeGreaterThan(0)
    expect(session.state!.mode).toBe('timeout')

    await session.arm()
    const moved = rover.robot.body.pose()
    for (let i = 0; i < 25; i++) {
        session.drive({ linear: 0.2, angular: 0 })
        await wait(20)
    }
    const { x, y } = rover.robot.body.pose()
    expect(Math.hypot(x - moved.x, y - moved.y)).toBeGreaterThan(0.02)
})
