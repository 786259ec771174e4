import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parquetReadObjects, asyncBufferFromFile } from 'hyparquet'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { startFoxglove } from '../../src/bridge/foxglove'
import { startRosbridge } from '../../src/bridge/rosbridge'
import { hasParameters, valuesByName } from '../../src/host/parameters'
import type { SentCommand } from '../../src/host/robot'
import { systemScheduler } from '../../src/host/scheduler'
import { readParameters } from '../../src/record/parameter-watch'
import { Recorder } from '../../src/record/recorder'
import { RecordingFile } from '../../src/record/recording-file'
import { recover } from '../../src/record/recover'
import { openRecordedRobot } from '../../src/record/replay/parameterised-robot'
import { playCommands } from '../../src/record/replay/play-commands'
import { recordedStates } from '../../src/record/replay/recorded-states'
import { ReplayClock } from '../../src/record/replay/replay-clock'
import { exportTables } from '../../src/record/table/export'
import { replayTo } from '../../src/replay-commands'
import { connectSimulated, runFast, schedulerOf, settle, simulate } from '../../src/simulate'
import { FoxglovePlanner } from '../bridge/foxglove-client'
import { KinematicRobot } from '../bridge/kinematic-robot'
import { callService, connectRoslib } from '../bridge/planner'
import { readMessages, readMetadata, readTicks } from './read'

let directory: string
const file = (name: string) => path.join(directory, name)
beforeAll(async () => void (directory = await mkdtemp(path.join(tmpdir(), 'tendon-parameters-'))))
afterAll(() => rm(directory, { recursive: true }))

/** A session with a simulated rover, and a recorder of it once it is asked for. */
async function rover() {
    const robot = await simulate({ robot: 'rover' })
    const session = await connectSimulated(robot)
    const options = { scheduler: schedulerOf(robot.host), hostVersion: '1.2.3', simulation: true }
    const run = async (seconds: number, each = () => {}) => {
        const end = robot.clock.now / 1e6 + seconds
        await runFast(robot, () => (each(), robot.clock.now / 1e6 >= end))
    }
    const read = () => readParameters(session, options.scheduler)
    return { robot, session, run, read, record: (name: string) => Recorder.start(session, file(name), options) }
}

/** What a file has of parameters. */
async function recorded(name: string) {
    const records = await readMetadata(file(name), 'tendon.parameters')
    return records.map(({ time_s, values }) => ({
        time: Number(time_s),
        values: JSON.parse(values) as Record<string, number>,
    }))
}

