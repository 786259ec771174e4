import type { Clock } from '../hal/clock'
import { SETPOINT_ENTRY_BYTES, SETPOINT_HEADER_BYTES, SETPOINT_SCALE } from '../protocol/setpoint'
import { ArmWarning, Block, Fault, JointMode, RobotMode } from '../protocol/state'
import { NO_JOINT } from '../protocol/fault-report'
import { TrajectoryState } from '../protocol/trajectory'
import { Chassis } from './chassis'
import { FaultLog } from './fault-log'
import { coastJoint, controlJoints, estimateJoints, Joints, reseatJoint, setJoint, startJoints } from './joints'
import { Monitors } from './monitors'
import { type MotorStops, refusedStop } from './motor-stops'
import type { RobotConfig } from './robot-config'
import { type RobotFindings, RobotMonitor } from './robot-monitor'
import type { TelemetryWriter } from './telemetry-writer'
import { HOUSEKEEPING_TICKS } from './housekeeping-ticks'
import { Trajectory } from './trajectory'

/** The encoders of all joints, absolute over one turn. Entry i belongs to joint i. */
export interface JointEncoders {
    /** rad in [0, 2π); means nothing where {@link failed} has a bit */
    readonly reading: number[]
    /** Encoders whose newest sample failed, bit i for joint i. */
    readonly failed: number
    /** Reads every encoder. Called once a tick. */
    sample(): void
    /** Looks after an encoder's health. Called once in several ticks. */
    check(): void
}

/** A six-axis IMU. */
export interface ImuSensor {
    /** The last sample's bytes, little-endian i16: gyroscope x, y, z, accelerometer x, y, z. */
    readonly frame: Buffer
    /** One transaction; false when the sample was dropped. Called once a tick. */
    sample(): boolean
}

/** Measures the motor supply. Raw values are counts, whose scale the description tells. */
export interface PowerSensor {
    /** Signed. */
    readonly currentRaw: number
    readonly supplyRaw: number
    /** A a count */
    readonly amperePerCount: number
    /** False when the sample failed. Called once a tick. */
    sample(): boolean
}

/** Keeps a robot upright on its wheels: `Balance`. An interface, so that the firmware of others does without. */
export interface BalanceStage {
    /** It leans too far, or otherwise cannot be caught. */
    readonly tilted: boolean
    /** Whether its estimate may be trusted by now. */
    settled(): boolean
    /** Whether the robot stands near upright and still. */
    upright(): boolean
    /** The motors are on from now on, or off. */
    start(): void
    rest(): void
    /** Once a tick, with the IMU's sample. */
    estimate(frame: Buffer, valid: boolean, dt: number): void
    /** Once a tick while the motors are on: every wheel's effort. */
    control(joints: Joints, dt: number): void
}

/** A digital input. */
export interface DigitalInput {
    /** 0 or 1; anything else while it cannot be read. */
    readonly value: unknown
}

/** A motor controller with up to three outputs: output i drives joint i. */
export interface MotorController extends MotorStops {
    /** What it says of itself, for people. */
    readonly statusFlags: number
    /** Motor supply as the last {@link readStatus} found it, V; NaN when it does not measure it. */
    readonly supplyVoltage: number
    /** As the last {@link readStatus} found it. */
    readonly noPower: boolean
    readonly faulting: boolean
    /** It was reset: it holds the motors off and has forgotten its settings. */
    readonly resetSeen: boolean
    /** It stopped the motors because it heard nothing, and holds them off until {@link enable}. */
    readonly timedOut: boolean
    /**
     * One transaction: duty of every output, -1 to 1; what is beyond its outputs is ignored. False when it was not
     * acknowledged. Called once a tick.
     */
    write(effort0: number, effort1: number, effort2: number): boolean
    /** Lets the motors run; called when arming. False when it was not acknowledged. */
    enable(): boolean
    /** Every output off and braked at once, whatever limits duties otherwise follow. False when it was not acknowledged. */
    stop(): boolean
    /** Every output off and running out, until the next {@link write}. False when it was not acknowledged. */
    coast(): boolean
    /** Asks the controller how it is. False when it did not answer. */
    readStatus(): boolean
    /** Configures it anew; the motors stay off until {@link enable}. @throws DriverError */
    init(clock: Clock): Promise<void>
}

