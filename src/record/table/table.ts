import type { Cell, ColumnType } from './flatten'

export interface Column {
    name: string
    type: ColumnType
}

/** What a row has, by column. */
export type Row = ReadonlyMap<string, Cell>

/** Writes a table whose columns are known, row by row. */
export interface TableWriter {
    row(row: Row): Promise<void>
    end(): Promise<void>
}

export const TABLE_FORMATS = ['csv', 'parquet'] as const
export type TableFormat = (typeof TABLE_FORMATS)[number]
