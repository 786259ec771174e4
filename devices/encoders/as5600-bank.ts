// Several AS5600 behind a TCA9548A. Data sheets: as5600.ts and tca9548a.ts beside this file.
import type { Clock } from '../../src/hal/clock'
import type { I2cBus } from '../../src/hal/i2c-bus'
import type { Tca9548a } from '../buses/tca9548a'
import { As5600, AS5600_ADDRESS, Register } from './as5600'

const RADIANS_PER_COUNT = (2 * Math.PI) / 4096

/**
 * All magnetic encoders of a robot, read in one call: they share an address, so each has a channel of a multiplexer. The
 * arrays hold an entry for each, in the order of the channels given.
 */
export class As5600Bank {
    /** Shaft angle, rad in [0, 2π); the last good one when {@link valid} is false. */
    readonly reading: number[] = []
    /** Whether the newest sample succeeded. */
    readonly valid: boolean[] = []
    /** Samples dropped: no acknowledge, blank bits set, no magnet. */
    errors = 0
    /** The encoders one by one, for set-up and inspection. */
    readonly encoders: As5600[] = []

    private readonly masks: Buffer[] = []
    /** Written before the read to set the encoder's pointer; undefined while it stands on the angle already. */
    private readonly pointers: (Buffer | undefined)[] = []
    /** No magnet: every sample is dropped until {@link check} finds it again. */
    private readonly lost: boolean[] = []
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
            this.valid.push(false)
            this.lost.push(false)
            this.pointers.push(this.anglePointer)
            this.masks.push(mux.mask[channel])
            this.encoders.push(new As5600(bus))
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
            await this.encoders[i].init(clock)
        }
    }

    /**
     * Reads every encoder: two transactions each, selecting its channel and reading two bytes, because an encoder's
     * pointer stays on the angle. Where the channel cannot be selected, another encoder would answer; so nothing is read.
     */
    sample(): void {
        const { bus, bytes, masks, pointers, valid } = this
        const muxAddress = this.mux.address
        for (let i = 0; i < masks.length; i++) {
            if (
                bus.transfer(muxAddress, masks[i], undefined) === 0 &&
                bus.transfer(AS5600_ADDRESS, pointers[i], bytes) === 0 &&
                bytes[0] < 0x10 &&
                !this.lost[i]
            ) {
                this.reading[i] = ((bytes[0] << 8) | bytes[1]) * RADIANS_PER_COUNT
                valid[i] = true
                pointers[i] = undefined
            } else {
                valid[i] = false
                pointers[i] = this.anglePointer
                this.errors++
            }
        }
    }

    /**
     * Asks one encoder, the next at each call, whether it still sees its magnet. Belongs after a {@link sample}, one tick
     * in several: a magnet that came off is noticed after as many calls as there are encoders.
     */
    check(): void {
        const i = this.next
        this.next = i + 1 < this.masks.length ? i + 1 : 0
        this.pointers[i] = this.anglePointer
        if (this.bus.transfer(this.mux.address, this.masks[i], undefined) !== 0) return
        if (this.bus.transfer(AS5600_ADDRESS, this.statusPointer, this.statusByte) !== 0) return
        // MD, magnet detected: STATUS bit 5.
        this.lost[i] = (this.statusByte[0] & 0x20) === 0
    }
}
