import type { Clock } from '../../src/hal/clock'
import { type I2cBus, NACK_READ } from '../../src/hal/i2c-bus'

/** Losses of all parts within this time are the bus's: ms, several ticks. */
const STUCK_MS = 50
/** Long ago, ms. */
const NEVER = -1e9

/** What went wrong at one address. */
export interface I2cFaults {
    readonly address: number
    /** Transfers that were not acknowledged at first, those that a retry saved, and those that were lost. */
    failed: number
    saved: number
    lost: number
    /** When the last was lost, ms; long ago when a retry has saved another since, anywhere on the bus. */
    lostAt: number
}

/**
 * A bus that tries a failed transfer again and counts, for each address. A transfer that succeeds is the bus's own, without anything
 * around it: in a tick in which nothing fails this costs nothing.
 *
 * A retry takes as long as the transfer (docs/sensors.md says how long), so few are enough: what lasts longer than a spike of noise
 * lasts longer than a tick.
 *
 * What it cannot see: on a Pico the runtime waits without end for a line that is held down (`src/i2c.c` of devicescript-pico). The
 * program then stands still, and what stops the motors is their controller's own timeout. An ESP32's gives up after two of its
 * system's ticks and reports a failure like any other.
 */
export class RetryingI2c implements I2cBus {
    /** The bus's own function. */
    readonly transfer: I2cBus['transfer']
    /** Of the addresses given, in their order, and then of others that failed. */
    readonly faults: I2cFaults[] = []
    /** Times that every part of the bus was silent within a few ticks: a line held down, or the supply of all is gone. */
    stuck = 0
    private readonly parts: number
    private isStuck = false

    /**
     * @param bus whose `transfer` needs no `this`, as the runtime's does not
     * @param addresses of the parts on this piece of wire; with fewer than two, `stuck` is never told
     * @param retries tries after the first, 0 or more
     * @param report called with a line for people at the 1st, 2nd, 4th, 8th, … loss of a part, and when all are silent
     */
    constructor(
        bus: I2cBus,
        private readonly clock: Clock,
        addresses: readonly number[],
        private readonly retries = 2,
        private readonly report?: (line: string) => void,
    ) {
        this.transfer = bus.transfer
        this.parts = addresses.length
        for (const address of addresses) this.entry(address)
    }

    retry(address: number, write: Buffer | undefined, read: Buffer | undefined): number {
        const faults = this.entry(address)
        faults.failed++
        const transfer = this.transfer
        for (let i = 0; i < this.retries; i++) {
            if (transfer(address, write, read) === 0) {
                faults.saved++
                this.heard()
                return 0
            }
        }
        faults.lost++
        faults.lostAt = this.clock.millis()
        const lost = faults.lost
        if (this.report && (lost & (lost - 1)) === 0) this.report('I2C ' + describe(faults))
        this.lookForStuck(faults.lostAt)
        return NACK_READ
    }

    /** Some part has answered: what was lost before says nothing of the bus. */
    private heard(): void {
        this.isStuck = false
        for (const faults of this.faults) faults.lostAt = NEVER
    }

    private lookForStuck(now: number): void {
        let silent = 0
        for (let i = 0; i < this.parts; i++) if (now - this.faults[i].lostAt <= STUCK_MS) silent++
        if (silent < this.parts || this.parts < 2) this.isStuck = false
        else if (!this.isStuck) {
            this.isStuck = true
            this.stuck++
            if (this.report) this.report('I2C: all ' + this.parts + ' parts are silent: a line held down, or no supply')
        }
    }

    private entry(address: number): I2cFaults {
        for (const faults of this.faults) if (faults.address === address) return faults
        const made = { address, failed: 0, saved: 0, lost: 0, lostAt: NEVER }
        this.faults.push(made)
        return made
    }
}

/** For people. */
export function describe(faults: I2cFaults): string {
    const address = '0x' + Buffer.from([faults.address]).toString('hex')
    return address + ': ' + faults.failed + ' not acknowledged, ' + faults.saved + ' saved, ' + faults.lost + ' lost'
}
