import { FleetError } from './fleet-error'

/**
 * Who may command a robot. One planner holds the lease at a time; it ends by itself, so that a planner that vanished
 * blocks nobody. Each planner's commands must come in the order of their sequence numbers.
 */
export class Lease {
    private current: { holder: string; until: number } | undefined
    private readonly lastSequence = new Map<string, number>()

    /** @param onEnd told that the holder's lease has run out or was given back */
    constructor(
        private readonly now: () => number,
        private readonly onEnd: (holder: string) => void = () => {},
    ) {}

    get holder(): string | undefined {
        this.expire()
        return this.current?.holder
    }

    /** Host time, s. */
    get until(): number {
        return this.current?.until ?? 0
    }

    /** Ends a lease that ran out. To be called regularly. */
    expire(): void {
        if (this.current && this.current.until <= this.now()) this.end()
    }

    /** @throws FleetError `leased`, naming the holder and for how long */
    take(planner: string, seconds: number): void {
        const { holder } = this
        if (holder !== undefined && holder !== planner) {
            const left = (this.until - this.now()).toFixed(1)
            throw new FleetError('leased', `"${holder}" holds the lease for another ${left} s`)
        }
        if (seconds > 0) this.current = { holder: planner, until: this.now() + seconds }
        else if (holder !== undefined) this.end()
    }

    /** @throws FleetError `no-lease` when another planner, or nobody, holds it */
    need(planner: string): void {
        const { holder } = this
        if (holder === planner) return
        const state = holder === undefined ? 'nobody holds it' : `"${holder}" does`
        throw new FleetError('no-lease', `"${planner}" does not hold the lease of this robot (${state}): take it first`)
    }

    /** Whether a planner's command is newer than all that it sent before. */
    isNew(planner: string, sequence: number): boolean {
        const last = this.lastSequence.get(planner)
        if (last !== undefined && sequence <= last) return false
        this.lastSequence.delete(planner)
        this.lastSequence.set(planner, sequence)
        // The one that has been silent for longest is forgotten: its commands have expired long since.
        if (this.lastSequence.size > MAX_PLANNERS) this.lastSequence.delete(this.lastSequence.keys().next().value!)
        return true
    }

    private end(): void {
        const { holder } = this.current!
        this.current = undefined
        this.onEnd(holder)
    }
}

const MAX_PLANNERS = 1000
