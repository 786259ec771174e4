/** Where host code gets its time and timers, so that the same code runs against a simulator on a virtual clock. */
export interface Scheduler {
    /** ms; monotonic, any origin */
    now(): number
    /** Calls back once, after `ms`. */
    setTimeout(callback: () => void, ms: number): unknown
    clearTimeout(handle: unknown): void
    /** Seconds since the Unix epoch, for stamps. */
    epoch(): number
}

const epochAtStart = Date.now() - performance.now()

/** The machine's own clock. */
export const systemScheduler: Scheduler = {
    now: () => performance.now(),
    setTimeout: (callback, ms) => setTimeout(callback, ms),
    clearTimeout: handle => clearTimeout(handle as NodeJS.Timeout),
    epoch: () => (epochAtStart + performance.now()) / 1000,
}
