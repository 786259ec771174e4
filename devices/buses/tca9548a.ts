// TCA9548A low-voltage 8-channel I2C switch with reset, Texas Instruments SCPS207F, revised November 2016.
//
// - One register: a write's last byte selects the channels (bit n: channel n), a read returns it (section 8.5.4). It
//   has no identity register; `init` takes a part for a TCA9548A when the byte it writes comes back.
// - A channel connects after the STOP that follows the write (8.5.4), so a selection is a transaction of its own, and
//   the register is read back in another.
// - After power-on or RESET no channel is selected (Table 2): parts behind it then do not acknowledge.
// - In the tick, `bus.transfer(mux.address, mux.mask[channel], undefined)` does what `select` does without its call.
//   When that fails, do not read behind the multiplexer: the channel selected before may answer with another part's
//   data.
import { DriverError, type DriverErrorCode } from '../../src/hal/driver-error'
import type { I2cBus } from '../../src/hal/i2c-bus'

/** Channels of the switch. */
export const CHANNELS = 8

/** Address with A2, A1, A0 low (Table 1); the three pins give 0x70 to 0x77. */
export const TCA9548A_ADDRESS = 0x70

/** I2C multiplexer: connects one of eight downstream buses. */
export class Tca9548a {
    /** Byte to send for channel n, and for no channel at index 8. Kept, never written after the constructor. */
    readonly mask: Buffer[] = []
    /**
     * Channel that {@link select} last selected, -1 when unknown or none. Set it to -1 when a part behind the
     * multiplexer stopped answering or the masks were sent directly: the next `select` then writes again.
     */
    selected = -1
    /** Selections that failed. */
    errors = 0

    constructor(
        private readonly bus: I2cBus,
        /** 7-bit address, 0x70 to 0x77. */
        readonly address = TCA9548A_ADDRESS,
    ) {
        for (let channel = 0; channel <= CHANNELS; channel++) {
            const byte = Buffer.alloc(1)
            byte[0] = channel < CHANNELS ? 1 << channel : 0
            this.mask.push(byte)
        }
    }

    /**
     * Writes the register twice and reads it back; leaves no channel selected.
     *
     * @throws DriverError
     */
    async init(): Promise<void> {
        this.selected = -1
        if (this.bus.transfer(this.address, this.mask[0], undefined) !== 0) this.fail('not-found', 'no acknowledge')
        this.check(this.mask[0])
        if (this.bus.transfer(this.address, this.mask[CHANNELS], undefined) !== 0) this.fail('bus', 'write failed')
        this.check(this.mask[CHANNELS])
    }

    /**
     * Connects one channel and no other. Costs no transaction when it is connected already.
     *
     * @param channel 0 to 7
     * @returns false when it could not be selected; then nothing behind the multiplexer may be read
     */
    select(channel: number): boolean {
        if (channel === this.selected && channel >= 0) return true
        this.selected = -1
        const exists = channel >= 0 && channel < CHANNELS && (channel | 0) === channel
        if (!exists || this.bus.transfer(this.address, this.mask[channel], undefined) !== 0) {
            this.errors++
            return false
        }
        this.selected = channel
        return true
    }

    private check(expected: Buffer): void {
        const answer = Buffer.alloc(1)
        if (this.bus.transfer(this.address, undefined, answer) !== 0) this.fail('bus', 'read failed')
        if (answer[0] !== expected[0]) this.fail('wrong-part', 'the register does not hold what was written')
    }

    private fail(code: DriverErrorCode, detail: string): never {
        throw new DriverError('TCA9548A@0x' + Buffer.from([this.address]).toString('hex'), code, detail)
    }
}