test('the values in force and each change are in the file, cost no sample, survive a cut, and go into tables and replays', async () => {
    const { robot, session, run, read, record } = await rover()
    await runFast(robot, () => session.state?.mode === 'idle')
    await settle(robot, read())
    const recorder = await record('run.mcap')
    await settle(robot, session.arm())
    const drive = () => session.drive({ linear: 0.2, angular: 0 })
    await run(1, drive)
    // A change while it is armed may cost one itself (docs/parameters.md).
    expect(recorder.progress().samplesLost).toBe(0)
    const changedAt = robot.clock.now / 1e6
    void session.setParameter('left_wheel.kp', 0.07)
    await run(0.3, drive)
    // What is said to be in the file is there when the process is killed now.
    await vi.waitFor(() => expect(recorder.progress().ticksWaiting).toBe(0))
    const { lastTickInFile, ticksInFile } = recorder.progress()
    await copyFile(file('run.mcap'), file('killed.mcap'))
    await run(1, drive)
    await settle(robot, session.disarm())
    const resetAt = robot.clock.now / 1e6
    void session.setParameter('right_wheel.ki', 0.5).then(() => session.resetParameters())
    await run(3)
    const inForce = valuesByName(await session.parameters())
    await recorder.close()
    await session.close()

    const [first, changed, other, reset, ...more] = await recorded('run.mcap')
    expect(more).toEqual([])
    expect(first.values).toEqual(inForce)
    expect(Object.keys(first.values)).toHaveLength(73)
    expect(changed.values).toEqual({ ...first.values, 'left_wheel.kp': 0.07 })
    expect(changed.time).toBeGreaterThan(changedAt)
    expect(changed.time).toBeLessThan(changedAt + 0.3)
    expect(other.values).toEqual({ ...changed.values, 'right_wheel.ki': 0.5 })
    expect(reset.values).toEqual(first.values)
    expect(reset.time).toBeGreaterThan(resetAt)
    const [end] = await readMetadata(file('run.mcap'), 'tendon.session')
    expect(end).not.toHaveProperty('parameters_unknown')

    await recover(file('killed.mcap'), file('mended.mcap'))
    const found = await readTicks(file('mended.mcap'))
    expect(ticksInFile).toBeGreaterThan(50)
    expect(found.length).toBeGreaterThanOrEqual(ticksInFile)
    expect(found.at(-1)).toBeGreaterThanOrEqual(lastTickInFile!)
    expect(await recorded('mended.mcap')).toEqual([first, changed])

    const tables = await exportTables(file('run.mcap'), file('tables'), { format: 'csv' })
    expect(tables.at(-2)).toEqual({ file: file('tables/parameters.csv'), rows: 4, columns: 74 })
    const [head, ...rows] = (await readFile(file('tables/parameters.csv'), 'utf8')).trimEnd().split('\r\n')
    const column = head.split(',').indexOf('left_wheel.kp')
    const kp = first.values['left_wheel.kp']
    expect(rows.map(row => Number(row.split(',')[column]))).toEqual([kp, 0.07, 0.07, kp])
    await exportTables(file('run.mcap'), file('parquet'), { format: 'parquet' })
    const buffer = await asyncBufferFromFile(file('parquet/parameters.parquet'))
    const [row] = await parquetReadObjects({ file: buffer, rowEnd: 1 })
    expect(row).toMatchObject({ ...first.values, time_ns: BigInt(Math.round(first.time * 1e6)) * 1000n })
})

test('a robot with other parameters is played to with those of the recording', async () => {
    const { robot, session, run, record } = await rover()
    await runFast(robot, () => session.state?.mode === 'idle')
    await settle(robot, session.setParameter('left_wheel.kp', 0.03))
    await settle(robot, session.setParameter('right_wheel.velocity_limit', 3))
    const recorder = await record('other.mcap')
    await settle(robot, session.arm())
    await run(1, () => session.drive({ linear: 0.1, angular: 0 }))
    await recorder.close()
    await session.close()
    const recording = await RecordingFile.open(file('other.mcap'))
    const notes: string[] = []
    const again = { to: 'sim', record: file('again.mcap'), onNote: (line: string) => notes.push(line) }
    await replayTo(recording, 'other.mcap', again)
    await recording.close()
    expect(notes).toEqual([
        expect.stringMatching(
            /^with the recorded parameters: left_wheel\.kp 0\.03 \(not 0\.\d+\), right_wheel\.velocity_limit 3 \(not \d+\)$/,
        ),
    ])
    expect((await recorded('again.mcap'))[0].values).toEqual((await recorded('other.mcap'))[0].values)
})

/** The rover's own gain. */
const KP = 0.048

/** A rover whose gain is changed while it drives, and all of its parameters are reset before it drives on. */
async function recordChanges(name: string): Promise<void> {
    const { robot, session, run, read, record } = await rover()
    await runFast(robot, () => session.state?.mode === 'idle')
    await settle(robot, session.setParameter('left_wheel.kp', 0.03))
    await settle(robot, read())
    const recorder = await record(name)
    const drive = () => session.drive({ linear: 0.1, angular: 0 })
    await settle(robot, session.arm())
    await run(0.4, drive)
    void session.setParameter('left_wheel.kp', 0.07)
    void session.setParameter('right_wheel.kp', 0.06)
    await run(0.4, drive)
    await settle(robot, session.disarm())
    await settle(robot, session.resetParameters())
    await settle(robot, session.arm())
    await run(0.2, drive)
    await settle(robot, session.disarm())
    // Nothing is sent to the robot any more when this comes.
    await settle(robot, session.setParameter('left_wheel.kp', 0.04))
    await recorder.close()
    await session.close()
}

