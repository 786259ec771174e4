/** Values that the quantiles look back on. */
const WINDOW = 1000

/** Half and 99 of 100 of the last values are at most these; NaN before the first. */
export interface Quantiles {
    p50: number
    p99: number
    /** Values so far, also those that are no longer looked back on. */
    count: number
}

/** The last values of a quantity, for its quantiles. */
export class RecentValues {
    private readonly values = new Float64Array(WINDOW)
    private count = 0

    add(value: number): void {
        this.values[this.count++ % WINDOW] = value
    }

    quantiles(): Quantiles {
        const { count } = this
        const sorted = this.values.slice(0, Math.min(count, WINDOW)).sort()
        // The nearest rank: the least value that this part of them does not exceed.
        const at = (part: number) => (sorted.length === 0 ? NaN : sorted[Math.ceil(part * sorted.length) - 1])
        return { p50: at(0.5), p99: at(0.99), count }
    }
}
