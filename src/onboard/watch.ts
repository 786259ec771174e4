import type { FaultLog } from './fault-log'
import type { Monitor } from './robot-config'

/** A limit that nothing exceeds. */
const NEVER = 1e9

/**
 * One monitor over several joints (or one entry for the whole robot): entry i of each array belongs to joint i. It is judged at
 * regular looks; a value that was beyond its limit at all of them for the delay, or beyond the hard limit at one, trips it.
 */
export class Watch {
    readonly limit: number[] = []
    readonly hard: number[] = []
    readonly delayMs: number[] = []
    /** Whether it stops the robot or only warns. */
    readonly stops: boolean[] = []
    /** Entries that have tripped and whose cause still holds: bit i for entry i; those that stop, and those that warn. */
    stopping = 0
    warning = 0
    /** Looks in a row at which the limit was exceeded. */
    readonly looks: number[] = []

    /**
     * @param fault number of the `Fault` bit that it raises
     * @param lookMs between two looks, ms
     */
    constructor(
        readonly fault: number,
        monitors: (Monitor | undefined)[],
        private readonly lookMs: number,
        private readonly log: FaultLog,
    ) {
        for (const monitor of monitors) {
            this.limit.push(monitor ? monitor.limit : NEVER)
            this.hard.push(monitor ? (monitor.hard ?? NEVER) : NEVER)
            this.delayMs.push(monitor ? monitor.delayMs : 0)
            this.stops.push(monitor ? monitor.action === 'stop' : false)
            this.looks.push(0)
        }
    }

    /**
     * One look at one entry. What is not a number is beyond every limit.
     *
     * @param joint what the log is told
     * @param exceeded whether it is beyond the limit, and whether beyond the hard one
     * @returns whether it must be looked at again, because it counts or has tripped
     */
    judge(i: number, joint: number, value: number, exceeded: boolean, hard: boolean, now: number): boolean {
        const bit = 1 << i
        if (!exceeded) {
            this.looks[i] = 0
            this.stopping &= ~bit
            this.warning &= ~bit
            return false
        }
        const since = this.looks[i] * this.lookMs
        this.looks[i]++
        if (since < this.delayMs[i] && !hard) return true
        if (((this.stopping | this.warning) & bit) === 0) this.log.record(this.fault, joint, value, this.limit[i], now)
        if (this.stops[i]) this.stopping |= bit
        else this.warning |= bit
        return true
    }
}
