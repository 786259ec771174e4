// Runs the on-board code against fake sensors and motors and logs what it did, in code that both VMs run: the test that
// calls this in Node and on the DeviceScript VM compares the two logs, number by number. Meaning is asserted in test/onboard.
import { Balance } from '../../src/onboard/balance'
import { Chassis } from '../../src/onboard/chassis'
import { describe, hash, samplesPerReport } from '../../src/onboard/describe'
import {
    coastJoint,
    controlJoints,
    deriveJoints,
    estimateJoints,
    Joints,
    setJoint,
    startJoints,
} from '../../src/onboard/joints'
import { Robot } from '../../src/onboard/robot'
import type { JointConfig, RobotConfig } from '../../src/onboard/robot-config'
import { TelemetryWriter } from '../../src/onboard/telemetry-writer'
import { TickLoop } from '../../src/onboard/tick-loop'
import { encodeSetpoint } from '../../src/protocol/setpoint'
import { Fault, JointMode } from '../../src/protocol/state'
import { decodeTelemetry } from '../../src/protocol/telemetry'
import { encodeTiming } from '../../src/onboard/timing-report'
import { decodeTiming } from '../../src/protocol/timing'
import { FakeClock, FakeEncoders, FakeImu, FakeMotors } from './fake-parts'

type Log = (name: string, value: number) => void
type Pause = () => Promise<void>

const TWO_PI = 2 * Math.PI
/** Steps between pauses: the board stops a fiber that runs too long without one. */
const STRETCH = 20

let seed = 0

/** Next number of a fixed sequence, -1 to 1; every intermediate result is a whole number below 2^53. */
function next(): number {
    seed = (seed * 69069 + 12345) & 0x7fffffff
    return seed / 0x40000000 - 1
}

function joint(name: string, direction: 1 | -1, kind: 'continuous' | 'revolute'): JointConfig {
    return {
        name,
        kind,
        velocityLimit: 15,
        effortLimit: 0.9,
        positionMin: kind === 'revolute' ? -1.5 : undefined,
        positionMax: kind === 'revolute' ? 2.5 : undefined,
        encoder: { direction, zeroOffset: 0.25, ratio: kind === 'revolute' ? 3 : 1, observerBandwidth: 60 },
        motor: { direction },
        gains: { kpPosition: 4, kp: 0.06, ki: 0.6, ks: 0.02, kv: 0.0477 },
    }
}

const config: RobotConfig = {
    name: 'cart',
    tickPeriodMs: 10,
    commandTimeoutMs: 100,
    sensorTimeoutMs: 40,
    i2c: { frequency: 400000 },
    joints: [joint('left', 1, 'continuous'), joint('right', -1, 'continuous'), joint('mast', 1, 'revolute')],
    imu: { part: 'FAKE', outputDataRate: 208, accelerationRange: 4, angularVelocityRange: 1000 },
    drive: { left: 'left', right: 'right', wheelRadius: 0.04, trackWidth: 0.24 },
}

/** Readings that wander over the turn's end and back, with samples missing; setpoints that saturate; every mode. */
async function jointCases(log: Log, pause: Pause): Promise<void> {
    const reading = [6.2, 0.1, 3]
    const joints = new Joints(config.joints, reading, 0.01)
    startJoints(joints)
    for (let step = 0; step < 120; step++) {
        if (step % STRETCH === 0) await pause()
        for (let i = 0; i < joints.count; i++) {
            let angle = reading[i] + 0.2 * next() + 0.08 * (1 - i)
            if (angle < 0) angle += TWO_PI
            else if (angle >= TWO_PI) angle -= TWO_PI
            reading[i] = angle
        }
        if (step % 7 === 3) coastJoint(joints, step % 3, 0.01)
        if (step % 15 === 0) {
            const mode = (step / 15) & 3
            for (let i = 0; i < joints.count; i++) setJoint(joints, i, (mode + i) & 3, Math.floor(next() * 200000))
        }
        estimateJoints(joints, 0.01)
        controlJoints(joints)
        for (let i = 0; i < joints.count; i++) {
            log('joint position ' + step, joints.position[i])
            log('joint velocity ' + step, joints.velocity[i])
            log('joint effort ' + step, joints.effort[i])
            log('joint integral ' + step, joints.integral[i])
        }
        log('joint wire ' + step, joints.wireSetpoint[step % 3])
    }
}

