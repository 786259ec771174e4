import { randomUUID } from 'node:crypto'
import mqtt from 'mqtt'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FleetAgent } from '../../src/fleet/agent'
import { type EmbeddedBroker, startBroker } from '../../src/fleet/broker'
import { FleetClient } from '../../src/fleet/client'
import type { Answer } from '../../src/fleet/messages'
import { CommandLease } from '../../src/host/lease'
import { systemScheduler } from '../../src/host/scheduler'
import { KinematicRobot } from '../bridge/kinematic-robot'

let broker: EmbeddedBroker
let robot: KinematicRobot
let agent: FleetAgent
let commandLease: CommandLease
const clients: FleetClient[] = []

beforeEach(async () => {
    broker = await startBroker(0)
    robot = new KinematicRobot()
    commandLease = new CommandLease()
    agent = await FleetAgent.start(robot, {
        url: broker.url,
        id: 'r1',
        hostVersion: '0.1.0',
        scheduler: systemScheduler,
        commandLease,
    })
})

afterEach(async () => {
    for (const client of clients.splice(0)) await client.close()
    await agent.close()
    await broker.close()
})

async function planner(name: string): Promise<FleetClient> {
    const client = await FleetClient.connect({ url: broker.url, name })
    clients.push(client)
    await vi.waitFor(() => expect(client.view.robot('r1')?.about).toBeDefined())
    return client
}

test('a planner sees the robot, takes its lease, arms and drives it; a second one is refused until it is released', async () => {
    const [first, second] = [await planner('first'), await planner('second')]
    robot.step(1)
    await vi.waitFor(() => expect(first.view.robot('r1')).toMatchObject({ status: 'online', state: { mode: 'idle' } }))
    expect(first.mqttVersion).toBe(4)

    const commander = await first.command('r1')
    await commander.arm()
    const driven = new Promise(resolve => robot.once('drive', resolve))
    await commander.drive({ linear: 0.2, angular: -0.1 })
    expect(await driven).toMatchObject({ linear: 0.2, angular: -0.1 })

    await expect(second.command('r1')).rejects.toMatchObject({
        code: 'leased',
        message: expect.stringMatching(/"first" holds the lease for another [0-9.]+ s/),
    })
    robot.step(1)
    expect(robot.state!.mode).toBe('armed')
    await commander.release()
    // Nobody is in charge: it disarms.
    await vi.waitFor(() => expect(step().mode).toBe('idle'))
    await (await second.command('r1')).arm()
})

test('the emergency stop needs no lease; of a name that nobody has it says which robots there are', async () => {
    const [first, second] = [await planner('first'), await planner('second')]
    await expect(second.stop('r2')).rejects.toThrow(
        'robot "r2" did not answer "stop": there is none of that name; there are: r1',
    )
    await (await first.command('r1')).arm()
    await second.stop('r1')
    expect(step().mode).toBe('estop')
})

test('while a client of the bridge commands the robot, the fleet only watches, and its lease disarms nothing', async () => {
    const takenOver = vi.fn()
    const client = { name: 'the client', takenOver }
    const commander = await (await planner('first')).command('r1')
    await commander.arm()
    await commandLease.takeOver(client)
    await expect(commander.disarm()).rejects.toMatchObject({
        code: 'leased',
        message: expect.stringMatching(/the client commands the robot/),
    })
    await commander.release()
    expect(commandLease.holder).toBe(client)
    expect(step().mode).toBe('armed')
    commandLease.release(client)
    await (await clients[0].command('r1')).arm()
    expect(() => commandLease.check(client)).toThrow('a planner of the fleet commands the robot')
    expect(takenOver).not.toHaveBeenCalled()
})

test('a lease runs out by itself, and the robot disarms', async () => {
    const first = await planner('first')
    const expires = systemScheduler.epoch() + 2
    await first.ask('r1', { op: 'lease', seconds: 0.5 }, expires)
    await first.ask('r1', { op: 'arm' }, expires)
    expect(step().mode).toBe('armed')
    await vi.waitFor(() => expect(first.view.robot('r1')?.lease?.holder).toBeNull(), 5000)
    await vi.waitFor(() => expect(step().mode).toBe('idle'))
    await expect(first.ask('r1', { op: 'arm' }, systemScheduler.epoch() + 2)).rejects.toMatchObject({
        code: 'no-lease',
    })
})

test('an aborted signal gives the lease back', async () => {
    const [first, second] = [await planner('first'), await planner('second')]
    const controller = new AbortController()
    const commander = await first.command('r1', { signal: controller.signal })
    controller.abort()
    await vi.waitFor(async () => (await second.command('r1')).release(), 3000)
    await expect(commander.arm()).rejects.toMatchObject({ name: 'AbortError' })
    await expect((async () => commander.drive({ linear: 1, angular: 0 }))()).rejects.toMatchObject({
        name: 'AbortError',
    })
})

test('a blocked robot says why over the broker', async () => {
    robot.blocked = ['encoder']
    const commander = await (await planner('first')).command('r1')
    await expect(commander.arm()).rejects.toMatchObject({
        code: 'blocked',
        message: 'robot "r1": arming is blocked by: encoder',
    })
})

