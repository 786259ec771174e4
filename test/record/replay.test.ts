import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRosbridge } from '../../src/bridge/rosbridge'
import type { RobotState, SentCommand } from '../../src/host/robot'
import { systemScheduler } from '../../src/host/scheduler'
import type { RobotSession } from '../../src/host/session'
import { Recorder } from '../../src/record/recorder'
import { RecordingFile } from '../../src/record/recording-file'
import { playCommands } from '../../src/record/replay/play-commands'
import { RecordedRobot } from '../../src/record/replay/recorded-robot'
import { recordedDescription, recordedStates } from '../../src/record/replay/recorded-states'
import { ReplayClock } from '../../src/record/replay/replay-clock'
import { replayTo } from '../../src/replay-commands'
import { connectSimulated, runFast, schedulerOf, settle, simulate } from '../../src/simulate'
import { RawClient } from '../bridge/planner'
import { readMessages } from './read'

let directory: string
const states: RobotState[] = []
let description: RobotSession['description']

const file = (name: string) => path.join(directory, name)

/** A rover that curves for two seconds, stands, turns its wheels along a trajectory, and is stopped. */
beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'tendon-replay-'))
    const robot = await simulate({ robot: 'rover', seed: 5 })
    const session = await connectSimulated(robot)
    description = session.description
    const options = { scheduler: schedulerOf(robot.host), hostVersion: '1.2.3', simulation: true }
    await runFast(robot, () => session.state?.mode === 'idle')
    const recorder = await Recorder.start(session, file('run.mcap'), options)
    session.onState(state => states.push(state))
    await settle(robot, session.arm())
    const end = robot.clock.now / 1e6 + 2.5
    await runFast(robot, () => {
        const time = robot.clock.now / 1e6
        session.drive(time < end - 0.5 ? { linear: 0.2, angular: 2 } : { linear: 0, angular: 0 })
        return time >= end
    })
    const positions = session.state!.joints.map(({ position }) => position + 1)
    await settle(robot, session.follow({ joints: ['left_wheel', 'right_wheel'], points: [{ time: 0.8, positions }] }))
    await settle(robot, session.stop())
    await expect(settle(robot, session.arm())).rejects.toMatchObject({ code: 'blocked' })
    await runFast(robot, () => robot.clock.now / 1e6 > end + 2)
    await recorder.close()
    await session.close()
}, 60_000)

afterAll(() => rm(directory, { recursive: true }))

