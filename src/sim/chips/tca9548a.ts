// TCA9548A low-voltage 8-channel I2C switch with reset: Texas Instruments datasheet SCPS207G, revised November 2019.
import type { I2cDevice, I2cRouter } from '../i2c/i2c-device'
import { I2cSegment, ScratchBuffer, wiredAnd } from '../i2c/i2c-segment'

const CHANNELS = 8

/**
 * Multiplexer with one control register, bit n connecting channel n (section 8.5.4, table 2). Any number of channels may be
 * on at once; if chips of one address sit behind several of them, they are on the same wire: all acknowledge, and the data
 * read is the AND of theirs.
 *
 * Addresses 0x70 to 0x77 by the pins A2..A0 (section 8.5.2, table 1). Attach with `bus.attachRouter(address, mux)`.
 */
export class Tca9548a implements I2cDevice, I2cRouter {
    private readonly channels: I2cSegment[] = []
    private readonly scratch = new ScratchBuffer()
    /** The control register as the controller reads it. */
    private control = 0
    /** What the switches do: the register's value at the last stop. */
    private connected = 0

    constructor() {
        for (let i = 0; i < CHANNELS; i++) this.channels.push(new I2cSegment())
    }

    /** The bus behind channel `index`, 0 to 7. */
    channel(index: number): I2cSegment {
        if (!(index >= 0 && index < CHANNELS)) throw new RangeError(`TCA9548A channel ${index} is not 0 to 7`)
        return this.channels[index]
    }

    /** Channels connected now, bit n for channel n. */
    get enabled(): number {
        return this.connected
    }

    /** Of several bytes the last one is kept (section 8.5.4). */
    write(bytes: Uint8Array): boolean {
        if (bytes.length > 0) this.control = bytes[bytes.length - 1]
        return true
    }

    read(into: Uint8Array): boolean {
        into.fill(this.control)
        return true
    }

    /** A channel becomes active after the stop that follows its selection, so that the lines are idle then (8.5.4). */
    stop(): void {
        for (let i = 0; i < CHANNELS; i++) if ((this.connected & (1 << i)) !== 0) this.channels[i].stop()
        this.connected = this.control
    }

    /** Power-on, or RESET low: all channels off (sections 8.5.5, 8.5.6). */
    reset(): void {
        this.control = 0
        this.connected = 0
    }

    routeWrite(address: number, bytes: Uint8Array): boolean {
        let acknowledged = false
        for (let i = 0; i < CHANNELS; i++) {
            if ((this.connected & (1 << i)) !== 0 && this.channels[i].write(address, bytes)) acknowledged = true
        }
        return acknowledged
    }

    routeRead(address: number, into: Uint8Array): boolean {
        let answered = false
        for (let i = 0; i < CHANNELS; i++) {
            if ((this.connected & (1 << i)) === 0) continue
            const target = answered ? this.scratch.ofLength(into.length) : into
            if (!this.channels[i].read(address, target)) continue
            if (answered) wiredAnd(into, target)
            answered = true
        }
        return answered
    }
}
