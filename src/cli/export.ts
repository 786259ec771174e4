import path from 'node:path'
import { type Command, Option } from 'commander'
import { TABLE_FORMATS, type TableFormat } from '../record/table/table'
import { jsonOption } from './options'
import { print, printJson, table } from './output'

interface ExportCommandOptions {
    format: TableFormat
    topic?: string[]
    json?: boolean
}

export function addExport(program: Command): void {
    program
        .command('export')
        .description('write topics, parameters and firmware of a recording as tables: CSV or Parquet, one file each')
        .argument('<recording>', 'an MCAP file')
        .argument('<directory>', 'for the tables; is made when there is none')
        .addOption(new Option('--format <format>', 'of the tables').choices(TABLE_FORMATS).default('csv'))
        .option('--topic <name...>', 'only these topics')
        .addOption(jsonOption())
        .addHelpText(
            'after',
            '\nExamples:\n  $ tendon export run.mcap tables' +
                '\n  $ tendon export run.mcap tables --format parquet --topic /ticks /odom',
        )
        .action(exportRecording)
}

async function exportRecording(input: string, directory: string, options: ExportCommandOptions): Promise<void> {
    const { exportTables } = await import('../record/table/export')
    const tables = await exportTables(input, directory, { format: options.format, topics: options.topic })
    if (options.json) return printJson({ tables })
    const rows = tables.map(({ topic, file, rows, columns }) => [
        topic ?? `(${path.parse(file).name})`,
        String(rows),
        String(columns),
        file,
    ])
    for (const line of table([['topic', 'rows', 'columns', 'file'], ...rows], [1, 2])) print(line)
}
