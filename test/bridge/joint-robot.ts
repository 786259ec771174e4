import type { JointHandle, RobotState } from '../../src/host/robot'
import { RobotError } from '../../src/host/robot'
import type { Parameter } from '../../src/host/parameters'
import type { JointTrajectory } from '../../src/host/trajectory'
import type { TrajectoryOutcome } from '../../src/host/trajectory-runner'
import { KinematicRobot, ManualScheduler, ROVER } from './kinematic-robot'

/** An arm of two joints, ±1.5 rad, at most 2 rad/s. */
export const ARM = {
    ...ROVER,
    name: 'arm',
    imu: undefined,
    drive: undefined,
    joints: ['shoulder', 'elbow'].map(name => ({
        name,
        kind: 'revolute' as const,
        velocityLimit: 2,
        effortLimit: 0.8,
        positionMin: -1.5,
        positionMax: 1.5,
    })),
}

/**
 * An arm without inertia that goes along straight lines between a trajectory's points, at a lag when told so, and has two
 * parameters. Records what its joints are told.
 */
export class JointRobot extends KinematicRobot {
    readonly told: [joint: string, what: string, value: number][] = []
    /** rad that the joints stay behind. */
    lag = 0
    trajectory: JointTrajectory | undefined
    private startedAt = 0 // ms
    private readonly parameterListeners = new Set<(parameter: Parameter) => void>()
    private readonly table: Parameter[] = [
        { name: 'elbow.kp', unit: '', min: 0, max: 10, default: 4, value: 4, sign: false, disarmedOnly: false },
        { name: 'elbow.direction', unit: '', min: -1, max: 1, default: 1, value: 1, sign: true, disarmedOnly: true },
    ]

    constructor() {
        super(new ManualScheduler(), ARM)
        // Before any other listener, so that all of them see the joints where they are.
        this.onState(state => this.place(state))
    }

    override joint(name: string): JointHandle {
        const tell = (what: string) => (value: number) => void this.told.push([name, what, value])
        return {
            name,
            setPosition: tell('position'),
            setVelocity: tell('velocity'),
            setEffort: tell('effort'),
            off: () => {},
        }
    }

    /** Called by the bridge; what `step` makes of it is seen in the states. */
    override follow(
        trajectory: JointTrajectory,
        { signal }: { signal?: AbortSignal } = {},
    ): Promise<TrajectoryOutcome> {
        this.trajectory = trajectory
        this.startedAt = this.scheduler.now()
        return new Promise((resolve, reject) => {
            const stop = this.onState(() => {
                if (this.elapsed() < trajectory.points.at(-1)!.time) return
                stop()
                resolve({ worstError: {}, finalError: {}, startTime: this.startedAt / 1000 })
            })
            signal?.addEventListener('abort', () => {
                stop()
                reject(new Error('aborted'))
            })
        })
    }

    async parameters(): Promise<Parameter[]> {
        return this.table.map(parameter => ({ ...parameter }))
    }

    async setParameter(name: string, value: number): Promise<Parameter> {
        const parameter = this.table.find(parameter => parameter.name === name)!
        if (value < parameter.min || value > parameter.max) {
            throw new RobotError('protocol', `${name} is ${value}; allowed: ${parameter.min} to ${parameter.max}`)
        }
        parameter.value = value
        for (const listener of this.parameterListeners) listener({ ...parameter })
        return { ...parameter }
    }

    onParameter(listener: (parameter: Parameter) => void): () => void {
        this.parameterListeners.add(listener)
        return () => this.parameterListeners.delete(listener)
    }

    /** s */
    private elapsed(): number {
        return (this.scheduler.now() - this.startedAt) / 1000
    }

    private place(state: RobotState): void {
        if (this.trajectory === undefined) return
        const { points } = this.trajectory
        const time = this.elapsed()
        const after = points.find(point => point.time >= time) ?? points.at(-1)!
        const before = points[Math.max(0, points.indexOf(after) - 1)]
        const part = after === before ? 1 : Math.min(1, (time - before.time) / (after.time - before.time))
        state.joints.forEach((joint, i) => {
            joint.setpoint = before.positions[i] + part * (after.positions[i] - before.positions[i])
            joint.position = joint.setpoint - this.lag
        })
    }
}