/** A robot that balances falls without its IMU: this many samples in a row that failed are a fault. */
const BALANCE_IMU_MISSES = 2
/** Consecutive motor commands that must fail before it is a fault: one lost transaction is no reason to stop. */
const MOTOR_MISSES = 3
/** Attempts at a first sample of all encoders. */
const FIRST_SAMPLES = 5
/**
 * What is left of a command's time when the tick already takes it for over, ms: a command may wait 6 ms behind other work
 * before it is taken, the clock may read 1 ms low, and the next tick may start half a period (5 ms) late. So the motors are
 * off at most one period after the command's deadline, counted from its arrival. Never more than half of that time.
 */
const DEADLINE_MARGIN_MS = 12
/** Later than any board time, ms. */
const NEVER = 1e12
/** Slower than this a joint is at rest, rad/s: an encoder's noise gives less. */
const AT_REST = 0.2
/** Numbers of `Fault` bits, for the log. */
const [ENCODER, IMU, MOTOR, ESTOP, SUPPLY, TILT] = [1, 2, 3, 4, 5, 14]

/**
 * The robot on the board: its tick, its modes, its commands. The tick is a handful of stages over all joints; everything
 * else is rare and written plainly. Nothing here knows what chips the robot has.
 */
export class Robot {
    readonly joints: Joints
    readonly chassis: Chassis | undefined
    readonly trajectory: Trajectory
    mode = RobotMode.Unconfigured
    /** `Fault` bits whose causes hold now. */
    faults = 0
    /** `Fault` bits that stopped the robot: they stay until {@link disarm} finds their causes gone. */
    latched = 0
    /** `Fault` bits of monitors that only warn. */
    warnings = 0
    /** Sensor samples dropped since start. */
    sensorErrors = 0
    /** Sequence number of the last setpoint that was taken. */
    setpointSequence = 0
    /** Setpoints refused: malformed, not newer, or naming a joint or mode that does not exist. */
    rejectedSetpoints = 0
    imuValid = false
    powerValid = false
    /** Joints whose encoder failed at this tick, bit i for joint i. */
    failed = 0
    /** The motor controller was reset and must be configured anew before the robot can be armed. */
    motorsLost = false
    /** The IMU's last sample, as telemetry carries it. */
    readonly imuFrame: Buffer | undefined
    readonly log = new FaultLog()
    readonly monitors: Monitors
    readonly robotMonitor: RobotMonitor
    /** Why this robot can never be armed: its motor driver cannot stop it as its data says. */
    readonly refusal: string | undefined

    private readonly direction: number[] = []
    private readonly sensorTicks: number
    /** More samples of the IMU than this in a row that failed are a fault. */
    private readonly imuTicks: number
    /** The motors are on: armed, or balancing on after the last setpoint's deadline. */
    private driving = false
    private missing = 0
    private imuMissed = 0
    private motorMissed = 0
    /** The motor controller was enabled since it was configured: from then on a reset of it is news. */
    private enabled = false
    private timeoutMs: number
    /** Board time from which on a tick stops the motors, ms; {@link NEVER} while no setpoint was taken since arming. */
    private deadline = NEVER
    private anySequence = true
    /** Board time of the last tick, ms. */
    private now = 0
    /** The joints coast when they are stopped. */
    private readonly coasts: boolean
    /** They coast now. */
    private coasting = false
    /** Joints that ramp down or are held since the deadline passed, bit i for joint i. */
    private holding = 0
    /** Of the input that stops the robot: its level while it does not. */
    private readonly estopSafe: number
    private calibrationLeft: number
    /** Start-up is over: the robot may become idle. */
    private ready = false
    private calibrationErrors = -1
    private readonly findings: RobotFindings = { supply: NaN, current: NaN, imuFrame: undefined, lateTicks: 0 }