describe('a recording, played', () => {
    it('says every sample as it was', async () => {
        const recording = await RecordingFile.open(file('run.mcap'))
        expect(await recordedDescription(recording, 'run.mcap')).toEqual(description)
        const played: RobotState[] = []
        for await (const { state } of recordedStates(recording)) played.push(state)
        await recording.close()
        expect(played).toHaveLength(states.length)
        played.forEach((state, i) => {
            const { hostTime, odometry, imu, power, ...rest } = states[i]
            expect(state).toMatchObject(rest)
            expect(Math.abs(state.hostTime - hostTime)).toBeLessThan(1e-6)
            expect(state.imu).toEqual(imu)
            expect(state.power).toEqual(power)
            const { heading, ...pose } = odometry!
            expect(state.odometry).toMatchObject(pose)
            expect(state.odometry!.heading).toBeCloseTo(heading, 9)
        })
        // More than half a turn, so that the quaternion alone would not do.
        expect(states.at(-1)!.odometry!.heading).toBeGreaterThan(3.5)
    })

    it(
        'reaches planners at the rate asked for, with the time of then, and takes no command',
        { timeout: 30_000 },
        async () => {
            const recording = await RecordingFile.open(file('run.mcap'))
            const robot = new RecordedRobot(description)
            const first = (await recordedStates(recording).next()).value as { received: number }
            const clock = new ReplayClock(systemScheduler, first.received, 4)
            const bridge = await startRosbridge(robot, { port: 0, scheduler: clock })
            const client = await RawClient.connect(bridge.url)
            client.send({ op: 'subscribe', topic: '/joint_states' })
            await client.settle()
            clock.restart()
            const before = performance.now()
            await robot.play(recordedStates(recording), clock)
            const seconds = (performance.now() - before) / 1000
            client.send({ op: 'call_service', service: '/arm' })
            client.send({ op: 'publish', topic: '/cmd_vel', msg: { linear: { x: 0.1 }, angular: { z: 0 } } })
            const answers = await client.settle()
            const positions = answers
                .filter(({ op }) => op === 'publish')
                .map(({ msg }) => (msg as never as { position: number[] }).position)
            expect(positions).toEqual(states.map(({ joints }) => joints.map(({ position }) => position)))
            const refusal = 'this is a recording: it cannot be commanded'
            expect(answers.find(({ op }) => op === 'service_response')).toMatchObject({
                values: { success: false, message: refusal },
            })
            expect(answers.find(({ level }) => level === 'error')!.msg).toContain(refusal)
            const recorded = states.at(-1)!.hostTime - states[0].hostTime
            expect(seconds).toBeGreaterThan((recorded / 4) * 0.9)
            client.socket.terminate()
            await bridge.close()
            await recording.close()
        },
    )

    it('drives a simulated rover the same way again', { timeout: 60_000 }, async () => {
        const recording = await RecordingFile.open(file('run.mcap'))
        const again = file('again.mcap')
        const notes: string[] = []
        const onNote = (line: string) => notes.push(line)
        const result = await replayTo(recording, 'run.mcap', { to: 'sim', seed: 99, record: again, onNote })
        await recording.close()
        expect(result.commands).toBeGreaterThan(100)
        expect(result.deviations.map(({ joint }) => joint)).toEqual(['left_wheel', 'right_wheel'])
        const way = states.at(-1)!.joints.map(({ position }, i) => Math.abs(position - states[0].joints[i].position))
        result.deviations.forEach(({ position, velocity }, i) => {
            expect(way[i]).toBeGreaterThan([0.5, 10][i])
            // Another seed: other noise, another phase of tick and chips.
            expect(position).toBeLessThan(0.15)
            expect(velocity).toBeLessThan(0.5)
        })
        const topics = ['/commands', '/joint_trajectory_controller/joint_trajectory']
        const [then, now] = await Promise.all([readMessages(file('run.mcap'), topics), readMessages(again, topics)])
        // What the robot refused then is left out, and it is disarmed at the end.
        expect(then.pop()!.message.kind).toBe('arm')
        expect(notes).toEqual([`left out what the recorded robot refused: 1 of ${then.length + 1} commands`])
        expect(now.at(-1)!.message.kind).toBe('disarm')
        expect(now.slice(0, -1).map(({ topic, message }) => [topic, message.kind])).toEqual(
            then.map(({ topic, message }) => [topic, message.kind]),
        )
        then.forEach(({ publishTime }, i) => {
            const late = Number(now[i].publishTime - now[0].publishTime - (publishTime - then[0].publishTime)) / 1e6
            expect(Math.abs(late), `command ${i}, ms`).toBeLessThan(1)
        })
    })

    it('has a trajectory that nothing ended come to its end', async () => {
        const robot = await simulate({ robot: 'rover', board: 'ideal' })
        const session = await connectSimulated(robot)
        const trajectory = { joints: ['left_wheel', 'right_wheel'], points: [{ time: 2, positions: [3, -3] }] }
        const commands: SentCommand[] = [{ kind: 'trajectory', hostTime: 100, trajectory }]
        await settle(robot, playCommands(commands, session, schedulerOf(robot.host), { armed: true }))
        const [left, right] = session.state!.joints.map(({ position }) => position)
        expect(Math.abs(left - 3)).toBeLessThan(0.1)
        expect(Math.abs(right + 3)).toBeLessThan(0.1)
        await session.close()
    })

    it('names the command that a robot refuses', async () => {
        const robot = await simulate({ robot: 'rover', board: 'ideal' })
        const session = await connectSimulated(robot)
        const setpoint = (velocity: number, hostTime: number): SentCommand => ({
            kind: 'setpoint',
            hostTime,
            joints: [{ name: 'left_wheel', setpoint: { velocity } }],
        })
        const commands = [setpoint(3, 100), setpoint(99, 100.5)]
        const played = playCommands(commands, session, schedulerOf(robot.host), { armed: true })
        await expect(settle(robot, played)).rejects.toMatchObject({
            code: 'out-of-range',
            message: expect.stringMatching(
                /^command 2 of 2 \(setpoint, 0\.50 s after the first\): left_wheel: velocity/,
            ),
        })
        await runFast(robot, () => session.state?.mode === 'idle')
        await session.close()
    })

    it('is refused when it has no commands, or is no recording of a robot', async () => {
        const quiet = file('quiet.mcap')
        const robot = await simulate({ robot: 'rover', board: 'ideal' })
        const session = await connectSimulated(robot)
        const options = { scheduler: schedulerOf(robot.host), hostVersion: '1.2.3' }
        const recorder = await Recorder.start(session, quiet, options)
        await runFast(robot, () => robot.clock.now > 3e6)
        await recorder.close()
        await session.close()
        const recording = await RecordingFile.open(quiet)
        await expect(replayTo(recording, 'quiet.mcap', { to: 'sim' })).rejects.toMatchObject({
            code: 'incomplete',
            message: 'quiet.mcap has no commands: nothing was sent to the robot while it was recorded',
        })
        await recording.close()
        await expect(RecordingFile.open(path.resolve('package.json'))).rejects.toMatchObject({ code: 'unreadable' })
        expect((await readFile(quiet)).length).toBeGreaterThan(1000)
    })
})
