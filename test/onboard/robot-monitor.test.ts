import { describe, expect, test } from 'vitest'
import { faultReports } from '../../src/host/fault-report'
import { describe as describeRobot } from '../../src/onboard/describe'
import { FaultLog } from '../../src/onboard/fault-log'
import { MonitorSettings } from '../../src/onboard/monitor-settings'
import { RobotMonitor } from '../../src/onboard/robot-monitor'
import type { JointMonitors, RobotConfig } from '../../src/onboard/robot-config'
import { encodeSetpoint } from '../../src/protocol/setpoint'
import { Fault, JointMode, RobotMode } from '../../src/protocol/state'
import { Bench, cart } from './cart'

/** 4 g full scale: 8192 counts a g. */
function gravity(tilt: number): Buffer {
    const frame = Buffer.alloc(12)
    frame.writeInt16LE(Math.round(8192 * Math.sin(tilt)), 6)
    frame.writeInt16LE(Math.round(8192 * Math.cos(tilt)), 10)
    return frame
}

describe('of the robot', () => {
    const monitors = {
        tilt: { limit: 0.7, delayMs: 240 },
        current: { limit: 7, delayMs: 0 },
        late: { limit: 6, delayMs: 0, action: 'warn' },
    } as const
    const make = () => {
        const settings = new MonitorSettings({ ...cart, monitors })
        const monitor = new RobotMonitor(settings, cart.joints.length, new FaultLog())
        monitor.derive()
        return monitor
    }
    const looks = (monitor: RobotMonitor, times: number[], frame: Buffer | undefined) => {
        for (const now of times) monitor.look(frame, NaN, 0, now)
    }

    test.each([
        [0.69, 0],
        [0.71, Fault.Tilt],
        [-0.71, Fault.Tilt],
        [Math.PI / 2, Fault.Tilt],
        [Math.PI, Fault.Tilt],
    ])('tilt: leaning by %s rad for its delay is %i', (tilt, fault) => {
        const monitor = make()
        looks(monitor, [120, 240], gravity(tilt))
        expect(monitor.faults).toBe(0)
        looks(monitor, [360], gravity(tilt))
        expect(monitor.faults).toBe(fault)
        looks(monitor, [480], gravity(0))
        expect(monitor.faults).toBe(0)
    })

    test('tilt: an IMU that fails takes back nothing, and finds nothing', () => {
        const monitor = make()
        looks(monitor, [0, 120, 240, 360], undefined)
        expect(monitor.faults).toBe(0)
        looks(monitor, [480, 600, 720], gravity(1))
        looks(monitor, [840], undefined)
        expect(monitor.faults).toBe(Fault.Tilt)
    })

    test.each([
        [6.9, 0],
        [7.1, Fault.Current],
        [-7.1, Fault.Current],
        [NaN, 0],
    ])('current: %s A of 7 is %i', (current, fault) => {
        const monitor = make()
        monitor.look(undefined, current, 0, 0)
        expect(monitor.faults).toBe(fault)
        monitor.look(undefined, 0, 0, 120)
        expect(monitor.faults).toBe(0)
    })

    test('late ticks: more than its limit from look to look warn, and stop nothing', () => {
        const monitor = make()
        monitor.look(undefined, NaN, 6, 0)
        expect([monitor.faults, monitor.warnings]).toEqual([0, 0])
        monitor.look(undefined, NaN, 13, 120)
        expect([monitor.faults, monitor.warnings]).toEqual([0, Fault.Late])
        monitor.look(undefined, NaN, 14, 240)
        expect([monitor.faults, monitor.warnings]).toEqual([0, 0])
    })
})

