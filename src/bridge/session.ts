import type { Commander } from '../host/lease'
import { MAX_MESSAGE } from './access/access'
import { textFrame } from './access/frame'
import type { Peer } from './access/listener'
import type { Outbox } from './access/outbox'
import { ActionGoals } from './action-goals'
import { type Fields, needObject, needText, onlyFields, optionalCount, optionalText, Refusal, show } from './checks'
import type { Hub } from './hub'
import { checkType, PlannerInput } from './planner-input'
import { Reassembly } from './reassembly'
import { requestFields } from './ros/definitions'
import { type Service, STOP_SERVICE } from './services'
import { type Compression, COMPRESSIONS, fragments, type Request, Subscription } from './subscription'
import type { Topic } from './topics'

/** How much a client is told, from everything to nothing. */
export const STATUS_LEVELS = ['info', 'warning', 'error', 'none'] as const
export type StatusLevel = (typeof STATUS_LEVELS)[number]

const UNSUPPORTED: Record<string, string> = {
    png: 'PNG compression is not supported: send JSON',
    auth: 'there is no login over the connection: where a token is needed, connecting needs it',
    advertise_service: 'services of clients are not supported',
    unadvertise_service: 'services of clients are not supported',
    advertise_action: 'actions of clients are not supported',
    unadvertise_action: 'actions of clients are not supported',
    action_feedback: 'actions of clients are not supported',
    action_result: 'actions of clients are not supported',
}

const MAX_QUEUE = 1000 // messages
const MAX_THROTTLE = 3_600_000 // ms
const MAX_REQUESTS = 1000 // subscriptions of one client to one topic
/** A call of the emergency stop, whatever its id, bytes. */
const LONGEST_STOP = 1024
const LEAST_FRAGMENT = 100 // characters: below, nearly all would be envelope

/** One planner's rosbridge connection: carries out its operations, or tells it why not. */
export class Session implements Peer, Commander {
    /** The protocol's own default is `error`; a planner should hear of warnings without asking. */
    private level: StatusLevel = 'warning'
    private readonly subscriptions = new Map<Topic, Subscription>()
    private readonly input: PlannerInput
    private readonly reassembly = new Reassembly(MAX_MESSAGE)
    private readonly goals: ActionGoals

    private readonly operations: Record<string, (message: Fields) => void> = {
        subscribe: message => this.subscribe(message),
        unsubscribe: message => this.unsubscribe(message),
        advertise: message => this.advertise(message),
        unadvertise: message => void this.input.topic(needText(message, 'topic')),
        publish: message => this.input.publish(this.input.topic(needText(message, 'topic')), message.msg),
        call_service: message => this.callService(message),
        service_response: message => {
            throw new Refusal(`service ${show(message.service)} was not advertised by this client`)
        },
        send_action_goal: message => this.goals.send(message),
        cancel_action_goal: message => this.goals.cancel(message),
        set_level: message => this.setLevel(message),
        fragment: message => this.fragment(message),
        // What a client tells about itself changes nothing here.
        status: () => undefined,
    }

    constructor(
        private readonly hub: Hub,
        private readonly outbox: Outbox,
        private readonly log: (line: string) => void,
        readonly name: string,
    ) {
        this.input = new PlannerInput(hub, this, text => this.status('warning', text))
        this.goals = new ActionGoals(hub, this, message => this.answer(message))
        outbox.onLoss = lost =>
            this.status(
                'warning',
                lost === undefined
                    ? `samples are dropped: ${outbox.waiting} bytes wait to be read`
                    : `${lost} samples were dropped because this client read too slowly`,
            )
    }

    receive(data: Buffer, isBinary: boolean): void {
        if (isBinary) this.refused('message', new Refusal('binary messages (BSON, CBOR) are not supported: send JSON'))
        else this.carryOut(data.toString())
    }

    isStop(data: Buffer, isBinary: boolean): boolean {
        // Looked at only when this client sends too much, so it must cost next to nothing for what is no stop.
        if (isBinary || data.length > LONGEST_STOP || !data.includes('stop')) return false
        try {
            const { op, service } = needObject(JSON.parse(data.toString()), 'the message', 'op')
            return op === 'call_service' && this.hub.service(String(service)).name === STOP_SERVICE
        } catch {
            return false
        }
    }

    takenOver(by: string): void {
        this.log(`${by} took over`)
        this.status('warning', `${by} took over: this client watches now, until it calls /take_over`)
    }

    refuse(text: string): void {
        this.status('error', `message: ${text}`)
    }

    /** Ends all subscriptions, goals and the lease. Else the robot is told nothing: its own deadline stops what this planner drove. */
    close(): void {
        for (const [topic, subscription] of this.subscriptions) this.drop(topic, subscription)
        this.goals.close()
        this.hub.lease.release(this)
    }

    private carryOut(text: string): void {
        let op = 'message'
        let id: unknown
        try {
            const message = needObject(parse(text), 'the message', 'op')
            id = readId(message)
            op = needText(message, 'op')
            if (Object.hasOwn(UNSUPPORTED, op)) throw new Refusal(UNSUPPORTED[op])
            if (!Object.hasOwn(this.operations, op)) {
                throw new Refusal(`op is ${show(op)}; known: ${Object.keys(this.operations).join(', ')}`)
            }
            this.operations[op](message)
        } catch (error) {
            this.refused(op.slice(0, 30), error, id)
        }
    }

    private refused(op: string, error: unknown, id?: unknown): void {
        this.hub.statistics.refused++
        const text = error instanceof Error ? error.message : String(error)
        if (!(error instanceof Refusal)) this.log(`${op} failed: ${text}`)
        this.status('error', `${op}: ${text}`, id)
    }

