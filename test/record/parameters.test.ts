import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parquetReadObjects, asyncBufferFromFile } from 'hyparquet'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { valuesByName } from '../../src/host/parameters'
import { readParameters } from '../../src/record/parameter-watch'
import { Recorder } from '../../src/record/recorder'
import { RecordingFile } from '../../src/record/recording-file'
import { recover } from '../../src/record/recover'
import { exportTables } from '../../src/record/table/export'
import { replayTo } from '../../src/replay-commands'
import { connectSimulated, runFast, schedulerOf, settle, simulate } from '../../src/simulate'
import { KinematicRobot } from '../bridge/kinematic-robot'
import { readMetadata, readTicks } from './read'

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
