import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openDoor } from '../bridge/planner'
import { tendon } from './tendon'

const TWIST = '{linear: {x: 0.1}, angular: {z: -0.5}}'

/** A bridge with a kinematic robot that ticks on its own, at wall time. */
async function openMovingDoor() {
    const { robot, bridge } = await openDoor()
    const timer = setInterval(() => robot.step(), 10)
    onTestFinished(() => clearInterval(timer))
    return { robot, url: bridge.url }
}

describe('tendon topic', () => {
    it('says how to start a bridge when there is none', async () => {
        const server = createServer().listen(0, '127.0.0.1')
        await once(server, 'listening')
        const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
        server.close()
        await once(server, 'close')
        expect(await tendon('topic', 'list', '--url', url)).toEqual({
            code: 1,
            stdout: '',
            stderr: `tendon: no bridge at ${url}: start one with \`tendon bridge\` or \`tendon start\`\n`,
        })
    })

    it('lists topics, for people and for programs', async () => {
        const { url } = await openMovingDoor()
        const { stdout } = await tendon('topic', 'list', '--url', url)
        expect(stdout).toMatch(/^\/odom +nav_msgs\/msg\/Odometry$/m)
        const { topics } = JSON.parse((await tendon('topic', 'list', '--url', url, '--json')).stdout)
        expect(topics).toContainEqual({ name: '/cmd_vel', type: 'geometry_msgs/msg/Twist' })
    })

    it('echoes as many messages as asked for', async () => {
        const { url } = await openMovingDoor()
        const echo = await tendon('topic', 'echo', 'odom', '--url', url, '--count', '3', '--rate', '20', '--json')
        const stamps = echo.stdout
            .trimEnd()
            .split('\n')
            .map(line => JSON.parse(line).header.stamp as { sec: number; nanosec: number })
            .map(({ sec, nanosec }) => sec + nanosec / 1e9)
        expect(stamps).toHaveLength(3)
        // 20 a second at most, of 100.
        expect(stamps[2] - stamps[0]).toBeGreaterThan(0.09)
        const { stdout } = await tendon('topic', 'echo', '/odom', '--url', url, '--once')
        expect(stdout).toMatch(/^header:\n {2}stamp:\n {4}sec: \d+\n {4}nanosec: \d+\n {2}frame_id: odom\n/)
        expect(stdout).toMatch(/\n---\n$/)
    })

    it('publishes, arming around it when asked to', async () => {
        const { url, robot } = await openMovingDoor()
        const driven: unknown[] = []
        robot.on('drive', velocity => driven.push({ ...velocity, mode: robot.state?.mode }))
        const args = ['--url', url, '--count', '20', '--rate', '50', '--arm', '--json']
        const pub = await tendon('topic', 'pub', '/cmd_vel', 'geometry_msgs/msg/Twist', TWIST, ...args)
        expect(pub).toEqual({ code: 0, stdout: '{"published":20}\n', stderr: '' })
        expect(driven).toHaveLength(20)
        expect(driven[19]).toEqual({ linear: 0.1, angular: -0.5, mode: 'armed' })
        robot.step()
        expect(robot.state?.mode).toBe('idle')
    })

    it('passes on what the bridge warns of', async () => {
        const { url } = await openMovingDoor()
        const pub = await tendon('topic', 'pub', '/cmd_vel', 'geometry_msgs/msg/Twist', TWIST, '--url', url, '--once')
        expect(pub).toMatchObject({ code: 0, stdout: 'published 1 message\n' })
        expect(pub.stderr).toContain('the robot is idle: call /arm first')
    })

    it.each([
        [['echo', '/scan'], /there is no topic "\/scan"; there are: \/joint_states/],
        [['pub', '/odom', 'nav_msgs/msg/Odometry', '{}'], /\/odom is what the robot publishes/],
        [['pub', '/cmd_vel', 'std_msgs/msg/String', '{data: hello}'], /\/cmd_vel has: geometry_msgs\/msg\/Twist or/],
        [
            ['pub', '/cmd_vel', 'geometry_msgs/msg/Twist', '{linear: {x: 9}, angular: {z: 0}}'],
            /linear\.x is 9; allowed/,
        ],
    ])('reports what the bridge refuses: %j', async (args, says) => {
        const { url, robot } = await openMovingDoor()
        let driven = 0
        robot.on('drive', () => driven++)
        const { code, stdout, stderr } = await tendon('topic', ...args, '--url', url)
        expect({ code, stdout, driven }).toEqual({ code: 1, stdout: '', driven: 0 })
        expect(stderr).toMatch(says)
    })

    it('names what blocks arming', async () => {
        const { url, robot } = await openMovingDoor()
        robot.blocked = ['supply']
        const args = ['--url', url, '--once', '--arm']
        const pub = await tendon('topic', 'pub', '/cmd_vel', 'geometry_msgs/msg/Twist', TWIST, ...args)
        expect(pub).toMatchObject({ code: 1, stdout: '' })
        expect(pub.stderr).toContain('arming is blocked by: supply')
    })
})
