import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openDoor, RawClient } from './planner'

const publish = (x: unknown, z: unknown = 0) => ({
    op: 'publish',
    id: 1,
    topic: '/cmd_vel',
    msg: { linear: { x, y: 0, z: 0 }, angular: { x: 0, y: 0, z } },
})
const subscribe = { op: 'subscribe', id: 's', topic: '/odom' }

/** A connected client of an armed robot that counts the velocities it is given. */
async function setUp() {
    const { robot, bridge } = await openDoor()
    const driven: unknown[] = []
    robot.on('drive', velocity => driven.push(velocity))
    await robot.arm()
    robot.step()
    const client = await RawClient.connect(bridge.url)
    onTestFinished(() => client.socket.terminate())
    return { robot, bridge, client, driven }
}

describe('rosbridge refuses, and the robot stays still,', () => {
    it.each<[unknown, string]>([
        ['{"op":"publish"', 'message: not JSON: '],
        ['', 'message: not JSON: '],
        ['{"op":"publish","topic":"/cmd_vel","msg":{"linear":{"x":NaN}}}', 'message: not JSON: '],
        ['null', 'message: the message is null; needed: an object with op'],
        ['[1]', 'message: the message is an array'],
        ['7', 'message: the message is 7'],
        [Buffer.from([1, 2, 3]), 'message: binary messages (BSON, CBOR) are not supported'],
        [{}, 'message: op is missing; needed: a text'],
        [{ op: 5 }, 'message: op is 5; needed: a text'],
        [{ op: 'dance' }, 'dance: op is "dance"; known: subscribe, unsubscribe, advertise,'],
        [{ op: 'constructor' }, 'constructor: op is "constructor"; known: subscribe,'],
        [{ op: 'subscribe', id: {}, topic: '/odom' }, 'message: id is an object; needed: a text or a number'],

        [{ op: 'fragment', id: 'f', data: 5, num: 0, total: 2 }, 'fragment: data is 5; needed: a text'],
        [{ op: 'fragment', id: 'f', data: '{', num: 2, total: 2 }, 'fragment: num is 2; needed: a whole number from 0'],
        [{ op: 'fragment', id: 'f', data: '{', num: 0, total: 1e9 }, 'fragment: total is 1000000000; needed: a whole'],
        [{ op: 'fragment', data: '{', num: 0, total: 2 }, 'fragment: id is missing'],
        [{ op: 'png', data: '' }, 'png: PNG compression is not supported'],
        [{ op: 'auth', mac: '' }, 'auth: there is no login over the connection'],
        [{ op: 'advertise_service', service: '/x', type: 'y' }, 'advertise_service: services of clients are not'],
        [{ op: 'unadvertise_service', service: '/x' }, 'unadvertise_service: services of clients are not supported'],
        ...['advertise_action', 'unadvertise_action', 'action_feedback', 'action_result'].map(
            (op): [unknown, string] => [{ op, action: '/a' }, `${op}: actions of clients are not supported`],
        ),
        [{ op: 'service_response', service: '/x' }, 'service_response: service "/x" was not advertised'],

        [{ op: 'subscribe' }, 'subscribe: topic is missing; needed: a text'],
        [{ op: 'subscribe', topic: '/scan' }, 'subscribe: there is no topic "/scan"; there are: /joint_states, /odom,'],
        [{ op: 'subscribe', topic: '__proto__' }, 'subscribe: there is no topic "/__proto__"'],
        [{ op: 'subscribe', topic: '/cmd_vel' }, 'subscribe: /cmd_vel is what planners publish'],
        [{ ...subscribe, type: 'sensor_msgs/Imu' }, 'subscribe: type is "sensor_msgs/Imu"; /odom has: nav_msgs/msg/Od'],
        [{ ...subscribe, type: 3 }, 'subscribe: type is 3; needed: a text'],
        [
            { ...subscribe, compression: 'png' },
            'subscribe: compression is "png"; supported: "none", "cbor", "cbor-raw"',
        ],
        [{ ...subscribe, fragment_size: 10 }, 'subscribe: fragment_size is 10; needed: 100 characters or more'],
        [{ ...subscribe, throttle_rate: -1 }, 'subscribe: throttle_rate is -1; needed: a whole number of ms from 0 to'],
        [{ ...subscribe, throttle_rate: '50' }, 'subscribe: throttle_rate is "50"; needed: a whole number of ms'],
        [{ ...subscribe, queue_length: 1e9 }, 'subscribe: queue_length is 1000000000; needed: a whole number of messa'],

        [{ op: 'advertise', topic: '/cmd_vel' }, 'advertise: type is missing'],
        [
            { op: 'advertise', topic: '/cmd_vel', type: 'std_msgs/String' },
            'advertise: type is "std_msgs/String"; /cmd_v',
        ],
        [
            { op: 'advertise', topic: '/odom', type: 'x/Y' },
            'advertise: /odom is what the robot publishes; planners publ',
        ],
        [{ op: 'publish', topic: '/cmd_vel' }, 'publish: msg is missing'],
        [{ op: 'publish', topic: '/odom', msg: {} }, 'publish: /odom is what the robot publishes'],
        [{ op: 'publish', topic: '/none', msg: {} }, 'publish: there is no topic "/none"'],
        [{ op: 'publish', msg: {} }, 'publish: topic is missing'],
        [publish('fast'), 'publish: linear.x is "fast"; allowed: -0.49 to 0.49 m/s'],
        [publish(null), 'publish: linear.x is null; allowed: -0.49 to 0.49 m/s'],
        [publish(true), 'publish: linear.x is true; allowed'],
        [publish([0.1]), 'publish: linear.x is an array; allowed'],
        [publish(undefined), 'publish: linear.x is missing; allowed'],
        [publish(0.5), 'publish: linear.x is 0.5; allowed: -0.49 to 0.49 m/s'],
        [publish(0, -7), 'publish: angular.z is -7; allowed: -6.533 to 6.533 rad/s'],
        [publish(0.49, 1), 'publish: linear.x 0.49 m/s with angular.z 1 rad/s asks wheel right_wheel for 0.565 m/s'],
        [JSON.stringify(publish(7)).replace('7', '1e999'), 'publish: linear.x is Infinity; allowed'],

        [{ op: 'set_level', level: 'loud' }, 'set_level: level is "loud"; allowed: info, warning, error, none'],
        [{ op: 'call_service' }, 'call_service: service is missing; needed: a text'],
        [
            { op: 'call_service', service: '/arm', args: 'now' },
            'call_service: args is "now"; needed: an object with no',
        ],
    ])('%j', async (message, text) => {
        const { robot, bridge, client, driven } = await setUp()
        client.send(message as object)
        const answers = (await client.settle()).filter(({ op }) => op === 'status')
        expect(answers).toHaveLength(1)
        expect(answers[0]).toMatchObject({ op: 'status', level: 'error', msg: expect.stringContaining(text) })
        const { id } = Object(message) as { id?: unknown }
        if (typeof id === 'string' || typeof id === 'number') expect(answers[0].id).toBe(id)
        expect(bridge.statistics().refused).toBe(1)

        robot.step(3)
        expect(driven).toEqual([])
        expect(robot.state!.odometry).toMatchObject({ x: 0, y: 0, heading: 0 })
        client.send(publish(0.1))
        await client.settle()
        expect(driven).toEqual([{ linear: 0.1, angular: 0 }])
    })

    it('a message of ten megabytes, by ending the connection', async () => {
        const { bridge, client, driven } = await setUp()
        const closed = new Promise(resolve => client.socket.once('close', resolve))
        client.send(' '.repeat(10_000_000))
        expect(await closed).toBe(1009) // RFC 6455, section 7.4.1: message too big
        const other = await RawClient.connect(bridge.url)
        other.send(publish(0.1))
        await other.settle()
        expect(driven).toEqual([{ linear: 0.1, angular: 0 }])
    })

    it('more subscriptions than a client can need', async () => {
        const { client } = await setUp()
        for (let id = 1; id <= 1001; id++) client.send({ ...subscribe, id })
        expect(await client.settle()).toMatchObject([
            {
                op: 'status',
                id: 1001,
                level: 'error',
                msg: 'subscribe: this client has 1000 subscriptions to /odom already',
            },
        ])
    })

    it('whatever else JSON can hold, without falling over', async () => {
        const { client, driven } = await setUp()
        const operations = ['publish', 'subscribe', 'unsubscribe', 'advertise', 'call_service', 'set_level', 'status']
        const message = fc.record(
            {
                op: fc.constantFrom(...operations),
                id: fc.jsonValue(),
                topic: fc.oneof(fc.constantFrom('/cmd_vel', '/odom'), fc.jsonValue()),
                service: fc.oneof(fc.constantFrom('/rosapi/topics', '/rosapi/topic_type'), fc.jsonValue()),
                msg: fc.oneof(
                    fc.record({ linear: fc.jsonValue(), angular: fc.jsonValue() }),
                    fc.record({ twist: fc.jsonValue(), header: fc.jsonValue() }),
                    fc.jsonValue(),
                ),
                args: fc.jsonValue(),
                throttle_rate: fc.jsonValue(),
            },
            { requiredKeys: ['op'] },
        )
        await fc.assert(
            fc.asyncProperty(fc.array(message, { maxLength: 20 }), async messages => {
                for (const message of messages) client.send(message)
                await client.settle()
            }),
            { numRuns: 50, seed: 1 },
        )
        expect(driven).toEqual([])
    })

    it('nesting that is deeper than any stack', async () => {
        const { client } = await setUp()
        client.send(`{"op":"publish","topic":"/cmd_vel","msg":${'['.repeat(200_000)}${']'.repeat(200_000)}}`)
        const [answer] = await client.settle()
        expect(answer).toMatchObject({
            op: 'status',
            level: 'error',
            msg: expect.stringMatching(/^publish: msg is an a/),
        })
    })
})

describe('rosbridge warns', () => {
    it.each<[object, string]>([
        [{ op: 'unsubscribe', topic: '/odom' }, 'unsubscribe: there is no such subscription to /odom'],
    ])('of %j', async (message, text) => {
        const { client } = await setUp()
        client.send(message)
        expect(await client.settle()).toMatchObject([{ op: 'status', level: 'warning', msg: text }])
    })
})
