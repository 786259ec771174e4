import { type Fields, needObject, needText, onlyFields, optionalCount, optionalText, Refusal, show } from './checks'
import { requestFields, sameType } from './ros/definitions'
import type { Door } from './door'
import { type Outbox, STATUS_LEVELS } from './outbox'
import type { Service } from './services'
import { readVelocity } from './setpoint'
import { Subscription } from './subscription'
import type { Topic } from './topics'

const UNSUPPORTED: Record<string, string> = {
    fragment: 'fragmented messages are not supported: send messages whole',
    png: 'PNG compression is not supported: send JSON',
    auth: 'authentication is not supported: the bridge takes connections of this machine only, unless told otherwise',
    advertise_service: 'services of clients are not supported',
    unadvertise_service: 'services of clients are not supported',
    advertise_action: 'actions are not supported',
    unadvertise_action: 'actions are not supported',
    send_action_goal: 'actions are not supported',
    cancel_action_goal: 'actions are not supported',
    action_feedback: 'actions are not supported',
    action_result: 'actions are not supported',
}

const MAX_QUEUE = 1000 // messages
const MAX_THROTTLE = 3_600_000 // ms
const MAX_REQUESTS = 1000 // subscriptions of one client to one topic

/** One planner's connection: carries out its operations, or tells it why not. */
export class Session {
    private readonly subscriptions = new Map<string, Subscription>()
    private warnedMode: string | undefined = 'armed'
    private warnedIgnored = false

    private readonly operations: Record<string, (message: Fields) => void> = {
        subscribe: message => this.subscribe(message),
        unsubscribe: message => this.unsubscribe(message),
        advertise: message => this.advertise(message),
        unadvertise: message => void this.inputTopic(message),
        publish: message => this.publish(message),
        call_service: message => this.callService(message),
        service_response: message => {
            throw new Refusal(`service ${show(message.service)} was not advertised by this client`)
        },
        set_level: message => this.setLevel(message),
        // What a client tells about itself changes nothing here.
        status: () => undefined,
    }

    constructor(
        private readonly door: Door,
        private readonly outbox: Outbox,
        private readonly log: (line: string) => void,
    ) {}

    /** Takes one WebSocket message. Never throws. */
    receive(data: { toString(): string }, isBinary: boolean): void {
        this.door.statistics.messagesReceived++
        let op = 'message'
        let id: unknown
        try {
            if (isBinary) throw new Refusal('binary messages (BSON, CBOR) are not supported: send JSON')
            const message = needObject(parse(data.toString()), 'the message', 'op')
            id = readId(message)
            op = needText(message, 'op')
            if (Object.hasOwn(UNSUPPORTED, op)) throw new Refusal(UNSUPPORTED[op])
            if (!Object.hasOwn(this.operations, op)) {
                throw new Refusal(`op is ${show(op)}; known: ${Object.keys(this.operations).join(', ')}`)
            }
            this.operations[op](message)
        } catch (error) {
            this.door.statistics.refused++
            const text = error instanceof Error ? error.message : String(error)
            if (!(error instanceof Refusal)) this.log(`${op} failed: ${text}`)
            this.outbox.status('error', `${op.slice(0, 30)}: ${text}`, id)
        }
    }

    /** Ends all subscriptions. The robot is told nothing: its own deadline stops what this planner drove. */
    close(): void {
        for (const [topic, subscription] of this.subscriptions) this.drop(topic, subscription)
    }

    private subscribe(message: Fields): void {
        const topic = this.topic(message)
        if (topic.direction === 'in') throw new Refusal(`${topic.name} is what planners publish; nothing comes from it`)
        checkType(topic, optionalText(message, 'type'))
        const compression = optionalText(message, 'compression') ?? 'none'
        if (compression !== 'none') throw new Refusal(`compression is ${show(compression)}; supported: "none"`)
        const throttleRate = optionalCount(message, 'throttle_rate', 'ms', MAX_THROTTLE)
        const queueLength = optionalCount(message, 'queue_length', 'messages', MAX_QUEUE)
        let subscription = this.subscriptions.get(topic.name)
        if (subscription !== undefined && subscription.count >= MAX_REQUESTS) {
            throw new Refusal(`this client has ${MAX_REQUESTS} subscriptions to ${topic.name} already`)
        }
        if (subscription === undefined) {
            subscription = new Subscription(this.outbox, this.door.scheduler)
            this.subscriptions.set(topic.name, subscription)
            this.door.subscribe(topic.name, subscription)
        }
        subscription.request(message.id, { throttleRate, queueLength })
        if (message.fragment_size !== undefined && message.fragment_size !== null) {
            this.outbox.status('warning', 'fragment_size is ignored: messages are sent whole', message.id)
        }
        this.outbox.status('info', `subscribed to ${topic.name}`, message.id)
        const latched = this.door.latched(topic.name)
        if (latched !== undefined) this.outbox.sample(latched)
    }

