import { parse } from '@foxglove/rosmsg'
import { MessageWriter } from '@foxglove/rosmsg2-serialization'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { startBridge } from '../../src/bridge/start-bridge'
import { definitionText } from '../../src/bridge/ros/definitions'
import { RobotError } from '../../src/host/robot'
import { WebSocket } from 'ws'
import { SUBPROTOCOL } from './foxglove-client'
import { KinematicRobot } from './kinematic-robot'
import { RawClient } from './planner'

// Every type that a planner can send, made wrong in every way, through every door: each is refused saying what is wrong, and
// nothing of it reaches the robot.

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type Message = { [key: string]: Json }

const twist = { linear: { x: 0.1, y: 0, z: 0 }, angular: { x: 0, y: 0, z: 0.1 } }
const point = {
    positions: [0.1, 0.2],
    velocities: [0, 0],
    accelerations: [0, 0],
    time_from_start: { sec: 1, nanosec: 0 },
}
const trajectory = { joint_names: ['left_wheel', 'right_wheel'], points: [point] }
const tolerance = { name: 'left_wheel', position: 0.1, velocity: 0, acceleration: 0 }

/** A right message of each type. */
const INPUTS: { topic: string; type: string; message: Message; optional: RegExp }[] = [
    { topic: '/cmd_vel', type: 'geometry_msgs/msg/Twist', message: twist, optional: /^linear\.[yz]$|^angular\.[xy]$/ },
    {
        topic: '/cmd_vel',
        type: 'geometry_msgs/msg/TwistStamped',
        message: { header: { stamp: { sec: 0, nanosec: 0 }, frame_id: '' }, twist },
        optional: /^header|^twist\.linear\.[yz]$|^twist\.angular\.[xy]$/,
    },
    ...['position', 'velocity', 'effort'].map(what => ({
        topic: `/forward_${what}_controller/commands`,
        type: 'std_msgs/msg/Float64MultiArray',
        message: { data: [0.1, -0.1] },
        optional: /^$/,
    })),
    {
        topic: '/joint_trajectory_controller/joint_trajectory',
        type: 'trajectory_msgs/msg/JointTrajectory',
        message: trajectory,
        optional: /\.(velocities|accelerations|sec|nanosec)$/,
    },
]

/** Every place in a message: `points.0.positions`. */
function places(value: Json, path: string[] = []): string[][] {
    if (typeof value !== 'object' || value === null) return [path]
    const inner = Object.entries(value).flatMap(([key, member]) => places(member, [...path, key]))
    return path.length === 0 ? inner : [path, ...inner]
}

/** The message with what is at a place changed, or left out. */
function changed(message: Message, path: string[], change: (value: Json) => Json | undefined): Message {
    const copy = structuredClone(message)
    const parent = path.slice(0, -1).reduce<Message>((value, key) => value[key] as Message, copy)
    const key = path.at(-1)!
    const value = change(parent[key])
    if (value !== undefined) parent[key] = value
    else if (Array.isArray(parent)) (parent as Json[]).splice(Number(key), 1)
    else delete parent[key]
    return copy
}

/** Everything that is wrong with a message, and what was done to it. */
function wrongs(message: Message, optional: RegExp): [what: string, message: Json][] {
    const all: [string, Json][] = [5, 'text', null, [], true].map(value => [`is ${JSON.stringify(value)}`, value])
    for (const path of places(message)) {
        const name = path.join('.')
        const value = path.reduce<Json>((inner, key) => (inner as Message)[key], message)
        const wrong = (what: string, change: () => Json | undefined) =>
            all.push([`${name} ${what}`, changed(message, path, change)])
        if (!optional.test(name)) wrong('left out', () => undefined)
        if (/header\./.test(name)) continue // what is in it does not matter to a velocity
        if (typeof value === 'number') {
            wrong('null, as JSON has NaN', () => null)
            wrong('"NaN"', () => 'NaN')
            wrong('1e300', () => (name.endsWith('.y') || /angular\.x|linear\.z/.test(name) ? 'x' : 1e300))
            wrong('an object', () => ({}))
        } else if (typeof value === 'string') {
            wrong('another joint', () => 'wrist')
            wrong('a number', () => 5)
        } else if (Array.isArray(value)) {
            wrong('a text', () => 'text')
            wrong('one too many', () => [...value, value[0]])
        } else {
            wrong('a number', () => 5)
            wrong('with a strange field', () => ({ ...(value as Message), strange: 1 }))
        }
    }
    all.push(['with a strange field', { ...message, strange: 1 }])
    return all
}

