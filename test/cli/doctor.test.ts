import { describe, expect, it } from 'vitest'
import { PluggedRover } from '../e2e/plugged-rover'
import { needFirmware, tendon } from './tendon'

needFirmware(true)

// What it finds is tested in test/doctor.
describe('tendon doctor', () => {
    it('looks at a rover through its port, and has nothing against it', async () => {
        const { path } = await PluggedRover.start(1)
        const { code, stdout } = await tendon('doctor', '--port', path, '--robot', 'rover', '--json')
        const { state, survey, bus, findings } = JSON.parse(stdout)
        expect(findings.filter(({ severity }: { severity: string }) => severity === 'error')).toEqual([])
        expect({ code, state, robot: survey.robot.name }).toEqual({ code: 0, state: 'robot', robot: 'rover' })
        expect(bus.found).toHaveLength(5)
        expect(bus.found).toContainEqual({
            address: 0x6a,
            identified: 'LSM6DSOX',
            registers: '0x0f: 0x6c',
            wired: 'imu',
        })
    })

    it('tells people what is wrong and what to do, and fails', async () => {
        const { code, stdout, stderr } = await tendon('doctor', '--port', '/dev/ttyACM77')
        expect(code).toBe(1)
        expect(stderr).toBe('asking /dev/ttyACM77\n')
        expect(stdout).toMatch(
            /^error no-such-port: \/dev\/ttyACM77 cannot be opened: .*\n {2}-> `tendon ports` lists/m,
        )
    })

    it('prints the udev rule it offers', async () => {
        const { stdout } = await tendon('doctor', '--udev-rule')
        expect(stdout).toMatch(/^SUBSYSTEMS=="usb", ATTRS\{idVendor\}=="2e8a", TAG\+="uaccess"/m)
    })

    it('refuses a robot and a board that do not exist, by name', async () => {
        expect((await tendon('doctor', '--robot', 'tank')).stderr).toMatch(/robot "tank" does not exist; there are: /)
        expect((await tendon('doctor', '--board', 'teensy')).stderr).toMatch(/board "teensy" is not known; there are: /)
    })
})
