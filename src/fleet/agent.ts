import { randomUUID } from 'node:crypto'
import { type Commander, CommandLease } from '../host/lease'
import type { JointSetpoint, Robot, RobotState } from '../host/robot'
import type { Scheduler } from '../host/scheduler'
import { MAX_EXPIRY, readCommand, senderOf } from './command-reader'
import { type BrokerOptions, type Connection, connectBroker } from './connection'
import { DeployProgress } from './deploy-progress'
import { FleetError } from './fleet-error'
import { Lease } from './lease'
import {
    type About,
    type Answer,
    type Command,
    type LeaseMessage,
    type Presence,
    type Progress,
    stateMessage,
    type Versions,
} from './messages'
import { type DeployCommand, type DeployHandler, headOf, readProgram } from './program'
import { checkName, FleetTopics } from './topics'

export interface AgentOptions extends BrokerOptions {
    /** The robot's name in its fleet: unlike all others. */
    id: string
    /** First levels of all topics (default `tendon`). */
    root?: string
    /** States a second (default 10). */
    stateRate?: number
    /** Of this package. */
    hostVersion: string
    scheduler: Scheduler
    /** Who commands the robot, where planners come through a bridge, too. */
    commandLease?: CommandLease
    /** Puts programs that come over the broker on the board; without it, none are taken. Is to hold the command lease meanwhile. */
    deploy?: DeployHandler
    log?: (line: string) => void
}

export const DEFAULT_STATE_RATE = 10
/** Between looks at the link to the board and at the lease, ms. */
const WATCH_MS = 100
/** States wait for the broker in at most this many bytes of the connection; newer ones are dropped. */
const BUFFER_BYTES = 65_536

/** What does no harm however late it comes. */
const NEVER_LATE: readonly Command['op'][] = ['ping', 'stop']

/** Setpoints: the states tell what came of them. */
const UNANSWERED: readonly Command['op'][] = ['drive', 'joint', 'joints']

/** Counters since the start. */
export interface AgentStatistics {
    connected: boolean
    statesSent: number
    statesDropped: number
    commands: number
    refused: number
    /** Commands that came twice, or behind newer ones. */
    stale: number
}

/**
 * A robot's place in its fleet: publishes what it is, whether it is there and how it is, and carries out commands of the
 * planner that holds its lease. The robot's own deadline still stops what a planner drove and then fell silent on.
 */
export class FleetAgent {
    private readonly session: number
    private readonly lease: Lease
    private readonly commandLease: CommandLease
    /** To the robot's other clients the whole fleet is one commander. */
    private readonly commander: Commander = {
        name: 'a planner of the fleet',
        takenOver: by => this.options.log?.(`${by} took over: commands of the fleet are refused`),
    }
    private readonly counters = { statesSent: 0, statesDropped: 0, commands: 0, refused: 0, stale: 0 }
    private readonly topics: FleetTopics
    private sequence = 0
    /** When the next state is due, s of the samples' own time. */
    private nextState = -Infinity
    private status: Presence['status'] = 'online'
    private timer: unknown
    private stopListening = () => {}
    private closed = false
    private connection!: Connection

    private constructor(
        private readonly robot: Robot,
        private readonly options: AgentOptions,
    ) {
        const { scheduler } = options
        this.session = Math.floor(scheduler.epoch() * 1000)
        this.topics = new FleetTopics(options.root)
        this.commandLease = options.commandLease ?? new CommandLease()
        this.lease = new Lease(
            () => scheduler.epoch(),
            holder => this.leaseEnded(holder),
        )
    }

    /** @throws FleetError `bad-name`, `bad-broker`, `unreachable` */
    static async start(robot: Robot, options: AgentOptions): Promise<FleetAgent> {
        checkName('robot', options.id)
        const agent = new FleetAgent(robot, options)
        const { topics, session } = agent
        const will: Presence = { status: 'lost', session }
        agent.connection = await connectBroker(options, {
            clientId: `tendon-robot-${options.id}-${randomUUID().slice(0, 8)}`,
            will: {
                topic: topics.of(options.id, 'presence'),
                payload: Buffer.from(JSON.stringify(will)),
                qos: 1,
                retain: true,
            },
        })
        await agent.open()
        return agent
    }

    /** Version of MQTT in use: 5, or 4 for 3.1.1. */
    get mqttVersion(): number {
        return this.connection.version
    }

    statistics(): AgentStatistics {
        return { connected: this.connection.client.connected, ...this.counters }
    }

