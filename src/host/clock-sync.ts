/** Drift that a bound allows for, s/s: crystals of ±100 ppm at both ends. */
const DRIFT = 200e-6
/** The board tells its time in steps of 1 ms. */
const BOARD_STEP = 1e-3
/** Queries that are remembered. */
const WINDOW = 32

/**
 * The board's clock seen from the host. Each query gives an interval that holds the difference of both clocks: the board
 * read its clock somewhere between query and answer. The best of the last queries, widened by the drift since, is the
 * estimate, and half its width the bound.
 */
export class ClockSync {
    private readonly queries: { at: number; offset: number; halfWidth: number }[] = []

    /**
     * @param sent host time of the query, s
     * @param received host time of the answer, s
     * @param board board time in the answer, s
     */
    add(sent: number, received: number, board: number): void {
        this.queries.push({
            at: received,
            offset: (sent + received) / 2 - board,
            halfWidth: (received - sent) / 2,
        })
        if (this.queries.length > WINDOW) this.queries.shift()
    }

    /** Forgets everything: another board, or the same after a restart. */
    reset(): void {
        this.queries.length = 0
    }

    /** Half the latest round trip, s; NaN before the first answer. */
    get latency(): number {
        return this.queries.at(-1)?.halfWidth ?? NaN
    }

    /** Host time of a board time, s, and how far it may be off, s. `now` is the host's time. Undefined before an answer. */
    toHost(board: number, now: number): { time: number; bound: number } | undefined {
        let best: { offset: number; halfWidth: number } | undefined
        for (const { at, offset, halfWidth } of this.queries) {
            const widened = halfWidth + (now - at) * DRIFT
            if (!best || widened < best.halfWidth) best = { offset, halfWidth: widened }
        }
        return best && { time: board + best.offset, bound: best.halfWidth + BOARD_STEP }
    }
}
