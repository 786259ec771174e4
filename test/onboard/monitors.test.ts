import { describe, expect, test } from 'vitest'
import { faultReports } from '../../src/host/fault-report'
import { describe as describeRobot } from '../../src/onboard/describe'
import type { JointMonitors, RobotConfig } from '../../src/onboard/robot-config'
import { encodeSetpoint } from '../../src/protocol/setpoint'
import { Fault, JointMode, RobotMode } from '../../src/protocol/state'
import { Bench, cart } from './cart'

const monitors: JointMonitors = {
    velocity: { limit: 12, delayMs: 0 },
    position: { limit: 0.2, delayMs: 0 },
    following: { limit: 2, delayMs: 500 },
    stall: { limit: 0.3, speed: 0.5, delayMs: 300 },
    frozen: { limit: 0.15, delayMs: 200 },
}
const watched: RobotConfig = {
    ...cart,
    joints: cart.joints.map(joint => ({ ...joint, monitors })),
    supplyMonitor: { limit: 9, delayMs: 100 },
}
/** Three joints take turns, a look at each fourth tick: a joint's turn comes every 120 ms. */
const TURN = 12

/** Runs with setpoints that keep coming, and the encoder of joint 0 turning, until the robot has stopped. Returns the ticks. */
function drive(
    bench: Bench,
    mode: JointMode,
    value: number,
    turn: number | ((tick: number) => number),
    most = 200,
): number {
    let sequence = 0
    for (let tick = 0; tick < most; tick++) {
        sequence++
        bench.robot.setpoint(encodeSetpoint(sequence, 0, [{ joint: 0, mode, value }]), bench.now)
        bench.encoders.turn(0, typeof turn === 'number' ? turn : turn(tick))
        bench.run()
        if (bench.robot.mode !== RobotMode.Armed) return tick
    }
    return most
}

function armed(): Bench {
    const bench = new Bench(watched)
    bench.robot.started()
    expect(bench.robot.arm()).toBe(0)
    return bench
}
const sentences = ({ robot }: Bench) =>
    faultReports(
        Buffer.from(robot.log.answer(robot.faults, robot.latched, robot.warnings())),
        describeRobot(cart, undefined),
    )!.map(({ sentence }) => sentence)
/** The encoder's noise, of a period that the looks do not share. */
const noise = (tick: number) => (((tick * 7) % 11) - 5) * 1e-4

describe('a joint that', () => {
    test('is driven hard and does not turn is a stall, after its delay and at most two turns of looks', () => {
        const bench = armed()
        const ticks = drive(bench, JointMode.Effort, 0.6, noise)
        expect(ticks).toBeGreaterThanOrEqual(30)
        expect(ticks).toBeLessThanOrEqual(30 + 2 * TURN + 1)
        expect(bench.robot.latched & Fault.Stall).toBe(Fault.Stall)
        expect(bench.motors.effort.every(duty => duty === 0)).toBe(true)
        expect(sentences(bench)).toContainEqual(
            expect.stringMatching(/^left: it does not turn with a duty of 0.6, it must/),
        )
    })

    test('is driven while its reading stands still to the bit is frozen, sooner', () => {
        const bench = armed()
        const ticks = drive(bench, JointMode.Effort, 0.2, 0)
        expect(ticks).toBeGreaterThanOrEqual(20)
        expect(ticks).toBeLessThanOrEqual(20 + 2 * TURN + 1)
        expect(bench.robot.latched).toBe(Fault.Frozen)
    })

    test('does not come to its velocity is off its setpoint; one that gets there is not', () => {
        const slow = armed()
        expect(drive(slow, JointMode.Velocity, 5, 0.02)).toBeLessThanOrEqual(50 + 2 * TURN + 1)
        expect(slow.robot.latched).toBe(Fault.Following)
        expect(drive(armed(), JointMode.Velocity, 5, 0.05)).toBe(200)
    })

    test('is too fast stops at the next look, and its log has the velocity', () => {
        const bench = armed()
        expect(drive(bench, JointMode.Effort, 0.1, 0.15)).toBeLessThanOrEqual(2 * TURN + 1)
        expect(bench.robot.latched).toBe(Fault.Velocity)
        expect(sentences(bench)).toEqual([
            expect.stringMatching(/^left: its velocity is 1[2-9].* rad\/s, allowed are 12 rad/),
        ])
    })

    test('turns out of its range stops; up to the tolerance it does not', () => {
        const outside = (position: number) => {
            const bench = armed()
            // The mast's encoder turns three times for it.
            for (let tick = 0; tick < 100; tick++) {
                bench.encoders.turn(2, (position * 3) / 100)
                bench.run()
            }
            bench.run(2 * TURN)
            return bench.robot.faults
        }
        expect(outside(2.65)).toBe(0)
        expect(outside(2.85)).toBe(Fault.Position)
        expect(outside(-1.75)).toBe(Fault.Position)
    })

    test('is no number is out of every limit', () => {
        const bench = armed()
        bench.run(3)
        bench.robot.joints.velocity[0] = NaN
        bench.run(2 * TURN)
        expect(bench.robot.faults & Fault.Velocity).toBe(Fault.Velocity)
        expect(bench.robot.mode).toBe(RobotMode.Fault)
    })
})

test('a cause that is gone is cleared by disarming, and one that was shorter than its delay never was', () => {
    const bench = armed()
    drive(bench, JointMode.Effort, 0.6, noise)
    // Off, it is not driven any more.
    bench.run(2 * TURN)
    bench.robot.housekeeping()
    expect(bench.robot.arm()).toBe(Fault.Stall)
    bench.robot.disarm()
    expect(bench.robot.arm()).toBe(0)
    expect(drive(bench, JointMode.Effort, 0.6, tick => (tick % 20 < 10 ? 0 : 0.05), 200)).toBe(200)
})

test('a motor supply that is too low for its delay stops the robot', () => {
    const bench = armed()
    bench.motors.supplyVoltage = 8
    bench.robot.housekeeping()
    bench.run(5)
    bench.motors.supplyVoltage = 12
    bench.robot.housekeeping()
    bench.motors.supplyVoltage = 8
    bench.run(12)
    bench.robot.housekeeping()
    bench.run(9)
    bench.robot.housekeeping()
    expect(bench.robot.faults).toBe(0)
    bench.run(3)
    bench.robot.housekeeping()
    bench.run(2)
    expect(bench.robot.latched).toBe(Fault.Supply)
    expect(sentences(bench)).toEqual(['the motor supply is missing or too low: 8 V, needed are 9 V'])
})

test('a robot without monitors is not watched', () => {
    const bench = Bench.armed()
    expect(drive(bench, JointMode.Effort, 0.6, 0, 150)).toBe(150)
})
