/** Of what is in force from a time on each, in order, that which is at a time; before the first the first. */
export function inForce<T extends { time: number }>(records: readonly T[], time: number): T | undefined {
    return records.filter(record => record.time <= time).at(-1) ?? records[0]
}
