import type { McapWriter } from '@mcap/core'
import { MESSAGE_ENCODING, messageCodec, SCHEMA_ENCODING } from '../bridge/ros/cdr'
import { DIAGNOSTICS_TOPIC, topicsOf, TRAJECTORY_TOPIC } from '../bridge/topics'
import type { RobotState } from '../host/robot'
import type { RobotDescription } from '../protocol/description'
import { COMMAND_SCHEMA, COMMAND_TYPE, COMMANDS_TOPIC } from './command-message'
import { encodeTick, TICK_SCHEMA, TICK_TYPE, TICKS_TOPIC } from './tick-message'
import { TRAJECTORY_TYPE } from './trajectory-message'

/** A topic of a recording. */
export interface RecordedChannel {
    id: number
    /** The sample's message in CDR; undefined when the sample has nothing for the topic. */
    encode(state: RobotState): Uint8Array | undefined
}

// Enumerations of rmw: history keep last (1), reliability reliable (1), durability volatile (2) or transient local (1),
// liveliness automatic (1). A duration of 0 is none.
const qos = (durability: 1 | 2, depth: number) => `- history: 1
  depth: ${depth}
  reliability: 1
  durability: ${durability}
  deadline:
    sec: 0
    nsec: 0
  lifespan:
    sec: 0
    nsec: 0
  liveliness: 1
  liveliness_lease_duration:
    sec: 0
    nsec: 0
  avoid_ros_namespace_conventions: false
`

/** What a sampled topic is offered with, as rosbag2 keeps it. */
const STREAM_QOS = qos(2, 10)
/** What a topic is offered with that a late subscriber gets, too. */
const LATCHED_QOS = qos(1, 1)

/** Registers a topic. Returns its channel. */
export async function registerTopic(
    writer: McapWriter,
    { topic, name, schema, latched = false }: { topic: string; name: string; schema: string; latched?: boolean },
): Promise<number> {
    const data = new TextEncoder().encode(schema)
    const schemaId = await writer.registerSchema({ name, encoding: SCHEMA_ENCODING, data })
    return writer.registerChannel({
        schemaId,
        topic,
        messageEncoding: MESSAGE_ENCODING,
        metadata: new Map([['offered_qos_profiles', latched ? LATCHED_QOS : STREAM_QOS]]),
    })
}

/** Registers every topic that is made out of the robot's samples. */
export async function registerSampledTopics(
    writer: McapWriter,
    description: RobotDescription,
    simulation: boolean,
): Promise<RecordedChannel[]> {
    const ticks = await registerTopic(writer, { topic: TICKS_TOPIC, name: TICK_TYPE, schema: TICK_SCHEMA })
    const channels: RecordedChannel[] = [{ id: ticks, encode: encodeTick }]
    for (const { name: topic, type, encoder } of topicsOf(description, simulation)) {
        if (encoder === undefined) continue
        const codec = messageCodec(type)
        const makeMessage = encoder(description)
        channels.push({
            id: await registerTopic(writer, { topic, name: codec.schemaName, schema: codec.schema }),
            encode: state => {
                const message = makeMessage(state)
                return message && codec.encode(message)
            },
        })
    }
    return channels
}

/** Channels of what is made out of no sample. */
export interface OtherChannels {
    commands: number
    trajectories: number
    diagnostics: number
}

export const DIAGNOSTICS_TYPE = 'diagnostic_msgs/msg/DiagnosticArray'

/** Registers the topics of what was sent to the robot, and of the reports on how it does. */
export async function registerOtherTopics(writer: McapWriter): Promise<OtherChannels> {
    const known = (topic: string, type: string) => {
        const { schemaName: name, schema } = messageCodec(type)
        return registerTopic(writer, { topic, name, schema })
    }
    return {
        commands: await registerTopic(writer, { topic: COMMANDS_TOPIC, name: COMMAND_TYPE, schema: COMMAND_SCHEMA }),
        trajectories: await known(TRAJECTORY_TOPIC, TRAJECTORY_TYPE),
        diagnostics: await known(DIAGNOSTICS_TOPIC, DIAGNOSTICS_TYPE),
    }
}
