/** Prints one JSON value on a line of its own. What JSON has no number for becomes null. */
export function printJson(value: unknown): void {
    process.stdout.write(`${JSON.stringify(value)}\n`)
}

export function print(line = ''): void {
    process.stdout.write(`${line}\n`)
}

/** For people, beside what the command puts out. */
export function note(line: string): void {
    process.stderr.write(`${line}\n`)
}

/** Rows with their columns aligned: the first ones left, those named in `right` right. */
export function table(rows: string[][], right: number[] = []): string[] {
    const widths: number[] = []
    for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)))
    return rows.map(row =>
        row
            .map((cell, i) => (right.includes(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
            .join('  ')
            .trimEnd(),
    )
}

/** `min / mean / max` of some ms. */
export function span({ min, mean, max }: { min: number; mean: number; max: number }): string {
    return `${[min, mean, max].map(value => (Number.isFinite(value) ? value.toFixed(2) : '-')).join(' / ')} ms`
}
