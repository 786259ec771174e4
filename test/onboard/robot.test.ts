import { describe, expect, test } from 'vitest'
import { encodeSetpoint } from '../../src/protocol/setpoint'
import { Fault, JointMode, RobotMode } from '../../src/protocol/state'
import { FakeClock } from '../portable/fake-parts'
import { Bench, cart } from './cart'

/** A setpoint for the left wheel, 0.5 of duty unless said otherwise. */
const effort = (sequence: number, value = 0.5, timeoutMs = 0) =>
    encodeSetpoint(sequence, timeoutMs, [{ joint: 0, mode: JointMode.Effort, value }])

describe('before its drivers have started', () => {
    test('the robot is unconfigured, whatever it is told, and drives nothing', () => {
        const { robot, run, motors } = bench()
        expect(robot.arm()).toBe(Fault.Startup)
        robot.disarm()
        robot.stop()
        robot.setpoint(effort(1), 1000)
        expect(run()).toEqual([0, 0, 0])
        expect(robot.mode).toBe(RobotMode.Unconfigured)
        expect(motors.enables).toBe(0)
    })

    test('a start-up fault stays, whatever housekeeping finds', () => {
        const { robot } = bench()
        robot.faults = Fault.Startup
        robot.housekeeping()
        expect(robot.faults).toBe(Fault.Startup)
        expect(robot.arm()).toBe(Fault.Startup)
    })

    function bench() {
        const it = new Bench()
        return { robot: it.robot, motors: it.motors, run: () => it.run() }
    }
})

test('the first sample is tried again when an encoder fails, because its joint would jump later', () => {
    const bench = new Bench()
    const { encoders, robot } = bench
    const failing = [1, 4, 0]
    encoders.sample = () => {
        encoders.failed = failing.shift() ?? 0
        encoders.reading[0] = encoders.failed & 1 ? 0 : 2
    }
    robot.started()
    expect(failing).toEqual([])
    expect(robot.joints.position[0]).toBe(2)
    expect(robot.mode).toBe(RobotMode.Idle)
})

describe('commands by mode', () => {
    type Command = 'arm' | 'disarm' | 'stop'
    /** How a robot comes into a mode, from idle. */
    const into: Record<string, (bench: Bench) => void> = {
        idle: () => {},
        armed: ({ robot }) => robot.arm(),
        timeout: bench => {
            bench.robot.arm()
            bench.robot.setpoint(effort(1), bench.now)
            bench.run(11)
        },
        fault: bench => {
            bench.robot.arm()
            bench.motors.acknowledges = false
            bench.run(3)
            bench.motors.acknowledges = true
            bench.run(2)
            bench.robot.housekeeping()
        },
        estop: ({ robot }) => robot.stop(),
    }
    const table: [from: string, command: Command, answer: number | undefined, mode: RobotMode][] = [
        ['idle', 'arm', 0, RobotMode.Armed],
        ['idle', 'disarm', undefined, RobotMode.Idle],
        ['idle', 'stop', undefined, RobotMode.Estop],
        ['armed', 'arm', 0, RobotMode.Armed],
        ['armed', 'disarm', undefined, RobotMode.Idle],
        ['armed', 'stop', undefined, RobotMode.Estop],
        ['timeout', 'arm', 0, RobotMode.Armed],
        ['timeout', 'disarm', undefined, RobotMode.Idle],
        ['timeout', 'stop', undefined, RobotMode.Estop],
        ['fault', 'arm', Fault.Motor, RobotMode.Fault],
        ['fault', 'disarm', undefined, RobotMode.Idle],
        ['fault', 'stop', undefined, RobotMode.Estop],
        ['estop', 'arm', Fault.Estop, RobotMode.Estop],
        ['estop', 'disarm', undefined, RobotMode.Idle],
        ['estop', 'stop', undefined, RobotMode.Estop],
    ]
    test.each(table)('from %s, %s answers %s and leads to mode %i', (from, command, answer, mode) => {
        const bench = new Bench()
        bench.robot.started()
        into[from](bench)
        expect(bench.robot.mode).toBe({ idle: 2, armed: 3, fault: 4, timeout: 5, estop: 6 }[from])
        expect(bench.robot[command]()).toBe(answer)
        expect(bench.robot.mode).toBe(mode)
        // In no mode does a motor turn before a setpoint asks for it.
        expect(bench.run()).toEqual([0, 0, 0])
    })

    test('a setpoint from before arming does not come alive by it', () => {
        const bench = new Bench()
        bench.robot.started()
        bench.robot.setpoint(effort(1), bench.now)
        bench.robot.arm()
        expect(bench.run(30)).toEqual([0, 0, 0])
        // Nor does it start a deadline.
        expect(bench.robot.mode).toBe(RobotMode.Armed)
    })

    test.each(['disarm', 'stop'] as const)('%s stops the motors at once, with a command of its own', command => {
        const bench = Bench.armed()
        bench.robot.setpoint(effort(1), bench.now)
        expect(bench.run()).toEqual([0.5, 0, 0])
        bench.robot[command]()
        expect(bench.motors.effort).toEqual([0, 0, 0])
        expect(bench.run()).toEqual([0, 0, 0])
    })

    test('arming when already armed leaves the motors as they are', () => {
        const bench = Bench.armed()
        bench.robot.setpoint(effort(1), bench.now)
        bench.run()
        expect(bench.robot.arm()).toBe(0)
        expect(bench.run()).toEqual([0.5, 0, 0])
    })

    test('a motor controller that does not take the command to enable blocks arming', () => {
        const bench = new Bench()
        bench.robot.started()
        bench.motors.acknowledges = false
        expect(bench.robot.arm()).toBe(Fault.Motor)
        expect(bench.robot.mode).toBe(RobotMode.Idle)
    })
})