test('wrong, late, repeated and retained commands are refused, and nothing moves', async () => {
    const first = await planner('first')
    const commander = await first.command('r1')
    await commander.arm()
    const moves: unknown[] = []
    robot.on('drive', velocity => moves.push(velocity))

    const raw = await mqtt.connectAsync(broker.url)
    const answers = new Map<string, Answer>()
    raw.on('message', (_topic, payload) => {
        const answer = JSON.parse(payload.toString()) as Answer
        answers.set(answer.id, answer)
    })
    await raw.subscribeAsync('tendon/v1/r1/answer/first')
    const now = systemScheduler.epoch()
    const drive = { op: 'drive', from: 'first', linear: 0.1, angular: 0, sequence: 2e15, expires: now + 5 }
    const joints = { ...drive, op: 'joints', linear: undefined, angular: undefined }
    const cases: [object, RegExp, boolean?][] = [
        [{ ...drive, linear: undefined }, /linear is missing; allowed: -100 to 100 \(m\/s\)/],
        [{ ...drive, linear: null }, /linear is null/],
        [{ ...drive, angular: '1' }, /angular is "1"/],
        [{ ...joints, setpoints: undefined }, /setpoints is missing; needed: an object with a setpoint for each joint/],
        [{ ...joints, setpoints: {} }, /setpoints is {};/],
        [{ ...joints, setpoints: [{ velocity: 1 }] }, /setpoints is \[/],
        [{ ...joints, setpoints: null }, /setpoints is null/],
        [{ ...joints, setpoints: { wing: { velocity: 1 } }, linear: 1 }, /joints has no field "linear"/],
        [{ ...drive, op: 'fly' }, /op is "fly"; allowed: ping, lease, arm, disarm, stop, drive, joint/],
        [{ ...drive, speed: 1 }, /drive has no field "speed"/],
        [{ ...drive, expires: now - 0.1 }, /the command expired 0\.\d+ s ago/],
        [{ ...drive, expires: now + 3600 }, /expires is 3\d\d\d\.\d s ahead; allowed: 10/],
        [{ ...drive, sequence: 1.5 }, /sequence is 1\.5; needed: a whole number/],
        [{ ...drive, padding: 'x'.repeat(5000) }, /bytes; allowed: 4096/],
        [drive, /is retained/, true],
        // A joint that there is not: the robot's own refusal.
        [
            {
                op: 'joint',
                joint: 'arm',
                quantity: 'effort',
                value: 1,
                from: 'first',
                sequence: 3e15,
                expires: now + 5,
            },
            /arm/,
        ],
    ]
    for (const [command, reason, retain = false] of cases) {
        const id = randomUUID()
        const text = JSON.stringify({ id, ...command })
        // What is retained reaches the robot as such only when it subscribes anew.
        if (retain) {
            await raw.publishAsync('tendon/v1/r1/command', text, { retain: true, qos: 1 })
            await vi.waitFor(() => expect(moves.length).toBe(1))
            moves.length = 0
            const late = new KinematicRobot()
            late.on('drive', velocity => moves.push(velocity))
            const restarted = await FleetAgent.start(late, {
                url: broker.url,
                id: 'r1',
                hostVersion: '0',
                scheduler: systemScheduler,
            })
            await vi.waitFor(() => expect(answers.get(id)?.error).toMatch(reason), 5000)
            await restarted.close()
            await raw.publishAsync('tendon/v1/r1/command', '', { retain: true, qos: 1 })
            continue
        }
        await raw.publishAsync('tendon/v1/r1/command', text, { qos: 1 })
        if (text.length < 4096) await vi.waitFor(() => expect(answers.get(id)?.error).toMatch(reason), 5000)
    }
    await raw.publishAsync('tendon/v1/r1/command', 'no JSON', { qos: 1 })
    // The same number a second time: thrown away, not answered.
    await raw.publishAsync('tendon/v1/r1/command', JSON.stringify({ ...drive, id: 'again' }), { qos: 1 })
    await vi.waitFor(() => expect(agent.statistics().stale).toBe(1), 5000)
    expect(moves).toEqual([])
    expect(agent.statistics().refused).toBeGreaterThanOrEqual(11)
    await raw.endAsync()
})

test('states go out at the rate asked for, and say when the board is gone', async () => {
    const first = await planner('first')
    robot.step(100) // 1 s at 100 Hz
    await vi.waitFor(() => expect(first.view.robot('r1')!.received).toBe(10))
    expect(first.view.robot('r1')).toMatchObject({ missed: 0, outOfOrder: 0 })
    robot.counters = { ...robot.counters, connected: false }
    await vi.waitFor(() => expect(first.view.robot('r1')!.status).toBe('unlinked'))
})

test('names that mean something to a broker are refused', async () => {
    for (const id of ['a/b', '+', '#', '', '$SYS']) {
        const options = { url: broker.url, id, hostVersion: '0', scheduler: systemScheduler }
        await expect(FleetAgent.start(robot, options)).rejects.toMatchObject({ code: 'bad-name' })
    }
    await expect(FleetClient.connect({ url: 'http://x' })).rejects.toMatchObject({ code: 'bad-broker' })
    await expect(FleetClient.connect({ url: 'mqtt://u:secret@x' })).rejects.toMatchObject({ code: 'bad-broker' })
    await expect(FleetClient.connect({ url: broker.url, group: 'g' })).rejects.toMatchObject({ code: 'unsupported' })
})

function step() {
    robot.step(1)
    return robot.state!
}
