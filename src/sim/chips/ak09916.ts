// AK09916 magnetometer as it is in the ICM-20948: TDK InvenSense DS-000189 Rev 1.3, sections 3.3, 12 and 13.
import type { I2cDevice } from '../i2c/i2c-device'
import type { Random } from '../random'

/** Table 20. */
enum Register {
    WIA1 = 0x00,
    WIA2 = 0x01,
    ST1 = 0x10,
    HXL = 0x11,
    TMPS = 0x17,
    ST2 = 0x18,
    CNTL2 = 0x31,
    CNTL3 = 0x32,
}

const COUNTS_PER_TESLA = 1 / 0.15e-6
/** Largest count (table 22); beyond, HOFL is set. */
const LARGEST = 32752
const DRDY = 0x01
const DOR = 0x02
const HOFL = 0x08
/** Rate of continuous measurement modes 1 to 4 by MODE, Hz (13.5). */
const RATES: Readonly<Record<number, number>> = { 0x02: 10, 0x04: 20, 0x06: 50, 0x08: 100 }
/** Zero-field output, counts (table 3: initial calibration tolerance). */
const ZERO_FIELD = 2000
/** RMS noise, counts. The datasheet gives no figure. */
const NOISE = 2

export interface Ak09916Options {
    /** Magnetic field along the axes of the gyroscope in the same package, T. */
    field: () => ArrayLike<number>
    /** Simulated time, s */
    now: () => number
    /** Noise and offsets; without it the chip is ideal. */
    random?: Random
    /** Whether its bus is connected to the one outside. */
    connected: () => boolean
    /** Told of accesses that the datasheet does not allow, and of functions that are not modelled. */
    warn?: (message: string) => void
}

/** Three-axis magnetometer. Not modelled: single measurement, self-test, measurement time. */
export class Ak09916 implements I2cDevice {
    static readonly ADDRESS = 0x0c
    private readonly options: Ak09916Options
    private readonly offset = [0, 0, 0]
    /** Measured, and as the bus sees it: held from the first byte of data read until ST2 is (13.4). */
    private readonly measured = [0, 0, 0]
    private readonly shown = [0, 0, 0]
    private overflow = false
    private shownOverflow = false
    private ready = false
    private overrun = false
    private reading = false
    private mode = 0
    private pointer = 0
    private next = Infinity

    constructor(options: Ak09916Options) {
        this.options = options
        for (let i = 0; i < 3; i++) this.offset[i] = options.random?.uniform(-ZERO_FIELD, ZERO_FIELD) ?? 0
    }

    /** Power-on, and soft reset: powered down, data zero. */
    reset(): void {
        this.measured.fill(0)
        this.shown.fill(0)
        this.overflow = this.shownOverflow = this.ready = this.overrun = this.reading = false
        this.mode = 0
        this.pointer = 0
        this.next = Infinity
    }

    /** Takes the measurement that is due. */
    advance(): void {
        const now = this.options.now()
        if (now < this.next) return
        const field = this.options.field()
        this.overflow = false
        for (let i = 0; i < 3; i++) {
            // Y and Z point the other way than the gyroscope's (section 5).
            const along = i === 0 ? field[i] : -field[i]
            const noise = this.options.random?.gaussian(0, NOISE) ?? 0
            const counts = Math.round(along * COUNTS_PER_TESLA + this.offset[i] + noise)
            if (Math.abs(counts) > LARGEST) this.overflow = true
            this.measured[i] = Math.max(-LARGEST, Math.min(LARGEST, counts))
        }
        if (this.ready) this.overrun = true
        this.ready = true
        if (!this.reading) this.publish()
        const period = 1 / RATES[this.mode]
        this.next += period * (Math.floor((now - this.next) / period) + 1)
    }

    write(bytes: Uint8Array): boolean {
        if (!this.options.connected()) return false
        this.advance()
        if (bytes.length > 0) this.pointer = bytes[0]
        for (let i = 1; i < bytes.length; i++) {
            this.writeRegister(this.pointer, bytes[i])
            this.pointer = following(this.pointer)
        }
        return true
    }

    read(into: Uint8Array): boolean {
        if (!this.options.connected()) return false
        this.advance()
        for (let i = 0; i < into.length; i++) {
            into[i] = this.readRegister(this.pointer)
            this.pointer = following(this.pointer)
        }
        return true
    }

    private readRegister(register: number): number {
        if (register === Register.WIA1) return 0x48
        if (register === Register.WIA2) return 0x09
        if (register === Register.ST1) return (this.ready ? DRDY : 0) | (this.overrun ? DOR : 0)
        if (register >= Register.HXL && register < Register.TMPS) {
            this.reading = true
            this.ready = this.overrun = false
            const value = this.shown[(register - Register.HXL) >> 1]
            return (register - Register.HXL) % 2 === 0 ? value & 0xff : (value >> 8) & 0xff
        }
        if (register === Register.ST2) {
            const value = this.shownOverflow ? HOFL : 0
            this.ready = this.overrun = this.reading = false
            this.publish()
            return value
        }
        if (register === Register.CNTL2) return this.mode
        return 0
    }

    private writeRegister(register: number, value: number): void {
        if (register === Register.CNTL3) {
            if ((value & 1) !== 0) this.reset()
        } else if (register === Register.CNTL2) {
            if (value !== 0 && RATES[value] === undefined) this.complain(`sets mode 0x${value.toString(16)}`)
            this.mode = value
            this.next = RATES[value] === undefined ? Infinity : this.options.now() + 1 / RATES[value]
        } else this.complain(`writes read-only or test register 0x${register.toString(16)}`)
    }

    private publish(): void {
        for (let i = 0; i < 3; i++) this.shown[i] = this.measured[i]
        this.shownOverflow = this.overflow
    }

    private complain(what: string): void {
        this.options.warn?.(`AK09916: the program ${what}`)
    }
}

/** Order in which a burst goes on (section 12). */
function following(register: number): number {
    if (register === 0x03) return 0x10
    if (register === Register.ST2) return 0x00
    return register === Register.CNTL3 ? 0x30 : register + 1
}