    /** Tells the client something about an operation of its own, or about the connection. */
    private status(level: Exclude<StatusLevel, 'none'>, text: string, id?: unknown): void {
        if (STATUS_LEVELS.indexOf(level) < STATUS_LEVELS.indexOf(this.level)) return
        this.answer({ op: 'status', ...(id === undefined ? {} : { id }), level, msg: text })
    }

    private answer(message: object, fragmentSize = Infinity): void {
        const text = JSON.stringify(message)
        this.outbox.answer(text.length > fragmentSize ? fragments(text, fragmentSize) : textFrame(text))
    }

    private fragment(message: Fields): void {
        const text = this.reassembly.take(message)
        if (text === undefined) return
        if (/^\s*\{\s*"op"\s*:\s*"fragment"/.test(text)) throw new Refusal('the fragments hold another fragment')
        this.carryOut(text)
    }

    private subscribe(message: Fields): void {
        const topic = this.hub.topic(needText(message, 'topic'))
        if (topic.direction === 'in') throw new Refusal(`${topic.name} is what planners publish; nothing comes from it`)
        checkType(topic, optionalText(message, 'type'))
        const request = readRequest(message)
        let subscription = this.subscriptions.get(topic)
        if (subscription !== undefined && subscription.count >= MAX_REQUESTS) {
            throw new Refusal(`this client has ${MAX_REQUESTS} subscriptions to ${topic.name} already`)
        }
        if (subscription === undefined) {
            subscription = new Subscription(this.outbox, this.hub.scheduler)
            this.subscriptions.set(topic, subscription)
            this.hub.subscribe(topic, subscription)
        }
        subscription.request(message.id, request)
        this.status('info', `subscribed to ${topic.name}`, message.id)
        const latched = this.hub.latched(topic)
        if (latched !== undefined) subscription.send(latched)
    }

    private unsubscribe(message: Fields): void {
        const topic = this.hub.topic(needText(message, 'topic'))
        const subscription = this.subscriptions.get(topic)
        if (subscription === undefined || !subscription.withdraw(message.id)) {
            this.status('warning', `unsubscribe: there is no such subscription to ${topic.name}`, message.id)
            return
        }
        if (subscription.count === 0) this.drop(topic, subscription)
        this.status('info', `unsubscribed from ${topic.name}`, message.id)
    }

    private drop(topic: Topic, subscription: Subscription): void {
        subscription.close()
        this.subscriptions.delete(topic)
        this.hub.unsubscribe(topic, subscription)
    }

    private advertise(message: Fields): void {
        const topic = this.input.topic(needText(message, 'topic'))
        checkType(topic, needText(message, 'type'))
        this.status('info', `${topic.name} is open for this client`, message.id)
    }

    private callService(message: Fields): void {
        const name = needText(message, 'service')
        const fragmentSize = readFragmentSize(message)
        const respond = (result: boolean, values: unknown) =>
            this.answer(
                {
                    op: 'service_response',
                    ...(message.id === undefined ? {} : { id: message.id }),
                    service: message.service,
                    values,
                    result,
                },
                fragmentSize,
            )
        // An async function, so that what it throws and what it rejects with end in the same place.
        const call = async () => {
            const service = this.hub.service(name)
            return service.call(readArguments(service, message.args), this)
        }
        call().then(
            values => respond(true, values),
            (error: unknown) => {
                this.refused('call_service', error, message.id)
                respond(false, error instanceof Error ? error.message : String(error))
            },
        )
    }

    private setLevel(message: Fields): void {
        const level = STATUS_LEVELS.find(level => level === message.level)
        if (level === undefined) {
            throw new Refusal(`level is ${show(message.level)}; allowed: ${STATUS_LEVELS.join(', ')}`)
        }
        this.level = level
    }
}

function parse(text: string): unknown {
    try {
        return JSON.parse(text)
    } catch (error) {
        throw new Refusal(`not JSON: ${error instanceof Error ? error.message : String(error)}`)
    }
}

function readId(message: Fields): string | number | undefined {
    const { id } = message
    if (id === null) delete message.id
    if (id === undefined || id === null) return undefined
    if (typeof id === 'string' || typeof id === 'number') return id
    throw new Refusal(`id is ${show(id)}; needed: a text or a number`)
}

function readRequest(message: Fields): Request {
    const compression = optionalText(message, 'compression') ?? 'none'
    if (!COMPRESSIONS.includes(compression as Compression)) {
        throw new Refusal(`compression is ${show(compression)}; supported: ${COMPRESSIONS.map(show).join(', ')}`)
    }
    return {
        throttleRate: optionalCount(message, 'throttle_rate', 'ms', MAX_THROTTLE),
        queueLength: optionalCount(message, 'queue_length', 'messages', MAX_QUEUE),
        compression: compression as Compression,
        fragmentSize: readFragmentSize(message),
    }
}

function readFragmentSize(message: Fields): number {
    const size = optionalCount(message, 'fragment_size', 'characters', MAX_MESSAGE)
    if (size === 0) return Infinity
    if (size >= LEAST_FRAGMENT) return size
    throw new Refusal(`fragment_size is ${size}; needed: ${LEAST_FRAGMENT} characters or more`)
}

/** Arguments by name; a list gives them in the order of the request's fields, nothing means none. */
function readArguments(service: Service, args: unknown): Fields {
    const names = requestFields(service.type)
    const fields = Array.isArray(args)
        ? Object.fromEntries(args.map((value, i) => [names[i] ?? `argument ${i + 1}`, value]))
        : needObject(args ?? {}, 'args', names.join(', ') || 'no fields')
    onlyFields(fields, 'args', names)
    return fields
}