    constructor(
        readonly config: RobotConfig,
        private readonly encoders: JointEncoders,
        private readonly imu: ImuSensor | undefined,
        private readonly motors: MotorController,
        private readonly telemetry: TelemetryWriter,
        readonly power?: PowerSensor,
        private readonly balance?: BalanceStage,
        private readonly estopInput?: DigitalInput,
    ) {
        this.joints = new Joints(config.joints, encoders.reading, config.tickPeriodMs / 1000)
        this.trajectory = new Trajectory(this.joints)
        this.sensorTicks = Math.ceil(config.sensorTimeoutMs / config.tickPeriodMs)
        this.imuTicks = balance ? BALANCE_IMU_MISSES - 1 : this.sensorTicks
        this.timeoutMs = config.commandTimeoutMs
        this.monitors = new Monitors(config, this.log)
        this.robotMonitor = new RobotMonitor(config, HOUSEKEEPING_TICKS * config.tickPeriodMs, this.log)
        this.refusal = refusedStop(config, motors)
        if (this.refusal !== undefined) this.faults = Fault.Startup
        const first = config.joints[0].stop
        this.coasts = first !== undefined && first.action === 'coast'
        this.estopSafe = config.estopInput ? 1 - config.estopInput.stopsAt : 0
        this.calibrationLeft = Math.ceil((config.calibrationMs ?? 0) / config.tickPeriodMs)
        for (const joint of config.joints) this.direction.push(joint.motor.direction)
        this.imuFrame = imu ? imu.frame : undefined
        if (config.drive) {
            const names = config.joints.map(joint => joint.name)
            this.chassis = new Chassis(
                names.indexOf(config.drive.left),
                names.indexOf(config.drive.right),
                config.drive.wheelRadius,
                config.drive.trackWidth,
            )
        }
    }

    /** Every driver has started: the robot may be armed. */
    started(): void {
        const encoders = this.encoders
        encoders.sample()
        // A joint whose first sample failed would jump when a later one succeeds.
        for (let i = 1; i < FIRST_SAMPLES && encoders.failed !== 0; i++) encoders.sample()
        startJoints(this.joints)
        if (this.chassis) this.chassis.start(this.joints.position)
        if (this.refusal === undefined) {
            this.ready = !this.balance && this.calibrationLeft <= 0
            this.mode = this.ready ? RobotMode.Idle : RobotMode.Calibrating
        }
    }

    /**
     * One control tick: sense, estimate, decide, control, act, report.
     *
     * @param now board time, ms
     * @param tick index of this tick
     * @param deadline when it should have started, ms
     * @param lateTicks ticks that started late, so far
     *
     * @inline
     */
    tick(now: number, tick: number, deadline: number, lateTicks: number): void {
        // First, because sensing takes its time.
        if (now >= this.deadline) this.expire()
        const input = this.estopInput
        if (input) {
            if (input.value !== this.estopSafe && this.mode !== RobotMode.Estop) this.stop()
        }
        const dt = (now - this.now) * 0.001
        this.now = now
        this.sense(dt)
        estimateJoints(this.joints, dt)
        const failed = this.failed | this.joints.suspect
        if ((failed | this.missing) !== 0) this.countMissed(failed)
        const balance = this.balance
        if (balance) {
            balance.estimate(this.imuFrame as Buffer, this.imuValid, dt)
            if (balance.tilted) this.raise(Fault.Tilt, TILT, NO_JOINT, NaN, NaN)
        }
        const monitors = this.monitors
        monitors.step(this.joints, now)
        if ((this.faults | monitors.faults) !== 0) this.stopForFault()
        if (this.trajectory.running) this.follow(deadline)
        if (this.holding !== 0) this.ramp(dt)
        if (balance && this.driving) balance.control(this.joints, dt)
        else controlJoints(this.joints)
        this.act()
        this.telemetry.add(this, now, tick, deadline, lateTicks)
    }

    /** Deadlines passed without a tick: samples of consecutive ticks end here. Called before the tick that follows. */
    skipped(lateTicks: number): void {
        this.telemetry.flush(this, lateTicks)
    }

    /** Reads every sensor once. A sample that failed is dropped and counted. @inline */
    private sense(dt: number): void {
        const encoders = this.encoders
        encoders.sample()
        const failed = encoders.failed
        this.failed = failed
        if (failed !== 0) this.coastFailed(failed, dt)
        const imu = this.imu
        if (imu) {
            this.imuValid = imu.sample()
            if (this.imuValid) this.imuMissed = 0
            else {
                this.sensorErrors++
                this.imuMissed++
                if (this.imuMissed > this.imuTicks) {
                    const period = this.config.tickPeriodMs
                    this.raise(Fault.Imu, IMU, NO_JOINT, this.imuMissed * period, this.imuTicks * period)
                }
            }
        }
        const power = this.power
        if (power) {
            const valid = power.sample()
            this.powerValid = valid
            if (!valid) this.sensorErrors++
        }
    }

    /** Without a point to go to, the robot stops as at a missed deadline. */
    private follow(deadline: number): void {
        if (!this.trajectory.follow(deadline)) this.expire()
    }

    /** A robot that may not be armed may not stay so. What stopped it is latched. */
    private stopForFault(): void {
        this.faults |= this.monitors.faults
        if (!this.driving) return
        this.latched |= this.faults
        this.halt(RobotMode.Fault)
    }

