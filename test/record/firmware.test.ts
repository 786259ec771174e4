import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { buildFirmware } from '../../src/flash/build'
import { deployProgram, type Deployment } from '../../src/flash/deploy'
import { systemScheduler } from '../../src/host/scheduler'
import type { RobotSession } from '../../src/host/session'
import { RecordingFile } from '../../src/record/recording-file'
import { recordedFirmware } from '../../src/record/recorded-firmware'
import type { Recorder } from '../../src/record/recorder'
import { recover } from '../../src/record/recover'
import { RecordedRobot } from '../../src/record/replay/recorded-robot'
import { recordedStates } from '../../src/record/replay/recorded-states'
import { ReplayClock } from '../../src/record/replay/replay-clock'
import { startRecording } from '../../src/record/start-recording'
import { exportTables } from '../../src/record/table/export'
import { replayTo } from '../../src/replay-commands'
import type { SimulatedRobot } from '../../src/sim/simulated-robot'
import { connectSimulated, runFast, schedulerOf, settle, simulate } from '../../src/simulate'
import { KinematicRobot } from '../bridge/kinematic-robot'
import { readMessages, readMetadata } from './read'

let directory: string
/** Two programs of one robot with the same data. */
let first: Deployment
let second: Deployment
let simulated: SimulatedRobot
let session: RobotSession
let recorder: Recorder
/** When the first sample of the second program came, s since the Unix epoch. */
let changed: number
const file = (name: string) => path.join(directory, name)
const run = async (seconds: number, each = () => {}) => {
    const end = simulated.clock.now / 1e6 + seconds
    await runFast(simulated, () => (each(), simulated.clock.now / 1e6 >= end))
}
const drive = () => session.drive({ linear: 0.1, angular: 0 })

/** A rover drives, is given another program of itself, drives again, and loses its link in between. */
beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'tendon-firmware-'))
    first = await deployment(true)
    second = await deployment(false)
    simulated = await simulate({ robot: 'rover', board: 'rp2040', seed: 5 })
    session = await connectSimulated(simulated)
    const scheduler = schedulerOf(simulated.host)
    const options = { scheduler, hostVersion: '1.2.3', simulation: true }
    recorder = await settle(simulated, startRecording(session, file('run.mcap'), options))
    await runFast(simulated, () => session.state?.mode === 'idle')
    await settle(simulated, session.arm())
    await run(0.3, drive)
    await settle(simulated, session.disarm())
    let last = session.state!.tick
    const stop = session.onState(({ tick }) => {
        if (tick < last) changed = scheduler.epoch()
        last = tick
    })
    const known = async () => first.program
    await settle(simulated, deployProgram(session, scheduler, second, { known, command: 'again' }))
    stop()
    await runFast(simulated, () => session.state?.mode === 'idle')
    // The same program is no change.
    simulated.host.unplug()
    await run(1)
    simulated.host.plug()
    await runFast(simulated, () => session.statistics().connected && session.robotDescribed)
    await settle(simulated, session.arm())
    await run(0.3, drive)
    await settle(simulated, session.disarm())
    await run(1.5)
    // What is said to be in the file is there when the process is killed now.
    await vi.waitFor(() => expect(recorder.progress().ticksWaiting).toBe(0))
    await copyFile(file('run.mcap'), file('killed.mcap'))
    await recorder.close()
    await session.close()
}, 120_000)
afterAll(() => rm(directory, { recursive: true }))

async function deployment(inline: boolean): Promise<Deployment> {
    const { bytecode, sha256 } = await buildFirmware('rover', { inline })
    return { robot: 'rover', program: bytecode, sha256 }
}

