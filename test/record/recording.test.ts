import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildFirmware } from '../../src/flash/build'
import type { RobotState, SentCommand } from '../../src/host/robot'
import { startRecording } from '../../src/record/start-recording'
import { recover } from '../../src/record/recover'
import { connectSimulated, runFast, schedulerOf, settle, simulate } from '../../src/simulate'
import { chunkEnds, openIndexed, readMessages, readMetadata, readTicks } from './read'

let directory: string
let whole: string
const states: RobotState[] = []
const commands: SentCommand[] = []

const file = (name: string) => path.join(directory, name)

/** Six simulated seconds of a rover that drives a curve, on a board with the timing of an RP2040. */
beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'tendon-record-'))
    whole = file('whole.mcap')
    const robot = await simulate({ robot: 'rover', seed: 5 })
    const session = await connectSimulated(robot)
    const scheduler = schedulerOf(robot.host)
    const options = { scheduler, hostVersion: '1.2.3', simulation: true }
    const recorder = await settle(robot, startRecording(session, whole, options))
    session.onState(state => states.push(state))
    session.onCommand(command => commands.push(command))
    await runFast(robot, () => session.state?.mode === 'idle')
    await settle(robot, session.arm())
    const end = robot.clock.now / 1e6 + 6
    await runFast(robot, () => {
        session.drive({ linear: 0.2, angular: 0.4 })
        return robot.clock.now / 1e6 >= end
    })
    const joints = ['left_wheel', 'right_wheel']
    const positions = session.state!.joints.map(({ position }) => position + 0.5)
    await settle(robot, session.follow({ joints, points: [{ time: 0.5, positions }] }))
    await settle(robot, session.stop())
    await recorder.close()
    await session.close()
})

afterAll(() => rm(directory, { recursive: true }))

describe('a recording', () => {
    it('has a message of every tick with everything that its sample said', async () => {
        const ticks = await readMessages(whole, ['/ticks'])
        expect(states.length).toBeGreaterThan(600)
        expect(ticks).toHaveLength(states.length)
        ticks.forEach(({ message, sequence, publishTime, logTime }, i) => {
            const { tick, boardTime, hostTime, hostTimeBound, mode, trajectory, faults, joints, lateness } = states[i]
            expect(message).toMatchObject({ tick, mode, trajectory, faults, joints, lateness })
            expect(message).toMatchObject({ board_time: boardTime, stamp_bound: hostTimeBound })
            expect(sequence).toBe(tick)
            expect(Math.abs(Number(publishTime) / 1e9 - hostTime)).toBeLessThan(2e-6)
            // It was received after it was taken, as far as the clocks are known, and within the time that a report gathers.
            expect(Number(logTime - publishTime) / 1e9).toBeGreaterThan(-hostTimeBound - 2e-6)
            expect(Number(logTime - publishTime) / 1e9).toBeLessThan(0.15)
        })
        expect(new Set(ticks.map(({ message }) => message.mode))).toContain('armed')
    })

    it('has the topics that planners see, in CDR with ROS 2 schemas', async () => {
        const reader = await openIndexed(whole)
        expect(reader.header.profile).toBe('ros2')
        const channels = [...reader.channelsById.values()].map(({ topic, messageEncoding, schemaId, metadata }) => {
            expect(metadata.get('offered_qos_profiles')).toMatch(/^- history: 1\n {2}depth: \d+\n {2}reliability: 1\n/)
            return [topic, messageEncoding, reader.schemasById.get(schemaId)!.encoding]
        })
        const topics = ['/ticks', '/joint_states', '/odom', '/imu/data', '/tf', '/clock', '/robot_description']
        expect(channels).toEqual(expect.arrayContaining(topics.map(topic => [topic, 'cdr', 'ros2msg'])))
        const odometry = await readMessages(whole, ['/odom'])
        const expected = states.flatMap(({ odometry }) => (odometry ? [{ x: odometry.x, y: odometry.y }] : []))
        expect(odometry).toHaveLength(expected.length)
        odometry.forEach(({ message }, i) =>
            expect(message).toMatchObject({ pose: { pose: { position: expected[i] } } }),
        )
        expect(reader.chunkIndexes.every(({ compression }) => compression === 'zstd')).toBe(true)
    })

    it('has every command that was sent, in order, trajectories as such', async () => {
        const recorded = await readMessages(whole, ['/commands', '/joint_trajectory_controller/joint_trajectory'])
        expect(recorded.map(({ sequence }) => sequence)).toEqual(commands.map((_, i) => i))
        expect(commands.length).toBeGreaterThan(300)
        recorded.forEach(({ topic, message, publishTime }, i) => {
            const command = commands[i]
            expect(Math.abs(Number(publishTime) / 1e9 - command.hostTime)).toBeLessThan(2e-6)
            if (command.kind === 'trajectory') {
                expect(topic).toBe('/joint_trajectory_controller/joint_trajectory')
                const { joints, points } = command.trajectory
                expect(message).toMatchObject({
                    joint_names: joints,
                    points: [{ positions: Float64Array.from(points[0].positions), time_from_start: { nanosec: 5e8 } }],
                })
            } else {
                const joints = command.kind === 'setpoint' ? command.joints : []
                const expected = joints.map(({ name, setpoint }) => {
                    if (setpoint === 'off' || !('velocity' in setpoint)) throw new Error('only velocities were sent')
                    return { name, mode: 'velocity', value: setpoint.velocity }
                })
                expect(message).toMatchObject({ kind: command.kind, joints: expected })
            }
        })
        const kinds = recorded.map(({ message }) => message.kind)
        expect([kinds[0], kinds.at(-1)]).toEqual(['arm', 'stop'])
    })

    it('has a report on how the robot does each second', async () => {
        const reports = await readMessages(whole, ['/diagnostics'])
        const seconds = Number(reports.at(-1)!.publishTime - reports[0].publishTime) / 1e9
        expect(reports.length).toBeGreaterThanOrEqual(7)
        expect(seconds / (reports.length - 1)).toBeCloseTo(1, 2)
        const { status } = reports.at(-2)!.message as { status: { name: string; message: string }[] }
        const parts = ['mode', 'loop', 'link', 'setpoints', 'joints', 'motors']
        expect(status.map(({ name }) => name)).toEqual(parts.map(part => `rover: ${part}`))
        expect(status[0].message).toBe('armed')
    })

    it('says which robot it was, which firmware, and how the clocks compared', async () => {
        const [robot] = await readMetadata(whole, 'tendon.robot')
        expect(robot).toMatchObject({ robot: 'rover', host_version: '1.2.3' })
        const { bytecode } = await buildFirmware('rover')
        const sha256 = createHash('sha256').update(bytecode).digest('hex')
        expect(await readMetadata(whole, 'tendon.firmware')).toEqual([
            { sha256, time_s: expect.stringMatching(/^\d+(\.\d+)?$/) },
        ])
        expect(robot.config_hash).toMatch(/^[0-9a-f]{8}$/)
        const clocks = await readMetadata(whole, 'tendon.clock')
        expect(clocks.length).toBeGreaterThanOrEqual(2)
        // Board and host are on the simulator's one clock, and the board has run since its zero.
        for (const { offset_s, bound_s, drift_s_per_s } of clocks) {
            expect(Math.abs(Number(offset_s))).toBeLessThanOrEqual(Number(bound_s))
            expect(Math.abs(Number(drift_s_per_s))).toBeLessThanOrEqual(250e-6)
        }
        expect(await readMetadata(whole, 'tendon.session')).toMatchObject([{ samples_lost: '0' }])
    })

    it('is never written over another file', async () => {
        const before = await readFile(whole)
        await expect(recover(whole, whole)).rejects.toMatchObject({ name: 'RecordError', code: 'exists' })
        expect(await readFile(whole)).toEqual(before)
    })
})

