import { createHash, randomUUID } from 'node:crypto'
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import mqtt from 'mqtt'
import { FleetAgent } from '../../src/fleet/agent'
import { deployBatch } from '../../src/fleet/batch-deploy'
import { startBroker } from '../../src/fleet/broker'
import { FleetClient } from '../../src/fleet/client'
import type { Answer, DeployResult, Progress } from '../../src/fleet/messages'
import type { FleetProgram } from '../../src/fleet/program'
import { buildFirmware } from '../../src/flash/build'
import { systemScheduler } from '../../src/host/scheduler'
import { FleetSimulation } from '../../src/simulate-fleet'
import { KinematicRobot } from '../bridge/kinematic-robot'
import { needFirmware, tendon } from '../cli/tendon'

needFirmware(true, false)
beforeAll(() => buildFirmware('balancer'), 180_000)

async function desk() {
    const broker = await startBroker(0)
    onTestFinished(() => broker.close())
    const planner = async (name: string) => {
        const client = await FleetClient.connect({ url: broker.url, name })
        onTestFinished(() => client.close())
        return client
    }
    return { url: broker.url, planner }
}

const RESULT: DeployResult = { outcome: 'deployed', before: null, attempts: 1, seconds: 4 }

test('three rovers on a broker: a bad program ends at the first, which gets its own back; a good one reaches all, one first', async () => {
    const { url, planner } = await desk()
    const fleet = await FleetSimulation.start({ url, robot: 'rover', count: 3, board: 'rp2040' })
    onTestFinished(() => fleet.close())
    const program = (id: string) => fleet.simulated(id).flash.program()!
    const [flat, plain] = [await buildFirmware('rover'), await buildFirmware('rover', { inline: false })]
    const [first, second, third] = fleet.ids

    // Another robot's program under the rover's name: it comes up, and is not the rover.
    const client = await planner('first')
    const { bytecode, sha256 } = await buildFirmware('balancer')
    const steps: string[] = []
    const deploy = async (id: string, onProgress: (progress: Progress) => void) => {
        const commander = await client.command(id)
        return commander
            .deploy({ robot: 'rover', program: bytecode, sha256 }, onProgress)
            .finally(() => commander.release())
    }
    const outcomes = await deployBatch(fleet.ids, {
        deploy,
        atOnce: 2,
        keepGoing: false,
        onProgress: (robot, { step }) => steps.push(`${robot}: ${step}`),
        onOutcome: () => undefined,
    })
    expect(outcomes).toEqual([
        {
            robot: first,
            outcome: 'failed',
            code: 'rolled-back',
            error: expect.stringMatching(/calls itself "balancer", expected was "rover".*former program again/),
        },
        { robot: second, outcome: 'not-tried' },
        { robot: third, outcome: 'not-tried' },
    ])
    expect(steps.some(step => step.startsWith(`${first}: writing rover, ${bytecode.length} bytes`))).toBe(true)
    for (const id of fleet.ids) expect(program(id).equals(flat.bytecode)).toBe(true)

    // One that is armed is refused before anything is written anywhere.
    const commander = await client.command(second)
    await commander.arm()
    await vi.waitFor(() => expect(client.view.robot(second)!.state!.mode).toBe('armed'))
    const args = ['fleet', 'deploy', 'rover', '--broker', url, '--no-inline']
    const refused = await tendon(...args, '--all')
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toMatch(new RegExp(`nothing was deployed.*\n.*${second}: it is armed: disarm it first`))
    await expect(
        commander.deploy({ robot: 'rover', program: plain.bytecode, sha256: plain.sha256 }),
    ).rejects.toMatchObject({
        code: 'armed',
        message: expect.stringContaining('nothing was written'),
    })
    for (const id of fleet.ids) expect(program(id).equals(flat.bytecode)).toBe(true)
    await commander.release()
    await vi.waitFor(() => expect(client.view.robot(second)!.state!.mode).toBe('idle'))

    const { code, stdout, stderr } = await tendon(...args, first, second, third, '--json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(`${first}: deployed over`) })
    expect(JSON.parse(stdout)).toMatchObject({
        deployed: 3,
        failed: 0,
        notTried: 0,
        robots: fleet.ids.map(robot => ({ robot, outcome: 'deployed', before: flat.sha256, attempts: 1 })),
        versions: [{ robot: 'rover', ids: fleet.ids, versions: { firmware: plain.sha256 }, differs: [] }],
    })
    for (const id of fleet.ids) expect(program(id).equals(plain.bytecode)).toBe(true)
    // The first alone, the others after it.
    const at = (id: string, text: string) => stderr.indexOf(`${id}: ${text}`)
    expect(at(first, 'writing')).toBeGreaterThan(0)
    for (const id of [second, third]) expect(at(id, 'writing')).toBeGreaterThan(at(first, 'deployed over'))
    expect(stderr).toMatch(new RegExp(`${first}: writing rover, .* 50 %`))
}, 120_000)

test('a wrong program, a wrong robot, no lease, no permission: each is refused, and the board gets nothing', async () => {
    const { url, planner } = await desk()
    const took: FleetProgram[] = []
    const options = { url, hostVersion: '0', scheduler: systemScheduler }
    const open = await FleetAgent.start(new KinematicRobot(), {
        ...options,
        id: 'open',
        deploy: program => {
            took.push(program)
            return Promise.resolve(RESULT)
        },
    })
    const closed = await FleetAgent.start(new KinematicRobot(), { ...options, id: 'closed' })
    onTestFinished(() => Promise.all([open.close(), closed.close()]).then(() => undefined))
    const client = await planner('first')
    const program = Buffer.alloc(64, 7)
    const sha256 = createHash('sha256').update(program).digest('hex')
    const good = { robot: 'rover', program, sha256 }
    const soon = () => systemScheduler.epoch() + 5

    await expect(client.deploy('open', good, soon())).rejects.toMatchObject({ code: 'no-lease' })
    const commander = await client.command('open')
    const cases: [Partial<FleetProgram>, string, RegExp][] = [
        [
            { robot: 'balancer' },
            'refused',
            /the robot is a "rover", the program is for "balancer": nothing was written/,
        ],
        [{ program: Buffer.alloc(64, 8) }, 'verify', /not the one whose hash was said: nothing was written/],
        [{ program: Buffer.alloc(33) }, 'verify', /not the one whose hash was said/],
        [{ program: Buffer.alloc(300_000) }, 'refused', /bytes is 300000; allowed: 32 to 262144/],
        [{ sha256: 'ABC' }, 'refused', /sha256 is "ABC"; needed: 64 hexadecimal digits/],
    ]
    for (const [wrong, code, message] of cases) {
        await expect(commander.deploy({ ...good, ...wrong })).rejects.toMatchObject({
            code,
            message: expect.stringMatching(message),
        })
    }
    await expect((await client.command('closed')).deploy(good)).rejects.toMatchObject({
        message: expect.stringContaining('without --fleet-deploy'),
    })
    expect(client.view.robot('closed')!.about!.deploys).toBe(false)

    expect(took).toEqual([])
    expect(await commander.deploy(good)).toEqual(RESULT)
    expect(took).toMatchObject([good])

    // By hand: cut short on the way, as a command without its program, and retained.
    const raw = await mqtt.connectAsync(url)
    const answers = new Map<string, Answer>()
    raw.on('message', (_topic, payload) => {
        const answer = JSON.parse(payload.toString()) as Answer
        answers.set(answer.id, answer)
    })
    await raw.subscribeAsync('tendon/v1/open/answer/first')
    const send = async (topic: string, content: Buffer, retain: boolean, reason: RegExp) => {
        const id = randomUUID()
        const order = {
            op: 'deploy',
            robot: 'rover',
            bytes: 64,
            sha256,
            id,
            from: 'first',
            sequence: 2e15,
            expires: soon(),
        }
        const payload = Buffer.concat([Buffer.from(JSON.stringify(order)), content])
        await raw.publishAsync(`tendon/v1/open/${topic}`, payload, { qos: 1, retain })
        await vi.waitFor(() => expect(answers.get(id)?.error).toMatch(reason))
    }
    await send('program', Buffer.from(`\n${'x'.repeat(10)}`), false, /the program has 10 bytes, said were 64/)
    await send('command', Buffer.alloc(0), false, /publish to the topic program/)
    await raw.endAsync()
    expect(took.length).toBe(1)
})

test('a planner that does not see the end of a deploy is told in time; signs of life keep it waiting', async () => {
    const { url, planner } = await desk()
    let end: (result: DeployResult) => void = () => undefined
    const agent = await FleetAgent.start(new KinematicRobot(), {
        url,
        id: 'r1',
        hostVersion: '0',
        scheduler: systemScheduler,
        deploy: (_program, { onStep }) => {
            onStep?.('writing')
            return new Promise(resolve => (end = resolve))
        },
    })
    onTestFinished(() => agent.close())
    const client = await planner('first')
    const program = Buffer.alloc(32)
    const sha256 = createHash('sha256').update(program).digest('hex')
    const controller = new AbortController()
    const commander = await client.command('r1', { signal: controller.signal })
    const heard: Progress[] = []
    const deploying = commander.deploy({ robot: 'rover', program, sha256 }, progress => heard.push(progress))
    await vi.waitFor(
        () => expect(heard.filter(({ step }) => step === 'writing').length).toBeGreaterThanOrEqual(2),
        5000,
    )
    end(RESULT)
    expect(await deploying).toEqual(RESULT)
    const given = commander.deploy({ robot: 'rover', program, sha256 })
    controller.abort()
    await expect(given).rejects.toMatchObject({ name: 'AbortError' })
})

test('a batch: the first alone, then so many at once; a failure begins no other, unless told to go on', async () => {
    const run = async (keepGoing: boolean, bad: string, signal?: AbortSignal) => {
        const log: string[] = []
        let running = 0
        const outcomes = await deployBatch(['a', 'b', 'c', 'd', 'e'], {
            atOnce: 2,
            keepGoing,
            signal,
            onProgress: () => undefined,
            onOutcome: () => undefined,
            deploy: async robot => {
                log.push(`${robot}${++running}`)
                await Promise.resolve()
                running--
                if (robot === bad) throw new Error('bad')
                return RESULT
            },
        })
        return [log.join(' '), outcomes.map(({ outcome }) => outcome[0]).join('')]
    }
    expect(await run(false, 'none')).toEqual(['a1 b1 c2 d1 e2', 'ddddd'])
    expect(await run(false, 'a')).toEqual(['a1', 'fnnnn'])
    // Both that were under way came to their end.
    expect((await run(false, 'b'))[1]).toMatch(/^dfd+n+$/)
    expect((await run(true, 'a'))[1]).toBe('fdddd')
    expect((await run(true, 'none', AbortSignal.abort()))[1]).toBe('dnnnn')
})
