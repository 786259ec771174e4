import type { JointSetpoint } from '../host/robot'
import type { Scheduler } from '../host/scheduler'
import type { DeployAsking, FleetClient } from './client'
import type { DeployResult, Order } from './messages'
import type { FleetProgram } from './program'

/** A setpoint that is this old does no good any more, s. Robots stop by themselves after 0.1 s without one. */
const SETPOINT_EXPIRY = 0.25
/** What is waited for may take longer, s. */
const ORDER_EXPIRY = 2
/** … and a program takes its time to the bridge (command-reader.ts: 10 at most). */
const PROGRAM_EXPIRY = 9
export const DEFAULT_LEASE = 5

/** Commands one robot of a fleet, under a lease that is renewed until `release`, or until the signal is aborted. */
export class RobotCommander {
    private timer: unknown
    private released = false
    /** How far the clock of the robot's host is ahead of ours, s: expiry is by its clock, so that no NTP is needed. */
    private clockOffset = 0

    constructor(
        readonly robot: string,
        private readonly fleet: FleetClient,
        private readonly scheduler: Scheduler,
        private readonly options: { signal?: AbortSignal; leaseSeconds?: number },
    ) {}

    /** @throws FleetError `leased`, `no-answer`; the signal's reason */
    async take(): Promise<void> {
        const { signal } = this.options
        this.clockOffset = (await this.fleet.ping(this.robot, signal)).clockOffset
        await this.lease(this.seconds)
        signal?.addEventListener('abort', () => void this.release().catch(() => undefined), { once: true })
        this.renewLater()
    }

    async arm(): Promise<void> {
        await this.ask({ op: 'arm' })
    }

    async disarm(): Promise<void> {
        await this.ask({ op: 'disarm' })
    }

    stop(): Promise<void> {
        return this.fleet.stop(this.robot)
    }

    /** Body velocity, m/s and rad/s. To be repeated within the robot's deadline. */
    drive(velocity: { linear: number; angular: number }): Promise<void> {
        return this.setpoint({ op: 'drive', linear: velocity.linear, angular: velocity.angular })
    }

    /** rad, rad/s or duty */
    setJoint(joint: string, quantity: 'position' | 'velocity' | 'effort', value: number): Promise<void> {
        return this.setpoint({ op: 'joint', joint, quantity, value })
    }

    /** Several joints from the same tick on. When one is refused, none moves. */
    setJoints(setpoints: Record<string, JointSetpoint>): Promise<void> {
        return this.setpoint({ op: 'joints', setpoints })
    }

    /** Replaces the program on the robot's board. Goes on at the robot when we leave meanwhile. */
    async deploy(program: FleetProgram, onProgress?: DeployAsking['onProgress']): Promise<DeployResult> {
        const { signal } = this.options
        const expires = this.deadline(PROGRAM_EXPIRY)
        return (await this.fleet.deploy(this.robot, program, expires, { signal, onProgress })).deployed!
    }

    /** Gives the lease back: the robot disarms. */
    async release(): Promise<void> {
        if (this.released) return
        this.released = true
        this.scheduler.clearTimeout(this.timer)
        await this.fleet.ask(this.robot, { op: 'lease', seconds: 0 }, this.deadline(ORDER_EXPIRY))
    }

    private get seconds(): number {
        return this.options.leaseSeconds ?? DEFAULT_LEASE
    }

    private setpoint(order: Order): Promise<void> {
        this.options.signal?.throwIfAborted()
        return this.fleet.send(this.robot, order, this.deadline(SETPOINT_EXPIRY))
    }

    private ask(order: Order) {
        return this.fleet.ask(this.robot, order, this.deadline(ORDER_EXPIRY), this.options.signal)
    }

    private async lease(seconds: number): Promise<void> {
        const sent = this.scheduler.epoch()
        const answer = await this.ask({ op: 'lease', seconds })
        this.clockOffset = answer.time - (sent + this.scheduler.epoch()) / 2
    }

    private renewLater(): void {
        if (this.released) return
        this.timer = this.scheduler.setTimeout(
            // A renewal that fails is tried again; when the lease is lost meanwhile, the next command says so.
            () =>
                void this.lease(this.seconds)
                    .catch(() => undefined)
                    .finally(() => this.renewLater()),
            (this.seconds * 1000) / 3,
        )
    }

    private deadline(seconds: number): number {
        return this.scheduler.epoch() + this.clockOffset + seconds
    }
}