    private coastFailed(failed: number, dt: number): void {
        for (let i = 0; i < this.joints.count; i++) if ((failed & (1 << i)) !== 0) coastJoint(this.joints, i, dt)
    }

    /** Some joint's reading failed, or was impossible, at this tick or at the one before. */
    private countMissed(failed: number): void {
        const { joints, sensorTicks } = this
        for (let i = 0; i < joints.count; i++) {
            if ((failed & (1 << i)) === 0) {
                joints.missed[i] = 0
                continue
            }
            joints.missed[i]++
            this.sensorErrors++
            if (joints.missed[i] <= sensorTicks) continue
            this.raise(
                Fault.Encoder,
                ENCODER,
                i,
                joints.missed[i] * this.config.tickPeriodMs,
                this.config.sensorTimeoutMs,
            )
            if ((joints.suspect & (1 << i)) !== 0) reseatJoint(joints, i)
        }
        this.failed = failed
        this.missing = failed
    }

    /** A fault's cause holds; what it is goes to the log when that is new. */
    private raise(fault: number, number: number, joint: number, value: number, limit: number): void {
        if ((this.faults & fault) === 0) this.log.record(number, joint, value, limit, this.now)
        this.faults |= fault
    }

    /** Sends the motors their duty: always, because the controller stops them when it hears nothing. @inline */
    private act(): void {
        const effort = this.joints.effort
        const direction = this.direction
        if (this.coasting) this.coast()
        else if (this.motors.write(effort[0] * direction[0], effort[1] * direction[1], effort[2] * direction[2]))
            this.motorMissed = 0
        else {
            this.motorMissed++
            if (this.motorMissed >= MOTOR_MISSES) this.motorFault()
        }
    }

    private coast(): void {
        if (this.motors.coast()) this.motorMissed = 0
        else {
            this.motorMissed++
            if (this.motorMissed >= MOTOR_MISSES) this.motorFault()
        }
    }

    private motorFault(): void {
        this.raise(Fault.Motor, MOTOR, NO_JOINT, this.motors.statusFlags, NaN)
    }

    /**
     * Once in a while after a tick: asks the motor controller how it is, watches what needs no tick's attention, and lets go of
     * faults that have passed. It feeds the controller's own timeout, so it belongs to the tick's fiber: when that dies, so must
     * this.
     *
     * @inline
     */
    housekeeping(lateTicks: number): void {
        const { motors } = this
        const chassis = this.chassis
        if (chassis) {
            // Also while no report goes out: a turn between two updates must stay small.
            chassis.update(this.joints.position)
            chassis.normalise()
        }
        const answered = motors.readStatus()
        if (!answered) this.motorMissed++
        this.encoders.check()
        const findings = this.findings
        findings.supply = answered ? motors.supplyVoltage : NaN
        findings.lateTicks = lateTicks
        findings.imuFrame = this.imuValid ? this.imuFrame : undefined
        const power = this.power
        findings.current = power && this.powerValid ? power.currentRaw * power.amperePerCount : NaN
        this.review()
    }

    /** Which faults hold now. @inline */
    private review(): void {
        const { motors, joints, monitors, robotMonitor } = this
        robotMonitor.look(this.findings, this.now)
        if (motors.resetSeen && this.enabled) this.motorsLost = true
        const before = this.faults
        let faults = (before & Fault.Startup) | monitors.faults | robotMonitor.faults
        const timedOut = motors.timedOut && this.driving
        if (this.motorMissed >= MOTOR_MISSES || motors.faulting || timedOut || this.motorsLost) {
            this.motorFault()
            faults |= Fault.Motor
        }
        if (motors.noPower) {
            this.raise(Fault.Supply, SUPPLY, NO_JOINT, motors.supplyVoltage, robotMonitor.supply.limit[0])
            faults |= Fault.Supply
        }
        for (let i = 0; i < joints.count; i++) if (joints.missed[i] > this.sensorTicks) faults |= Fault.Encoder
        if (this.imuMissed > this.imuTicks) faults |= Fault.Imu
        if (this.balance) {
            if (this.balance.tilted) faults |= Fault.Tilt
        }
        this.faults = faults
        this.warnings = monitors.warnings | robotMonitor.warnings
        if (!this.ready && this.mode === RobotMode.Calibrating) this.calibrate()
    }