    private unsubscribe(message: Fields): void {
        const topic = this.topic(message)
        const subscription = this.subscriptions.get(topic.name)
        if (subscription === undefined || !subscription.withdraw(message.id)) {
            this.outbox.status('warning', `unsubscribe: there is no such subscription to ${topic.name}`, message.id)
            return
        }
        if (subscription.count === 0) this.drop(topic.name, subscription)
        this.outbox.status('info', `unsubscribed from ${topic.name}`, message.id)
    }

    private drop(topic: string, subscription: Subscription): void {
        subscription.close()
        this.subscriptions.delete(topic)
        this.door.unsubscribe(topic, subscription)
    }

    private advertise(message: Fields): void {
        const topic = this.inputTopic(message)
        checkType(topic, needText(message, 'type'))
        this.outbox.status('info', `${topic.name} is open for this client`, message.id)
    }

    private publish(message: Fields): void {
        const topic = this.inputTopic(message)
        const { linear, angular, ignored } = readVelocity(message.msg, this.door.limits!)
        try {
            this.door.robot.drive({ linear, angular })
        } catch (error) {
            throw new Refusal(error instanceof Error ? error.message : String(error), { cause: error })
        }
        this.door.statistics.setpoints++
        this.warn(topic, ignored)
    }

    /** Says once what a planner should know about a velocity that was taken. */
    private warn(topic: Topic, ignored: string[]): void {
        const mode = this.door.mode()
        if (mode !== 'armed' && mode !== this.warnedMode) this.outbox.status('warning', `${topic.name}: ${hint(mode)}`)
        this.warnedMode = mode
        if (ignored.length > 0 && !this.warnedIgnored) {
            this.warnedIgnored = true
            const fields = ignored.join(', ')
            this.outbox.status('warning', `${topic.name}: ${fields} ignored: the robot follows linear.x and angular.z`)
        }
    }

    private callService(message: Fields): void {
        const name = absolute(needText(message, 'service'))
        const respond = (result: boolean, values: unknown) =>
            this.outbox.answer({
                op: 'service_response',
                ...(message.id === undefined ? {} : { id: message.id }),
                service: message.service,
                values,
                result,
            })
        const fail = (error: unknown) => {
            const text = error instanceof Error ? error.message : String(error)
            this.door.statistics.refused++
            this.outbox.status('error', `call_service: ${text}`, message.id)
            respond(false, text)
        }
        const service = this.door.services.get(name)
        if (service === undefined) {
            fail(new Refusal(`there is no service ${show(name)}; there are: ${list(this.door.services.keys())}`))
            return
        }
        // An async function, so that what the service throws and what it rejects with end in the same place.
        const call = async () => service.call(readArguments(service, message.args))
        call().then(values => respond(true, values), fail)
    }

    private setLevel(message: Fields): void {
        const level = STATUS_LEVELS.find(level => level === message.level)
        if (level === undefined) {
            throw new Refusal(`level is ${show(message.level)}; allowed: ${STATUS_LEVELS.join(', ')}`)
        }
        this.outbox.level = level
    }

    private topic(message: Fields): Topic {
        const name = absolute(needText(message, 'topic'))
        const topic = this.door.topics.get(name)
        if (topic === undefined) {
            throw new Refusal(`there is no topic ${show(name)}; there are: ${list(this.door.topics.keys())}`)
        }
        return topic
    }

    private inputTopic(message: Fields): Topic {
        const topic = this.topic(message)
        if (topic.direction === 'in') return topic
        const inputs = [...this.door.topics.values()].filter(({ direction }) => direction === 'in')
        const allowed = inputs.map(({ name }) => name).join(', ') || 'nothing'
        throw new Refusal(`${topic.name} is what the robot publishes; planners publish: ${allowed}`)
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

function checkType(topic: Topic, type: string | undefined): void {
    const types = [topic.type, ...topic.alsoTypes]
    if (type === undefined || types.some(own => sameType(own, type))) return
    throw new Refusal(`type is ${show(type)}; ${topic.name} has: ${types.join(' or ')}`)
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

/** Names without the leading slash are meant from the root: clients write both. */
function absolute(name: string): string {
    return name.startsWith('/') ? name : `/${name}`
}

function list(names: Iterable<string>): string {
    return [...names].join(', ')
}

function hint(mode: string | undefined): string {
    if (mode === undefined) return 'the robot has sent no sample yet'
    if (mode === 'timeout') return 'the robot stopped because no velocity came before its deadline: call /arm first'
    if (mode === 'estop') return 'the robot is stopped: call /disarm, then /arm'
    if (mode === 'idle') return 'the robot is idle: call /arm first'
    if (mode === 'calibrating') return 'the robot is calibrating: wait until it is idle, then call /arm'
    return `the robot is in mode ${mode}: /diagnostics tells why`
}