/** A body that wanders, samples that fail, commands that jump; held, armed, laid down and armed again. */
async function balanceCases(log: Log, pause: Pause): Promise<void> {
    const reading = [1, 2, 3]
    const joints = new Joints(config.joints, reading, 0.01)
    deriveJoints(joints)
    const balance = new Balance(
        {
            armTilt: 0.1,
            armRate: 0.3,
            tiltLimit: 0.6,
            acceleration: 10,
            travelLimit: 1,
            turnLimit: 0.2,
            gains: { kPitch: 8, kRate: 0.5, kSpeed: 0.15, kTravel: 0.1, kpTurn: 0.03, kiTurn: 0.3 },
        },
        { accelerationPerCount: 0.0011964, angularVelocityPerCount: 0.00030543 },
        0,
        1,
        0.9,
        0.01,
    )
    const frame = Buffer.alloc(12)
    for (let step = 0; step < 400; step++) {
        if (step % STRETCH === 0) await pause()
        frame.setAt(2, 'i16', 300 * next())
        frame.setAt(6, 'i16', -200 + 400 * next())
        frame.setAt(10, 'i16', 8190 + 50 * next())
        balance.estimate(frame, step % 23 !== 7, 0.01)
        if (step === 310 || step === 360) balance.start()
        if (step === 350) balance.rest()
        for (let i = 0; i < 2; i++) {
            joints.velocity[i] = 8 * next()
            if (step % 15 === 0) setJoint(joints, i, JointMode.Velocity, Math.floor(next() * 90000))
        }
        if (step >= 310) balance.control(joints, 0.01)
        log('balance pitch ' + step, balance.pitch)
        if (step % 5 !== 0 && step < 310) continue
        log('balance bias ' + step, balance.bias)
        log('balance effort ' + step, joints.effort[0])
        log('balance effort ' + step, joints.effort[1])
        log('balance travel ' + step, balance.travel)
        log('balance ' + step, (balance.tilted ? 1 : 0) + (balance.upright() ? 2 : 0) + (balance.settled() ? 4 : 0))
    }
}

async function chassisCases(log: Log, pause: Pause): Promise<void> {
    const chassis = new Chassis(1, 0, 0.04, 0.24)
    const position = [3, -2]
    chassis.start(position)
    for (let step = 0; step < 100; step++) {
        if (step % STRETCH === 0) await pause()
        position[0] += 0.15 + 0.1 * next()
        position[1] += 0.1 + 0.1 * next()
        chassis.update(position)
        if (step % 10 === 9) chassis.normalise()
        log('chassis x ' + step, chassis.x)
        log('chassis y ' + step, chassis.y)
        log('chassis heading ' + step, chassis.heading)
        log('chassis cosine ' + step, chassis.cosine)
    }
}

/** A cart on a fixed timetable: armed, driven, faults of every part, stopped; every report's bytes. */
async function robotCases(log: Log, pause: Pause): Promise<void> {
    const encoders = new FakeEncoders(3)
    const imu = new FakeImu()
    const motors = new FakeMotors()
    const perReport = samplesPerReport(config)
    const buffers: Buffer[] = []
    const bytes = TelemetryWriter.reportBytes(3, true, perReport)
    for (let i = 0; i < 2; i++) buffers.push(Buffer.alloc(bytes))
    const sent: number[] = []
    const writer = new TelemetryWriter(buffers, true, perReport, index => {
        sent.push(index)
    })
    const robot = new Robot(config, encoders, imu, motors, writer)
    log('robot unconfigured', robot.arm())
    robot.started()
    let sequence = 65530
    for (let tick = 0; tick < 160; tick++) {
        if (tick % STRETCH === 0) await pause()
        if (tick % 37 === 20) {
            robot.skipped(1000 + tick * 10, tick >> 3)
            continue
        }
        const now = 1000 + tick * 10
        for (let i = 0; i < 3; i++) encoders.turn(i, 0.05 * motors.effort[i] + 0.01 * next())
        encoders.failed = tick > 80 && tick < 90 ? 2 : tick % 13 === 5 ? 5 : 0
        imu.next(Math.floor(next() * 30000), tick % 17 !== 3)
        motors.acknowledges = tick < 110 || tick > 114
        if (tick === 2) robot.stop()
        if (tick === 3) robot.disarm()
        if (tick === 130) motors.resetSeen = true
        if (tick === 5 || tick === 60 || tick === 100 || tick === 125) {
            robot.disarm()
            log('robot arm ' + tick, robot.arm())
        }
        if (tick % 4 === 1 && (tick < 40 || tick > 55)) {
            sequence = (sequence + 1) & 0xffff
            const mode = 1 + ((tick >> 4) % 3)
            robot.setpoint(
                encodeSetpoint(sequence, tick < 20 ? 0 : 70, [
                    { joint: 0, mode, value: next() * 30 },
                    { joint: 2, mode: 4 - mode, value: next() * 4 },
                ]),
                now,
            )
        }
        robot.tick(now, tick, now - (tick % 3), tick >> 3)
        if (tick % 10 === 9) robot.housekeeping()
        logRobot(log, tick, robot, motors)
        // The link takes a report after two ticks, but not while it is jammed.
        if (tick % 2 === 0 && (tick < 20 || tick > 40) && sent.length > 0) takeReport(log, sent, buffers, writer)
    }
    log('robot dropped', writer.dropped)
    if (robot.motorsLost) await robot.recoverMotors(new FakeClock())
    robot.housekeeping()
    log('robot recovered', robot.faults)
}

