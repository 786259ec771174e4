// Several AS5048B, by addresses of their own or behind a TCA9548A. Data sheets: as5048b.ts and tca9548a.ts beside this file.
import type { Clock } from '../../src/hal/clock'
import { DriverError } from '../../src/hal/driver-error'
import { again, type I2cBus } from '../../src/hal/i2c-bus'
import type { Tca9548a } from '../buses/tca9548a'
import { As5048b, AS5048B_ADDRESS, Register } from './as5048b'

const RADIANS_PER_COUNT = (2 * Math.PI) / 16384
/** Diagnostics when all is well, and in them the warning of a weak field (see as5048b.ts). */
const GOOD = 0x01
const COMP_LOW = 0x04
const COMP_HIGH = 0x08
const SIX_BITS = 0x3f

/** Where an encoder is. */
export interface As5048bPlace {
    /** 7-bit address, 0x40 (default) to 0x43 by its pins. */
    readonly address?: number
    /** Its channel, when it is behind the multiplexer. */
    readonly channel?: number
}

/**
 * All magnetic encoders of a robot, read in one call: one transaction each, two behind a multiplexer. The arrays hold an entry for
 * each, in the order of the places given.
 */
export class As5048bBank {
    /** Shaft angle, rad in [0, 2π); the last good one when its bit in {@link failed} is set. */
    readonly reading: number[] = []
    /** Encoders whose newest sample failed: bit i for entry i, 0 when all succeeded. */
    failed = 0
    /** Samples dropped: no acknowledge, blank bits set, overflow, lost magnet, a part that was reset or stopped. */
    errors = 0
    /** The encoders one by one, for set-up and inspection. */
    readonly encoders: As5048b[] = []

    private readonly addresses: number[] = []
    /** Written to the multiplexer before a read; undefined for an encoder that is not behind it. */
    private readonly masks: (Buffer | undefined)[] = []
    private readonly leastMagnitude: number[] = []
    private readonly angleRaw: number[] = []
    private readonly magnitudeRaw: number[] = []
    private readonly repeats: number[] = []
    private readonly pointer = Buffer.alloc(1)
    /** Diagnostics, magnitude, angle. */
    private readonly bytes = Buffer.alloc(5)

    /**
     * @param mux needed when a place has a channel
     * @param frozenLimit equal samples in a row from which on an encoder counts as stopped, 2 or more
     */
    constructor(
        private readonly bus: I2cBus,
        private readonly places: readonly As5048bPlace[],
        private readonly mux?: Tca9548a,
        private readonly frozenLimit = 16,
    ) {
        this.pointer[0] = Register.DIAGNOSTICS
        for (const place of places) {
            const address = place.address ?? AS5048B_ADDRESS
            this.encoders.push(new As5048b(bus, address, frozenLimit))
            this.addresses.push(address)
            this.masks.push(mux && place.channel !== undefined ? mux.mask[place.channel] : undefined)
            for (const list of [this.reading, this.leastMagnitude, this.angleRaw, this.magnitudeRaw, this.repeats]) {
                list.push(0)
            }
        }
    }

    /**
     * Starts the multiplexer, if there is one, and every encoder.
     *
     * @throws DriverError
     */
    async init(clock: Clock): Promise<void> {
        this.checkPlaces()
        if (this.mux) await this.mux.init()
        for (let i = 0; i < this.places.length; i++) {
            const channel = this.places[i].channel
            if (this.mux && channel !== undefined) this.mux.select(channel)
            const encoder = this.encoders[i]
            await encoder.init(clock)
            this.angleRaw[i] = encoder.angleRaw
            this.magnitudeRaw[i] = encoder.magnitudeRaw
            this.reading[i] = encoder.angle
            this.leastMagnitude[i] = encoder.magnitudeRaw >> 7
            this.repeats[i] = 0
        }
        this.failed = 0
    }

    /**
     * Reads every encoder. A reading counts only with the flags that were read with it, and behind its own channel.
     *
     * @inline
     */
    sample(): void {
        const { bus, bytes, addresses, masks, pointer, reading, angleRaw, magnitudeRaw, repeats } = this
        const muxAddress = this.mux ? this.mux.address : 0
        let failed = 0
        for (let i = 0; i < addresses.length; i++) {
            const address = addresses[i]
            const mask = masks[i]
            let bad = 0
            if (mask && bus.transfer(muxAddress, mask, undefined) !== 0) bad = again(bus, muxAddress, mask, undefined)
            if (bad === 0 && bus.transfer(address, pointer, bytes) !== 0) bad = again(bus, address, pointer, bytes)
            if (bad === 0) {
                const magnitude = (bytes[1] << 6) | bytes[2]
                const raw = (bytes[3] << 6) | bytes[4]
                if (raw !== angleRaw[i] || magnitude !== magnitudeRaw[i]) repeats[i] = 0
                else repeats[i]++
                // Nearly always the flags are exactly those of a good sample.
                if (
                    (bytes[2] | bytes[4]) > SIX_BITS ||
                    repeats[i] + 1 >= this.frozenLimit ||
                    (bytes[0] !== GOOD && !this.isUsable(i))
                ) {
                    bad = 1
                } else {
                    magnitudeRaw[i] = magnitude
                    angleRaw[i] = raw
                    reading[i] = raw * RADIANS_PER_COUNT
                }
            }
            if (bad !== 0) {
                failed |= 1 << i
                this.errors++
            }
        }
        this.failed = failed
    }

    /** Nothing to look after: each sample has its flags. @inline */
    check(): void {}

    /** Whether flags other than those of a good sample leave the angle valid. */
    private isUsable(i: number): boolean {
        const diagnostics = this.bytes[0]
        if ((diagnostics & ~(COMP_LOW | COMP_HIGH)) !== GOOD) return false
        return (diagnostics & COMP_HIGH) === 0 || this.bytes[1] >= this.leastMagnitude[i]
    }

    private checkPlaces(): void {
        for (let i = 0; i < this.places.length; i++) {
            const { channel } = this.places[i]
            if (channel !== undefined && !this.mux)
                this.fail('place ' + i + ' has channel ' + channel + ' and no multiplexer')
            for (let j = 0; j < i; j++) {
                const other = this.places[j].channel
                // What is not behind the multiplexer answers whatever channel is selected.
                const together = channel === undefined || other === undefined || channel === other
                if (together && this.addresses[i] === this.addresses[j]) {
                    this.fail('places ' + j + ' and ' + i + ' have the same address ' + this.addresses[i])
                }
            }
        }
    }

    private fail(detail: string): never {
        throw new DriverError('AS5048B bank', 'config', detail)
    }
}
