import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RobotState } from '../../src/host/robot'
import { Recorder } from '../../src/record/recorder'
import { exportTables } from '../../src/record/table/export'
import { KinematicRobot } from '../bridge/kinematic-robot'

let directory: string
const states: RobotState[] = []
const file = (name: string) => path.join(directory, name)
const FILES = ['clock', 'diagnostics', 'imu_data', 'joint_states', 'odom', 'robot_description', 'tf', 'ticks']

/** 1,250 ticks with every tenth sample of a joint and of the IMU missing. */
beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'tendon-export-'))
    const robot = new KinematicRobot()
    const options = { scheduler: robot.scheduler, hostVersion: '1.2.3', simulation: true }
    const recorder = await Recorder.start(robot, file('run.mcap'), options)
    robot.onState(state => states.push(structuredClone(state)))
    await robot.arm()
    for (let i = 0; i < 1250; i++) {
        if (i % 5 === 0) robot.drive({ linear: 0.3 * Math.sin(i / 100), angular: 0.2 })
        robot.invalidJoints = i % 10 === 3 ? ['right_wheel'] : []
        robot.imuWorks = i % 10 !== 7
        robot.step()
        if (i % 500 === 0) await new Promise(setImmediate)
    }
    await recorder.close()
}, 60_000)

afterAll(() => rm(directory, { recursive: true }))

/** Fields of a line whose fields hold no commas and no quotes. */
const cells = (line: string) => line.split(',')

describe('exporting', () => {
    it('writes CSV that has every number of every sample', async () => {
        const tables = await exportTables(file('run.mcap'), file('csv'), { format: 'csv' })
        expect((await readdir(file('csv'))).sort()).toEqual(FILES.map(name => `${name}.csv`))
        expect(tables.find(({ topic }) => topic === '/ticks')).toMatchObject({ rows: states.length })
        const [head, ...lines] = (await readFile(file('csv/ticks.csv'), 'utf8')).trimEnd().split('\r\n')
        expect(lines).toHaveLength(states.length)
        const columns = cells(head)
        const read = lines.map(line => {
            const row = Object.fromEntries(cells(line).map((cell, k) => [columns[k], cell]))
            const [position, velocity] = [row['joints.left_wheel.position'], row['joints.right_wheel.velocity']]
            return [Number(row.tick), row.mode, Number(position), Number(velocity), row['joints.right_wheel.valid']]
        })
        expect(read).toEqual(
            states.map(({ tick, mode, joints: [left, right] }) => [
                tick,
                mode,
                left.position,
                right.velocity,
                String(right.valid),
            ]),
        )
    })

    it('leaves empty what a sample does not have', async () => {
        const [head, ...lines] = (await readFile(file('csv/joint_states.csv'), 'utf8')).trimEnd().split('\r\n')
        const column = cells(head).indexOf('position.right_wheel')
        const empty = lines.map((line, i) => (cells(line)[column] === '' ? i : -1)).filter(i => i >= 0)
        expect(empty).toEqual(states.flatMap(({ joints }, i) => (joints[1].valid ? [] : [i])))
        const imu = (await readFile(file('csv/imu_data.csv'), 'utf8')).trimEnd().split('\r\n')
        expect(imu).toHaveLength(1 + states.filter(({ imu }) => imu !== undefined).length)
    })

    it('quotes text that needs it, as Python reads it', async ({ skip }) => {
        const script = `import csv, json, sys; print(json.dumps(list(csv.DictReader(open(sys.argv[1], newline="")))))`
        let text: string
        try {
            text = execFileSync('python3', ['-c', script, file('csv/robot_description.csv')], { encoding: 'utf8' })
        } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
            return skip('python3 is not installed')
        }
        const [{ data }] = JSON.parse(text) as { data: string }[]
        expect(data).toMatch(/^<\?xml version="1.0"\?>\s*<robot name="rover">/)
    })

    it('writes Parquet with types and nulls, in groups of rows', async () => {
        const topics = ['/ticks', 'joint_states']
        await exportTables(file('run.mcap'), file('parquet'), { format: 'parquet', topics, rowGroup: 500 })
        expect((await readdir(file('parquet'))).sort()).toEqual(['joint_states.parquet', 'ticks.parquet'])
        const buffer = await asyncBufferFromFile(file('parquet/ticks.parquet'))
        const { schema, row_groups } = await parquetMetadataAsync(buffer)
        expect(row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([500, 500, 250])
        const types = Object.fromEntries(schema.map(({ name, type }) => [name, type]))
        expect(types).toMatchObject({
            log_time_ns: 'INT64',
            tick: 'INT64',
            lateness: 'DOUBLE',
            mode: 'BYTE_ARRAY',
            'joints.left_wheel.valid': 'BOOLEAN',
            'joints.left_wheel.position': 'DOUBLE',
        })
        const rows = await parquetReadObjects({ file: buffer })
        const names = [
            'tick',
            'mode',
            'joints.left_wheel.position',
            'joints.right_wheel.valid',
            'joints.right_wheel.setpoint',
        ]
        expect(rows.map(row => names.map(name => row[name] as unknown))).toEqual(
            states.map(({ tick, mode, joints: [left, right] }) => [
                BigInt(tick),
                mode,
                left.position,
                right.valid,
                right.setpoint,
            ]),
        )
        const joints = await parquetReadObjects({
            file: await asyncBufferFromFile(file('parquet/joint_states.parquet')),
        })
        const missing = joints.filter(row => row['position.right_wheel'] === null).length
        expect(missing).toBe(states.filter(({ joints }) => !joints[1].valid).length)
    })

    it('names what it cannot do', async () => {
        const csv = { format: 'csv' as const }
        await expect(exportTables(file('run.mcap'), file('csv'), csv)).rejects.toMatchObject({ code: 'exists' })
        await expect(exportTables(file('run.mcap'), file('x'), { ...csv, topics: ['/odometry'] })).rejects.toThrow(
            'the recording has no topic "/odometry"; it has: /ticks, ',
        )
        await expect(exportTables(file('none.mcap'), file('x'), csv)).rejects.toMatchObject({ code: 'unreadable' })
        const bytes = await readFile(file('run.mcap'))
        await writeFile(file('cut.mcap'), bytes.subarray(0, bytes.length / 2))
        await expect(exportTables(file('cut.mcap'), file('x'), csv)).rejects.toThrow(
            'cut.mcap has no index: it was cut, or is still being written. Mend it with: tendon recover',
        )
    })
})
