/** Largest difference of the clocks' rates that is believed, s/s: crystals of ±100 ppm at both ends, and some more. */
const MAX_DRIFT = 250e-6
/** The board tells a tick's time in steps of 1 ms, rounded down. */
const BOARD_STEP = 1e-3
/**
 * From a tick's time as the board reads it to its true start, beyond the step: the runtime reads its clock when a pass begins,
 * and takes in what came from the host before it runs the program.
 */
const BOARD_DELAY = 0.3e-3
/** Queries that are remembered. */
const WINDOW = 64
/** Weight of a query against the one after it (lessons: α = 1/30). */
const DECAY = 1 - 1 / 30
/** A query that contradicts the others is left out, until they have done so for this long: then the clock has jumped. s */
const OUTLIERS_FOR = 10

/** How the two clocks compare: `host = board + offset`, at the time of the comparison. */
export interface ClockFit {
    /** Board time of the comparison, s. */
    boardTime: number
    /** Host time less board time, s. */
    offset: number
    /** How much faster the host's clock runs than the board's, s/s. */
    drift: number
    /** The offset is right to within this, s. */
    bound: number
}

interface Query {
    /** Middle of the query by the host's clock, s. */
    at: number
    /** Host time less board time, s, good to ± halfWidth. */
    offset: number
    halfWidth: number
}

/**
 * The board's clock seen from the host. Each query gives an interval that is certain to hold the difference of both clocks:
 * the board read its clock somewhere between query and answer. The intervals limit the rate of that difference too: each is
 * brought to one time by the least and the most of it, and what they have in common there is where the difference can be. The
 * rate that is told is a regression's over the last queries, weighted by age and by how tight they are, within those limits.
 */
export class ClockSync {
    /** Queries left out because they contradict the others. */
    outliers = 0
    private readonly queries: Query[] = []
    private contradictedSince: number | undefined
    /** Change of the difference, s/s, and the least and the most that it can be. */
    private slope = 0
    private slopeLow = -MAX_DRIFT
    private slopeHigh = MAX_DRIFT

    /**
     * @param sent host time of the query, s
     * @param received host time of the answer to it, s
     * @param board board time in the answer, s
     */
    add(sent: number, received: number, board: number): void {
        const at = (sent + received) / 2
        // The board's clock was read up to that long before or after, and the difference may have drifted meanwhile.
        const halfWidth = ((received - sent) / 2) * (1 + MAX_DRIFT)
        const query = { at, offset: at - board, halfWidth }
        if (this.contradicts(query)) {
            this.outliers++
            this.contradictedSince ??= received
            if (received - this.contradictedSince < OUTLIERS_FOR) return
            this.queries.length = 0
        }
        this.contradictedSince = undefined
        this.queries.push(query)
        if (this.queries.length > WINDOW) this.queries.shift()
        this.limitSlope()
        this.regress()
    }

    /** Forgets everything: another board, or the same after a restart. */
    reset(): void {
        this.queries.length = 0
        this.contradictedSince = undefined
    }

    /** Half the latest round trip, s; NaN before the first answer. */
    get latency(): number {
        return this.queries.at(-1)?.halfWidth ?? NaN
    }

    /** How much faster the host's clock runs than the board's, s/s. */
    get drift(): number {
        return this.slope
    }

    /**
     * Host time of a board time that was rounded down to the board's step, s, and how far it may be off, s. Undefined before
     * an answer.
     */
    toHost(board: number): { time: number; bound: number } | undefined {
        if (this.queries.length === 0) return undefined
        const late = BOARD_STEP + BOARD_DELAY
        let time = board + (this.queries.at(-1) as Query).offset
        let bound = 0
        // Twice, because the difference is over host time.
        for (let i = 0; i < 2; i++) {
            const { low, high } = this.differenceAt(time)
            time = board + (low + high + late) / 2
            bound = ((high - low + late) / 2) * (1 + MAX_DRIFT)
        }
        return { time, bound }
    }

    /** How the clocks compare at a host time; undefined before an answer. */
    fit(host: number): ClockFit | undefined {
        if (this.queries.length === 0) return undefined
        const { low, high } = this.differenceAt(host)
        const offset = (low + high) / 2
        return { boardTime: host - offset, offset, drift: this.slope, bound: (high - low) / 2 }
    }

    /** Board time of a host time, s; NaN before an answer. */
    toBoard(host: number): number {
        const { low, high } = this.differenceAt(host)
        return host - (low + high) / 2
    }

    /** The least and the most that the difference of the clocks can be at a host time. */
    private differenceAt(at: number): { low: number; high: number } {
        const { queries, slopeLow, slopeHigh } = this
        let [low, high] = [-Infinity, Infinity]
        for (let i = 0; i < queries.length; i++) {
            const { at: then, offset, halfWidth } = queries[i]
            const time = at - then
            low = Math.max(low, offset - halfWidth + Math.min(slopeLow * time, slopeHigh * time))
            high = Math.min(high, offset + halfWidth + Math.max(slopeLow * time, slopeHigh * time))
        }
        return { low, high }
    }

    /** Whether the query's interval has nothing in common with what the others allow. */
    private contradicts({ at, offset, halfWidth }: Query): boolean {
        const { low, high } = this.differenceAt(at)
        return offset + halfWidth < low || offset - halfWidth > high
    }

    /** What the rate can be, for lines that pass through every two intervals. */
    private limitSlope(): void {
        let low = -MAX_DRIFT
        let high = MAX_DRIFT
        const { queries } = this
        for (let j = 1; j < queries.length; j++) {
            for (let i = 0; i < j; i++) {
                const time = queries[j].at - queries[i].at
                const change = queries[j].offset - queries[i].offset
                const width = queries[i].halfWidth + queries[j].halfWidth
                if (!(time > 0)) continue
                low = Math.max(low, (change - width) / time)
                high = Math.min(high, (change + width) / time)
            }
        }
        // Limits that contradict each other leave their middle.
        const middle = (low + high) / 2
        this.slopeLow = Math.min(low, middle)
        this.slopeHigh = Math.max(high, middle)
    }

    /** Weighted least squares; a rate beyond its limits is taken as the limit. */
    private regress(): void {
        const { queries } = this
        let [weight, meanAt, meanOffset] = [0, 0, 0]
        for (let i = 0; i < queries.length; i++) {
            const { at, offset } = queries[i]
            const own = this.weight(i)
            weight += own
            meanAt += ((at - meanAt) * own) / weight
            meanOffset += ((offset - meanOffset) * own) / weight
        }
        let [variance, covariance] = [0, 0]
        for (let i = 0; i < queries.length; i++) {
            const own = this.weight(i)
            const distance = queries[i].at - meanAt
            variance += own * distance * distance
            covariance += own * distance * (queries[i].offset - meanOffset)
        }
        const { slopeLow, slopeHigh } = this
        const slope = variance > 0 ? covariance / variance : (slopeLow + slopeHigh) / 2
        this.slope = Math.min(Math.max(slope, slopeLow), slopeHigh)
    }

    /** A query counts by its age, and by its width squared: its middle is off by up to that. */
    private weight(index: number): number {
        const { halfWidth } = this.queries[index]
        return DECAY ** (this.queries.length - 1 - index) / (halfWidth + 1e-6) ** 2
    }
}
