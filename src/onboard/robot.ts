import type { Clock } from '../hal/clock'
import { SETPOINT_ENTRY_BYTES, SETPOINT_HEADER_BYTES } from '../protocol/setpoint'
import { Block, Fault, JointMode, RobotMode } from '../protocol/state'
import { WARNING } from '../protocol/telemetry'
import { TrajectoryState } from '../protocol/trajectory'
import { Chassis } from './chassis'
import { samplesPerReport } from './describe'
import { explainFaults } from './explain-faults'
import { FaultLog } from './fault-log'
import { MonitorSettings, Watched } from './monitor-settings'
import { Monitors } from './monitors'
import { RobotMonitor } from './robot-monitor'
import { coasts, drivenAfter, refusedStop, wayToStop } from './stop-actions'
import {
    believeJoint,
    coastJoint,
    controlJoints,
    estimateJoints,
    Joints,
    placeJoint,
    setJoint,
    startJoints,
} from './joints'
import type { RobotConfig } from './robot-config'
import type { BalanceStage, DigitalInput, ImuSensor, JointEncoders, MotorController, PowerSensor } from './parts'
import type { TelemetryWriter } from './telemetry-writer'
import { Trajectory } from './trajectory'

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
/** From skipped ticks on until the estimates of velocity are right again, ms. */
const SETTLED_MS = 500
/** Later than any board time, ms. */
const NEVER = 1e12

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
    readonly log = new FaultLog()
    /** Of every monitor that its data names. {@link adoptMonitors} follows a change. */
    readonly settings: MonitorSettings
    /** Present when the robot's data names any of a joint's. */
    readonly monitors: Monitors | undefined
    /** Present when its data names any of the robot's own. */
    readonly monitor: RobotMonitor | undefined
    /** `WARNING` while a monitor that only warns does so, else 0: as telemetry carries it. */
    warned = 0
    /** Sensor samples dropped since start. */
    sensorErrors = 0
    /** Sequence number of the last setpoint that was taken. */
    setpointSequence = 0
    /** Setpoints refused: malformed, not newer, or naming a joint or mode that does not exist. */
    rejectedSetpoints = 0
    /** Setpoints taken; and sequence numbers skipped between two of them, from the first taken while armed on. */
    acceptedSetpoints = 0
    lostSetpoints = 0
    imuValid = false
    powerValid = false
    /** Joints whose encoder failed at this tick, bit i for joint i. */
    failed = 0
    /** The motor controller was reset and must be configured anew before the robot can be armed. */
    motorsLost = false
    /** The IMU's last sample, as telemetry carries it. */
    readonly imuFrame: Buffer | undefined

    /** More samples than this in a row that failed are a fault: of an encoder, of the IMU. */
    readonly sensorTicks: number
    readonly imuTicks: number
    /** The joint whose encoder last failed for too long. */
    lostJoint = 0
    /** Faults that hold and are in the log. */
    private logged = 0
    /** Deadline of a setpoint that names none, ms: a parameter, and the only entry. */
    readonly commandTimeoutMs: number[]
    /** What the gyroscope reads at rest, rad/s: a parameter. Telemetry carries what the chip gave; the host subtracts it. */
    readonly gyroBias = [0, 0, 0]
    /** The motors are on: armed, or balancing on after the last setpoint's deadline. */
    private driving = false
    private missing = 0
    /** Joints whose reading was impossible at the tick before, bit i for joint i, and for how many ticks in a row. */
    private jumpedBefore = 0
    private readonly jumps: number[] = []
    /** Board time at which deadlines were last found to have passed without a tick, ms. */
    private skippedAt = -NEVER
    /** Samples that telemetry had dropped at the last upkeep. */
    private reportsDropped = 0
    /** Board time of the last estimate, ms. */
    private estimatedAt = 0
    private imuMissed = 0
    private motorMissed = 0
    /** The motor controller was enabled since it was configured: from then on a reset of it is news. */
    private enabled = false
    /** Board time from which on a tick stops the motors, ms; {@link NEVER} while no setpoint was taken since arming. */
    private deadline = NEVER
    /** Least motor supply, V, and board time since which it is less, ms. */
    supplyLimit = -1
    private supplyLowSince = NEVER
    private anySequence = true
    /** Why it can never be armed: its motor controller cannot stop it as its data says. */
    readonly refusal: string | undefined
    /** The joints coast when they are stopped, and do so now. */
    private readonly coasts: boolean
    private coasting = false
    /** Joints whose motors are driven after a missed deadline, bit i for joint i. */
    private readonly drivenAfter: number
    /** Level of the emergency stop's input at which the robot may run. */
    private readonly estopReleased: number

    constructor(
        readonly config: RobotConfig,
        private readonly encoders: JointEncoders,
        private readonly imu: ImuSensor | undefined,
        readonly motors: MotorController,
        private readonly telemetry: TelemetryWriter,
        readonly power?: PowerSensor,
        readonly balance?: BalanceStage,
        readonly estopInput?: DigitalInput,
    ) {
        this.joints = new Joints(config.joints, encoders.reading, config.tickPeriodMs / 1000)
        this.trajectory = new Trajectory(this.joints)
        this.sensorTicks = Math.ceil(config.sensorTimeoutMs / config.tickPeriodMs)
        this.imuTicks = balance ? BALANCE_IMU_MISSES - 1 : this.sensorTicks
        this.commandTimeoutMs = [config.commandTimeoutMs]
        this.refusal = refusedStop(config, motors)
        this.coasts = this.refusal === undefined && coasts(config)
        this.coasting = this.coasts
        this.drivenAfter = drivenAfter(config.joints)
        this.estopReleased = config.estopInput ? 1 - config.estopInput.stopsAt : 0
        let watched = 0
        for (const joint of config.joints) if (joint.monitors) watched++
        const settings = new MonitorSettings(config)
        this.settings = settings
        this.monitors = watched > 0 ? new Monitors(config.joints, settings, this.log, this.lookS()) : undefined
        this.monitor = config.monitors ? new RobotMonitor(settings, config.joints.length, this.log) : undefined
        for (let i = 0; i < config.joints.length; i++) this.jumps.push(0)
        this.adoptMonitors()
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

    /** Settings of monitors have changed: works out what the tick compares with. */
    adoptMonitors(): void {
        const { settings, joints, monitors, monitor, config } = this
        if (monitors) monitors.derive(joints)
        if (monitor) monitor.derive()
        for (let i = 0; i < joints.count; i++) {
            const jump = settings.limit(settings.at(i, Watched.Jump))
            joints.jumpSquare[i] = jump * jump
        }
        if (config.supplyMonitor) this.supplyLimit = settings.values[settings.at(joints.count, Watched.Supply)]
    }

    /** From one look at a joint to the next, s: as many reports as there are joints. */
    private lookS(): number {
        const { joints, tickPeriodMs } = this.config
        return (samplesPerReport(this.config) * joints.length * tickPeriodMs) / 1000
    }

    /** `Fault` bits of monitors that only warn, whose causes hold. */
    warnings(): number {
        return (this.monitors ? this.monitors.warnings : 0) | (this.monitor ? this.monitor.warnings : 0)
    }

    /** Every driver has started: the robot may be armed. */
    started(): void {
        const encoders = this.encoders
        encoders.sample()
        // A joint whose first sample failed would jump when a later one succeeds.
        for (let i = 1; i < FIRST_SAMPLES && encoders.failed !== 0; i++) encoders.sample()
        startJoints(this.joints)
        if (this.chassis) this.chassis.start(this.joints.position)
        if (this.refusal === undefined) this.mode = this.balance ? RobotMode.Calibrating : RobotMode.Idle
        else this.faults = Fault.Startup
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
        // What is no level stops, too.
        if (input) {
            if (input.value !== this.estopReleased) this.pressed()
        }
        const dt = (now - this.estimatedAt) * 0.001
        this.estimatedAt = now
        this.sense(dt)
        estimateJoints(this.joints, dt)
        if ((this.joints.jumped | this.jumpedBefore) !== 0) this.countJumps(now)
        const balance = this.balance
        if (balance) {
            balance.estimate(this.imuFrame as Buffer, this.imuValid, dt)
            if (balance.tilted) this.faults |= Fault.Tilt
        }
        if (this.faults !== 0) this.stopForFault(now)
        if (this.trajectory.running) this.follow(deadline)
        if (balance && this.driving) balance.control(this.joints, dt)
        else controlJoints(this.joints)
        this.act()
        this.telemetry.add(this, now, tick, deadline, lateTicks)
        const monitors = this.monitors
        // When a report is on its way, or none gets through: so most ticks are as short as without monitors.
        if (monitors && this.telemetry.samples === 0) {
            monitors.look(this.joints, now)
            this.faults |= monitors.faults
            // Also of what is over before upkeep comes.
            if (monitors.warnings !== 0) this.warned = WARNING
        }
    }

    /** Deadlines passed without a tick: samples of consecutive ticks end here. Called before the tick that follows. */
    skipped(now: number, lateTicks: number): void {
        this.telemetry.flush(this, lateTicks)
        this.skippedAt = now
    }

    /** Reads every sensor once. A sample that failed is dropped and counted. @inline */
    private sense(dt: number): void {
        const encoders = this.encoders
        encoders.sample()
        const failed = encoders.failed
        this.failed = failed
        if ((failed | this.missing) !== 0) this.countMissed(failed, dt)
        const imu = this.imu
        if (imu) {
            this.imuValid = imu.sample()
            if (this.imuValid) this.imuMissed = 0
            else {
                this.sensorErrors++
                this.imuMissed++
                if (this.imuMissed > this.imuTicks) this.faults |= Fault.Imu
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

    /** The emergency stop's input says stop. It goes on to do so until it is released, and the mode until {@link disarm} after that. */
    private pressed(): void {
        this.faults |= Fault.Estop
        if (this.mode !== RobotMode.Estop) this.stop()
    }

    /** Whether the emergency stop's input says stop. */
    private estopHeld(): boolean {
        const input = this.estopInput
        return input !== undefined && input.value !== this.estopReleased
    }

    /** A robot that may not be armed may not stay so. What stopped it is latched; what began goes into the log. */
    private stopForFault(now: number): void {
        const { faults } = this
        if (this.driving) {
            this.halt(RobotMode.Fault)
            this.latched |= faults
        } else if ((faults & ~this.logged) !== 0) {
            // Motors first: the log is for people.
            explainFaults(this, faults & ~this.logged, now)
            this.logged = faults
        }
    }

    /**
     * No newer setpoint came in time: motors off, or each joint as its data says. A robot that balances would fall: it stands where
     * it is instead, and takes no setpoint until it is armed again.
     */
    private expire(): void {
        if (this.balance) this.hold(RobotMode.Timeout)
        else if (this.drivenAfter === 0 || !this.stopDriven()) this.halt(RobotMode.Timeout)
    }

    /** Sets the joints that are held after a missed deadline on their way there. @returns false when they must be stopped otherwise */
    private stopDriven(): boolean {
        const { joints, drivenAfter, trajectory, estimatedAt } = this
        const position: number[] = []
        const velocity: number[] = []
        let missed = 0
        for (let i = 0; i < joints.count; i++) {
            position.push(joints.position[i])
            velocity.push(joints.velocity[i])
            missed += joints.missed[i]
        }
        // Where a joint is whose encoder fails, nobody knows.
        if (missed !== 0) return false
        // The robot's own clock: the tick that is being made began a period after the last.
        const now = estimatedAt + this.config.tickPeriodMs
        const state = trajectory.running ? TrajectoryState.Underrun : trajectory.state
        const way = wayToStop(position, velocity, this.config.joints, drivenAfter, now)
        if (!trajectory.takeOwn(way, now, state)) return false
        for (let i = 0; i < joints.count; i++) {
            if ((drivenAfter & (1 << i)) === 0) setJoint(joints, i, JointMode.Off, 0)
        }
        this.mode = RobotMode.Timeout
        this.deadline = NEVER
        this.anySequence = true
        return true
    }

    /** Some encoder failed at this tick or at the one before. @inline */
    private countMissed(failed: number, dt: number): void {
        const { missed, count } = this.joints
        for (let i = 0; i < count; i++) {
            if ((failed & (1 << i)) === 0) missed[i] = 0
            else {
                coastJoint(this.joints, i, dt)
                missed[i]++
                this.sensorErrors++
                if (missed[i] > this.sensorTicks) {
                    this.faults |= Fault.Encoder
                    this.lostJoint = i
                }
            }
        }
        this.missing = failed
    }

    /**
     * Some joint's reading was impossible at this tick or the one before. It was dropped, and the estimate coasts; one that goes on
     * to be so is a fault, and believed from then on. After skipped ticks nothing is known of how far a joint has turned but what its
     * encoder says.
     */
    private countJumps(now: number): void {
        const { joints, jumps } = this
        const { jumped } = joints
        const unknown = now - this.skippedAt < SETTLED_MS
        let held = 0
        for (let i = 0; i < joints.count; i++) {
            if ((jumped & (1 << i)) === 0) jumps[i] = 0
            else if (unknown) placeJoint(joints, i)
            else {
                held |= 1 << i
                this.sensorErrors++
                jumps[i]++
                const delayMs = this.settings.values[this.settings.at(i, Watched.Jump) + 1]
                if (jumps[i] * this.config.tickPeriodMs > delayMs) {
                    this.faults |= Fault.Encoder
                    this.lostJoint = i
                    believeJoint(joints, i)
                }
            }
        }
        this.failed |= held
        this.jumpedBefore = held
        joints.jumped = 0
    }

    /** Sends the motors their duty: always, because the controller stops them when it hears nothing. @inline */
    private act(): void {
        const effort = this.joints.effort
        const direction = this.joints.motorDirection
        if (this.coasting) this.coast()
        else if (this.motors.write(effort[0] * direction[0], effort[1] * direction[1], effort[2] * direction[2]))
            this.motorMissed = 0
        else {
            this.motorMissed++
            if (this.motorMissed >= MOTOR_MISSES) this.faults |= Fault.Motor
        }
    }

    private coast(): void {
        const { motors } = this
        if (motors.coast && motors.coast()) this.motorMissed = 0
        else {
            this.motorMissed++
            if (this.motorMissed >= MOTOR_MISSES) this.faults |= Fault.Motor
        }
    }

    /** Somebody else spoke to the parts on the bus, between two ticks. */
    busProbed(): void {
        const encoders = this.encoders
        if (encoders.forget) encoders.forget()
    }

    /**
     * Once in a while after a tick: asks the motor controller how it is, and lets go of faults that have passed. It feeds
     * the controller's own timeout, so it belongs to the tick's fiber: when that dies, so must this.
     *
     * @inline
     */
    housekeeping(): void {
        let faults = this.faults & Fault.Startup
        if (this.monitors) faults |= this.monitors.faults
        if (this.monitor) faults |= this.monitor.faults
        const { motors } = this
        if (!motors.readStatus()) this.motorMissed++
        if (this.motorMissed >= MOTOR_MISSES || motors.faulting) faults |= Fault.Motor
        if (motors.timedOut && this.driving) faults |= Fault.Motor
        if (motors.noPower) faults |= Fault.Supply
        if (motors.supplyVoltage < this.supplyLimit) faults |= this.supplyLow()
        else this.supplyLowSince = NEVER
        if (motors.resetSeen && this.enabled) this.motorsLost = true
        if (this.motorsLost) faults |= Fault.Motor
        for (let i = 0; i < this.joints.count; i++) {
            if (this.joints.missed[i] > this.sensorTicks) faults |= Fault.Encoder
        }
        if (this.imuMissed > this.imuTicks) faults |= Fault.Imu
        if (this.faults & Fault.Estop && this.estopHeld()) faults |= Fault.Estop
        const balance = this.balance
        if (balance) {
            if (balance.tilted) faults |= Fault.Tilt
            if (this.mode === RobotMode.Calibrating && balance.settled()) this.mode = RobotMode.Idle
        }
        this.faults = faults
        this.logged &= faults
    }

    /**
     * Once in a while after another tick: what can wait.
     *
     * @inline
     */
    upkeep(lateTicks: number): void {
        const chassis = this.chassis
        if (chassis) {
            const { dropped } = this.telemetry
            if (dropped !== this.reportsDropped) {
                // No report goes out, which would do it: a turn between two updates must stay small.
                this.reportsDropped = dropped
                chassis.update(this.joints.position)
            }
            chassis.normalise()
        }
        this.encoders.check()
        const monitor = this.monitor
        if (monitor) {
            const power = this.power
            const current = power && this.powerValid ? power.currentRaw * power.amperePerCount : NaN
            monitor.look(this.imuValid ? this.imuFrame : undefined, current, lateTicks, this.estimatedAt)
            this.faults |= monitor.faults
        }
        if (this.warned !== 0 || (monitor && monitor.warnings !== 0)) this.warned = this.warnings() !== 0 ? WARNING : 0
    }

    /** The motor supply is too low. @returns the fault when it was so for too long */
    private supplyLow(): number {
        const { estimatedAt, settings } = this
        if (this.supplyLowSince === NEVER) this.supplyLowSince = estimatedAt
        const delayMs = settings.values[settings.at(this.joints.count, Watched.Supply) + 1]
        return estimatedAt - this.supplyLowSince >= delayMs ? Fault.Supply : 0
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
        const balance = this.balance
        if (balance && !this.driving && !balance.upright()) blocked |= Fault.Tilt
        if (blocked !== 0 || this.mode === RobotMode.Armed) return blocked
        if (this.driving) {
            // Joints that are held stay so until a setpoint says otherwise.
            if (balance) this.hold(RobotMode.Armed)
            else this.mode = RobotMode.Armed
            return 0
        }
        if (!this.motors.enable()) return Fault.Motor
        this.enabled = true
        this.halt(RobotMode.Armed)
        if (balance) balance.start()
        return 0
    }

    /**
     * Motors off. Clears the deadline's and the emergency stop's latch, and of the latched faults those whose causes are gone. A
     * robot whose emergency stop's input still says stop stays so.
     */
    disarm(): void {
        if (this.mode <= RobotMode.Calibrating) return
        this.latched &= this.faults
        if (this.estopHeld()) this.halt(RobotMode.Estop)
        else this.halt(this.latched !== 0 ? RobotMode.Fault : RobotMode.Idle)
    }

    /** Emergency stop: motors off, latched until {@link disarm}. */
    stop(): void {
        if (this.mode !== RobotMode.Unconfigured) this.halt(RobotMode.Estop)
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
                this.acceptedSetpoints++
                if (!this.anySequence) this.lostSetpoints += ahead
                if (this.mode === RobotMode.Armed) {
                    if (this.trajectory.running) this.trajectory.abort()
                    this.anySequence = false
                    let timeoutMs = payload[2] | (payload[3] << 8)
                    if (timeoutMs === 0) timeoutMs = this.commandTimeoutMs[0]
                    const margin = timeoutMs > 2 * DEADLINE_MARGIN_MS ? DEADLINE_MARGIN_MS : timeoutMs / 2
                    this.deadline = now + timeoutMs - margin
                    for (let at = SETPOINT_HEADER_BYTES; at < end; at += SETPOINT_ENTRY_BYTES) {
                        const joint = payload[at]
                        // By a number that is known once the loop is written out.
                        for (let i = 0; i < joints.count; i++) {
                            if (joint === i) setJoint(joints, i, payload[at + 1], payload.getAt(at + 2, 'i32'))
                        }
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
        if (trajectory.running) this.deadline = trajectory.end + this.commandTimeoutMs[0]
        return answer
    }

    /** Into a mode with every joint off and nothing remembered of the setpoints before. */
    private halt(mode: RobotMode): void {
        const { joints, balance } = this
        // It may still run at its deadline: when the tick was late by more than the command timeout.
        this.trajectory.abort(mode === RobotMode.Timeout ? TrajectoryState.Underrun : TrajectoryState.Aborted)
        for (let i = 0; i < joints.count; i++) {
            joints.integral[i] = 0
            joints.effort[i] = 0
        }
        this.driving = mode === RobotMode.Armed
        this.coasting = this.coasts && !this.driving
        if (!this.driving) {
            // The tick's own command says so again; a motor controller may let that wait for its next update.
            if (this.coasts) this.coast()
            else this.motors.stop()
            if (balance) balance.rest()
        }
        this.hold(mode)
    }

    /** Into a mode with no setpoint, and the motors as they are. @inline */
    private hold(mode: RobotMode): void {
        for (let i = 0; i < this.joints.count; i++) setJoint(this.joints, i, JointMode.Off, 0)
        this.mode = mode
        this.deadline = NEVER
        this.anySequence = true
    }
}