/** An armed robot behind both doors, with a client at each, and everything that could move it counted. */
async function setUp() {
    const robot = new KinematicRobot()
    const unmoved = [
        vi.spyOn(robot, 'drive'),
        vi.spyOn(robot, 'command').mockImplementation(() => {}),
        vi.spyOn(robot, 'joint'),
        vi.spyOn(robot, 'follow').mockImplementation(() => Promise.reject(new RobotError('trajectory', 'not here'))),
    ]
    const bridge = await startBridge(robot, {
        port: 0,
        foxglovePort: 0,
        scheduler: robot.scheduler,
        maxMessageRate: 1e6,
    })
    onTestFinished(() => bridge.close())
    await robot.arm()
    robot.step()
    const rosbridge = await RawClient.connect(bridge.rosbridge.url)
    const socket = new WebSocket(bridge.foxglove!.url, [SUBPROTOCOL])
    const told: { op: string; level?: number; message: string }[] = []
    socket.on('message', (data: Buffer, isBinary) => void (isBinary || told.push(JSON.parse(data.toString()) as never)))
    await once(socket, 'open')
    onTestFinished(() => (socket.terminate(), rosbridge.socket.terminate()))
    const still = () => {
        for (const spy of unmoved) expect(spy).not.toHaveBeenCalled()
        robot.step()
        expect(robot.state!.joints.every(({ velocity }) => velocity === 0)).toBe(true)
    }
    return { robot, bridge, rosbridge, foxglove: { socket, told }, unmoved, still }
}

/** Foxglove's message data for a channel. */
function messageData(channel: number, payload: Uint8Array): Buffer {
    const head = Buffer.alloc(5)
    head[0] = 1
    head.writeUInt32LE(channel, 1)
    return Buffer.concat([head, payload])
}

describe.each(INPUTS)('$type on $topic', ({ topic, type, message, optional }) => {
    it('is refused at the rosbridge however it is wrong, and the robot stays still', async () => {
        const { rosbridge, still, unmoved } = await setUp()
        const all = wrongs(message, optional)
        expect(all.length).toBeGreaterThan(10)
        for (const [what, msg] of all) {
            rosbridge.send({ op: 'publish', id: what, topic, msg })
            const statuses = (await rosbridge.settle()).filter(({ level }) => level === 'error')
            expect(
                statuses.map(({ id }) => id),
                what,
            ).toEqual([what])
            expect(statuses[0].msg, what).toMatch(/^publish: .+ (is|has|asks|without|given) ?.+/)
        }
        still()
        rosbridge.send({ op: 'publish', topic, msg: message })
        await rosbridge.settle()
        const calls = unmoved.reduce((sum, { mock }) => sum + mock.calls.length, 0)
        expect(calls, 'the right one').toBe(1)
    })

    it('is refused at the Foxglove door in JSON and CDR, and the robot stays still', async () => {
        const { foxglove, still, bridge } = await setUp()
        const { socket, told } = foxglove
        const channel = (id: number, encoding: string) => ({ id, topic, encoding, schemaName: type })
        socket.send(JSON.stringify({ op: 'advertise', channels: [channel(1, 'json'), channel(2, 'cdr')] }))
        const all = wrongs(message, optional)
        for (const [, wrong] of all) socket.send(messageData(1, Buffer.from(JSON.stringify(wrong))))
        // NaN itself, which CDR can hold, at each place of a number.
        const writer = new MessageWriter(parse(definitionText(type), { ros2: true }))
        const numbers = places(message).filter(path => {
            const value = path.reduce<Json>((inner, key) => (inner as Message)[key], message)
            return typeof value === 'number' && !/sec$/.test(path.at(-1)!)
        })
        for (const path of numbers) socket.send(messageData(2, writer.writeMessage(changed(message, path, () => NaN))))
        socket.send(messageData(2, Buffer.from([0, 1, 0, 0, 7])))
        const expected = all.length + numbers.length + 1
        await vi.waitFor(() => expect(told.filter(({ level }) => level === 2)).toHaveLength(expected), 10_000)
        expect(told.filter(({ level }) => level === 2).every(({ message }) => message.startsWith(`${topic}: `))).toBe(
            true,
        )
        expect(bridge.statistics().refused).toBe(expected)
        still()
    })
})

