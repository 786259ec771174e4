import { EventEmitter } from 'node:events'
import type { RobotDescription } from '../../src/protocol/description'
import type { Scheduler } from '../../src/host/scheduler'
import type { JointTrajectory } from '../../src/host/trajectory'
import type { TrajectoryOptions, TrajectoryOutcome } from '../../src/host/trajectory-runner'
import {
    type JointHandle,
    type JointSetpoint,
    type Robot,
    RobotError,
    type RobotState,
    type RobotStatistics,
} from '../../src/host/robot'

/** Wheels of 35 mm on a track of 150 mm, at most 14 rad/s: 0.49 m/s straight ahead, 6.533 rad/s on the spot. */
export const ROVER: RobotDescription = {
    protocol: 1,
    name: 'rover',
    configHash: '5eed',
    tickPeriodMs: 10,
    samplesPerReport: 4,
    commandTimeoutMs: 100,
    joints: [
        { name: 'left_wheel', kind: 'continuous', velocityLimit: 14, effortLimit: 1 },
        { name: 'right_wheel', kind: 'continuous', velocityLimit: 14, effortLimit: 1 },
    ],
    imu: { part: 'LSM6DSOX', accelerationPerCount: 0.0006, angularVelocityPerCount: 0.0003 },
    drive: { left: 'left_wheel', right: 'right_wheel', wheelRadius: 0.035, trackWidth: 0.15 },
}

/** When a test's clock starts, s since the Unix epoch. */
export const START = 1_800_000_000

/** Time that passes only when a test says so. */
export class ManualScheduler implements Scheduler {
    private elapsed = 0 // ms
    private timers: { at: number; callback: () => void }[] = []

    now(): number {
        return this.elapsed
    }

    epoch(): number {
        return START + this.elapsed / 1000
    }

    setTimeout(callback: () => void, ms: number): unknown {
        const timer = { at: this.elapsed + ms, callback }
        this.timers.push(timer)
        return timer
    }

    clearTimeout(handle: unknown): void {
        this.timers = this.timers.filter(timer => timer !== handle)
    }

    /** Lets ms pass, with every timer at its own time. */
    advance(ms: number): void {
        const end = this.elapsed + ms
        for (;;) {
            const due = this.timers.filter(timer => timer.at <= end).sort((a, b) => a.at - b.at)[0]
            if (due === undefined) break
            this.clearTimeout(due)
            this.elapsed = due.at
            due.callback()
        }
        this.elapsed = end
    }
}

/**
 * A differential drive without inertia: it follows a velocity at once, and like the board it moves only while armed,
 * stops and latches when no velocity comes within the deadline, and latches an emergency stop until disarmed.
 */
export class KinematicRobot extends EventEmitter<{ drive: [{ linear: number; angular: number }] }> implements Robot {
    state: RobotState | undefined
    /** What blocks arming. */
    blocked: string[] = []
    /** Joints whose sample is dropped. */
    invalidJoints: string[] = []
    imuWorks = true
    counters: RobotStatistics = {
        connected: true,
        reconnects: 0,
        samplesReceived: 0,
        samplesLost: 0,
        framesReceived: 0,
        crcErrors: 0,
        framingErrors: 0,
        bytesDiscarded: 0,
        ticks: 0,
        lateTicks: 0,
        sensorErrors: 0,
        period: { min: 0.0098, mean: 0.01, max: 0.0103 },
        latency: 0.0021,
    }
    private mode = 'idle'
    private velocity = { linear: 0, angular: 0 }
    private commandedAt = -Infinity // ms
    private pose = { x: 0, y: 0, heading: 0 }
    private wheels = [0, 0] // rad
    private readonly stateListeners = new Set<(state: RobotState) => void>()

    constructor(
        readonly scheduler: ManualScheduler = new ManualScheduler(),
        readonly description: RobotDescription = ROVER,
    ) {
        super()
    }

    /** Runs control ticks, one each 10 ms. */
    step(ticks = 1): void {
        for (let i = 0; i < ticks; i++) {
            this.scheduler.advance(this.description.tickPeriodMs)
            this.tick()
        }
    }

