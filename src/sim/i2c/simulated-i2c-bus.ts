import { NACK_READ, NACK_WRITE } from '../../hal/i2c-bus'
import type { I2cBus } from '../../hal/i2c-bus'
import { I2cSegment } from './i2c-segment'

/** Which half of a transaction a fault hits. */
export type I2cPhase = 'write' | 'read'

export interface SimulatedI2cBusOptions {
    /** SCL frequency, Hz */
    frequency: number
    /** Simulated time, s */
    now: () => number
}

const NO_BYTES = new Uint8Array(0)

/**
 * The I2C bus of the simulated board. Transactions happen at one instant of simulated time; the caller moves the clock on
 * by {@link duration}. Nothing here allocates once running.
 */
export class SimulatedI2cBus extends I2cSegment implements I2cBus {
    /** SCL frequency, Hz */
    readonly frequency: number
    private readonly now: () => number
    private readonly transactionCounts = new Uint32Array(128)
    private readonly nackCounts = new Uint32Array(128)

    /** Fault injection: return 'nack' to have nobody acknowledge this half of a transaction. */
    fault: ((address: number, phase: I2cPhase) => 'nack' | undefined) | undefined
    /** Sees every transaction after it happened; `read` means nothing unless `result` is 0. `time` in s. */
    onTransaction:
        | ((
              address: number,
              write: Uint8Array | undefined,
              read: Uint8Array | undefined,
              result: number,
              time: number,
          ) => void)
        | undefined

    constructor(options: SimulatedI2cBusOptions) {
        super()
        if (!(options.frequency > 0)) throw new RangeError(`I2C frequency ${options.frequency} Hz is not above 0`)
        this.frequency = options.frequency
        this.now = options.now
    }

    /**
     * One transaction: start, `write`, and when there is something to read a repeated start and `read`; stop. With neither,
     * an address probe.
     *
     * @returns 0, -1 when the address or a written byte was not acknowledged, -2 when the read was not
     */
    transfer(address: number, write: Uint8Array | undefined, read: Uint8Array | undefined): number {
        const reading = read !== undefined && read.length > 0
        const writing = (write !== undefined && write.length > 0) || !reading
        let result = 0
        if (writing && !this.offerWrite(address, write ?? NO_BYTES)) result = NACK_WRITE
        if (reading && result === 0 && !this.offerRead(address, read)) result = NACK_READ
        this.stop()
        if (address >= 0 && address < 128) {
            this.transactionCounts[address]++
            if (result !== 0) this.nackCounts[address]++
        }
        this.onTransaction?.(address, write, read, result, this.now())
        return result
    }

    /**
     * Time on the wire of a transaction that nobody interrupts: start, stop and repeated start one bit each, nine bits per
     * byte (eight and the acknowledge), the address byte of each half counted. UM10204 (I2C-bus specification, rev. 7),
     * section 3.1. No clock stretching.
     *
     * @returns s
     */
    duration(writeLength: number, readLength: number): number {
        const reading = readLength > 0
        const writing = writeLength > 0 || !reading
        const bits = (writing ? 1 + 9 * (1 + writeLength) : 0) + (reading ? 1 + 9 * (1 + readLength) : 0) + 1
        return bits / this.frequency
    }

    /** Transactions addressed to `address` so far. */
    transactions(address: number): number {
        return this.transactionCounts[address]
    }

    /** How many of them were not acknowledged. */
    nacks(address: number): number {
        return this.nackCounts[address]
    }

    private offerWrite(address: number, bytes: Uint8Array): boolean {
        return this.fault?.(address, 'write') !== 'nack' && this.write(address, bytes)
    }

    private offerRead(address: number, into: Uint8Array): boolean {
        return this.fault?.(address, 'read') !== 'nack' && this.read(address, into)
    }
}
