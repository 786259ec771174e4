import type { JointDescription } from '../protocol/description'
import { type OperatedRobot, RobotError } from './robot'
import type { Scheduler } from './scheduler'

/** Between two setpoints, ms: five fit the usual deadline. */
const SETPOINT_MS = 20
/** A joint runs on for this after it was last told to, ms: keys repeat some 30 times a second, after half a second at first. */
export const RUN_ON_MS = 500
/** A joint with ends is stopped when this would bring it there, s: samples are up to 60 ms old, and stopping takes its time. */
const AHEAD = 0.15

/**
 * Moves joints by hand, one at a time: a joint runs while it is told to again and again, and stands still (held at speed 0) soon
 * after. What is not told here stays off. Whoever closes it, or dies, leaves the robot to its deadline.
 */
export class Jog {
    private timer: unknown
    /** Joints told since arming, with the speed each one has now, rad/s. */
    private readonly speeds = new Map<string, number>()
    private runsUntil = 0
    private closed = false

    /** @param lag how much older than those behind a port the robot's states may be, s */
    constructor(
        private readonly robot: Pick<OperatedRobot, 'description' | 'state' | 'command' | 'onRefused'>,
        private readonly scheduler: Scheduler,
        private readonly lag = 0,
    ) {
        robot.onRefused?.(() => this.release())
        this.step()
    }

    /** Whether a joint is to move now. */
    get running(): boolean {
        return this.scheduler.now() < this.runsUntil
    }

    /**
     * Runs a joint for {@link RUN_ON_MS}, all others stand still.
     *
     * @throws RobotError `blocked` when the robot is not armed, or the joint at the end of its way; RangeError beyond its speed
     */
    run(joint: string, velocity: number): void {
        const mode = this.robot.state?.mode ?? 'unknown'
        if (mode !== 'armed') throw new RobotError('blocked', `no jog: the robot is not armed (${mode})`)
        if (this.atEnd(joint, velocity)) throw new RobotError('blocked', `${joint} is at the end of its way`)
        const others = [...this.speeds.keys()].map(other => [other, { velocity: 0 }])
        // Tells its range, before anything is remembered.
        this.robot.command({ ...Object.fromEntries(others), [joint]: { velocity } })
        for (const other of this.speeds.keys()) this.speeds.set(other, 0)
        this.speeds.set(joint, velocity)
        this.runsUntil = this.scheduler.now() + RUN_ON_MS
    }

    /** Every joint that was told stands still at once. */
    halt(): void {
        this.runsUntil = 0
        this.tell()
    }

    /** Tells joints nothing until the next {@link run}: should what stops the robot be lost on its way, its deadline stops it. */
    release(): void {
        this.runsUntil = 0
        this.speeds.clear()
    }

    /** Sends nothing any more. */
    close(): void {
        this.closed = true
        this.scheduler.clearTimeout(this.timer)
    }

    private step(): void {
        if (this.closed) return
        this.tell()
        this.timer = this.scheduler.setTimeout(() => this.step(), SETPOINT_MS)
    }

    private tell(): void {
        const { robot, speeds, running } = this
        // Nothing of before may move when the robot is armed again.
        if (robot.state?.mode !== 'armed') speeds.clear()
        if (speeds.size === 0) return
        for (const [joint, speed] of speeds) {
            if (!running || this.atEnd(joint, speed)) speeds.set(joint, 0)
        }
        robot.command(Object.fromEntries([...speeds].map(([joint, velocity]) => [joint, { velocity }])))
    }

    private atEnd(name: string, velocity: number): boolean {
        const { description, state } = this.robot
        const index = description.joints.findIndex(joint => joint.name === name)
        const { positionMin = -Infinity, positionMax = Infinity }: Partial<JointDescription> =
            description.joints[index] ?? {}
        const next = (state?.joints[index]?.position ?? 0) + velocity * (AHEAD + this.lag)
        return velocity > 0 ? next > positionMax : velocity < 0 && next < positionMin
    }
}