function logRobot(log: Log, tick: number, robot: Robot, motors: FakeMotors): void {
    log('robot mode ' + tick, robot.mode)
    log('robot faults ' + tick, robot.faults)
    for (let i = 0; i < 3; i++) log('robot effort ' + tick, motors.effort[i])
    if (tick % 10 !== 0) return
    log('robot sequence ' + tick, robot.setpointSequence)
    log('robot rejected ' + tick, robot.rejectedSetpoints)
    log('robot errors ' + tick, robot.sensorErrors)
    log('robot x ' + tick, robot.chassis ? robot.chassis.x : -1)
}

function takeReport(log: Log, sent: number[], buffers: Buffer[], writer: TelemetryWriter): void {
    const index = sent.shift() as number
    const report = buffers[index]
    for (let at = 0; at + 4 <= report.length; at += 4) log('report ' + at, report.getAt(at, 'u32'))
    const decoded = decodeTelemetry(report, 3, true)
    if (decoded) {
        const sample = decoded.samples[decoded.samples.length - 1]
        log('decoded position', sample.joints[1].position)
        log('decoded velocity', sample.joints[1].velocity)
        log('decoded y', decoded.odometry.y)
        log('decoded imu', sample.imu ? sample.imu[3] : 0)
    }
    writer.sent(index)
}

/** The loop on a clock that oversleeps by a fixed pattern. */
async function loopCases(log: Log): Promise<void> {
    const clock: FakeClock = new FakeClock()
    const seen: number[] = []
    const loop: TickLoop = new TickLoop(
        clock,
        10,
        {
            tick: (now, tick, deadline, lateTicks) => {
                seen.push(now * 1000 + tick * 100 + deadline + lateTicks)
                clock.busy += tick % 5
                if (seen.length === 40) loop.running = false
            },
            skipped: (now, lateTicks) => {
                seen.push(-2 - lateTicks - now)
            },
            housekeeping: () => {
                seen.push(-1)
            },
            upkeep: lateTicks => {
                seen.push(-100 - lateTicks)
            },
        },
        12,
    )
    clock.oversleeps = [0, 0, 1, 0, 3, 0, 7, 0, 0, 25]
    await loop.run()
    for (const value of seen) log('loop tick', value)
    log('loop late', loop.lateTicks)
    log('loop skipped', loop.skippedTicks)
    const timing = decodeTiming(
        encodeTiming(loop.periodCounts, loop.executionCounts, { accepted: 1, refused: 2, lost: 3 }),
    )
    if (timing) {
        for (const count of timing.period) log('loop period', count)
        for (const count of timing.execution) log('loop execution', count)
        if (timing.setpoints) log('loop setpoints lost', timing.setpoints.lost)
    }
}

function logText(log: Log, name: string, text: string): void {
    log(name + ' length', text.length)
    for (let i = 0; i < text.length; i++) log(name + ' ' + i, text.charCodeAt(i))
}

async function textCases(log: Log, pause: Pause): Promise<void> {
    for (const text of ['', 'a', 'foobar', 'joint 7: 0.25 rad']) logText(log, 'hash', hash(text))
    await pause()
    const scale = { accelerationPerCount: 0.0011964, angularVelocityPerCount: 0.00061087 }
    logText(log, 'config hash', describe(config, scale).configHash)
    await pause()
    const text = JSON.stringify(describe(config, scale))
    for (let at = 0; at < text.length; at += 200) {
        logText(log, 'description', text.slice(at, at + 200))
        await pause()
    }
    log('fault names', Fault.Supply + JointMode.Position)
}

/** Runs everything; `log` gets every result under a name, in an order that never changes. */
export async function onboardCases(log: Log, pause: Pause): Promise<void> {
    seed = 20241118
    // Node has a negative zero, the board has not; adding 0 makes one of both.
    const put = (name: string, value: number): void => log(name, value + 0)
    await jointCases(put, pause)
    await balanceCases(put, pause)
    await chassisCases(put, pause)
    await robotCases(put, pause)
    await loopCases(put)
    await textCases(put, pause)
}