describe('recovering', () => {
    it('gives every tick of the chunks before the cut, wherever that is', async () => {
        const bytes = await readFile(whole)
        const reader = await openIndexed(whole)
        const ends = chunkEnds(reader).map(Number)
        const edges = ends.slice(2, 5).flatMap(end => [end - 1, end, end + 1])
        const cuts = [
            8,
            9,
            40,
            ...edges,
            ...Array.from({ length: 20 }, (_, i) => Math.floor((bytes.length * (i + 0.7)) / 20)),
        ]
        const all = await readMessages(whole)
        for (const cut of cuts) {
            const [input, output] = [file(`cut-${cut}.mcap`), file(`mended-${cut}.mcap`)]
            await writeFile(input, bytes.subarray(0, cut))
            const chunks = ends.filter(end => end <= cut).length
            expect(await recover(input, output), `cut at ${cut}`).toMatchObject({ whole: false, chunks })
            const mended = await readMessages(output)
            expect(mended.length > 0, `cut at ${cut}`).toBe(chunks > 0)
            expect(mended, `cut at ${cut}`).toEqual(all.slice(0, mended.length))
            const expected = reader.chunkIndexes[chunks]?.messageStartTime ?? all.at(-1)!.logTime + 1n
            const last = mended.at(-1)?.logTime ?? 0n
            expect(last <= expected && (all[mended.length]?.logTime ?? expected) >= expected, `cut at ${cut}`).toBe(
                true,
            )
        }
    })

    it('leaves a whole file as it is', async () => {
        const output = file('copy.mcap')
        expect(await recover(whole, output)).toMatchObject({ whole: true, bytesLeftOut: 0 })
        expect(await readMessages(output)).toEqual(await readMessages(whole))
        expect(await readMetadata(output, 'tendon.robot')).toEqual(await readMetadata(whole, 'tendon.robot'))
    })

    it('ends before a damaged chunk, and says so', async () => {
        const bytes = Buffer.from(await readFile(whole))
        const { chunkIndexes } = await openIndexed(whole)
        const { chunkStartOffset, chunkLength } = chunkIndexes[3]
        bytes[Number(chunkStartOffset + chunkLength / 2n)] ^= 0x40
        const [input, output] = [file('damaged.mcap'), file('undamaged.mcap')]
        await writeFile(input, bytes)
        const { whole: isWhole, damage, bytesLeftOut } = await recover(input, output)
        expect(isWhole).toBe(false)
        expect(damage).toMatch(/./)
        expect(bytesLeftOut).toBe(bytes.length - Number(chunkStartOffset))
        const ticks = await readTicks(output)
        expect(ticks).toEqual((await readTicks(whole)).slice(0, ticks.length))
        expect(ticks.length).toBeGreaterThan(50)
    })

    it('refuses what is no MCAP file', async () => {
        const input = file('text.txt')
        await writeFile(input, 'tick,position\n')
        await expect(recover(input, file('none.mcap'))).rejects.toMatchObject({ code: 'unreadable' })
        await expect(recover(file('absent'), file('none.mcap'))).rejects.toMatchObject({ code: 'unreadable' })
    })
})