test('a simulated robot that is played to is given each change when it came then', { timeout: 60_000 }, async () => {
    await recordChanges('changes.mcap')
    const recording = await RecordingFile.open(file('changes.mcap'))
    const notes: string[] = []
    await replayTo(recording, 'changes.mcap', {
        to: 'sim',
        record: file('same.mcap'),
        onNote: line => notes.push(line),
    })
    await recording.close()
    const [then, now] = [await recorded('changes.mcap'), await recorded('same.mcap')]
    expect(then.map(({ values }) => [values['left_wheel.kp'], values['right_wheel.kp']])).toEqual([
        [0.03, KP],
        [0.07, KP],
        [0.07, 0.06],
        [KP, KP],
        [0.04, KP],
    ])
    // The last came after the last command, and has no bearing on any.
    expect(now.map(({ values }) => values)).toEqual(then.slice(0, 4).map(({ values }) => values))
    const firstCommand = async (name: string) =>
        Number((await readMessages(file(name), ['/commands']))[0].logTime) / 1e9
    const [start, again] = [await firstCommand('changes.mcap'), await firstCommand('same.mcap')]
    for (const i of [1, 2]) {
        const late = now[i].time - again - (then[i].time - start)
        // The recording has when the board had answered.
        expect(late).toBeGreaterThanOrEqual(-0.001)
        expect(late).toBeLessThan(0.1)
    }
    // A reset is known when the table is read again, a page each 100 ms.
    expect(now[3].time - again - (then[3].time - start)).toBeLessThan(3)
    expect(notes.filter(line => /^as then, \d\.\d\d s after the first command: /.test(line))).toHaveLength(3)
})

test('a change that the robot refuses is named', async () => {
    const { robot, session } = await rover()
    await runFast(robot, () => session.state?.mode === 'idle')
    const [parameter] = await settle(robot, session.parameters())
    const changes = [{ time: 100.25, changes: [{ parameter, value: parameter.max * 2 }], reset: false }]
    const stop = (hostTime: number): SentCommand => ({ kind: 'disarm', hostTime })
    const played = playCommands([stop(100), stop(101)], session, schedulerOf(robot.host), { armed: false, changes })
    await expect(settle(robot, played)).rejects.toMatchObject({
        code: 'out-of-range',
        message: expect.stringContaining(
            `change of parameters (0.25 s after the first command): parameter ${parameter.name} = ${parameter.max * 2}, allowed`,
        ),
    })
    await session.close()
})

test(
    'a recording tells planners its parameters, live, and says why they cannot be set',
    { timeout: 60_000 },
    async () => {
        await recordChanges('told.mcap')
        const recording = await RecordingFile.open(file('told.mcap'))
        const robot = await openRecordedRobot(recording, 'told.mcap')
        const first = (await recordedStates(recording).next()).value as { received: number }
        const clock = new ReplayClock(systemScheduler, first.received, 4)
        const options = { port: 0, scheduler: clock }
        const [rosbridge, foxglove] = [await startRosbridge(robot, options), await startFoxglove(robot, options)]
        onTestFinished(async () => void (await Promise.all([rosbridge.close(), foxglove.close(), recording.close()])))
        const [ros, planner] = [await connectRoslib(rosbridge.url), await FoxglovePlanner.connect(foxglove.url)]
        onTestFinished(() => ros.close())
        const names = ['left_wheel.kp']
        const kp = async () => {
            const { values } = await callService<{ values: { double_value: number }[] }>(ros, '/rover/get_parameters', {
                names,
            })
            return values[0].double_value
        }
        expect(await kp()).toBe(0.03)
        const { descriptors } = await callService<{ descriptors: object[] }>(ros, '/rover/describe_parameters', {
            names,
        })
        expect(descriptors).toMatchObject([{ name: 'left_wheel.kp', type: 3, read_only: true, description: 's/rad' }])
        planner.client.subscribeParameterUpdates([])
        await planner.settle()
        clock.restart()
        await robot.play(recordedStates(recording), clock)
        await planner.settle()
        const told = planner.parameterValues.messages.flatMap(({ parameters }) => parameters)
        expect(told.map(({ name, value }) => [name, value])).toEqual([
            ['left_wheel.kp', 0.07],
            ['right_wheel.kp', 0.06],
            ['left_wheel.kp', KP],
            ['right_wheel.kp', KP],
        ])
        const set = { name: 'left_wheel.kp', value: { type: 3, double_value: 0.01 } }
        const refusal = 'this is a recording: its parameters cannot be set'
        expect(await callService(ros, '/rover/set_parameters', { parameters: [set] })).toEqual({
            results: [{ successful: false, reason: refusal }],
        })
        planner.client.setParameters([{ name: 'left_wheel.kp', value: 0.01 }], 'set')
        expect((await planner.statuses.count(1))[0].message).toBe(`setParameters: ${refusal}`)
        expect(await kp()).toBe(KP)
    },
)

