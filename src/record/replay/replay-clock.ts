import type { Scheduler } from '../../host/scheduler'

/** A clock that shows the time of a recording while it is played. */
export class ReplayClock implements Scheduler {
    private startedAt: number // ms of the clock below

    /**
     * @param start s since the Unix epoch, in the recording
     * @param rate recorded seconds that pass in a second
     */
    constructor(
        private readonly below: Scheduler,
        private readonly start: number,
        private readonly rate: number,
    ) {
        this.startedAt = below.now()
    }

    /** The recording begins now. */
    restart(): void {
        this.startedAt = this.below.now()
    }

    /** How long it is until this time of the recording, ms of the clock below; negative when it is past. */
    until(time: number): number {
        return ((time - this.start) * 1000) / this.rate - (this.below.now() - this.startedAt)
    }

    now(): number {
        return this.below.now()
    }

    setTimeout(callback: () => void, ms: number): unknown {
        return this.below.setTimeout(callback, ms)
    }

    clearTimeout(handle: unknown): void {
        this.below.clearTimeout(handle)
    }

    epoch(): number {
        return this.start + ((this.below.now() - this.startedAt) / 1000) * this.rate
    }
}
