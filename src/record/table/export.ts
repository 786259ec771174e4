import { type FileHandle, mkdir, open } from 'node:fs/promises'
import path from 'node:path'
import { nanoseconds } from '../../bridge/publication'
import { RecordError } from '../record-error'
import { recordedFirmware } from '../recorded-firmware'
import { recordedParameters } from '../recorded-parameters'
import { type RecordedMessage, type RecordedTopic, RecordingFile } from '../recording-file'
import { CsvWriter } from './csv'
import { type Cell, type ColumnType, type Flatten, flattener } from './flatten'
import { ParquetTable } from './parquet'
import type { TableFormat, TableWriter } from './table'

export interface ExportOptions {
    format: TableFormat
    /** Only these; all when left out. */
    topics?: readonly string[]
    /** Rows of a Parquet file that are gathered in memory and written together (default 10,000). */
    rowGroup?: number
}

/** A table that was written. */
export interface ExportedTable {
    /** Absent for the parameters and the firmware, which are no topics. */
    topic?: string
    file: string
    rows: number
    columns: number
}

/** Columns of every table, beside the message's own. */
const COMMON: [string, ColumnType][] = [
    ['log_time_ns', 'integer'],
    ['publish_time_ns', 'integer'],
    ['sequence', 'integer'],
]

/** A topic on its way to its table. */
interface Table {
    topic: RecordedTopic
    flatten: Flatten
    columns: Map<string, ColumnType>
    rows: number
}

/**
 * Writes a table for each topic of a recording that has messages, one row a message, and unless topics are chosen one of the
 * parameters and one of the board's program, a row for what was first and one for each change.
 *
 * @param directory is made when there is none; a file in it is never written over
 * @throws RecordError `unreadable`, `unknown-topic`, `exists`, `unwritable`
 */
export async function exportTables(input: string, directory: string, options: ExportOptions): Promise<ExportedTable[]> {
    const recording = await RecordingFile.open(input)
    try {
        const tables = new Map(
            chosenTopics(recording, options.topics).map(topic => [
                topic.name,
                { topic, flatten: flattener(topic.definitions), columns: new Map(COMMON), rows: 0 } as Table,
            ]),
        )
        // A message may lack a joint, so all are read once for the columns and once for the rows.
        for await (const message of recording.messages(tables.keys())) findColumns(tables.get(message.topic)!, message)
        const filled = [...tables.values()].filter(({ rows }) => rows > 0)
        await mkdir(directory, { recursive: true }).catch((cause: Error) => {
            throw new RecordError('unwritable', `cannot make ${directory}: ${cause.message}`, { cause })
        })
        const exported = await writeTables(recording, filled, directory, options)
        if (options.topics !== undefined) return exported
        const parameters = await writeParameters(recording, directory, options)
        return [...exported, ...parameters, ...(await writeFirmware(recording, directory, options))]
    } finally {
        await recording.close()
    }
}

function chosenTopics({ topics }: RecordingFile, names: readonly string[] | undefined): RecordedTopic[] {
    if (names === undefined) return [...topics.values()]
    return names.map(name => {
        const topic = topics.get(name) ?? topics.get(`/${name}`)
        if (topic !== undefined) return topic
        const known = [...topics.keys()].join(', ')
        throw new RecordError('unknown-topic', `the recording has no topic "${name}"; it has: ${known}`)
    })
}

function findColumns(table: Table, { data }: RecordedMessage): void {
    table.rows++
    table.flatten(table.topic.decode(data), (column, type) => {
        if (!table.columns.has(column)) table.columns.set(column, type)
    })
}

async function writeTables(
    recording: RecordingFile,
    tables: Table[],
    directory: string,
    options: ExportOptions,
): Promise<ExportedTable[]> {
    const open = new Map<string, { table: Table; writer: TableWriter }>()
    const exported: ExportedTable[] = []
    for (const table of tables) {
        const { topic, columns, rows } = table
        const name = topic.name.replace(/^\//, '').replaceAll('/', '_')
        const { file, writer } = await createTable(directory, name, columns, options)
        open.set(topic.name, { table, writer })
        exported.push({ topic: topic.name, file, rows, columns: columns.size })
    }
    for await (const message of recording.messages(open.keys())) {
        const { table, writer } = open.get(message.topic)!
        await writer.row(rowOf(table, message))
    }
    for (const { writer } of open.values()) await writer.end()
    return exported
}

function rowOf({ topic, flatten }: Table, { logTime, publishTime, sequence, data }: RecordedMessage) {
    const row = new Map<string, Cell>([
        ['log_time_ns', logTime],
        ['publish_time_ns', publishTime],
        ['sequence', BigInt(sequence)],
    ])
    flatten(topic.decode(data), (column, _type, value) => void row.set(column, value))
    return row
}

async function writeParameters(
    recording: RecordingFile,
    directory: string,
    options: ExportOptions,
): Promise<ExportedTable[]> {
    const recorded = await recordedParameters(recording)
    const names = new Set(recorded.flatMap(({ values }) => Object.keys(values)))
    const columns = new Map([...names].map(name => [name, 'number'] as const))
    const rows = recorded.map(({ time, values }) => ({ time, cells: Object.entries(values) }))
    return writeRecords('parameters', columns, rows, directory, options)
}

async function writeFirmware(
    recording: RecordingFile,
    directory: string,
    options: ExportOptions,
): Promise<ExportedTable[]> {
    const rows = (await recordedFirmware(recording)).map(({ time, sha256 }) => ({
        time,
        cells: sha256 === undefined ? [] : [['sha256', sha256] as const],
    }))
    return writeRecords('firmware', new Map([['sha256', 'text']]), rows, directory, options)
}

/** A table of what is in force from a time on, s since the Unix epoch. None without rows. */
async function writeRecords(
    name: string,
    columns: ReadonlyMap<string, ColumnType>,
    rows: readonly { time: number; cells: readonly (readonly [string, Cell])[] }[],
    directory: string,
    options: ExportOptions,
): Promise<ExportedTable[]> {
    if (rows.length === 0) return []
    const all = new Map<string, ColumnType>([['time_ns', 'integer'], ...columns])
    const { file, writer } = await createTable(directory, name, all, options)
    for (const { time, cells } of rows) {
        await writer.row(new Map<string, Cell>([['time_ns', nanoseconds(time * 1000)], ...cells]))
    }
    await writer.end()
    return [{ file, rows: rows.length, columns: all.size }]
}

/** Creates the file of a table, whose columns are known. @throws RecordError `exists`, `unwritable` */
async function createTable(
    directory: string,
    name: string,
    columns: ReadonlyMap<string, ColumnType>,
    { format, rowGroup = 10_000 }: ExportOptions,
): Promise<{ file: string; writer: TableWriter }> {
    const file = path.join(directory, `${name}.${format}`)
    const handle = await create(file)
    const list = [...columns].map(([name, type]) => ({ name, type }))
    const writer = format === 'csv' ? new CsvWriter(handle, list) : new ParquetTable(handle, list, rowGroup)
    return { file, writer }
}

async function create(file: string): Promise<FileHandle> {
    return open(file, 'wx').catch((cause: NodeJS.ErrnoException) => {
        if (cause.code === 'EEXIST') {
            throw new RecordError('exists', `${file} exists: name another directory, or remove it first`, { cause })
        }
        throw new RecordError('unwritable', `cannot create ${file}: ${cause.message}`, { cause })
    })
}
