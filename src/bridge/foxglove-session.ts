import type { Commander } from '../host/lease'
import { textFrame } from './access/frame'
import type { Peer } from './access/listener'
import type { Outbox } from './access/outbox'
import { type Fields, needObject, needText, optionalText, Refusal, show } from './checks'
import type { FoxgloveCatalogue } from './foxglove-catalogue'
import { FoxgloveParameters } from './foxglove-parameters'
import { callResponseFrame, readBinary, StatusLevel } from './foxglove-protocol'
import type { Hub, Subscriber } from './hub'
import { checkType, PlannerInput } from './planner-input'
import type { Publication } from './publication'
import { messageCodec, serviceCodec } from './ros/cdr'
import { STOP_SERVICE } from './services'
import type { Topic } from './topics'

/** Subscriptions and published channels that one client may have. */
const MAX_OPEN = 1000

/** One subscription: every message, as soon as it is there. */
class FoxgloveSubscription implements Subscriber {
    constructor(
        readonly topic: Topic,
        private readonly id: number,
        private readonly outbox: Outbox,
    ) {}

    wants(): boolean {
        return true
    }

    deliver(publication: Publication): void {
        this.outbox.sample(publication.foxglove(this.id))
    }
}

interface PublishedChannel {
    topic: Topic
    decode: (payload: Uint8Array) => unknown
}

/** One Foxglove client: carries out its operations, or tells it why not. */
export class FoxgloveSession implements Peer, Commander {
    private readonly subscriptions = new Map<number, FoxgloveSubscription>()
    private readonly published = new Map<number, PublishedChannel>()
    private readonly input: PlannerInput
    private readonly parameters: FoxgloveParameters
    /** Asked for the connection graph. */
    private wantsGraph = false

    private readonly operations: Record<string, (message: Fields) => void | Promise<void>> = {
        subscribe: message => this.subscribe(message),
        unsubscribe: message => this.unsubscribe(message),
        advertise: message => this.advertise(message),
        unadvertise: message => this.unadvertise(message),
        getParameters: message => this.parameters.get(message),
        setParameters: message => this.parameters.set(message),
        subscribeParameterUpdates: message => this.parameters.subscribe(message),
        unsubscribeParameterUpdates: message => this.parameters.unsubscribe(message),
        subscribeConnectionGraph: () => {
            this.wantsGraph = true
            this.sendGraph()
        },
        unsubscribeConnectionGraph: () => void (this.wantsGraph = false),
        fetchAsset: () => {
            throw new Refusal('assets are not served: /robot_description needs none')
        },
    }

    constructor(
        private readonly hub: Hub,
        private readonly catalogue: FoxgloveCatalogue,
        private readonly outbox: Outbox,
        private readonly log: (line: string) => void,
        readonly name: string,
    ) {
        this.input = new PlannerInput(hub, this, text => this.status(StatusLevel.Warning, text))
        this.parameters = new FoxgloveParameters(hub.parameters, message => this.answer(message))
        outbox.onLoss = lost =>
            this.status(
                StatusLevel.Warning,
                lost === undefined
                    ? `samples are dropped: ${outbox.waiting} bytes wait to be read`
                    : `${lost} samples were dropped because this client read too slowly`,
            )
    }

    receive(data: Buffer, isBinary: boolean): void {
        const carryOut = async () => (isBinary ? this.binary(data) : this.text(data.toString()))
        // Runs up to its first wait at once, so that messages are carried out in order.
        carryOut().catch((error: unknown) => {
            this.hub.statistics.refused++
            const text = error instanceof Error ? error.message : String(error)
            if (!(error instanceof Refusal)) this.log(`failed: ${text}`)
            this.status(StatusLevel.Error, text)
        })
    }

    isStop(data: Buffer, isBinary: boolean): boolean {
        if (!isBinary) return false
        try {
            const message = readBinary(data)
            return message.op === 'call' && this.catalogue.services.get(message.service)?.name === STOP_SERVICE
        } catch {
            return false
        }
    }

    takenOver(by: string): void {
        this.log(`${by} took over`)
        this.status(StatusLevel.Warning, `${by} took over: this client watches now, until it calls /take_over`)
    }

    refuse(text: string): void {
        this.status(StatusLevel.Error, text)
    }

    close(): void {
        for (const subscription of this.subscriptions.values()) {
            this.hub.unsubscribe(subscription.topic, subscription)
        }
        this.parameters.close()
        this.hub.lease.release(this)
    }

    /** Tells who is connected to what, if the client asked. */
    sendGraph(): void {
        if (this.wantsGraph) this.answer(this.catalogue.graph())
    }

    /** Sends a message of the protocol that is JSON. */
    answer(message: object): void {
        this.outbox.answer(textFrame(JSON.stringify(message)))
    }

    private status(level: StatusLevel, message: string): void {
        this.answer({ op: 'status', level, message })
    }

    private async text(text: string): Promise<void> {
        const message = needObject(parse(text), 'the message', 'op')
        const op = needText(message, 'op')
        if (!Object.hasOwn(this.operations, op)) {
            throw new Refusal(`op is ${show(op)}; known: ${Object.keys(this.operations).join(', ')}`)
        }
        try {
            await this.operations[op](message)
        } catch (error) {
            if (error instanceof Refusal) throw new Refusal(`${op}: ${error.message}`, { cause: error })
            throw error
        }
    }

