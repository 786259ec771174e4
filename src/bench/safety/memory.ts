import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { SimulatedRobot } from '../../sim/simulated-robot'

/** A heap that grows by less than this part of itself is flat: what a collection leaves differs from one to the next. */
export const FLAT = 0.1

/** What the program on the board keeps: the least that is used, as just after a collection. */
export class LeastUsed {
    private least = Infinity

    constructor(private readonly robot: SimulatedRobot) {}

    look(): void {
        this.least = Math.min(this.least, this.robot.board.heapStatistics()?.usedBytes ?? Infinity)
    }

    /** Since the last call, bytes. */
    take(): number {
        const { least } = this
        this.least = Infinity
        return least
    }
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** What this process keeps, bytes. */
export function hostBytes(): number {
    collect()
    return process.memoryUsage().heapUsed
}

/** `[9846123, 9905004]` as `9846.1 kB to 9905.0 kB`. */
export function kilobytes(bytes: readonly number[]): string {
    return bytes.map(value => `${(value / 1000).toFixed(1)} kB`).join(' to ')
}