describe('a goal of FollowJointTrajectory', () => {
    const goal = {
        trajectory,
        path_tolerance: [tolerance],
        goal_tolerance: [tolerance],
        goal_time_tolerance: { sec: 1, nanosec: 0 },
    }
    it('is refused however it is wrong, and the robot stays still', async () => {
        const { rosbridge, still } = await setUp()
        const optional =
            /tolerance$|tolerance\.0(\.(position|velocity|acceleration))?$|\.(velocities|accelerations|sec|nanosec)$/
        const action = '/joint_trajectory_controller/follow_joint_trajectory'
        for (const [what, args] of wrongs(goal, optional)) {
            // Two tolerances for a joint, or one without end, do no harm.
            if (/tolerance one too many$|tolerance\.0\.position 1e300$/.test(what)) continue
            rosbridge.send({ op: 'send_action_goal', id: what, action, args })
            const answers = await rosbridge.settle()
            expect(
                answers.map(({ op, result, level }) => [op, result ?? level]),
                what,
            ).toEqual([
                ['action_result', false],
                ['status', 'error'],
            ])
        }
        still()
    })
})

describe.each(['/arm', '/disarm', '/stop', '/take_over'])('the service %s', service => {
    it('is refused with arguments that it does not have', async () => {
        const { rosbridge, still, robot } = await setUp()
        await robot.disarm()
        for (const args of [{ force: true }, [1], 5, 'now', true]) {
            rosbridge.send({ op: 'call_service', id: 'call', service, args })
            const answers = await rosbridge.settle()
            expect(
                answers.find(({ op }) => op === 'service_response'),
                JSON.stringify(args),
            ).toMatchObject({ result: false })
        }
        robot.step()
        expect(robot.state!.mode).toBe('idle')
        still()
    })
})

describe('no client gets in', () => {
    it.each<[string, object, string]>([
        ['without the token', {}, '401'],
        ['with another token', { headers: { Authorization: 'Bearer 0123456789abcdeg' } }, '401'],
        [
            'from a foreign web page, even with the token',
            { headers: { Authorization: 'Bearer 0123456789abcdef', Origin: 'https://evil.example' } },
            '403',
        ],
    ])('%s, at any door', async (_, options, status) => {
        const robot = new KinematicRobot()
        const token = '0123456789abcdef'
        const bridge = await startBridge(robot, { port: 0, foxglovePort: 0, scheduler: robot.scheduler, token })
        onTestFinished(() => bridge.close())
        for (const [url, protocols] of [
            [bridge.rosbridge.url, []],
            [bridge.foxglove!.url, [SUBPROTOCOL]],
        ] as const) {
            const socket = new WebSocket(url, [...protocols], options)
            const [error] = (await once(socket, 'error')) as [Error]
            expect(error.message).toBe(`Unexpected server response: ${status}`)
        }
        expect(bridge.statistics()).toMatchObject({ clients: 0, messagesReceived: 0 })
    })
})

it.each(INPUTS)('ten megabytes of $type on $topic end the connection', async ({ topic, message }) => {
    const { rosbridge, foxglove, still } = await setUp()
    const closed = once(rosbridge.socket, 'close')
    rosbridge.send({ op: 'publish', topic, msg: { ...message, strange: 'x'.repeat(10e6) } })
    expect((await closed)[0]).toBe(1009)
    const gone = once(foxglove.socket, 'close')
    foxglove.socket.send(messageData(1, Buffer.alloc(10e6)))
    expect((await gone)[0]).toBe(1009)
    still()
})
