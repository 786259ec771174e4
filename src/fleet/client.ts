import { randomUUID } from 'node:crypto'
import type { Scheduler } from '../host/scheduler'
import { systemScheduler } from '../host/scheduler'
import { StateStream } from '../host/state-stream'
import { type BrokerOptions, type Connection, connectBroker } from './connection'
import { FleetError } from './fleet-error'
import type { About, Answer, LeaseMessage, Order, Presence, Progress, StateMessage } from './messages'
import { RobotCommander } from './commander'
import { encodeProgram, type FleetProgram } from './program'
import { checkName, FleetTopics } from './topics'
import { type FleetEvent, type FleetRobot, FleetView } from './view'

export interface FleetOptions extends BrokerOptions {
    root?: string
    /** Name of this planner: leases are under it. Made up when not given. */
    name?: string
    /**
     * Planners with the same group share the robots' states among them: each state goes to one (MQTT 5 shared
     * subscription). Presence and answers go to all.
     */
    group?: string
    /** Without states: for a client that only commands. */
    states?: boolean
    scheduler?: Scheduler
}

/** A state, and whose. */
export interface RobotStateMessage {
    robot: string
    state: StateMessage
}

/** Between looks for robots that fell silent, ms. */
const CHECK_MS = 100
const ANSWER_MS = 3000
/** A bridge that deploys says so once a second. */
const DEPLOY_SIGN_MS = 10_000

/** Somebody who waits for an answer. */
interface Waiting {
    answered(answer: Answer): void
    heard(progress: Progress): void
}

/** How long a deploy is waited for, and who sees it. */
export interface DeployAsking {
    signal?: AbortSignal
    onProgress?: (progress: Progress) => void
}

/** A planner's side of a fleet: sees all robots, commands those whose lease it holds. */
export class FleetClient {
    readonly view: FleetView
    readonly name: string
    /** Told when a robot appears, is lost, falls silent, is back. */
    onEvent: (event: FleetEvent) => void = () => {}
    private readonly topics: FleetTopics
    private readonly scheduler: Scheduler
    private readonly waiting = new Map<string, Waiting>()
    private readonly streams = new Set<StateStream<RobotStateMessage>>()
    private readonly refusals = new Set<(robot: string, answer: Answer) => void>()
    private timer: unknown
    private sequence = 0
    private connection!: Connection

    private constructor(private readonly options: FleetOptions) {
        this.scheduler = options.scheduler ?? systemScheduler
        this.topics = new FleetTopics(options.root)
        this.name = checkName('planner', options.name ?? `planner-${randomUUID().slice(0, 8)}`)
        // Sequence numbers grow from one start of a planner to the next, too.
        this.sequence = Math.floor(this.scheduler.epoch() * 1000) * 1000
        this.view = new FleetView(
            () => this.scheduler.now() / 1000,
            event => this.onEvent(event),
        )
    }

    /** @throws FleetError `bad-name`, `bad-broker`, `unreachable`, `unsupported` */
    static async connect(options: FleetOptions): Promise<FleetClient> {
        const fleet = new FleetClient(options)
        fleet.connection = await connectBroker(options, {
            clientId: `tendon-${fleet.name}-${randomUUID().slice(0, 8)}`,
        })
        try {
            await fleet.open()
        } catch (error) {
            await fleet.close()
            throw error
        }
        return fleet
    }

    get robots(): FleetRobot[] {
        return this.view.robots
    }

    get mqttVersion(): number {
        return this.connection.version
    }

    /** Newest states of all robots as they come (or of this planner's share, with `group`). */
    states({ signal }: { signal?: AbortSignal } = {}): AsyncIterableIterator<RobotStateMessage> {
        const stream: StateStream<RobotStateMessage> = new StateStream(() => this.streams.delete(stream))
        if (signal?.aborted) stream.end()
        else this.streams.add(stream)
        signal?.addEventListener('abort', () => stream.end(), { once: true })
        return stream
    }

