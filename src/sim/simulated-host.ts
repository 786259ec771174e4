import type { VirtualClock } from './virtual-clock'

/** The computer at the other end of the link, as far as faults see it: whether it runs, and whether its port is there. */
export class SimulatedHost {
    /** The port has gone away. */
    onUnplug: () => void = () => {}
    plugged = true
    /** Stands for what stalls it; see `FaultPlayer`. */
    readonly stalls = {}
    private stalled = false
    private readonly waiting: (() => void)[] = []

    constructor(private readonly clock: VirtualClock) {}

    /** Simulated time, µs. */
    get now(): number {
        return this.clock.now
    }

    /** Calls back at `time` (µs), or when the host goes on after a stall in which that fell. Returns a handle for {@link cancel}. */
    at(time: number, callback: () => void): { callback: (() => void) | undefined } {
        const timer: { callback: (() => void) | undefined } = { callback }
        const fire = () => {
            const { callback } = timer
            timer.callback = undefined
            callback?.()
        }
        this.clock.at(time, () => (this.stalled ? this.waiting.push(fire) : fire()))
        return timer
    }

    cancel(timer: { callback: (() => void) | undefined }): void {
        timer.callback = undefined
    }

    hold(): void {
        this.stalled = true
    }

    release(): void {
        this.stalled = false
        for (const fire of this.waiting.splice(0)) fire()
    }

    unplug(): void {
        this.plugged = false
        this.onUnplug()
    }

    plug(): void {
        this.plugged = true
    }
}
