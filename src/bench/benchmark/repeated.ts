/** What several measurements of the same gave. */
export interface Repeated {
    median: number
    least: number
    most: number
}

/** @param values at least one */
export function repeated(values: number[]): Repeated {
    const sorted = [...values].sort((a, b) => a - b)
    const middle = sorted.length >> 1
    const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    return { median, least: sorted[0], most: sorted[sorted.length - 1] }
}