    /** Takes a robot's lease and keeps it until `release`. @throws FleetError `leased`, `no-answer`, `no-robot` */
    async command(
        robot: string,
        options: { signal?: AbortSignal; leaseSeconds?: number } = {},
    ): Promise<RobotCommander> {
        const commander = new RobotCommander(robot, this, this.scheduler, options)
        await commander.take()
        return commander
    }

    /** Emergency stop. Needs no lease, and never expires: the robot's clock is not asked for first. */
    async stop(robot: string): Promise<void> {
        await this.ask(robot, { op: 'stop' }, FAR_FUTURE)
    }

    /** Round trip to a robot's host and back, s, and how far its clock is ahead of ours, s. */
    async ping(robot: string, signal?: AbortSignal): Promise<{ roundTrip: number; clockOffset: number }> {
        const sent = this.scheduler.epoch()
        // Nothing moves by a ping, and the robot's clock is not known yet.
        const answer = await this.ask(robot, { op: 'ping' }, FAR_FUTURE, signal)
        const received = this.scheduler.epoch()
        return { roundTrip: received - sent, clockOffset: answer.time - (sent + received) / 2 }
    }

    /**
     * Sends a command and waits for its answer.
     *
     * @param expires by the robot host's clock, s since the Unix epoch
     * @throws FleetError with the robot's code and reason; `no-answer`
     */
    async ask(robot: string, order: Order, expires: number, signal?: AbortSignal): Promise<Answer> {
        signal?.throwIfAborted()
        const id = randomUUID()
        const late = () =>
            new FleetError('no-answer', `robot "${robot}" did not answer "${order.op}"${this.unknown(robot)}`)
        return this.answerTo(id, robot, () => this.send(robot, order, expires, { id, qos: 1 }), {
            signal,
            late,
            patienceMs: ANSWER_MS,
        })
    }

    /**
     * Sends a program to a robot's bridge, and waits until it is on the board and the robot answers. Needs the lease.
     *
     * @param expires by the robot host's clock: it begins before that, or not at all
     * @throws FleetError with the bridge's code and reason, which says what the board has now; `no-answer`
     */
    async deploy(
        robot: string,
        { robot: kind, program, sha256 }: FleetProgram,
        expires: number,
        { signal, onProgress }: DeployAsking = {},
    ): Promise<Answer> {
        signal?.throwIfAborted()
        const id = randomUUID()
        const order = { op: 'deploy', robot: kind, bytes: program.length, sha256 } as const
        const late = () =>
            new FleetError(
                'no-answer',
                `nothing was heard of the bridge of robot "${robot}" for ${DEPLOY_SIGN_MS / 1000} s: its board has the former ` +
                    'program, the new one, or none. Look at the bridge, then run the same command again',
            )
        const send = () =>
            this.publish(robot, 'program', encodeProgram({ ...order, ...this.envelope(id, expires) }, program), 1)
        return this.answerTo(id, robot, send, { signal, late, patienceMs: DEPLOY_SIGN_MS, onProgress })
    }

    /** Sends a command that nobody waits for. The broker drops it, too, when it expires on the way (MQTT 5). */
    async send(robot: string, order: Order, expires: number, { id = '-', qos = 0 as 0 | 1 } = {}): Promise<void> {
        await this.publish(robot, 'command', JSON.stringify({ ...order, ...this.envelope(id, expires) }), qos)
    }

    /** Told of answers that nobody waits for: refused setpoints. Returns a function that stops it. */
    onRefusal(listener: (robot: string, answer: Answer) => void): () => void {
        this.refusals.add(listener)
        return () => this.refusals.delete(listener)
    }

    async close(): Promise<void> {
        this.scheduler.clearTimeout(this.timer)
        for (const stream of [...this.streams]) stream.end()
        await this.connection.client.endAsync(!this.connection.client.connected)
    }

