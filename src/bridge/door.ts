import type { Robot, RobotState } from '../host/robot'
import type { Scheduler } from '../host/scheduler'
import { type BridgeStatistics, type DiagnosticArray, Diagnostics } from './diagnostics'
import { discoveryServices, robotServices, type Service } from './services'
import { type DriveLimits, driveLimits } from './setpoint'
import type { Subscription } from './subscription'
import { DIAGNOSTICS_TOPIC, type Encoder, type Topic, topicsOf } from './topics'

/** A topic that the robot publishes, with its subscribers over all clients. */
interface Channel {
    readonly name: string
    /** Undefined for /diagnostics, which is not made out of a sample. */
    readonly encode: Encoder | undefined
    readonly subscribers: Set<Subscription>
}

const DIAGNOSTICS_PERIOD = 1000 // ms

/** What a bridge's sessions share: the robot with its topics and services, and the fan-out of its samples. */
export class Door {
    readonly statistics: BridgeStatistics = {
        clients: 0,
        messagesReceived: 0,
        refused: 0,
        setpoints: 0,
        samplesEncoded: 0,
        samplesSent: 0,
        samplesDropped: 0,
        bytesSent: 0,
    }
    readonly topics: ReadonlyMap<string, Topic>
    readonly services: ReadonlyMap<string, Service>
    /** Undefined when the robot does not drive. */
    readonly limits: DriveLimits | undefined
    private readonly channels: Channel[]
    private readonly diagnostics: Diagnostics
    private report: DiagnosticArray | undefined
    private reportMessage: Buffer | undefined
    private stopListening = () => {}
    private timer: unknown
    private armedAt: number | undefined // s since the Unix epoch

    constructor(
        readonly robot: Robot,
        readonly scheduler: Scheduler,
    ) {
        const { description } = robot
        const topics = topicsOf(description)
        const commands = robotServices(robot, () => (this.armedAt = scheduler.epoch()))
        const discovery = discoveryServices(description.name, topics, commands, () => scheduler.epoch())
        this.topics = new Map(topics.map(topic => [topic.name, topic]))
        this.services = new Map([...commands, ...discovery].map(service => [service.name, service]))
        this.limits = driveLimits(description)
        this.channels = topics
            .filter(topic => topic.direction === 'out')
            .map(({ name, encoder }) => ({ name, encode: encoder?.(description), subscribers: new Set() }))
        this.diagnostics = new Diagnostics(robot)
    }

    open(): void {
        this.stopListening = this.robot.onState(state => this.fanOut(state))
        this.makeReport()
    }

    close(): void {
        this.stopListening()
        this.scheduler.clearTimeout(this.timer)
    }

    /** The robot's mode; undefined before the first sample. */
    mode(): string | undefined {
        const { state } = this.robot
        // The answer to `arm` is ahead of the samples: one from before says nothing about now.
        const outdated = this.armedAt !== undefined && (state === undefined || state.hostTime <= this.armedAt)
        return outdated ? 'armed' : state?.mode
    }

    subscribe(topic: string, subscription: Subscription): void {
        this.channel(topic)?.subscribers.add(subscription)
    }

    unsubscribe(topic: string, subscription: Subscription): void {
        this.channel(topic)?.subscribers.delete(subscription)
    }

    /** The latest message of a topic that a new subscriber gets at once; undefined for topics that don't do that. */
    latched(topic: string): Buffer | undefined {
        return topic === DIAGNOSTICS_TOPIC ? this.latestReport() : undefined
    }

    private channel(topic: string): Channel | undefined {
        return this.channels.find(({ name }) => name === topic)
    }

    private fanOut(state: RobotState): void {
        const stamp = state.hostTime * 1000
        for (const { name, encode, subscribers } of this.channels) {
            if (encode === undefined) continue
            let message: Buffer | undefined
            for (const subscription of subscribers) {
                if (!subscription.wants(stamp)) continue
                message ??= this.serialise(name, encode(state))
                if (message === undefined) break
                subscription.deliver(message, stamp)
            }
        }
    }

    private makeReport(): void {
        const now = this.scheduler.epoch()
        this.report = this.diagnostics.report(now, this.statistics)
        this.reportMessage = undefined
        for (const subscription of this.channel(DIAGNOSTICS_TOPIC)!.subscribers) {
            if (subscription.wants(now * 1000)) subscription.deliver(this.latestReport()!, now * 1000)
        }
        this.timer = this.scheduler.setTimeout(() => this.makeReport(), DIAGNOSTICS_PERIOD)
    }

    private latestReport(): Buffer | undefined {
        return (this.reportMessage ??= this.serialise(DIAGNOSTICS_TOPIC, this.report))
    }

    private serialise(topic: string, message: object | undefined): Buffer | undefined {
        if (message === undefined) return undefined
        this.statistics.samplesEncoded++
        return Buffer.from(`{"op":"publish","topic":"${topic}","msg":${JSON.stringify(message)}}`)
    }
}
