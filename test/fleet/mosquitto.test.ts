import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { FleetClient } from '../../src/fleet/client'
import type { JointSetpoint } from '../../src/host/robot'
import type { FleetEvent } from '../../src/fleet/view'
import { FleetSimulation } from '../../src/simulate-fleet'
import { needFirmware, startTendon } from '../cli/tendon'
import { mosquitto, NEEDS_MOSQUITTO, startMosquitto } from './mosquitto'

needFirmware(true)

async function planner(options: Parameters<typeof FleetClient.connect>[0]): Promise<FleetClient> {
    const client = await FleetClient.connect(options)
    onTestFinished(() => client.close())
    return client
}

test.skipIf(!mosquitto)(
    `two bridges and two planners on Mosquitto${NEEDS_MOSQUITTO}`,
    async () => {
        const url = await startMosquitto()
        const bridges = ['left', 'right'].map(id =>
            startTendon('bridge', '--sim', 'rover', '--bridge-port', '0', '--fleet', url, '--fleet-id', id, '--json'),
        )
        await Promise.all(bridges.map(bridge => bridge.event('fleet')))
        const [first, second] = [await planner({ url, name: 'first' }), await planner({ url, name: 'second' })]
        expect([first.mqttVersion, second.mqttVersion]).toEqual([5, 5])
        for (const client of [first, second]) {
            await vi.waitFor(() => {
                expect(client.robots.map(({ id, status }) => [id, status])).toEqual([
                    ['left', 'online'],
                    ['right', 'online'],
                ])
                expect(client.robots.every(({ received }) => received > 5)).toBe(true)
            }, 15_000)
        }
        // Each planner drives its own; neither can take the other's.
        const commanders = [await first.command('left'), await second.command('right')]
        await expect(first.command('right')).rejects.toMatchObject({ code: 'leased' })
        await commanders[0].arm()
        await vi.waitFor(async () => {
            await commanders[0].drive({ linear: 0.3, angular: 0 })
            expect(second.view.robot('left')!.state!.odometry!.x).toBeGreaterThan(0.02)
        }, 20_000)
        expect(Math.abs(second.view.robot('right')!.state!.odometry!.x)).toBeLessThan(0.005)

        // Both wheels in one command; none of them when one is refused.
        const refused: string[] = []
        second.onRefusal((robot, { error }) => refused.push(`${robot}: ${error}`))
        const wrong: [Record<string, unknown>, string][] = [
            [
                { left_wheel: { velocity: 2 }, wing: 'off' },
                'joint "wing" does not exist; there are: left_wheel, right_wheel',
            ],
            [
                { left_wheel: { velocity: 2 }, right_wheel: { velocity: 99 } },
                'right_wheel: velocity (rad/s) 99, allowed -',
            ],
            [
                { left_wheel: { velocity: 2 }, right_wheel: { velocity: NaN } },
                'right_wheel: velocity (rad/s) null, allowed -',
            ],
            [
                { left_wheel: { velocity: 2 }, right_wheel: { speed: 1 } },
                'right_wheel: the setpoint has speed, allowed "off" or one',
            ],
            [
                { left_wheel: { velocity: 2 }, right_wheel: 1 },
                'right_wheel: the setpoint is 1, allowed "off" or one of effort',
            ],
        ]
        await commanders[1].arm()
        for (const [setpoints, reason] of wrong) {
            await commanders[1].setJoints(setpoints as Record<string, JointSetpoint>)
            await vi.waitFor(() => expect(refused.pop()).toContain(`right: ${reason}`), 5000)
        }
        expect(Math.abs(first.view.robot('right')!.state!.joints[0].position)).toBeLessThan(0.05)
        await vi.waitFor(async () => {
            await commanders[1].setJoints({ left_wheel: { velocity: 2 }, right_wheel: { velocity: -2 } })
            expect(first.view.robot('right')!.state!.odometry!.heading).toBeLessThan(-0.2)
        }, 20_000)

        // A bridge that is killed is noticed; the other goes on.
        const events: FleetEvent[] = []
        second.onEvent = event => events.push(event)
        bridges[0].signal('SIGKILL')
        await vi.waitFor(() => expect(events).toContainEqual({ robot: 'left', status: 'lost', was: 'online' }), 5000)
        expect(second.view.robot('right')!.status).toBe('online')
        bridges[1].signal('SIGINT')
        await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ robot: 'right', status: 'closed' }), 10_000)
    },
    60_000,
)

test.skipIf(!mosquitto)(
    `a fleet's losses are noticed and its states stay in order${NEEDS_MOSQUITTO}`,
    async () => {
        const url = await startMosquitto()
        const watcher = await planner({ url })
        const fleet = await FleetSimulation.start({ url, robot: 'rover', count: 8, board: 'rp2040' })
        onTestFinished(() => fleet.close())
        await vi.waitFor(() => expect(watcher.robots.filter(({ received }) => received >= 10).length).toBe(8), 20_000)
        const [gone, hung] = fleet.ids
        fleet.lose(gone)
        fleet.hang(hung)
        await vi.waitFor(() => {
            expect(watcher.view.robot(gone)!.status).toBe('lost')
            expect(watcher.view.robot(hung)!.status).toBe('silent')
        }, 10_000)
        for (const { id, status, outOfOrder, missed } of watcher.robots) {
            expect({ outOfOrder, missed }).toEqual({ outOfOrder: 0, missed: 0 })
            if (id !== gone && id !== hung) expect(status).toBe('online')
        }
    },
    60_000,
)

test.skipIf(!mosquitto)(
    `planners of a group share the states among them${NEEDS_MOSQUITTO}`,
    async () => {
        const url = await startMosquitto()
        const planners = [await planner({ url, group: 'g' }), await planner({ url, group: 'g' })]
        const seen = planners.map(() => new Set<string>())
        const controller = new AbortController()
        const readers = planners.map(async (client, i) => {
            for await (const { robot, state } of client.states({ signal: controller.signal })) {
                seen[i].add(`${robot} ${state.sequence}`)
            }
        })
        const fleet = await FleetSimulation.start({ url, robot: 'rover', count: 2, board: 'rp2040' })
        onTestFinished(() => fleet.close())
        await vi.waitFor(() => expect(seen.every(({ size }) => size >= 10)).toBe(true), 20_000)
        controller.abort()
        await Promise.all(readers)
        expect([...seen[0]].filter(state => seen[1].has(state))).toEqual([])
    },
    60_000,
)

test.skipIf(!mosquitto)(`TLS and credentials: without either nobody gets in${NEEDS_MOSQUITTO}`, async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'tendon-tls-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const file = (name: string) => path.join(directory, name)
    const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1']
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
    execFileSync('openssl', [...request, ...subject, '-keyout', file('key'), '-out', file('cert')], { stdio: 'ignore' })
    execFileSync('mosquitto_passwd', ['-b', '-c', file('passwords'), 'planner', 'secret'])
    const url = await startMosquitto(
        [`certfile ${file('cert')}`, `keyfile ${file('key')}`, `password_file ${file('passwords')}`],
        'mqtts',
    )
    const right = { url, ca: file('cert'), username: 'planner', password: 'secret' }
    await planner(right)
    await expect(FleetClient.connect({ ...right, ca: undefined })).rejects.toMatchObject({ code: 'unreachable' })
    await expect(FleetClient.connect({ ...right, password: 'wrong' })).rejects.toMatchObject({
        code: 'unreachable',
        message: expect.stringMatching(/[Nn]ot authorized|[Bb]ad user/),
    })
    await expect(FleetClient.connect({ ...right, ca: file('none') })).rejects.toMatchObject({ code: 'bad-broker' })
})