    async arm(): Promise<void> {
        const reasons = this.mode === 'estop' ? [...this.blocked, 'estop'] : this.blocked
        if (reasons.length > 0) throw new RobotError('blocked', `arming is blocked by: ${reasons.join(', ')}`)
        this.mode = 'armed'
        this.velocity = { linear: 0, angular: 0 }
        this.commandedAt = Infinity // the deadline runs from the first velocity on
    }

    async disarm(): Promise<void> {
        this.mode = 'idle'
    }

    async stop(): Promise<void> {
        this.mode = 'estop'
    }

    drive(velocity: { linear: number; angular: number }): void {
        if (!Number.isFinite(velocity.linear + velocity.angular)) throw new RangeError('velocity is not finite')
        if (!this.counters.connected) throw new RobotError('disconnected', 'the board is not connected')
        this.velocity = velocity
        this.commandedAt = this.scheduler.now()
        this.emit('drive', velocity)
    }

    onState(listener: (state: RobotState) => void): () => void {
        this.stateListeners.add(listener)
        return () => this.stateListeners.delete(listener)
    }

    statistics(): RobotStatistics {
        return this.counters
    }

    joint(name: string): JointHandle {
        throw new RobotError('unknown-joint', name)
    }

    command(setpoints: Record<string, JointSetpoint>): void {
        for (const [name, setpoint] of Object.entries(setpoints)) {
            const joint = this.joint(name)
            if (setpoint === 'off') joint.off()
            else if ('position' in setpoint) joint.setPosition(setpoint.position)
            else if ('velocity' in setpoint) joint.setVelocity(setpoint.velocity)
            else joint.setEffort(setpoint.effort)
        }
    }

    async follow(_trajectory: JointTrajectory, _options?: TrajectoryOptions): Promise<TrajectoryOutcome> {
        throw new RobotError('trajectory', 'this robot takes velocities only')
    }

    states(): AsyncIterableIterator<RobotState> {
        throw new RobotError('closed', 'this robot has no iterator')
    }

    async timing() {
        return { periodCounts: [], executionCounts: [] }
    }

    async close(): Promise<void> {}

    private tick(): void {
        const now = this.scheduler.now()
        if (this.mode === 'armed' && now - this.commandedAt > this.description.commandTimeoutMs) this.mode = 'timeout'
        const dt = this.description.tickPeriodMs / 1000
        const { linear, angular } = this.mode === 'armed' ? this.velocity : { linear: 0, angular: 0 }
        const { wheelRadius = 1, trackWidth = 1 } = this.description.drive ?? {}
        const speeds = [-1, 1].map(side => (linear + (side * angular * trackWidth) / 2) / wheelRadius)
        this.wheels = this.wheels.map((angle, i) => angle + speeds[i] * dt)
        this.pose.x += linear * Math.cos(this.pose.heading + (angular * dt) / 2) * dt
        this.pose.y += linear * Math.sin(this.pose.heading + (angular * dt) / 2) * dt
        this.pose.heading += angular * dt
        const half = this.pose.heading / 2
        this.state = {
            tick: ++this.counters.ticks,
            boardTime: now / 1000,
            hostTime: this.scheduler.epoch(),
            hostTimeBound: 0.0005,
            trajectory: 'none',
            mode: this.mode,
            faults: this.mode === 'estop' ? ['estop'] : [],
            joints: this.description.joints.map(({ name }, i) => ({
                name,
                position: this.wheels[i],
                velocity: speeds[i],
                effort: speeds[i] / 14,
                setpoint: this.mode === 'armed' ? speeds[i] : NaN,
                valid: !this.invalidJoints.includes(name),
            })),
            imu:
                this.imuWorks && this.description.imu !== undefined
                    ? {
                          orientation: [0, 0, Math.sin(half), Math.cos(half)],
                          angularVelocity: [0, 0, angular],
                          linearAcceleration: [0, linear * angular, 9.80665],
                      }
                    : undefined,
            odometry: this.description.drive === undefined ? undefined : { ...this.pose, linear, angular },
            lateness: 0,
        }
        this.counters.samplesReceived++
        for (const listener of this.stateListeners) listener(this.state)
    }
}
