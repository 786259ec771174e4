import * as ds from '@devicescript/core'
import { Server, type ServerOptions } from '@devicescript/server'

/** Between two reports, ms: a program may send 50 packets a second in all. */
const INTERVAL_MS = 100
const INTERVAL_MIN_MS = 50
const INTERVAL_MAX_MS = 60_000

export interface SensorOptions extends ServerOptions {
    /** Between two reports of the reading, ms, unless a client asks for another; 100 by default, 50 at least. */
    intervalMs?: number
}

/**
 * A sensor's Jacdac service. It differs from DeviceScript's `SensorServer` in one thing: while there is no good sample it reports
 * nothing and answers that it has no reading, where that one would go on with the last value as if it were new.
 */
export class StreamingServer<Reading> extends Server {
    private samplesLeft = 0
    private interval: number
    private readonly preferred: number
    private timer: number = undefined

    /** @param read the newest reading; undefined when there is none that is good */
    constructor(
        spec: ds.ServiceSpec,
        private readonly read: () => Reading | undefined,
        options?: SensorOptions,
    ) {
        super(spec, options)
        this.preferred = options?.intervalMs || INTERVAL_MS
        this.set_streamingInterval(this.preferred)
    }

    reading(): Reading | undefined {
        return this.read()
    }

    streamingSamples(): number {
        return this.samplesLeft
    }

    /** A client wants this many reports, and renews that as long as it listens. */
    async set_streamingSamples(count: number) {
        this.samplesLeft = count
        if (this.samplesLeft > 0 && this.timer === undefined) {
            this.timer = setInterval(this.report, this.interval)
            await this.report()
        }
    }

    streamingInterval(): number {
        return this.interval
    }

    set_streamingInterval(ms: number): void {
        this.interval = Math.constrain(ms, INTERVAL_MIN_MS, INTERVAL_MAX_MS)
        if (this.timer !== undefined) updateInterval(this.timer, this.interval)
    }

    streamingPreferredInterval(): number {
        return this.preferred
    }

    private async report() {
        const reading = this.read()
        if (reading !== undefined) await this._send(this.spec.lookup('reading').encode(reading))
        this.samplesLeft--
        if (this.samplesLeft <= 0 && this.timer !== undefined) {
            clearInterval(this.timer)
            this.timer = undefined
        }
    }
}
