import { Ros, Service, Topic } from 'roslib'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { type RosbridgeOptions, startRosbridge } from '../../src/bridge/rosbridge'
import { KinematicRobot } from './kinematic-robot'

/** Messages as they come, for a test that waits for them. */
export class Inbox<T> {
    readonly messages: T[] = []
    private waiting: { enough: () => boolean; resolve: () => void }[] = []

    readonly push = (message: T): void => {
        this.messages.push(message)
        this.waiting = this.waiting.filter(({ enough, resolve }) => !enough() || resolve())
    }

    /** Resolves with all messages as soon as there are this many. */
    async count(count: number): Promise<T[]> {
        await this.until(() => this.messages.length >= count)
        return this.messages
    }

    /** Resolves with the first message for which this holds. */
    async find(test: (message: T) => boolean): Promise<T> {
        await this.until(() => this.messages.some(test))
        return this.messages.find(test)!
    }

    private async until(enough: () => boolean): Promise<void> {
        if (!enough()) await new Promise<void>(resolve => this.waiting.push({ enough, resolve }))
    }
}

/** Connects the real roslib client. */
export async function connectRoslib(url: string): Promise<Ros> {
    const ros = new Ros()
    const connected = new Promise((resolve, reject) => ros.once('connection', resolve).once('error', reject))
    await ros.connect(url)
    await connected
    return ros
}

export interface Status {
    op: string
    id?: string | number
    level?: string
    msg?: string
    [field: string]: unknown
}

/** A WebSocket that sends what it likes: what roslib never would. */
export class RawClient {
    readonly inbox = new Inbox<Status>()

    private constructor(readonly socket: WebSocket) {
        socket.on('message', data => this.inbox.push(JSON.parse(data.toString()) as Status))
    }

    static async connect(url: string, headers: Record<string, string> = {}): Promise<RawClient> {
        const socket = new WebSocket(url, { headers })
        const client = new RawClient(socket)
        await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
        return client
    }

    send(message: object | string | Buffer): void {
        this.socket.send(Buffer.isBuffer(message) || typeof message === 'string' ? message : JSON.stringify(message))
    }

    /** Resolves with the answers that came before the bridge had dealt with everything sent so far. */
    async settle(): Promise<Status[]> {
        const id = `settle-${++this.settled}`
        this.send({ op: 'call_service', id, service: '/rosapi/get_time' })
        await this.inbox.find(message => message.op === 'service_response' && message.id === id)
        return this.inbox.messages.splice(0).filter(message => message.id !== id)
    }

    private settled = 0
}

/** Starts a bridge on a free port for a robot on a manual clock; the test's end closes it. */
export async function openDoor(options: RosbridgeOptions = {}, robot = new KinematicRobot()) {
    const bridge = await startRosbridge(robot, { port: 0, scheduler: robot.scheduler, ...options })
    onTestFinished(() => bridge.close())
    return { robot, bridge }
}

/** The same with a roslib client connected to it. */
export async function openDoorWithRoslib(options: RosbridgeOptions = {}, robot = new KinematicRobot()) {
    const { bridge } = await openDoor(options, robot)
    const ros = await connectRoslib(bridge.url)
    onTestFinished(() => ros.close())
    return { robot, bridge, ros }
}

export function callService<T>(ros: Ros, name: string, args: object = {}): Promise<T> {
    const service = new Service<object, T>({ ros, name, serviceType: '' })
    return new Promise((resolve, reject) => service.callService(args, resolve, reject))
}

/** Resolves when the bridge has dealt with everything this client sent before. */
export async function settled(ros: Ros): Promise<void> {
    await callService(ros, '/rosapi/get_time')
}

/** Subscribes, and resolves when the bridge knows. */
export async function subscribe<T>(ros: Ros, name: string, messageType: string, options: object = {}) {
    const inbox = new Inbox<T>()
    const topic = new Topic<T>({ ros, name, messageType, ...options })
    topic.subscribe(inbox.push)
    await settled(ros)
    return { inbox, topic }
}