describe('outputs', () => {
    test("go to the motors with the joints' signs", () => {
        const bench = Bench.armed()
        const entries = [0.5, 0.25, -0.125].map((value, joint) => ({ joint, mode: JointMode.Effort, value }))
        bench.robot.setpoint(encodeSetpoint(1, 0, entries), bench.now)
        expect(bench.run()).toEqual([0.5, -0.25, -0.125])
    })

    test('a joint that a setpoint does not name goes on as it was told', () => {
        const bench = Bench.armed()
        bench.robot.setpoint(effort(1, 0.5), bench.now)
        bench.robot.setpoint(encodeSetpoint(2, 0, [{ joint: 2, mode: JointMode.Effort, value: 0.1 }]), bench.now)
        expect(bench.run()).toEqual([0.5, 0, 0.1])
    })

    test('are sent at every tick, in every mode, because the controller stops when it hears nothing', () => {
        const bench = new Bench()
        bench.run(5)
        bench.robot.started()
        bench.run(5)
        bench.robot.arm()
        bench.run(5)
        expect(bench.motors.writes).toBe(15)
    })
})

describe('faults', () => {
    test('an encoder that fails for longer than the sensor timeout: 40 ms are four ticks, the fifth stops', () => {
        const bench = Bench.armed()
        bench.robot.setpoint(effort(1), bench.now)
        bench.encoders.failed = 2
        expect(bench.run(4)).toEqual([0.5, 0, 0])
        expect(bench.robot.faults).toBe(0)
        expect(bench.run()).toEqual([0, 0, 0])
        expect(bench.robot.mode).toBe(RobotMode.Fault)
        expect(bench.robot.faults).toBe(Fault.Encoder)
        expect(bench.robot.sensorErrors).toBe(5)
    })

    test('a good sample between starts the count anew', () => {
        const bench = Bench.armed()
        for (let k = 0; k < 5; k++) {
            bench.encoders.failed = 2
            bench.run(4)
            bench.encoders.failed = 0
            bench.run(1)
        }
        expect(bench.robot.mode).toBe(RobotMode.Armed)
        expect(bench.robot.sensorErrors).toBe(20)
    })

    test('an IMU likewise', () => {
        const bench = Bench.armed()
        bench.imu.valid = false
        bench.run(4)
        expect(bench.robot.mode).toBe(RobotMode.Armed)
        bench.run()
        expect(bench.robot.mode).toBe(RobotMode.Fault)
        expect(bench.robot.faults).toBe(Fault.Imu)
    })

    test('a motor command that is not acknowledged is forgiven twice', () => {
        const bench = Bench.armed()
        bench.motors.acknowledges = false
        bench.run(2)
        bench.motors.acknowledges = true
        bench.run()
        bench.motors.acknowledges = false
        bench.run(2)
        expect(bench.robot.mode).toBe(RobotMode.Armed)
        bench.run(1)
        expect(bench.robot.faults).toBe(Fault.Motor)
        // The fault is seen by the tick after: this one had sent already.
        bench.run(1)
        expect(bench.robot.mode).toBe(RobotMode.Fault)
    })

    test.each([
        ['faulting', Fault.Motor],
        ['noPower', Fault.Supply],
        ['timedOut', Fault.Motor],
        ['resetSeen', Fault.Motor],
    ] as const)('a controller that says %s is fault %i', (flag, fault) => {
        const bench = Bench.armed()
        bench.robot.setpoint(effort(1), bench.now)
        bench.run()
        bench.motors[flag] = true
        bench.robot.housekeeping()
        expect(bench.robot.faults).toBe(fault)
        expect(bench.run()).toEqual([0, 0, 0])
        expect(bench.robot.mode).toBe(RobotMode.Fault)
    })

    test('block arming until housekeeping finds them gone, and stay latched in the mode', () => {
        const bench = Bench.armed()
        bench.motors.noPower = true
        bench.robot.housekeeping()
        bench.run()
        expect(bench.robot.arm()).toBe(Fault.Supply)
        bench.motors.noPower = false
        expect(bench.robot.arm()).toBe(Fault.Supply)
        bench.robot.housekeeping()
        expect(bench.robot.mode).toBe(RobotMode.Fault)
        expect(bench.run(20)).toEqual([0, 0, 0])
        expect(bench.robot.arm()).toBe(Fault.Supply)
        bench.robot.disarm()
        expect(bench.robot.mode).toBe(RobotMode.Idle)
        expect(bench.robot.arm()).toBe(0)
        expect(bench.robot.mode).toBe(RobotMode.Armed)
    })

    test('several at once are told together', () => {
        const bench = Bench.armed()
        bench.motors.noPower = bench.motors.faulting = true
        bench.imu.valid = false
        bench.encoders.failed = 7
        bench.run(5)
        bench.robot.housekeeping()
        expect(bench.robot.arm()).toBe(Fault.Supply | Fault.Motor | Fault.Imu | Fault.Encoder)
    })

    test('a reset of the controller is no news before it was first enabled: it starts so', () => {
        const bench = new Bench()
        bench.motors.resetSeen = true
        bench.robot.started()
        bench.robot.housekeeping()
        expect(bench.robot.faults).toBe(0)
        expect(bench.robot.motorsLost).toBe(false)
    })

    test('a controller that was reset is configured anew, and then can be armed', async () => {
        const bench = Bench.armed()
        bench.motors.resetSeen = true
        bench.robot.housekeeping()
        bench.run()
        expect(bench.robot.motorsLost).toBe(true)
        expect(bench.robot.arm()).toBe(Fault.Motor)
        await bench.robot.recoverMotors(new FakeClock())
        expect(bench.motors.inits).toBe(1)
        bench.robot.housekeeping()
        bench.robot.disarm()
        expect(bench.robot.arm()).toBe(0)
    })

    test('a controller whose recovery fails stays lost, to be tried again', async () => {
        const bench = Bench.armed()
        bench.motors.resetSeen = true
        bench.robot.housekeeping()
        bench.motors.init = async () => Promise.reject(new Error('no supply'))
        await expect(bench.robot.recoverMotors(new FakeClock())).rejects.toThrow('no supply')
        expect(bench.robot.motorsLost).toBe(true)
        expect(bench.robot.arm()).toBe(Fault.Motor)
    })
})

test('a robot without drive, IMU or a third joint does the rest', () => {
    const bench = new Bench({ ...cart, drive: undefined })
    expect(bench.robot.chassis).toBeUndefined()
    bench.robot.started()
    bench.robot.arm()
    bench.robot.setpoint(effort(1), bench.now)
    bench.robot.housekeeping()
    expect(bench.run()).toEqual([0.5, 0, 0])
})
