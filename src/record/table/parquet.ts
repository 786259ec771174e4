import { ByteWriter, type ColumnSource, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer'
import type { FileHandle } from 'node:fs/promises'
import type { Cell } from './flatten'
import type { Column, Row, TableWriter } from './table'

const TYPES = { number: 'DOUBLE', integer: 'INT64', boolean: 'BOOLEAN', text: 'STRING' } as const

/** A table as an Apache Parquet file, in groups of so many rows. What a row does not have is null. */
export class ParquetTable implements TableWriter {
    private readonly bytes = new ByteWriter()
    private readonly parquet: ParquetWriter
    private cells: (Cell | null)[][]

    constructor(
        private readonly handle: FileHandle,
        private readonly columns: Column[],
        private readonly group: number,
    ) {
        this.cells = columns.map(() => [])
        this.parquet = new ParquetWriter({
            writer: this.bytes,
            schema: schemaFromColumnData({ columnData: this.sources() }),
            createdBy: 'tendon',
        })
    }

    async row(row: Row): Promise<void> {
        this.columns.forEach(({ name }, i) => this.cells[i].push(row.get(name) ?? null))
        if (this.cells[0].length >= this.group) await this.writeGroup()
    }

    async end(): Promise<void> {
        if (this.cells[0].length > 0) await this.writeGroup()
        this.parquet.finish()
        await this.flush()
        await this.handle.close()
    }

    private sources(): ColumnSource[] {
        return this.columns.map(({ name, type }, i) => ({ name, type: TYPES[type], data: this.cells[i] }))
    }

    private async writeGroup(): Promise<void> {
        this.parquet.write({ columnData: this.sources(), rowGroupSize: this.group })
        this.cells = this.columns.map(() => [])
        await this.flush()
    }

    /** Hands what was made since the last call to the file. The library's count of all bytes, `offset`, goes on. */
    private async flush(): Promise<void> {
        const made = this.bytes.getBytes().slice()
        this.bytes.index = 0
        await this.handle.appendFile(made)
    }
}
