import type { FileHandle } from 'node:fs/promises'
import type { Cell } from './flatten'
import type { Column, Row, TableWriter } from './table'

/** Text that is gathered before it is written, characters. */
const PIECE = 256 * 1024

/** A table as comma-separated values (RFC 4180), with a line of names. What a row does not have is empty. */
export class CsvWriter implements TableWriter {
    private text = ''

    constructor(
        private readonly handle: FileHandle,
        private readonly columns: Column[],
    ) {
        this.text = line(columns.map(({ name }) => name))
    }

    async row(row: Row): Promise<void> {
        this.text += line(this.columns.map(({ name }) => cell(row.get(name))))
        if (this.text.length > PIECE) await this.flush()
    }

    async end(): Promise<void> {
        await this.flush()
        await this.handle.close()
    }

    private async flush(): Promise<void> {
        await this.handle.appendFile(this.text)
        this.text = ''
    }
}

function line(cells: string[]): string {
    return `${cells.map(quoted).join(',')}\r\n`
}

function cell(value: Cell | undefined): string {
    return value === undefined ? '' : String(value)
}

function quoted(text: string): string {
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