    /** Says goodbye and disconnects. The robot stays as it is. */
    async close(): Promise<void> {
        if (this.closed) return
        this.closed = true
        this.commandLease.release(this.commander)
        this.stopListening()
        this.options.scheduler.clearTimeout(this.timer)
        const { client } = this.connection
        if (client.connected) {
            await client
                .publishAsync(this.topics.of(this.options.id, 'presence'), this.presence('closed'), {
                    qos: 1,
                    retain: true,
                })
                .catch(() => undefined)
        }
        await client.endAsync(!client.connected)
    }

    /** Vanishes as a machine does that loses its power: no goodbye, so that the broker has to notice. For tests. */
    vanish(): void {
        this.closed = true
        this.stopListening()
        this.options.scheduler.clearTimeout(this.timer)
        this.connection.client.options.reconnectPeriod = 0
        this.connection.client.stream.destroy()
        this.connection.client.end(true)
    }

    private async open(): Promise<void> {
        const { client } = this.connection
        client.on('message', (topic, payload, packet) => this.receive(topic, payload, packet.retain))
        // What is retained is said again after each loss: the broker may have started anew, or said the last will.
        client.on('connect', () => void this.introduce().catch(() => undefined))
        client.on('close', () => this.closed || this.options.log?.('the broker is gone: trying again'))
        await this.introduce()
        this.stopListening = this.robot.onState(state => this.publishState(state))
        this.watch()
    }

    /** Says anew what the robot is: another program is on its board. */
    async introduce(): Promise<void> {
        const { client } = this.connection
        const { id, stateRate = DEFAULT_STATE_RATE, hostVersion, deploy } = this.options
        const firmware = (await this.robot.firmwareHash?.()) ?? null
        const { description } = this.robot
        const versions: Versions = {
            host: hostVersion,
            protocol: description.protocol,
            configHash: description.configHash,
            firmware,
        }
        const about: About = { session: this.session, description, versions, stateRate, deploys: deploy !== undefined }
        await client.subscribeAsync([this.topics.of(id, 'command'), this.topics.of(id, 'program')], { qos: 1 })
        await client.publishAsync(this.topics.of(id, 'about'), JSON.stringify(about), { qos: 1, retain: true })
        await this.publishLease()
        await client.publishAsync(this.topics.of(id, 'presence'), this.presence(this.status), { qos: 1, retain: true })
    }

    private presence(status: Presence['status']): string {
        return JSON.stringify({ status, session: this.session } satisfies Presence)
    }

    private publishState(state: RobotState): void {
        if (state.hostTime < this.nextState) return
        const period = 1 / (this.options.stateRate ?? DEFAULT_STATE_RATE)
        // On a grid, so that the rate is kept on average; from here on after a gap.
        this.nextState = this.nextState + period > state.hostTime ? this.nextState + period : state.hostTime + period
        const { client } = this.connection
        const stream = client.stream as { writableLength?: number } | undefined
        if (!client.connected || (stream?.writableLength ?? 0) > BUFFER_BYTES) {
            this.counters.statesDropped++
            return
        }
        const { ticks, lateTicks, samplesLost, reconnects } = this.robot.statistics()
        const message = stateMessage(state, {
            session: this.session,
            sequence: this.sequence++,
            loop: { ticks, lateTicks, samplesLost, reconnects },
            dropped: this.counters.statesDropped,
        })
        client.publish(this.topics.of(this.options.id, 'state'), JSON.stringify(message), { qos: 0, retain: true })
        this.counters.statesSent++
    }

    private watch(): void {
        this.lease.expire()
        const status = this.robot.statistics().connected ? 'online' : 'unlinked'
        if (status !== this.status) {
            this.status = status
            this.connection.client.publish(this.topics.of(this.options.id, 'presence'), this.presence(status), {
                qos: 1,
                retain: true,
            })
        }
        this.timer = this.options.scheduler.setTimeout(() => this.watch(), WATCH_MS)
    }

    private receive(topic: string, payload: Buffer, retained: boolean): void {
        this.counters.commands++
        const withProgram = topic === this.topics.of(this.options.id, 'program')
        this.carryOut(payload, retained, withProgram).catch((error: unknown) => {
            this.counters.refused++
            const { message, code = 'refused' } = error as { message: string; code?: string }
            this.options.log?.(`command refused: ${message}`)
            const sender = senderOf(withProgram ? headOf(payload) : payload)
            if (sender) this.answer(sender, { ok: false, error: message, code })
        })
    }