test('a recording has each program that the board ran, from its first sample on', async () => {
    expect(first.sha256).not.toBe(second.sha256)
    const records = await readMetadata(file('run.mcap'), 'tendon.firmware')
    expect(records.map(({ sha256 }) => sha256)).toEqual([first.sha256, second.sha256])
    expect(Number(records[1].time_s)).toBe(changed)
    const ticks = await readMessages(file('run.mcap'), ['/ticks'])
    const anew = ticks.findIndex(
        ({ message }, i) => i > 0 && (message.tick as number) < (ticks[i - 1].message.tick as number),
    )
    const since = Number(records[1].time_s) * 1e9
    // Float64 has steps of some 240 ns at today's ns.
    expect(Number(ticks[anew].logTime)).toBeGreaterThanOrEqual(since - 1000)
    expect(Number(ticks[anew - 1].logTime)).toBeLessThan(since)
})

test('a mended recording has them, too, and so have tables', async () => {
    await recover(file('killed.mcap'), file('mended.mcap'))
    const records = await readMetadata(file('run.mcap'), 'tendon.firmware')
    expect(await readMetadata(file('mended.mcap'), 'tendon.firmware')).toEqual(records)
    const tables = await exportTables(file('run.mcap'), file('csv'), { format: 'csv' })
    expect(tables.at(-1)).toEqual({ file: file('csv/firmware.csv'), rows: 2, columns: 2 })
    const lines = (await readFile(file('csv/firmware.csv'), 'utf8')).trimEnd().split('\r\n')
    expect(lines.map(line => line.split(',')[1])).toEqual(['sha256', first.sha256, second.sha256])
    await exportTables(file('run.mcap'), file('parquet'), { format: 'parquet' })
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(file('parquet/firmware.parquet')) })
    expect(rows.map(({ sha256 }) => sha256)).toEqual([first.sha256, second.sha256])
    expect(Math.abs(Number(rows[1].time_ns) / 1e9 - changed)).toBeLessThan(1e-6)
})

test('a replay tells the program of then, and a robot that is played to which it runs instead', async () => {
    const recording = await RecordingFile.open(file('run.mcap'))
    const robot = new RecordedRobot(session.description, await recordedFirmware(recording))
    const start = (await recordedStates(recording).next()).value as { received: number }
    const told = new Set<string | undefined>([await robot.firmwareHash()])
    let before = 0
    const asked: Promise<unknown>[] = []
    robot.onState(({ tick }) => {
        if (tick < before) asked.push(robot.firmwareHash().then(hash => told.add(hash)))
        before = tick
    })
    await robot.play(recordedStates(recording), new ReplayClock(systemScheduler, start.received, 1000))
    await Promise.all(asked)
    expect([...told]).toEqual([first.sha256, second.sha256])
    const notes: string[] = []
    await replayTo(recording, 'run.mcap', { to: 'sim', onNote: line => notes.push(line) })
    await recording.close()
    const [one, other] = [first, second].map(({ sha256 }) => sha256.slice(0, 8))
    expect(notes).toEqual([
        expect.stringMatching(
            new RegExp(
                `^the recorded robot ran the program ${one}, ${other} from \\d+\\.\\d\\d s on; this one runs ${one}$`,
            ),
        ),
    ])
}, 60_000)

/** A board that tells its program only when it is asked the third time. */
class SilentBoard extends KinematicRobot {
    asked = 0
    firmwareHash = async () => (++this.asked === 3 ? 'ab'.repeat(32) : undefined)
}

test('a board is asked until it tells, and what it did not tell before the end is said to be unknown', async () => {
    const robot = new SilentBoard()
    const start = robot.scheduler.epoch()
    const path = file('silent.mcap')
    const silent = await startRecording(robot, path, { scheduler: robot.scheduler, hostVersion: '1.2.3' })
    for (let i = 0; i < 5; i++) {
        robot.step(100)
        await new Promise(setImmediate)
    }
    expect(robot.asked).toBe(3)
    await silent.close()
    expect(await readMetadata(path, 'tendon.firmware')).toEqual([{ time_s: String(start), sha256: 'ab'.repeat(32) }])
    const other = await startRecording(robot, file('mute.mcap'), { scheduler: robot.scheduler, hostVersion: '1.2.3' })
    robot.step(100)
    await other.close()
    expect(await readMetadata(file('mute.mcap'), 'tendon.firmware')).toEqual([
        { time_s: expect.any(String), unknown: 'the board did not tell' },
    ])
})
