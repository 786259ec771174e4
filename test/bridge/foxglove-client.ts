import { parse } from '@foxglove/rosmsg'
import { MessageReader, MessageWriter } from '@foxglove/rosmsg2-serialization'
import {
    type Channel,
    FoxgloveClient,
    type ParameterValues,
    type ServerInfo,
    type Service,
    type StatusMessage,
} from '@foxglove/ws-protocol'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { startFoxglove } from '../../src/bridge/foxglove'
import type { DoorOptions } from '../../src/bridge/rosbridge'
import { KinematicRobot } from './kinematic-robot'
import { Inbox } from './planner'

export const SUBPROTOCOL = FoxgloveClient.SUPPORTED_SUBPROTOCOL

/** Foxglove's own client, decoding with the schemas that the server sends. */
export class FoxglovePlanner {
    readonly infos = new Inbox<ServerInfo>()
    readonly channels = new Inbox<Channel>()
    readonly services = new Inbox<Service>()
    readonly statuses = new Inbox<StatusMessage>()
    readonly parameterValues = new Inbox<ParameterValues>()
    readonly times = new Inbox<bigint>()
    readonly graphs = new Inbox<Record<string, { name: string }[]>>()
    readonly client: FoxgloveClient
    private calls = 0

    private constructor(readonly socket: WebSocket) {
        this.client = new FoxgloveClient({ ws: socket as never })
        this.client.on('serverInfo', this.infos.push)
        this.client.on('advertise', channels => channels.forEach(this.channels.push))
        this.client.on('advertiseServices', services => services.forEach(this.services.push))
        this.client.on('status', this.statuses.push)
        this.client.on('parameterValues', this.parameterValues.push)
        this.client.on('time', ({ timestamp }) => this.times.push(timestamp))
        this.client.on('connectionGraphUpdate', graph => this.graphs.push(graph as never))
    }

    static async connect(url: string, subprotocol: string = SUBPROTOCOL, options = {}): Promise<FoxglovePlanner> {
        const socket = new WebSocket(url, [subprotocol], options)
        const planner = new FoxglovePlanner(socket)
        const opened = new Promise((resolve, reject) => {
            planner.client.on('open', () => resolve(undefined))
            planner.client.on('error', reject)
        })
        await opened
        onTestFinished(() => socket.terminate())
        return planner
    }

    /** Subscribes; messages come decoded, with their stamps. */
    async subscribe<T>(topic: string): Promise<Inbox<{ stamp: bigint; message: T }>> {
        const channel = await this.channels.find(channel => channel.topic === topic)
        const reader = new MessageReader(parse(channel.schema, { ros2: true }))
        const inbox = new Inbox<{ stamp: bigint; message: T }>()
        const id = this.client.subscribe(channel.id)
        this.client.on('message', ({ subscriptionId, timestamp, data }) => {
            if (subscriptionId === id) inbox.push({ stamp: timestamp, message: reader.readMessage(data) as T })
        })
        await this.settle()
        return inbox
    }

    async call<T>(name: string, args: object = {}): Promise<T> {
        const service = await this.services.find(service => service.name === name)
        const callId = ++this.calls
        const answer = new Promise<T>((resolve, reject) => {
            const reader = new MessageReader(parse(service.response!.schema, { ros2: true }))
            this.client.on('serviceCallResponse', response => {
                if (response.callId === callId) resolve(reader.readMessage(response.data) as T)
            })
            this.client.on('serviceCallFailure', failure => {
                if (failure.callId === callId) reject(new Error(failure.message))
            })
        })
        const writer = new MessageWriter(parse(service.request!.schema, { ros2: true }))
        const data = writer.writeMessage(args)
        this.client.sendServiceCallRequest({ serviceId: service.id, callId, encoding: 'cdr', data })
        return answer
    }

    /** Resolves when the server has dealt with everything sent before. */
    async settle(): Promise<void> {
        await this.call('/rosapi/get_time')
    }

    async closed(): Promise<number> {
        const [code] = (await once(this.socket, 'close')) as [number]
        return code
    }
}

/** Starts a Foxglove door on a free port for a robot on a manual clock; the test's end closes it. */
export async function openFoxglove(options: DoorOptions = {}, robot = new KinematicRobot()) {
    const door = await startFoxglove(robot, { port: 0, scheduler: robot.scheduler, ...options })
    onTestFinished(() => door.close())
    return { robot, door }
}
