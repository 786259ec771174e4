import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { startRosbridge } from '../../src/bridge/rosbridge'
import { PluggedRover, until } from './plugged-rover'

/** A Python that has roslibpy: that of the environment (`TENDON_PYTHON`) or the system's. */
const PYTHON = process.env.TENDON_PYTHON ?? 'python3'
const EXAMPLE = fileURLToPath(new URL('../../examples/planner.py', import.meta.url))

test('the Python example drives the rover through rosbridge alone', { timeout: 90_000 }, async context => {
    if (spawnSync(PYTHON, ['-c', 'import roslibpy']).status !== 0) {
        context.skip(`skipped: ${PYTHON} has no roslibpy (pip install roslibpy; TENDON_PYTHON names another Python)`)
    }
    const rover = await PluggedRover.start(6)
    const session = await rover.connect()
    const bridge = await startRosbridge(session, { port: 0 })
    onTestFinished(() => bridge.close())
    await until(() => session.state !== undefined)
    const { stdout } = await promisify(execFile)(PYTHON, [EXAMPLE, '--port', String(bridge.port)], { timeout: 60_000 })
    const [, x, y, heading] = /^x (\S+) m, y (\S+) m, heading (\S+) rad$/m.exec(stdout)!.map(Number)
    expect(x).toBeGreaterThan(0.3)
    expect(x).toBeLessThan(0.4)
    expect(Math.abs(y)).toBeLessThan(0.05)
    expect(heading).toBeGreaterThan(Math.PI / 2)
    expect(heading).toBeLessThan(Math.PI / 2 + 0.3)
    const pose = rover.robot.body.pose()
    expect(Math.hypot(pose.x - x, pose.y - y)).toBeLessThan(0.05)
    expect(session.state!.mode).toBe('idle')
})