    private async open(): Promise<void> {
        const { client, version } = this.connection
        const { group, states = true } = this.options
        if (group !== undefined && version !== 5) {
            throw new FleetError(
                'unsupported',
                'the broker speaks MQTT 3.1.1: shared subscriptions (group) need MQTT 5',
            )
        }
        client.on('message', (topic, payload, packet) => this.receive(topic, payload, packet.retain))
        const topics = this.topics
        await client.subscribeAsync(
            [
                topics.every('presence'),
                topics.every('about'),
                topics.every('lease'),
                topics.everyTo(this.name, 'answer'),
                topics.everyTo(this.name, 'progress'),
            ],
            { qos: 1 },
        )
        if (states) {
            const filter = topics.every('state')
            await client.subscribeAsync(group === undefined ? filter : `$share/${checkName('group', group)}/${filter}`)
        }
        this.check()
    }

    private envelope(id: string, expires: number) {
        return { id, from: this.name, sequence: ++this.sequence, expires }
    }

    private async publish(robot: string, kind: 'command' | 'program', payload: string | Buffer, qos: 0 | 1) {
        const { client, version } = this.connection
        if (!client.connected) throw new FleetError('unreachable', 'the broker is gone')
        await client.publishAsync(this.topics.of(robot, kind), payload, {
            qos,
            ...(version === 5 ? { properties: { messageExpiryInterval: 10 } } : {}),
        })
    }

    /** The answer to what `send` sends, when it is a good one. `late` comes when nothing is heard for the patience's time. */
    private async answerTo(
        id: string,
        robot: string,
        send: () => Promise<void>,
        { signal, late, patienceMs, onProgress }: DeployAsking & { late: () => FleetError; patienceMs: number },
    ): Promise<Answer> {
        let timer: unknown
        const abort = new AbortController()
        const answered = new Promise<Answer>((resolve, reject) => {
            const patience = () => {
                this.scheduler.clearTimeout(timer)
                timer = this.scheduler.setTimeout(() => reject(late()), patienceMs)
            }
            patience()
            signal?.addEventListener('abort', () => reject(signal.reason as Error), { signal: abort.signal })
            this.waiting.set(id, {
                answered: resolve,
                heard: progress => {
                    patience()
                    onProgress?.(progress)
                },
            })
        })
        answered.catch(() => undefined)
        try {
            await send()
            const answer = await answered
            if (answer.ok) return answer
            throw new FleetError((answer.code ?? 'refused') as FleetError['code'], `robot "${robot}": ${answer.error}`)
        } finally {
            this.scheduler.clearTimeout(timer)
            abort.abort()
            this.waiting.delete(id)
        }
    }

    /** Of a robot that is not there: which ones are. */
    private unknown(robot: string): string {
        if (this.view.robot(robot) !== undefined) return ''
        return `: there is none of that name; there are: ${this.robots.map(({ id }) => id).join(', ') || 'none'}`
    }

    private check(): void {
        // With a share of the states, silence means nothing: another planner may have them.
        if (this.options.group === undefined && this.options.states !== false) this.view.check()
        this.timer = this.scheduler.setTimeout(() => this.check(), CHECK_MS)
    }

    private receive(topic: string, payload: Buffer, retained: boolean): void {
        const parts = this.topics.parse(topic)
        // An empty payload deletes a retained message.
        if (!parts || payload.length === 0) return
        let message: unknown
        try {
            message = JSON.parse(payload.toString('utf8'))
        } catch {
            return
        }
        const { robot, kind } = parts
        if (kind === 'presence') this.view.presence(robot, message as Presence)
        else if (kind === 'about') this.view.about(robot, message as About)
        else if (kind === 'lease') this.view.lease(robot, message as LeaseMessage)
        else if (kind === 'answer') this.answered(robot, message as Answer)
        else if (kind === 'progress') this.waiting.get((message as Progress).id)?.heard(message as Progress)
        else if (kind === 'state') {
            const state = message as StateMessage
            if (!this.view.state(robot, state, retained) || retained) return
            for (const stream of this.streams) stream.push({ robot, state })
        }
    }

    private answered(robot: string, answer: Answer): void {
        const waiting = this.waiting.get(answer.id)
        if (waiting) waiting.answered(answer)
        else if (!answer.ok) for (const listener of this.refusals) listener(robot, answer)
    }
}

/** Year 5138, s since the Unix epoch. */
const FAR_FUTURE = 1e11
