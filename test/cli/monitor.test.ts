import { describe, expect, it, onTestFinished } from 'vitest'
import { startRosbridge } from '../../src/bridge/rosbridge'
import { connectRosbridge } from '../../src/bridge/rosbridge-client'
import { PluggedRover, until, wait } from '../e2e/plugged-rover'
import { needFirmware, tendon } from './tendon'
import { Terminal } from './terminal'

needFirmware(true)

const RIGHT = '\x1b[C'
const LEFT = '\x1b[D'
const DOWN = '\x1b[B'

/**
 * Holds a key, which repeats, until something holds. On a busy machine the monitor may stand still for longer than a setpoint's
 * deadline; then the board has stopped, and is armed again.
 */
async function hold(terminal: Terminal, key: string, done: () => boolean): Promise<void> {
    while (!done()) {
        terminal.press(/^\S+ {2}timeout/.test(terminal.screen[0]) ? 'a' : key)
        await wait(50)
    }
}

describe('tendon monitor on a terminal', () => {
    it('moves the robot by keys, stops it, and leaves the terminal as it was', { timeout: 90_000 }, async () => {
        const rover = await PluggedRover.start(1)
        const { body } = rover.robot
        const terminal = new Terminal(['monitor', '--port', rover.path])
        expect(await terminal.shows(/^rover {2}idle/)).toContain(rover.path)
        for (const part of [/^faults +none/, /^imu +roll/, /^odometry/, /^loop .* late of/, /period, ms.*tick, ms/]) {
            await terminal.shows(part)
        }
        await terminal.shows(/^link +up, .*round trip [\d.]+ \/ [\d.]+ ms/)
        await terminal.shows(/^clock +±[\d.]+ ms, drift/)
        await terminal.shows(/^lost +\d+ of \d+ samples/)
        expect(terminal.screen.length).toBeLessThanOrEqual(24)
        expect(terminal.screen.filter(line => Array.from(line).length > 80)).toEqual([])

        // Nothing moves before it is armed, and a key that does nothing says why.
        terminal.press(RIGHT)
        await terminal.shows(/no jog: the robot is not armed \(idle\)/)
        terminal.press('a')
        await terminal.shows(/^rover {2}armed/)
        expect(body.outputs()).toEqual([0, 0])

        const before = body.angles()
        await hold(terminal, RIGHT, () => body.angles()[0] - before[0] > 0.5)
        expect(Math.abs(body.angles()[1] - before[1])).toBeLessThan(0.1)
        await terminal.shows(/^> left_wheel .* 1\.500 +jog 1\.5/)
        // The key is let go.
        await until(() => Math.abs(body.velocities()[0]) < 0.2)

        terminal.press(DOWN)
        await terminal.shows(/^> right_wheel/)
        await hold(terminal, LEFT, () => body.angles()[1] - before[1] < -0.5)
        terminal.press('s')
        await until(() => Math.abs(body.velocities()[1]) < 0.2)
        terminal.press('z')
        await terminal.shows(/^> right_wheel +-?0\.0\d+\*/)

        // Stopped while it runs, by the simulated chip; and armed again only after that was taken back.
        await hold(terminal, LEFT, () => body.velocities()[1] < -0.5)
        terminal.press(' ')
        await terminal.shows(/^rover {2}estop/)
        expect(body.outputs()).toEqual([0, 0])
        terminal.press('a')
        await terminal.shows(/arming is blocked by: estop/)
        terminal.press('d')
        await terminal.shows(/^rover {2}idle/)
        expect(body.outputs()).toEqual([0, 0])

        terminal.resize(120, 40)
        await until(() => terminal.screen.length === 40)
        terminal.press('a')
        await terminal.shows(/^rover {2}armed/)
        await hold(terminal, RIGHT, () => body.velocities()[1] > 0.5)
        terminal.press('q')
        expect(await terminal.ended()).toBe(0)
        expect(body.outputs()).toEqual([0, 0])
        // The first screen again, the cursor, and the settings as before.
        expect(terminal.output).toMatch(/\x1b\[\?1049l\x1b\[\?25h(?!.*\x1b\[\?(1049h|25l))/s)
        expect(terminal.settings).toHaveLength(2)
        expect(terminal.settings[1]).toBe(terminal.settings[0])
    })

    it('shows a link that is lost and back, and ends by Ctrl-C', { timeout: 60_000 }, async () => {
        const rover = await PluggedRover.start(2)
        const terminal = new Terminal(['monitor', '--port', rover.path], 100, 30)
        await terminal.shows(/^rover {2}idle/)
        terminal.press('a')
        await terminal.shows(/^rover {2}armed/)
        await hold(terminal, RIGHT, () => rover.robot.body.velocities()[0] > 0.5)
        await rover.unplug()
        await terminal.shows(/^rover {2}LINK LOST/)
        // Nobody can tell it now, and nobody has to.
        await until(() => rover.robot.body.outputs().every(duty => duty === 0))
        terminal.press(' ')
        await terminal.shows(/the link to the robot is down/)
        await rover.plug()
        await terminal.shows(/^rover {2}(timeout|idle)/)
        await terminal.shows(/the robot is back \(reconnected 1 times\)/)
        terminal.press('\x03')
        expect(await terminal.ended()).toBe(0)
        expect(terminal.settings[1]).toBe(terminal.settings[0])
        expect(terminal.output.lastIndexOf('\x1b[?1049l')).toBeGreaterThan(terminal.output.lastIndexOf('\x1b[?1049h'))
    })
})

describe('tendon monitor over a bridge', () => {
    it('shows the same, moves the robot by the same keys, and obeys the lease', { timeout: 90_000 }, async () => {
        const rover = await PluggedRover.start(3)
        const session = await rover.connect()
        const bridge = await startRosbridge(session, { port: 0 })
        onTestFinished(() => bridge.close())
        const { body } = rover.robot
        const terminal = new Terminal(['monitor', '--bridge', `${bridge.url}/?token=secret`])
        expect(await terminal.shows(/^rover {2}idle/)).toMatch(/ ws:\/\/127\.0\.0\.1:\d+\/$/)
        for (const part of [/^faults +none/, /^imu +roll/, /^odometry/, /^loop .* late of/, /period, ms.*tick, ms/]) {
            await terminal.shows(part)
        }
        await terminal.shows(/^link +up, .*round trip [\d.]+ \/ [\d.]+ ms/)
        terminal.press('a')
        await terminal.shows(/^rover {2}armed/)
        const before = body.angles()
        await hold(terminal, RIGHT, () => body.angles()[0] - before[0] > 0.5)
        expect(Math.abs(body.angles()[1] - before[1])).toBeLessThan(0.1)
        await until(() => Math.abs(body.velocities()[0]) < 0.2)

        await hold(terminal, LEFT, () => body.velocities()[0] < -0.5)
        terminal.press(' ')
        await terminal.shows(/^rover {2}estop/)
        expect(body.outputs()).toEqual([0, 0])
        terminal.press('d')
        await terminal.shows(/^rover {2}idle/)

        // Somebody else takes over: the monitor is told who, and moves nothing; but it still stops everything.
        const planner = await connectRosbridge(bridge.url)
        terminal.press('a')
        await terminal.shows(/^rover {2}armed/)
        await planner.callService('/take_over')
        await terminal.shows(/took over: this client watches now/)
        // The rest of it stands on the next line.
        await terminal.shows(/^it calls \/take_over$/)
        terminal.press(RIGHT)
        await terminal.shows(/rosbridge client \d+ .* commands the robot: call/)
        expect(body.outputs()).toEqual([0, 0])
        terminal.press(' ')
        await terminal.shows(/^rover {2}estop/)
        await planner.close()

        await bridge.close()
        expect(await terminal.ended()).toBe(1)
        expect(terminal.output).toMatch(/tendon: the connection to ws:\S+ ended/)
        expect(terminal.output).not.toContain('secret')
        expect(terminal.settings[1]).toBe(terminal.settings[0])
    })
})

describe('tendon monitor without a terminal', { timeout: 60_000 }, () => {
    it('prints a line a second', async () => {
        const { code, stdout } = await tendon('monitor', '--sim', 'rover', '--duration', '2.5')
        expect(code).toBe(0)
        const lines = stdout.trimEnd().split('\n')
        expect(lines.length).toBeGreaterThanOrEqual(3)
        for (const line of lines) {
            expect(line).toMatch(
                /^ +[\d.]+ s {2}idle {2}left_wheel -?[\d.]+ rad .*period .* late \d+ {2}lost \d+ {2}round trip/,
            )
        }
        expect(stdout.includes('\x1b')).toBe(false)
    })

    it('prints everything as JSON', async () => {
        const { code, stdout } = await tendon('monitor', '--sim', 'rover', '--json', '--duration', '2.5')
        expect(code).toBe(0)
        const status = JSON.parse(stdout.trimEnd().split('\n').at(-1)!)
        expect(status).toMatchObject({
            event: 'status',
            robot: 'rover',
            state: { mode: 'idle', faults: [] },
            statistics: { connected: true, reconnects: 0 },
        })
        expect(status.quality.roundTrip.p50).toBeGreaterThan(0)
        expect(status.quality.roundTrip.p99).toBeGreaterThanOrEqual(status.quality.roundTrip.p50)
        expect(status.clock.bound).toBeLessThan(0.1)
        expect(status.timing.periodCounts).toHaveLength(24)
    })
})
