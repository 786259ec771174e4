import type { SimulatedBoard, TickCost } from '../sim/simulated-board'
import type { VirtualClock } from '../sim/virtual-clock'

/** Least, mean and largest of something. */
export interface Spread {
    min: number
    mean: number
    max: number
}

/**
 * Watches the board's passes and tells which were control ticks: those with at least as many bus transactions as most
 * passes have. Start-up and recovery talk to single chips; the tick talks to all.
 */
export class TickStatistics {
    private readonly starts: number[] = []
    private readonly costs: TickCost[] = []
    private readonly passesWith: number[] = []

    constructor(board: SimulatedBoard, clock: VirtualClock) {
        board.onTick = cost => {
            this.starts.push(clock.now)
            this.costs.push({ ...cost })
            this.passesWith[cost.transactions] = (this.passesWith[cost.transactions] ?? 0) + 1
        }
    }

    /** Costs of all ticks so far, times in µs. */
    ticks(): TickCost[] {
        const usual = this.usual()
        return this.costs.filter(cost => cost.transactions >= usual)
    }

    /** Between the starts of two ticks, ms. */
    periodMs(): Spread {
        const usual = this.usual()
        const starts = this.starts.filter((_, i) => this.costs[i].transactions >= usual)
        return spread(starts.slice(1).map((start, i) => (start - starts[i]) / 1000))
    }

    /** Transactions of most passes. */
    private usual(): number {
        let usual = 0
        this.passesWith.forEach((count, transactions) => {
            if (count > (this.passesWith[usual] ?? 0)) usual = transactions
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