test('a recording that has no parameters is played without them', async () => {
    const { robot, session, record } = await rover()
    await runFast(robot, () => session.state?.mode === 'idle')
    const recorder = await record('unread.mcap')
    await runFast(robot, () => recorder.progress().ticks > 20)
    robot.host.unplug()
    await runFast(robot, () => !session.statistics().connected)
    await recorder.close()
    await session.close()
    expect(await recorded('unread.mcap')).toEqual([])
    const recording = await RecordingFile.open(file('unread.mcap'))
    expect(hasParameters(await openRecordedRobot(recording, 'unread.mcap'))).toBe(false)
    await recording.close()
})

test('an armed robot is not asked before it is disarmed: listing would cost it samples for each page', async () => {
    const { robot, session, run, read, record } = await rover()
    await runFast(robot, () => session.state?.mode === 'idle')
    await settle(robot, session.arm())
    const drive = () => session.drive({ linear: 0.1, angular: 0 })
    await run(0.2, drive)
    await read()
    const recorder = await record('armed.mcap')
    await run(2, drive)
    expect(recorder.progress().samplesLost).toBe(0)
    const disarmedAt = robot.clock.now / 1e6
    await settle(robot, session.disarm())
    await run(4)
    await recorder.close()
    await session.close()
    const [first, ...more] = await recorded('armed.mcap')
    expect(more).toEqual([])
    expect(first.time).toBeGreaterThan(disarmedAt)
})

test('a link that is lost while they are read ends no recording; they come when it is back, or the file says why not', async () => {
    const { robot, session, run, record } = await rover()
    await runFast(robot, () => session.state?.mode === 'idle')
    const [recorder, short] = [await record('lost.mcap'), await record('short.mcap')]
    robot.host.unplug()
    await run(1.5)
    await short.close()
    robot.host.plug()
    await runFast(robot, () => session.statistics().connected && session.robotDescribed)
    await run(4)
    await recorder.close()
    await session.close()
    expect(await recorded('lost.mcap')).toHaveLength(1)
    expect(await recorded('short.mcap')).toEqual([])
    expect(await readMetadata(file('short.mcap'), 'tendon.session')).toMatchObject([
        { parameters_unknown: expect.stringContaining('the link to the robot') },
    ])
})

test('of a robot that has none a recording says nothing', async () => {
    const robot = new KinematicRobot()
    const options = { scheduler: robot.scheduler, hostVersion: '1.2.3' }
    const recorder = await Recorder.start(robot, file('none.mcap'), options)
    robot.step(200)
    await recorder.close()
    expect(await recorded('none.mcap')).toEqual([])
    expect((await readMetadata(file('none.mcap'), 'tendon.session'))[0]).not.toHaveProperty('parameters_unknown')
    const tables = await exportTables(file('none.mcap'), file('none'), { format: 'csv' })
    expect(tables.map(({ topic }) => topic)).not.toContain(undefined)
})
