import { expect, test } from 'vitest'
import { encodeSetpoint } from '../../src/protocol/setpoint'
import { Fault, JointMode, RobotMode } from '../../src/protocol/state'
import { Bench, cart } from './cart'

const drive = (sequence: number) => encodeSetpoint(sequence, 0, [{ joint: 0, mode: JointMode.Effort, value: 0.5 }])

/** A cart whose emergency stop is a contact to ground that opens: 0 while the robot may run. */
function benchWithButton() {
    const input: { value: number } = { value: 0 }
    const bench = new Bench({ ...cart, estopInput: { pin: 'ESTOP', stopsAt: 1 } }, input)
    bench.robot.started()
    return { bench, robot: bench.robot, input }
}

test('the tick that sees the input stops the motors, with a command of its own', () => {
    const { bench, robot, input } = benchWithButton()
    expect(robot.arm()).toBe(0)
    robot.setpoint(drive(1), bench.now)
    expect(bench.run()).toEqual([0.5, 0, 0])
    input.value = 1
    expect(bench.run()).toEqual([0, 0, 0])
    expect(robot.mode).toBe(RobotMode.Estop)
})

test.each([NaN, undefined as unknown as number, 0.5])('an input that reads %s stops, too', value => {
    const { bench, robot, input } = benchWithButton()
    robot.arm()
    input.value = value
    bench.run()
    expect(robot.mode).toBe(RobotMode.Estop)
})

test('a press is latched: the robot is armed again only by a disarm after the release', () => {
    const { bench, robot, input } = benchWithButton()
    input.value = 1
    bench.run()
    expect(robot.arm()).toBe(Fault.Estop)
    robot.disarm()
    expect(robot.mode).toBe(RobotMode.Estop)
    input.value = 0
    bench.run(12)
    robot.housekeeping()
    expect([robot.mode, robot.faults]).toEqual([RobotMode.Estop, 0])
    expect(robot.arm()).toBe(Fault.Estop)
    robot.disarm()
    expect(robot.mode).toBe(RobotMode.Idle)
    expect(robot.arm()).toBe(0)
    robot.setpoint(drive(1), bench.now)
    expect(bench.run()).toEqual([0.5, 0, 0])
})

test('a robot disarmed right after the release is idle, and may be armed when housekeeping has seen it', () => {
    const { bench, robot, input } = benchWithButton()
    input.value = 1
    bench.run()
    input.value = 0
    robot.disarm()
    expect(robot.mode).toBe(RobotMode.Idle)
    expect(robot.arm()).toBe(Fault.Estop)
    robot.housekeeping()
    expect(robot.arm()).toBe(0)
})

test('while it is pressed, telemetry names it, and the log says how often', () => {
    const { bench, robot, input } = benchWithButton()
    for (let press = 0; press < 2; press++) {
        input.value = 1
        bench.run(8)
        expect(bench.reports.at(-1)).toMatchObject({ mode: RobotMode.Estop, faults: Fault.Estop })
        input.value = 0
        bench.run(12)
        robot.housekeeping()
        bench.run(8)
        expect(bench.reports.at(-1)).toMatchObject({ mode: RobotMode.Estop, faults: 0 })
        robot.disarm()
    }
    // Entry of bit 4, behind a header of 6 bytes: joint, how often.
    const answer = robot.log.answer(robot.faults, robot.latched, robot.warnings())
    expect([answer[6 + 4 * 14], answer[6 + 4 * 14 + 1]]).toEqual([255, 2])
})

test('a trajectory does not outlive it', () => {
    const { bench, robot, input } = benchWithButton()
    robot.arm()
    input.value = 1
    bench.run()
    expect(robot.trajectory.running).toBe(false)
    expect(bench.run(50)).toEqual([0, 0, 0])
})