    /** Start-up ends when every sensor was good and every joint at rest for as long as the robot's data says. */
    private calibrate(): void {
        const { joints, balance } = this
        let quiet = this.sensorErrors === this.calibrationErrors
        for (let i = 0; i < joints.count; i++) if (Math.abs(joints.velocity[i]) > AT_REST) quiet = false
        this.calibrationErrors = this.sensorErrors
        if (quiet) this.calibrationLeft -= HOUSEKEEPING_TICKS
        else this.calibrationLeft = Math.ceil((this.config.calibrationMs ?? 0) / this.config.tickPeriodMs)
        if (this.calibrationLeft > 0 || (balance && !balance.settled())) return
        this.ready = true
        this.mode = RobotMode.Idle
    }

    /** Configures a motor controller that was reset. It may fail and be tried again: the supply may still be rising. */
    async recoverMotors(clock: Clock): Promise<void> {
        await this.motors.init(clock)
        this.enabled = false
        this.motorsLost = false
    }

    /** Lets the motors move. @returns every reason that blocks it (`Fault`, `Block`); 0 when armed */
    arm(): number {
        let blocked = this.faults | this.latched
        if (this.mode === RobotMode.Estop) blocked |= Fault.Estop
        if (this.mode === RobotMode.Unconfigured) blocked |= Fault.Startup
        if (this.mode === RobotMode.Calibrating) blocked |= Block.Calibrating
        if (this.estopInputActive()) blocked |= Block.EstopInput
        const balance = this.balance
        if (balance && !this.driving && !balance.upright()) blocked |= Fault.Tilt
        if (blocked !== 0 || this.mode === RobotMode.Armed) return blocked
        if (this.driving) {
            this.hold(RobotMode.Armed)
            return 0
        }
        if (!this.motors.enable()) return Fault.Motor
        this.enabled = true
        this.halt(RobotMode.Armed)
        if (balance) balance.start()
        return 0
    }

    /** What an armed robot warns of: monitors' `Fault` bits and `ArmWarning`. */
    armWarnings(): number {
        return this.warnings | (this.motors.selfStopMs === 0 ? ArmWarning.NoSelfStop : 0)
    }

    /**
     * Motors off. Clears an emergency stop and the deadline's, and of the latched faults those whose causes are gone: when some
     * still hold, the robot stays in `fault`. While the emergency stop's input is active, that stays too.
     */
    disarm(): void {
        if (this.mode < RobotMode.Idle) return
        this.latched &= this.faults
        this.log.keep(this.faults | this.warnings)
        if (this.estopInputActive()) this.halt(RobotMode.Estop)
        else if (this.latched !== 0) this.halt(RobotMode.Fault)
        else this.halt(this.ready ? RobotMode.Idle : RobotMode.Calibrating)
    }

    /** Emergency stop: motors off, latched until {@link disarm}. */
    stop(): void {
        if (this.mode === RobotMode.Unconfigured) return
        this.halt(RobotMode.Estop)
        this.log.record(ESTOP, NO_JOINT, NaN, NaN, this.now)
    }

    private estopInputActive(): boolean {
        return this.estopInput !== undefined && this.estopInput.value !== this.estopSafe
    }

    /**
     * Takes a setpoint command's payload (`protocol/setpoint.ts`), if it is whole, newer than the last, and the robot is
     * armed. A value beyond a joint's limit is taken as the limit. A planner sends many, so this is written like the tick.
     *
     * @inline
     */
    setpoint(payload: Buffer, now: number): void {
        const joints = this.joints
        const length = payload.length
        const entries = length < SETPOINT_HEADER_BYTES ? 0 : payload[4]
        const end = SETPOINT_HEADER_BYTES + entries * SETPOINT_ENTRY_BYTES
        let bad = entries === 0 || length !== end ? 1 : 0
        for (let at = SETPOINT_HEADER_BYTES; at < end; at += SETPOINT_ENTRY_BYTES) {
            if (bad === 0) {
                if (payload[at] >= joints.count) bad = 1
                const mode = payload[at + 1]
                if (mode > JointMode.Position) bad = 1
                // The wheels of a robot that balances are not free for anything but a velocity.
                if (this.balance && mode !== JointMode.Velocity && mode !== JointMode.Off) bad = 1
            }
        }
        if (bad === 0) {
            const sequence = payload[0] | (payload[1] << 8)
            // Newer by less than half the range, across the wrap.
            const ahead = (sequence - this.setpointSequence - 1) & 0xffff
            if (this.anySequence || ahead < 0x7fff) {
                this.setpointSequence = sequence
                if (this.mode === RobotMode.Armed) {
                    if (this.trajectory.running) this.trajectory.abort()
                    this.anySequence = false
                    let timeoutMs = payload[2] | (payload[3] << 8)
                    if (timeoutMs === 0) timeoutMs = this.timeoutMs
                    const margin = timeoutMs > 2 * DEADLINE_MARGIN_MS ? DEADLINE_MARGIN_MS : timeoutMs / 2
                    this.deadline = now + timeoutMs - margin
                    for (let at = SETPOINT_HEADER_BYTES; at < end; at += SETPOINT_ENTRY_BYTES) {
                        setJoint(joints, payload[at], payload[at + 1], payload.getAt(at + 2, 'i32'))
                    }
                }
            } else bad = 1
        }
        if (bad !== 0) this.rejectedSetpoints++
    }