    private subscribe(message: Fields): void {
        for (const item of needList(message, 'subscriptions')) {
            const fields = needObject(item, 'a subscription', 'id and channelId')
            const id = needNumber(fields, 'id')
            const channel = this.catalogue.channels.get(needNumber(fields, 'channelId'))
            if (channel === undefined) throw new Refusal(`there is no channel ${show(fields.channelId)}`)
            if (this.subscriptions.has(id)) throw new Refusal(`there is a subscription ${id} already`)
            if (this.subscriptions.size >= MAX_OPEN)
                throw new Refusal(`this client has ${MAX_OPEN} subscriptions already`)
            const subscription = new FoxgloveSubscription(channel.topic, id, this.outbox)
            this.subscriptions.set(id, subscription)
            this.hub.subscribe(channel.topic, subscription)
            const latched = this.hub.latched(channel.topic)
            if (latched !== undefined) subscription.deliver(latched)
        }
        this.sendGraph()
    }

    private unsubscribe(message: Fields): void {
        for (const id of needList(message, 'subscriptionIds')) {
            const subscription = this.subscriptions.get(id as number)
            if (subscription === undefined) throw new Refusal(`there is no subscription ${show(id)}`)
            this.subscriptions.delete(id as number)
            this.hub.unsubscribe(subscription.topic, subscription)
        }
        this.sendGraph()
    }

    private advertise(message: Fields): void {
        for (const item of needList(message, 'channels')) {
            const fields = needObject(item, 'a channel', 'id, topic, encoding and schemaName')
            const id = needNumber(fields, 'id')
            const topic = this.input.topic(needText(fields, 'topic'))
            const encoding = needText(fields, 'encoding')
            const schemaName = optionalText(fields, 'schemaName') ?? topic.type
            checkType(topic, schemaName)
            if (this.published.has(id)) throw new Refusal(`channel ${id} is advertised already`)
            if (this.published.size >= MAX_OPEN) throw new Refusal(`this client has ${MAX_OPEN} channels already`)
            this.published.set(id, { topic, decode: decoder(encoding, schemaName) })
        }
    }

    private unadvertise(message: Fields): void {
        for (const id of needList(message, 'channelIds')) {
            if (!this.published.delete(id as number)) throw new Refusal(`channel ${show(id)} was not advertised`)
        }
    }

    private binary(data: Buffer): void {
        const message = readBinary(data)
        if (message.op === 'message') this.publish(message.channel, message.payload)
        else this.call(message.service, message.call, message.encoding, message.payload)
    }

    private publish(id: number, payload: Uint8Array): void {
        const channel = this.published.get(id)
        if (channel === undefined) throw new Refusal(`channel ${id} was not advertised by this client`)
        const { topic, decode } = channel
        try {
            this.input.publish(topic, decode(payload))
        } catch (error) {
            if (error instanceof Refusal) throw new Refusal(`${topic.name}: ${error.message}`, { cause: error })
            throw error
        }
    }

    private call(serviceId: number, callId: number, encoding: string, payload: Uint8Array): void {
        const run = async () => {
            const service = this.catalogue.services.get(serviceId)
            if (service === undefined) throw new Refusal(`there is no service ${serviceId}`)
            const { name, type } = service
            try {
                const args = decodeWith(encoding, payload, bytes => serviceCodec(type, 0).decode(bytes))
                const values = await service.call(needObject(args, 'the request', 'the fields of its type'), this)
                return encoding === 'json' ? Buffer.from(JSON.stringify(values)) : serviceCodec(type, 1).encode(values)
            } catch (error) {
                throw new Refusal(`${name}: ${error instanceof Error ? error.message : error}`, { cause: error })
            }
        }
        run().then(
            response => this.outbox.answer(callResponseFrame(serviceId, callId, encoding, response)),
            (error: Error) => {
                this.hub.statistics.refused++
                this.answer({ op: 'serviceCallFailure', serviceId, callId, message: error.message })
            },
        )
    }
}

function decoder(encoding: string, type: string): (payload: Uint8Array) => unknown {
    if (encoding !== 'cdr' && encoding !== 'json') throw unknownEncoding(encoding)
    const codec = messageCodec(type)
    return payload => decodeWith(encoding, payload, bytes => codec.decode(bytes))
}

/** @throws Refusal for bytes that are no such message */
function decodeWith(encoding: string, payload: Uint8Array, cdr: (bytes: Uint8Array) => unknown): unknown {
    if (encoding === 'json') return parse(Buffer.from(payload).toString() || '{}')
    if (encoding !== 'cdr') throw unknownEncoding(encoding)
    try {
        return cdr(payload)
    } catch (error) {
        const text = error instanceof Error ? error.message : String(error)
        throw new Refusal(`the ${payload.length} bytes are no such message in CDR: ${text}`, { cause: error })
    }
}

function unknownEncoding(encoding: string): Refusal {
    return new Refusal(`encoding is ${show(encoding)}; supported: "cdr", "json"`)
}

function parse(text: string): unknown {
    try {
        return JSON.parse(text)
    } catch (error) {
        throw new Refusal(`not JSON: ${error instanceof Error ? error.message : String(error)}`)
    }
}

function needList(message: Fields, name: string): unknown[] {
    const value = message[name]
    if (Array.isArray(value)) return value as unknown[]
    throw new Refusal(`${name} is ${show(value)}; needed: a list`)
}

/** A number that a client chose for something of its own: u32. */
function needNumber(fields: Fields, name: string): number {
    const value = fields[name]
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff) return value
    throw new Refusal(`${name} is ${show(value)}; needed: a whole number from 0 to 4294967295`)
}
