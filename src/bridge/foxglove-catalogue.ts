import type { Hub } from './hub'
import { MESSAGE_ENCODING, messageCodec, SCHEMA_ENCODING, serviceCodec } from './ros/cdr'
import type { Service } from './services'
import type { Topic } from './topics'

export interface Channel {
    id: number
    topic: Topic
}

/** What a robot offers to Foxglove: its topics as channels, its services, numbered for as long as the bridge runs. */
export class FoxgloveCatalogue {
    readonly channels: ReadonlyMap<number, Channel>
    readonly services: ReadonlyMap<number, Service>
    /** The first messages of every connection, ready to be sent. */
    readonly advertisement: { op: string }[]

    constructor(private readonly hub: Hub) {
        const out = [...hub.topics.values()].filter(({ direction }) => direction === 'out')
        this.channels = new Map(out.map((topic, i) => [i + 1, { id: i + 1, topic }]))
        this.services = new Map([...hub.services.values()].map((service, i) => [i + 1, service]))
        this.advertisement = [this.advertise(), this.advertiseServices()]
    }

    /** Who publishes, takes and serves what: to Foxglove the robot is one node. */
    graph(): { op: string } & Record<string, unknown> {
        const node = this.hub.robot.description.name
        const topics = [...this.hub.topics.values()]
        const takers = (topic: Topic) =>
            topic.direction === 'in' ? [node] : this.hub.hasSubscribers(topic) ? ['planners'] : []
        return {
            op: 'connectionGraphUpdate',
            publishedTopics: topics
                .filter(({ direction }) => direction === 'out')
                .map(({ name }) => ({ name, publisherIds: [node] })),
            subscribedTopics: topics
                .map(topic => ({ name: topic.name, subscriberIds: takers(topic) }))
                .filter(({ subscriberIds }) => subscriberIds.length > 0),
            advertisedServices: [...this.hub.services.keys()].map(name => ({ name, providerIds: [node] })),
            removedTopics: [],
            removedServices: [],
        }
    }

    private advertise() {
        return {
            op: 'advertise',
            channels: [...this.channels.values()].map(({ id, topic }) => {
                const { schemaName, schema } = messageCodec(topic.type)
                return {
                    id,
                    topic: topic.name,
                    encoding: MESSAGE_ENCODING,
                    schemaName,
                    schema,
                    schemaEncoding: SCHEMA_ENCODING,
                }
            }),
        }
    }

    private advertiseServices() {
        const part = (type: string, which: 0 | 1) => {
            const { schemaName, schema } = serviceCodec(type, which)
            return { encoding: MESSAGE_ENCODING, schemaName, schemaEncoding: SCHEMA_ENCODING, schema }
        }
        return {
            op: 'advertiseServices',
            services: [...this.services].map(([id, { name, type }]) => ({
                id,
                name,
                type,
                request: part(type, 0),
                response: part(type, 1),
            })),
        }
    }
}