describe('of a joint', () => {
    const monitors: JointMonitors = {
        acceleration: { limit: 100, delayMs: 0, action: 'warn' },
        jump: { limit: 0.4, delayMs: 40 },
    }
    const watched: RobotConfig = { ...cart, joints: cart.joints.map(joint => ({ ...joint, monitors })) }

    function armed(): Bench {
        const bench = new Bench(watched)
        bench.robot.started()
        expect(bench.robot.arm()).toBe(0)
        bench.robot.setpoint(encodeSetpoint(1, 60_000, [{ joint: 0, mode: JointMode.Effort, value: 0.5 }]), bench.now)
        bench.run(3)
        return bench
    }
    const reports = ({ robot }: Bench) =>
        faultReports(
            Buffer.from(robot.log.answer(robot.faults, robot.latched, robot.warnings())),
            describeRobot(cart, undefined),
        )!

    test('a single reading far off is dropped and counted, and moves nothing', () => {
        const bench = armed()
        const { robot, encoders } = bench
        const errors = robot.sensorErrors
        encoders.turn(0, 1.5)
        bench.run()
        expect(Math.abs(robot.joints.position[0])).toBeLessThan(0.01)
        expect(robot.failed).toBe(1)
        encoders.turn(0, -1.5)
        bench.run(20)
        expect(Math.abs(robot.joints.position[0])).toBeLessThan(0.01)
        expect(robot.sensorErrors).toBe(errors + 1)
        expect([robot.mode, robot.failed]).toEqual([RobotMode.Armed, 0])
    })

    test('one that stays off for its delay stops the robot, is named, and is believed from then on', () => {
        const bench = armed()
        const { robot, encoders } = bench
        encoders.turn(0, 1.5)
        bench.run(4)
        expect(robot.mode).toBe(RobotMode.Armed)
        bench.run()
        expect(robot.mode).toBe(RobotMode.Fault)
        bench.run()
        expect(reports(bench)[0]).toMatchObject({ fault: 'encoder', joint: 'left', latched: true })
        bench.run(12)
        robot.housekeeping()
        robot.disarm()
        expect([robot.mode, robot.arm()]).toEqual([RobotMode.Idle, 0])
        encoders.turn(0, 0.05)
        bench.run(30)
        expect(robot.joints.position[0]).toBeCloseTo(0.05, 2)
        expect(robot.mode).toBe(RobotMode.Armed)
    })

    test('after skipped ticks a reading is believed, however far off', () => {
        const bench = armed()
        const { robot, encoders } = bench
        robot.skipped(bench.now, 1)
        encoders.turn(0, 1.5)
        bench.run(20)
        expect([robot.mode, robot.sensorErrors]).toEqual([RobotMode.Armed, 0])
        expect(robot.joints.position[0]).toBeCloseTo(1.5, 2)
    })

    test('after a long standstill a joint is where its encoder says, whatever its speed was before', () => {
        const bench = new Bench(watched)
        const { robot } = bench
        robot.started()
        bench.run(3)
        // Noise of an encoder that stands; in a minute it would have turned 3 rad.
        robot.joints.velocity[0] = 0.05
        bench.now += 60_000
        robot.skipped(bench.now, 1)
        bench.run(20)
        expect(robot.joints.position[0]).toBeCloseTo(0, 2)
        expect([robot.faults, robot.sensorErrors]).toEqual([0, 0])
    })

    test('a speed that changes too fast warns: named, in the answer and as a bit of telemetry, and nothing stops', () => {
        const bench = armed()
        const { robot } = bench
        // Of the looks' 120 ms, at 100 rad/s²: 12 rad/s.
        robot.joints.velocity[0] = 14
        bench.encoders.turn(0, 0.14)
        bench.run(12)
        expect(robot.warnings() & Fault.Acceleration).toBe(Fault.Acceleration)
        expect(reports(bench)[0]).toMatchObject({ fault: 'acceleration', joint: 'left', warns: true, latched: false })
        expect(reports(bench)[0].sentence).toMatch(
            /^left: its speed changes by .*rad\/s², allowed are 100 rad\/s² \(a warning\)$/,
        )
        expect(robot.mode).toBe(RobotMode.Armed)
        bench.run(4)
        expect(bench.reports.at(-1)!.warning).toBe(true)
        bench.run(60)
        robot.upkeep(0)
        bench.run(4)
        expect(bench.reports.at(-1)).toMatchObject({ warning: false, faults: 0 })
    })
})