    /**
     * Takes a trajectory command's payload (`protocol/trajectory.ts`). While a trajectory runs, its last point's time stands for
     * the arrival of the last setpoint: the robot stops when nothing newer comes within the command timeout after it.
     *
     * @returns the answer
     */
    takeTrajectory(payload: Buffer, now: number): Buffer {
        const { trajectory } = this
        // Wheels that balance follow the body, not points.
        const answer = trajectory.take(payload, now, this.mode === RobotMode.Armed && !this.balance)
        if (trajectory.running) this.deadline = trajectory.end + this.timeoutMs
        return answer
    }

    /**
     * The deadline has passed: joints that are to be held ramp down, all others are stopped. A robot that balances would fall: it
     * stands where it is instead, and takes no setpoint until it is armed again.
     */
    private expire(): void {
        if (this.balance) {
            this.hold(RobotMode.Timeout)
            return
        }
        const { joints } = this
        let holding = 0
        for (let i = 0; i < joints.count; i++) {
            const stop = joints.config[i].stop
            if (stop === undefined || stop.action !== 'hold' || joints.missed[i] > 0) continue
            holding |= 1 << i
            // From where it is: with the velocity that it has, whatever it was told.
            setJoint(joints, i, JointMode.Velocity, joints.velocity[i] / SETPOINT_SCALE)
        }
        if (holding === 0) {
            this.halt(RobotMode.Timeout)
            return
        }
        for (let i = 0; i < joints.count; i++) if ((holding & (1 << i)) === 0) setJoint(joints, i, JointMode.Off, 0)
        this.trajectory.abort(TrajectoryState.Underrun)
        this.holding = holding
        this.mode = RobotMode.Timeout
        this.deadline = NEVER
        this.anySequence = true
    }

    /** One step of the ramp of joints that are to be held; one that stands is held where it is. */
    private ramp(dt: number): void {
        const { joints } = this
        for (let i = 0; i < joints.count; i++) {
            if ((this.holding & (1 << i)) === 0 || joints.mode[i] !== JointMode.Velocity) continue
            const step = (joints.config[i].stop?.deceleration ?? 0) * dt
            const speed = joints.setpoint[i]
            if (speed > step) setJoint(joints, i, JointMode.Velocity, (speed - step) / SETPOINT_SCALE)
            else if (speed < -step) setJoint(joints, i, JointMode.Velocity, (speed + step) / SETPOINT_SCALE)
            else setJoint(joints, i, JointMode.Position, joints.position[i] / SETPOINT_SCALE)
        }
    }

    /** Into a mode with every joint off and nothing remembered of the setpoints before. */
    private halt(mode: RobotMode): void {
        const { joints, balance } = this
        this.driving = mode === RobotMode.Armed
        this.coasting = this.coasts && !this.driving
        // First of all. The tick's own command says so again; a motor controller may let that wait for its next update.
        if (this.coasting) this.motors.coast()
        else if (!this.driving) this.motors.stop()
        // It may still run at its deadline: when the tick was late by more than the command timeout.
        this.trajectory.abort(mode === RobotMode.Timeout ? TrajectoryState.Underrun : TrajectoryState.Aborted)
        for (let i = 0; i < joints.count; i++) {
            joints.integral[i] = 0
            joints.effort[i] = 0
        }
        if (balance && !this.driving) balance.rest()
        this.hold(mode)
    }

    /** Into a mode with no setpoint, and the motors as they are. */
    private hold(mode: RobotMode): void {
        for (let i = 0; i < this.joints.count; i++) setJoint(this.joints, i, JointMode.Off, 0)
        this.holding = 0
        this.mode = mode
        this.deadline = NEVER
        this.anySequence = true
    }
}
