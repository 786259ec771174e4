import { spawn } from '@lydell/node-pty'
import { expect, it, onTestFinished } from 'vitest'
import { connectRosbridge } from '../../src/bridge/rosbridge-client'
import { PluggedRover, until, wait } from '../e2e/plugged-rover'
import { needFirmware } from './tendon'
import { Terminal } from './terminal'

needFirmware(true)

it('space at the terminal of a bridge stops the robot that a planner drives, and only a disarm takes it back', async () => {
    const rover = await PluggedRover.start(3)
    const { body } = rover.robot
    const terminal = new Terminal(['bridge', '--port', rover.path, '--bridge-port', '0', '--foxglove-port', 'off'])
    await terminal.said(/rosbridge at (ws:\S+)/)
    await terminal.said(/space is an emergency stop/)
    const client = await connectRosbridge(terminal.output.match(/rosbridge at (ws:\S+)/)![1])
    const call = (service: string) => client.callService(service) as Promise<{ success: boolean; message: string }>
    const over = new AbortController()
    const type = 'geometry_msgs/msg/Twist'
    const message = { linear: { x: 0.2, y: 0, z: 0 }, angular: { x: 0, y: 0, z: 0 } }
    const planner = client.publish('/cmd_vel', message, { type, rateHz: 50, signal: over.signal })
    // A busy machine may let a setpoint's deadline pass; it is armed again then, as a planner would.
    while (Math.abs(body.velocities()[0]) < 1) {
        await call('/arm')
        await wait(300)
    }
    terminal.press(' ')
    await terminal.said(/EMERGENCY STOP: motors off until disarmed/)
    expect(body.outputs()).toEqual([0, 0])
    expect(await call('/arm')).toMatchObject({ success: false, message: expect.stringContaining('estop') })
    await until(() => Math.abs(body.velocities()[0]) < 0.1)
    // The planner's end and the bridge's leave it stopped.
    over.abort()
    await planner
    await client.close()
    terminal.press('\x03')
    expect(await terminal.ended()).toBe(0)
    expect(terminal.settings[1]).toBe(terminal.settings[0])
    const again = new Terminal(['monitor', '--port', rover.path])
    await again.shows(/^rover {2}estop/)
}, 90_000)

it('space at the terminal of a start stops the simulated robot, and the square ends with the reason', async () => {
    const terminal = new Terminal(['start', '--bridge-port', '0', '--foxglove-port', 'off'])
    await terminal.said(/first motion/)
    terminal.press(' ')
    await terminal.said(/EMERGENCY STOP/)
    expect(await terminal.ended()).toBe(1)
    expect(terminal.output).toMatch(/stopped on its way: mode estop/)
    expect(terminal.settings[1]).toBe(terminal.settings[0])
}, 60_000)

it('a command in the background of its terminal leaves the keys alone', async () => {
    // A shell with job control puts it there; reading keys would put it to sleep.
    const start = `'${process.execPath}' bin/tendon.js start --bridge-port 0 --foxglove-port off --duration 1`
    const shell = spawn('/bin/sh', ['-c', `set -m; ${start} & wait $!`], { cols: 80, rows: 24 })
    onTestFinished(() => shell.kill('SIGKILL'))
    let output = ''
    shell.onData(text => (output += text))
    const code = await new Promise(resolve => shell.onExit(({ exitCode }) => resolve(exitCode)))
    expect(output).toMatch(/first motion/)
    expect(output).not.toMatch(/space is an emergency stop/)
    expect(code).toBe(0)
}, 60_000)
