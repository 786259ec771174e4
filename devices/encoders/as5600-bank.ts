// Several AS5600 behind a TCA9548A. Data sheets: as5600.ts and tca9548a.ts beside this file.
import type { Clock } from '../../src/hal/clock'
import type { I2cBus } from '../../src/hal/i2c-bus'
import { CHANNELS, type Tca9548a } from '../buses/tca9548a'
import { As5600, AS5600_ADDRESS, Register } from './as5600'

const RADIANS_PER_COUNT = (2 * Math.PI) / 4096

/**
 * All magnetic encoders of a robot, read in one call: they share an address, so each has a channel of a multiplexer. The
 * arrays hold an entry for each, in the order of the channels given.
 */
export class As5600Bank {
    /** Shaft angle, rad in [0, 2π); the last good one when its bit in {@link failed} is set. */
    readonly reading: number[] = []
    /** Encoders whose newest sample failed: bit i for entry i, 0 when all succeeded. */
    failed = 0
    /** Times that an encoder began to fail: no acknowledge, blank bits set, no magnet. */
    errors = 0
    /** What selects each encoder: its channel, or none while it has no magnet. */
    private readonly masks: Buffer[] = []
    /** Written before the read to set the encoder's pointer; undefined while it stands on the angle already. */
    private readonly pointers: (Buffer | undefined)[] = []
    private pointersLost = -1
    private readonly anglePointer = Buffer.alloc(1)
    private readonly bytes = Buffer.alloc(2)
    private readonly statusPointer = Buffer.alloc(1)
    private readonly statusByte = Buffer.alloc(1)
    private next = 0

    /**
     * @param channels the multiplexer's channel of each encoder
     */
    constructor(
        private readonly bus: I2cBus,
        private readonly mux: Tca9548a,
        private readonly channels: number[],
    ) {
        this.anglePointer[0] = Register.RAW_ANGLE
        this.statusPointer[0] = Register.STATUS
        for (const channel of channels) {
            this.reading.push(0)
            this.pointers.push(this.anglePointer)
            this.masks.push(mux.mask[channel])
        }
    }

    /**
     * Starts the multiplexer and every encoder behind it.
     *
     * @throws DriverError
     */
    async init(clock: Clock): Promise<void> {
        await this.mux.init()
        for (let i = 0; i < this.channels.length; i++) {
            this.mux.select(this.channels[i])
            // Not kept: what lies on the board's heap makes each of its collections longer, 9 µs an object.
            const encoder = new As5600(this.bus)
            await encoder.init(clock)
        }
    }

    /**
     * Reads every encoder: two transactions each, selecting its channel and reading two bytes, because an encoder's
     * pointer stays on the angle. A reading counts only when both succeeded: without its channel another would answer.
     *
     * @inline
     */
    sample(): void {
        const { bus, bytes, channels, masks, pointers, reading } = this
        const muxAddress = this.mux.address
        const count = channels.length
        let failed = 0
        for (let i = 0; i < count; i++) {
            const result =
                bus.transfer(muxAddress, masks[i], undefined) | bus.transfer(AS5600_ADDRESS, pointers[i], bytes)
            const high = bytes[0]
            // RAW ANGLE has 12 bits; the four above are blank.
            if ((result | (high & 0xf0)) === 0) reading[i] = ((high << 8) | bytes[1]) * RADIANS_PER_COUNT
            else failed |= 1 << i
        }
        this.failed = failed
        if (failed !== this.pointersLost) this.losePointers(failed)
    }

    /** After a failure an encoder's pointer may stand anywhere: it is set anew with the next sample, and until that succeeds. */
    private losePointers(failed: number): void {
        this.pointersLost = failed
        for (let i = 0; i < this.pointers.length; i++) {
            const lost = (failed & (1 << i)) !== 0
            this.pointers[i] = lost ? this.anglePointer : undefined
            if (lost) this.errors++
        }
    }

    /** Sets every encoder's pointer anew with the next sample: somebody else read its registers. */
    forget(): void {
        this.pointersLost = -1
        for (let i = 0; i < this.pointers.length; i++) this.pointers[i] = this.anglePointer
    }

    /**
     * Asks one encoder, the next at each call, whether it still sees its magnet. Belongs after a {@link sample}, one tick
     * in several: a magnet that came off is noticed after as many calls as there are encoders.
     *
     * @inline
     */
    check(): void {
        const i = this.next
        const channel = this.mux.mask[this.channels[i]]
        this.next = i + 1 < this.masks.length ? i + 1 : 0
        this.pointers[i] = this.anglePointer
        this.pointersLost = -1
        // Without its channel another encoder's pointer would be moved. MD, magnet detected: STATUS bit 5. An encoder without one is no
        // longer selected, so that its samples fail.
        if (
            this.bus.transfer(this.mux.address, channel, undefined) === 0 &&
            this.bus.transfer(AS5600_ADDRESS, this.statusPointer, this.statusByte) === 0
        ) {
            this.masks[i] = (this.statusByte[0] & 0x20) !== 0 ? channel : this.mux.mask[CHANNELS]
        }
    }
}
