import type { Clock } from '../hal/clock'

/** Sensors whose bus lets the fiber wait: SPI. */
export interface WaitingSensors {
    /** Reads them all. Does not throw. */
    read(): Promise<void>
}

/**
 * The tick loop's clock in a robot with sensors on SPI: whenever the loop wakes, they are read before it runs on, so that the
 * tick, which cannot wait, finds fresh values, and the time that it reads is that of the values.
 */
export class SamplingClock implements Clock {
    /** The clock's own function, for a method around it would cost a call. */
    readonly millis: () => number

    /**
     * @param clock whose `millis` needs no `this`, as the runtime's does not
     */
    constructor(
        private readonly clock: Clock,
        private readonly sensors: WaitingSensors,
    ) {
        this.millis = clock.millis
    }

    async sleep(ms: number): Promise<void> {
        await this.clock.sleep(ms)
        // A sleep of 0 only brings the clock up to date.
        if (ms > 0) await this.sensors.read()
    }
}
