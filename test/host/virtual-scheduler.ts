import type { Scheduler } from '../../src/host/scheduler'
import { VirtualClock } from '../../src/sim/virtual-clock'
import { schedulerOf } from '../../src/simulate'

/** Host code on time that the test moves on. */
export class VirtualScheduler implements Scheduler {
    readonly clock = new VirtualClock()
    private readonly scheduler = schedulerOf(this.clock)
    readonly now = this.scheduler.now
    readonly epoch = this.scheduler.epoch
    readonly setTimeout = this.scheduler.setTimeout
    readonly clearTimeout = this.scheduler.clearTimeout

    /** Lets time pass, ms, and what waits for it settle. */
    async pass(ms: number): Promise<void> {
        this.clock.runUntil(this.clock.now + ms * 1000)
        await new Promise(setImmediate)
    }
}
