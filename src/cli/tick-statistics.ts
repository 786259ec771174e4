import type { SimulatedBoard, TickCost } from '../sim/simulated-board'

/** Least, mean and largest of something. */
export interface Spread {
    min: number
    mean: number
    max: number
}

/**
 * Watches what the board's fibers do between two waits and tells which were control ticks: those with at least as many bus
 * transactions as most have. Start-up and recovery talk to single chips; the tick talks to all.
 */
export class TickStatistics {
    private readonly costs: TickCost[] = []
    private readonly countsWith: number[] = []

    constructor(board: SimulatedBoard) {
        board.onTick = cost => {
            this.costs.push({ ...cost })
            this.countsWith[cost.transactions] = (this.countsWith[cost.transactions] ?? 0) + 1
        }
    }

    /** Costs of all ticks so far, times in µs. */
    ticks(): TickCost[] {
        const usual = this.usual()
        return this.costs.filter(cost => cost.transactions >= usual)
    }

    /** Between the starts of two ticks, ms. */
    periodMs(): Spread {
        const starts = this.ticks().map(({ startUs }) => startUs)
        return spread(starts.slice(1).map((start, i) => (start - starts[i]) / 1000))
    }

    /** Transactions that most have. */
    private usual(): number {
        let usual = 0
        this.countsWith.forEach((count, transactions) => {
            if (count > (this.countsWith[usual] ?? 0)) usual = transactions
        })
        return usual
    }
}

/** All three are NaN when there is nothing. */
export function spread(values: number[]): Spread {
    if (values.length === 0) return { min: NaN, mean: NaN, max: NaN }
    let [min, sum, max] = [Infinity, 0, -Infinity]
    for (const value of values) {
        min = Math.min(min, value)
        sum += value
        max = Math.max(max, value)
    }
    return { min, mean: sum / values.length, max }
}
