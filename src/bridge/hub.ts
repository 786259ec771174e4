import { CommandLease } from '../host/lease'
import type { Robot, RobotState } from '../host/robot'
import type { Scheduler } from '../host/scheduler'
import { Refusal, show } from './checks'
import { type BridgeStatistics, Diagnostics } from './diagnostics'
import { ParameterServices } from './parameter-services'
import { Publication } from './publication'
import { urdf } from './ros/urdf'
import { discoveryServices, robotServices, type Service } from './services'
import { type DriveLimits, driveLimits } from './setpoint'
import { statusService } from './status-service'
import { DESCRIPTION_TOPIC, DIAGNOSTICS_TOPIC, type Encoder, type Topic, topicsOf } from './topics'
import { Trajectories } from './trajectories'

/** A client's wish for a topic. */
export interface Subscriber {
    /** Whether a message with this stamp (ms) is due. Asked first, so that nothing is made in vain. */
    wants(stamp: number): boolean
    deliver(publication: Publication): void
}

/** A topic that the robot publishes, with its subscribers over all clients of all doors. */
interface Channel {
    readonly topic: Topic
    /** Undefined for what is not made out of a sample. */
    readonly encode: Encoder | undefined
    readonly subscribers: Set<Subscriber>
}

export interface HubOptions {
    /** The robot is simulated (or replayed): its time is published, for planners that go by it. */
    simulation?: boolean
    /** Who commands the robot, shared with commanders that come another way than through the doors. */
    lease?: CommandLease
}

const DIAGNOSTICS_PERIOD = 1000 // ms

/** What the bridge's doors share: the robot with its topics, services and actions, and the fan-out of its samples. */
export class Hub {
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
    readonly parameters: ParameterServices
    readonly trajectories: Trajectories
    /** Undefined when the robot does not drive. */
    readonly limits: DriveLimits | undefined
    readonly simulation: boolean
    readonly lease: CommandLease
    private readonly channels = new Map<string, Channel>()
    private readonly sampled: Channel[]
    private readonly latest = new Map<string, Publication>()
    private readonly diagnostics: Diagnostics
    private users = 0
    private stopListening = () => {}
    private timer: unknown
    private armedAt: number | undefined // s since the Unix epoch

    constructor(
        readonly robot: Robot,
        readonly scheduler: Scheduler,
        { simulation = false, lease = new CommandLease() }: HubOptions = {},
    ) {
        const { description } = robot
        const topics = topicsOf(description, simulation)
        this.simulation = simulation
        this.topics = new Map(topics.map(topic => [topic.name, topic]))
        this.parameters = new ParameterServices(robot)
        this.trajectories = new Trajectories(robot, scheduler, lease, () => this.mode())
        this.lease = lease
        lease.halt = why => this.trajectories.halt(why)
        const commands = [
            ...robotServices(robot, lease, () => (this.armedAt = scheduler.epoch())),
            statusService(robot, () => scheduler.now()),
            ...this.trajectories.services(),
            ...this.parameters.services(),
        ]
        const discovery = discoveryServices({
            robotName: description.name,
            topics,
            robotServices: commands,
            parameters: this.parameters,
            epoch: () => scheduler.epoch(),
        })
        this.services = new Map([...commands, ...discovery].map(service => [service.name, service]))
        this.limits = driveLimits(description)
        for (const topic of topics.filter(({ direction }) => direction === 'out')) {
            this.channels.set(topic.name, { topic, encode: topic.encoder?.(description), subscribers: new Set() })
        }
        this.sampled = [...this.channels.values()].filter(({ encode }) => encode !== undefined)
        this.diagnostics = new Diagnostics(robot)
        this.publish(this.channels.get(DESCRIPTION_TOPIC)!, { data: urdf(description) }, scheduler.epoch())
    }

    /** A door opens: the first one starts the fan-out. */
    open(): void {
        if (this.users++ > 0) return
        this.stopListening = this.robot.onState(state => this.fanOut(state))
        this.makeReport()
    }

    /** A door closes: the last one ends the fan-out. */
    close(): void {
        if (--this.users > 0) return
        this.stopListening()
        this.scheduler.clearTimeout(this.timer)
        this.parameters.close()
    }

    /** The robot's mode; undefined before the first sample. */
    mode(): string | undefined {
        const { state } = this.robot
        // The answer to `arm` is ahead of the samples: one from before says nothing about now.
        const outdated = this.armedAt !== undefined && (state === undefined || state.hostTime <= this.armedAt)
        return outdated ? 'armed' : state?.mode
    }

    /** @throws Refusal naming the topics there are */
    topic(text: string): Topic {
        const name = absolute(text)
        const topic = this.topics.get(name)
        if (topic !== undefined) return topic
        throw new Refusal(`there is no topic ${show(name)}; there are: ${[...this.topics.keys()].join(', ')}`)
    }

    /** @throws Refusal naming the services there are */
    service(text: string): Service {
        const name = absolute(text)
        const service = this.services.get(name)
        if (service !== undefined) return service
        throw new Refusal(`there is no service ${show(name)}; there are: ${[...this.services.keys()].join(', ')}`)
    }

    subscribe(topic: Topic, subscriber: Subscriber): void {
        this.channels.get(topic.name)?.subscribers.add(subscriber)
    }

    unsubscribe(topic: Topic, subscriber: Subscriber): void {
        this.channels.get(topic.name)?.subscribers.delete(subscriber)
    }

    /** Whether anybody asked for a topic. */
    hasSubscribers(topic: Topic): boolean {
        return (this.channels.get(topic.name)?.subscribers.size ?? 0) > 0
    }

    /** The latest message of a topic that a new subscriber gets at once; undefined for topics that don't do that. */
    latched(topic: Topic): Publication | undefined {
        return this.latest.get(topic.name)
    }

    private fanOut(state: RobotState): void {
        const stamp = state.hostTime * 1000
        for (const { topic, encode, subscribers } of this.sampled) {
            let publication: Publication | undefined
            for (const subscriber of subscribers) {
                if (!subscriber.wants(stamp)) continue
                if (publication === undefined) {
                    const message = encode!(state)
                    if (message === undefined) break
                    publication = this.publication(topic, message, stamp)
                }
                subscriber.deliver(publication)
            }
        }
    }

    private makeReport(): void {
        const now = this.scheduler.epoch()
        this.publish(
            this.channels.get(DIAGNOSTICS_TOPIC)!,
            this.diagnostics.report(now, this.statistics, this.lease.holder?.name),
            now,
        )
        this.timer = this.scheduler.setTimeout(() => this.makeReport(), DIAGNOSTICS_PERIOD)
    }

    private publish({ topic, subscribers }: Channel, message: object, now: number): void {
        const publication = this.publication(topic, message, now * 1000)
        this.latest.set(topic.name, publication)
        for (const subscriber of subscribers) {
            if (subscriber.wants(publication.stamp)) subscriber.deliver(publication)
        }
    }

    private publication(topic: Topic, message: object, stamp: number): Publication {
        return new Publication(topic, message, stamp, this.countEncoded)
    }

    private readonly countEncoded = () => void this.statistics.samplesEncoded++
}

/** Names without the leading slash are meant from the root: clients write both. */
function absolute(name: string): string {
    return name.startsWith('/') ? name : `/${name}`
}
