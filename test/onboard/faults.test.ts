import { describe, expect, test } from 'vitest'
import { faultReports } from '../../src/host/fault-report'
import { describe as describeRobot } from '../../src/onboard/describe'
import { encodeSetpoint } from '../../src/protocol/setpoint'
import { Block, blockNames, Fault, JointMode, RobotMode } from '../../src/protocol/state'
import { Bench, cart } from './cart'

const description = describeRobot(cart, undefined)
const reports = ({ robot }: Bench) =>
    faultReports(Buffer.from(robot.log.answer(robot.faults, robot.latched, robot.warnings())), description)!
const half = (sequence: number) => encodeSetpoint(sequence, 0, [{ joint: 0, mode: JointMode.Effort, value: 0.5 }])

describe('a fault that stopped the robot', () => {
    test('is latched when its cause has gone: in telemetry, and for arming, until disarm', () => {
        const bench = Bench.armed()
        bench.encoders.failed = 2
        bench.run(5)
        bench.encoders.failed = 0
        bench.run(3)
        bench.robot.housekeeping()
        expect(bench.robot.faults).toBe(0)
        bench.run(4)
        expect(bench.reports.at(-1)).toMatchObject({ mode: RobotMode.Fault, faults: Fault.Encoder })
        expect(bench.robot.arm()).toBe(Fault.Encoder)
        bench.robot.setpoint(half(1), bench.now)
        expect(bench.run(3)).toEqual([0, 0, 0])
        bench.robot.disarm()
        expect(bench.robot.mode).toBe(RobotMode.Idle)
        expect(bench.robot.arm()).toBe(0)
        bench.run(8)
        expect(bench.reports.at(-1)).toMatchObject({ mode: RobotMode.Armed, faults: 0 })
    })

    test('stays while its cause holds, whatever is disarmed', () => {
        const bench = Bench.armed()
        bench.motors.noPower = true
        bench.robot.housekeeping()
        bench.run(2)
        bench.robot.disarm()
        expect(bench.robot.mode).toBe(RobotMode.Fault)
        expect(bench.robot.arm()).toBe(Fault.Supply)
    })

    test('is not cleared by an emergency stop, nor the emergency stop by it: arming names both', () => {
        const bench = Bench.armed()
        bench.imu.valid = false
        bench.run(5)
        bench.robot.stop()
        expect(bench.robot.mode).toBe(RobotMode.Estop)
        expect(blockNames(bench.robot.arm())).toEqual(['imu', 'estop'])
    })

    test('a fault that comes and goes while the robot is idle leaves no latch', () => {
        const bench = new Bench()
        bench.robot.started()
        bench.imu.valid = false
        bench.run(6)
        expect(bench.robot.arm()).toBe(Fault.Imu)
        bench.imu.valid = true
        bench.run(2)
        bench.robot.housekeeping()
        expect(bench.robot.arm()).toBe(0)
    })
})

describe('the log', () => {
    test('has joint, value, limit and time of what happened, and how often', () => {
        const bench = Bench.armed()
        bench.encoders.failed = 2
        const begin = bench.now
        bench.run(6)
        const [report, ...others] = reports(bench)
        expect(others).toEqual([])
        expect(report).toEqual({
            fault: 'encoder',
            sentence: 'right: its encoder gave no valid sample for 50 ms, allowed are 40 ms',
            joint: 'right',
            value: 50,
            limit: 40,
            // Known in the fifth tick without, written in the one after it.
            boardTime: (begin + 50) / 1000,
            count: 1,
            holds: true,
            latched: true,
            warns: false,
        })
        bench.encoders.failed = 0
        bench.run()
        bench.robot.housekeeping()
        expect(reports(bench)[0]).toMatchObject({ holds: false, latched: true, count: 1 })
        bench.encoders.failed = 2
        bench.run(6)
        expect(reports(bench)[0]).toMatchObject({ holds: true, count: 2 })
    })

    test('tells a motor controller that is silent from one that complains', () => {
        const silent = Bench.armed()
        silent.motors.acknowledges = false
        silent.run(6)
        expect(reports(silent).map(({ sentence }) => sentence)).toEqual([
            'the motor controller does not acknowledge its commands',
        ])
        const hot = Bench.armed()
        hot.motors.faulting = true
        hot.motors.statusFlags = 0x2400
        hot.robot.housekeeping()
        hot.run(2)
        expect(reports(hot)[0].sentence).toBe('the motor controller reports an error or a reset: status 0x2400')
    })

    test.each([
        [
            'Motoron',
            0x2800,
            'the motor controller says: a motor driver is too hot or takes too much current (status 0x2800)',
        ],
        ['DRV8830', 0x09, 'the motor controller says: a motor driver is too hot (status 0x9)'],
    ])('says what the status word of a %s means', (part, flags, expected) => {
        const hot = Bench.armed()
        hot.motors.faulting = true
        hot.motors.statusFlags = flags
        hot.robot.housekeeping()
        hot.run(2)
        const { robot } = hot
        const answer = Buffer.from(robot.log.answer(robot.faults, robot.latched, robot.warnings()))
        const motors = { part, selfStopMs: 0 }
        expect(faultReports(answer, { ...description, motors })![0].sentence).toBe(expected)
    })

    test('has each fault of several', () => {
        const bench = Bench.armed()
        bench.motors.noPower = true
        bench.motors.supplyVoltage = 3.25
        bench.imu.valid = false
        bench.run(5)
        bench.robot.housekeeping()
        bench.run(2)
        expect(reports(bench).map(({ fault, value }) => [fault, value])).toEqual([
            ['imu', 50],
            ['supply', 3.25],
        ])
    })
})

test('a robot that still measures is blocked by calibrating', () => {
    expect(blockNames(Fault.Tilt | Block.Calibrating)).toEqual(['tilt', 'calibrating'])
})
