import { expect, test } from 'vitest'
import { Fault, FAULT_NAMES, JointMode, MODE_NAMES, RobotMode } from '../../src/protocol/state'

// These numbers travel on the wire: to change one is to change the protocol.

test.each([
    [0, 'unconfigured', RobotMode.Unconfigured],
    [1, 'calibrating', RobotMode.Calibrating],
    [2, 'idle', RobotMode.Idle],
    [3, 'armed', RobotMode.Armed],
    [4, 'fault', RobotMode.Fault],
    [5, 'timeout', RobotMode.Timeout],
    [6, 'estop', RobotMode.Estop],
])('mode %i is %s', (number, name, mode) => {
    expect(mode).toBe(number)
    expect(MODE_NAMES[number]).toBe(name)
    expect(RobotMode[number].toLowerCase()).toBe(name)
})

test.each([
    [0, 'startup', Fault.Startup],
    [1, 'encoder', Fault.Encoder],
    [2, 'imu', Fault.Imu],
    [3, 'motor', Fault.Motor],
    [4, 'estop', Fault.Estop],
    [5, 'supply', Fault.Supply],
])('fault bit %i is %s', (bit, name, fault) => {
    expect(fault).toBe(2 ** bit)
    expect(FAULT_NAMES[bit]).toBe(name)
    expect(Fault[2 ** bit].toLowerCase()).toBe(name)
})

test('every mode and every fault has a name, and no name is too many', () => {
    const members = (numbers: object) => Object.keys(numbers).filter(key => Number.isNaN(Number(key)))
    expect(MODE_NAMES).toHaveLength(members(RobotMode).length)
    expect(FAULT_NAMES).toHaveLength(members(Fault).length)
})

test('joint modes are 0 to 3', () => {
    expect([JointMode.Off, JointMode.Effort, JointMode.Velocity, JointMode.Position]).toEqual([0, 1, 2, 3])
})