    private async carryOut(payload: Buffer, retained: boolean, withProgram: boolean): Promise<void> {
        if (retained) {
            throw new FleetError('refused', 'the command is retained: it would be repeated at every connection')
        }
        const { command, program } = withProgram
            ? readProgram(payload)
            : { command: readCommand(payload), program: undefined }
        const now = this.options.scheduler.epoch()
        if (command.expires < now) {
            throw new FleetError('expired', `the command expired ${(now - command.expires).toFixed(3)} s ago`)
        }
        if (!NEVER_LATE.includes(command.op) && command.expires > now + MAX_EXPIRY) {
            throw new FleetError(
                'refused',
                `expires is ${(command.expires - now).toFixed(1)} s ahead; allowed: ${MAX_EXPIRY}`,
            )
        }
        if (!this.lease.isNew(command.from, command.sequence)) {
            this.counters.stale++
            return
        }
        if (!['ping', 'lease', 'stop'].includes(command.op)) this.lease.need(command.from)
        if (command.op === 'deploy') return this.deploy(command, program)
        await this.execute(command)
        if (UNANSWERED.includes(command.op)) return
        this.answer(command, { ok: true, ...(command.op === 'lease' ? { until: this.lease.until } : {}) })
    }

    private async deploy(command: DeployCommand, program: Buffer | undefined): Promise<void> {
        const { id, deploy, scheduler } = this.options
        const { robot, sha256 } = command
        if (!deploy || !program) {
            throw new FleetError(
                'refused',
                deploy
                    ? "a deploy's program comes with it: publish to the topic program"
                    : 'this robot takes no programs over the broker: its bridge was started without --fleet-deploy',
            )
        }
        const { name } = this.robot.description
        if (robot !== name) {
            throw new FleetError(
                'refused',
                `the robot is a "${name}", the program is for "${robot}": nothing was written`,
            )
        }
        if (this.robot.state?.mode === 'armed') {
            throw new FleetError('armed', 'the robot is armed: nothing was written. Disarm it first')
        }
        this.commandLease.check(this.commander)
        const topic = this.topics.to(command.from, id, 'progress')
        const send = (progress: Progress) => this.connection.client.publish(topic, JSON.stringify(progress), { qos: 1 })
        const progress = new DeployProgress(send, scheduler, command.id, program.length)
        const { onStep, onProgress } = progress
        try {
            const again = `tendon fleet deploy ${robot} ${id}`
            const report = await deploy({ robot, program, sha256 }, { onStep, onProgress, command: again })
            const { outcome, before, attempts, seconds } = report
            await this.introduce()
            this.answer(command, { ok: true, deployed: { outcome, before, attempts, seconds } })
        } catch (error) {
            // It may be another program than before, or none.
            await this.introduce().catch(() => undefined)
            throw error
        } finally {
            progress.end()
        }
    }

    private async execute(command: Exclude<Command, DeployCommand>): Promise<void> {
        const { robot } = this
        switch (command.op) {
            case 'ping':
                return
            case 'lease':
                this.lease.take(command.from, command.seconds)
                return this.publishLease()
            case 'arm':
                return this.commandLease.commandAndWait(this.commander, () => robot.arm())
            case 'disarm':
                this.commandLease.check(this.commander)
                return robot.disarm()
            case 'stop':
                return robot.stop()
            case 'drive':
                return this.commandLease.command(this.commander, () => robot.drive(command))
            case 'joints':
                return this.commandLease.command(this.commander, () => robot.command(command.setpoints))
            case 'joint': {
                const setpoint = { [command.quantity]: command.value } as JointSetpoint
                return this.commandLease.command(this.commander, () => robot.command({ [command.joint]: setpoint }))
            }
        }
    }

    private answer({ id, from }: { id: string; from: string }, result: Omit<Answer, 'id' | 'time'>): void {
        const answer: Answer = { id, ...result, time: this.options.scheduler.epoch() }
        this.connection.client.publish(this.topics.to(from, this.options.id, 'answer'), JSON.stringify(answer), {
            qos: 1,
        })
    }

    private leaseEnded(holder: string): void {
        this.options.log?.(`the lease of "${holder}" has ended`)
        // Nobody is in charge now: motors off at once, not only at the deadline of the last setpoint. Unless another
        // client took over from the fleet.
        const commander = this.commandLease.holder
        const inCharge = commander === undefined || commander === this.commander
        this.commandLease.release(this.commander)
        if (inCharge && this.robot.state?.mode === 'armed') void this.robot.disarm().catch(() => undefined)
        if (!this.closed) void this.publishLease().catch(() => undefined)
    }

    private async publishLease(): Promise<void> {
        const { holder = null, until } = this.lease
        const message: LeaseMessage = { session: this.session, holder, until }
        const topic = this.topics.of(this.options.id, 'lease')
        await this.connection.client.publishAsync(topic, JSON.stringify(message), { qos: 1, retain: true })
    }
}
