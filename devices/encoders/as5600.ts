// AS5600 12-bit programmable contactless potentiometer, ams datasheet [v1-06] 2018-Jun-20.
//
// - The part has no identity register. `init` takes it for an AS5600 when the blank bits above the 12-bit RAW ANGLE
//   and MAGNITUDE read as zero and CONF returns what was written to it. STATUS' blank bits are not judged: boards in
//   the field report them as ones.
// - "Automatic Increment of the Address Pointer": a read at RAW ANGLE's high byte leaves the pointer there. So a tick
//   is a pure 2-byte read (about 75 µs of bus at 400 kHz); the pointer is written in `init`, and again after a
//   failure.
// - A lost magnet does not show in RAW ANGLE, only in STATUS. One sample in `statusInterval` reads STATUS first and
//   then writes the pointer again: a lost magnet is noticed after at most `statusInterval` samples (16: 160 ms at 100
//   Hz), and until it is, the angle cannot be trusted.
// - All AS5600 share one address: two of them need a multiplexer, whose channel the caller selects first.
import type { Clock } from '../../src/hal/clock'
import { DriverError, type DriverErrorCode } from '../../src/hal/driver-error'
import type { I2cBus } from '../../src/hal/i2c-bus'

/** Register map, Figure 21. Two-byte registers have their high byte first. */
export enum Register {
    CONF = 0x07,
    STATUS = 0x0b,
    RAW_ANGLE = 0x0c,
    AGC = 0x1a,
    MAGNITUDE = 0x1b,
}

/** "I²C Interface": fixed. */
export const AS5600_ADDRESS = 0x36

/** STATUS, Figure 23. */
const MAGNET_DETECTED = 0x20
const MAGNET_TOO_WEAK = 0x10
const MAGNET_TOO_STRONG = 0x08

// CONF, Figure 22. Watchdog off, fast filter off, slow filter 4x, hysteresis off, nominal power mode. The slow filter
// settles in 0.55 ms (a tenth of a 200 Hz period) with 0.03° rms of noise; the fast filter would make the delay, and
// so the velocity estimate, jump when a threshold is crossed. Output stage, PWM and blank bits keep what they hold
// (Figure 21, note 1).
const CONF_KEPT_HIGH = 0xc0
const CONF_KEPT_LOW = 0xf0
const CONF_HIGH = 0x02

/** Power-up time, 10 ms at most ("Electrical Characteristics"): how long `init` waits for a magnet, ms. */
const POWER_UP_MS = 10
/** Slow filter's longest settling time, 2.2 ms, rounded up: wait after CONF is written, ms. */
const SETTLING_MS = 3

/** RAW ANGLE counts 0 to 4095 are one turn. */
const RADIANS_PER_COUNT = (2 * Math.PI) / 4096

/** Shaft angle in rad, [0, 2π), of a RAW ANGLE count (0 to 4095). */
export function angleFromRaw(raw: number): number {
    return raw * RADIANS_PER_COUNT
}

/** Magnetic shaft encoder. */
export class As5600 {
    /** False until a sample succeeded, and after each one that was dropped. */
    valid = false
    /** Newest RAW ANGLE, 0 to 4095. Keeps the last good value when a sample is dropped. */
    angleRaw = 0
    /** Newest shaft angle, rad, [0, 2π). Grows clockwise seen from the top while the DIR pin is low. */
    angle = 0
    /** Samples dropped: no acknowledge, blank bits set, no magnet. */
    errors = 0
    /** STATUS MD, when last read. */
    magnetDetected = false
    /** STATUS ML, when last read: gain at its maximum. A warning, the angle is still measured. */
    magnetTooWeak = false
    /** STATUS MH, when last read: gain at its minimum. A warning, the angle is still measured. */
    magnetTooStrong = false
    /** AGC at `init`, 0 to 255 (to 128 with a 3.3 V supply); the air gap is right in the middle of that range. */
    gainRaw = 0
    /**
     * Samples until the one that reads STATUS. Set encoders apart, so that they do not all read it in the same tick.
     */
    samplesToStatus: number

    private armed = false
    private readonly anglePointer = Buffer.alloc(1)
    private readonly angleBytes = Buffer.alloc(2)
    private readonly statusPointer = Buffer.alloc(1)
    private readonly statusByte = Buffer.alloc(1)

    /**
     * @param statusInterval one sample in so many reads STATUS, 1 or more
     */
    constructor(
        private readonly bus: I2cBus,
        private readonly statusInterval = 16,
        private readonly address = AS5600_ADDRESS,
    ) {
        this.samplesToStatus = statusInterval
        this.anglePointer[0] = Register.RAW_ANGLE
        this.statusPointer[0] = Register.STATUS
    }

    /**
     * Identifies the part, configures its filter, checks the magnet and takes the first sample.
     *
     * @throws DriverError
     */
    async init(clock: Clock): Promise<void> {
        if (!(this.statusInterval >= 1))
            this.fail('config', 'statusInterval ' + this.statusInterval + ', allowed 1 or more')
        this.valid = false
        this.armed = false
        if (this.bus.transfer(this.address, this.statusPointer, this.statusByte) !== 0) {
            this.fail('not-found', 'no acknowledge')
        }
        this.identify(Register.RAW_ANGLE)
        this.identify(Register.MAGNITUDE)
        this.configure()
        await clock.sleep(SETTLING_MS)
        await this.checkMagnet(clock)
        this.gainRaw = this.read(Register.AGC, 1)[0]
        this.samplesToStatus = this.statusInterval
        if (!this.sample()) this.fail('bus', 'first sample failed')
    }

    /**
     * Reads the angle. One transaction; two when STATUS is due.
     *
     * @returns {@link valid}
     */
    sample(): boolean {
        if (this.samplesToStatus <= 1) {
            // Stays due until the magnet is back.
            this.armed = false
            if (this.bus.transfer(this.address, this.statusPointer, this.statusByte) !== 0) {
                this.errors++
                this.valid = false
                return false
            }
            const status = this.statusByte[0]
            this.magnetTooWeak = (status & MAGNET_TOO_WEAK) !== 0
            this.magnetTooStrong = (status & MAGNET_TOO_STRONG) !== 0
            this.magnetDetected = (status & MAGNET_DETECTED) !== 0
            if (!this.magnetDetected) {
                this.errors++
                this.valid = false
                return false
            }
            this.samplesToStatus = this.statusInterval
        } else {
            this.samplesToStatus--
        }
        const pointer = this.armed ? undefined : this.anglePointer
        const failed = this.bus.transfer(this.address, pointer, this.angleBytes) !== 0
        const raw = (this.angleBytes[0] << 8) | this.angleBytes[1]
        if (failed || raw > 0xfff) {
            this.armed = false
            this.errors++
            this.valid = false
            return false
        }
        this.armed = true
        this.angleRaw = raw
        this.angle = raw * RADIANS_PER_COUNT
        this.valid = true
        return true
    }

    /** Sets the pointer anew with the next sample: somebody else read its registers. */
    forget(): void {
        this.armed = false
    }

    private identify(register: Register): void {
        const high = this.read(register, 2)[0]
        if ((high & 0xf0) !== 0) this.fail('wrong-part', 'a 12-bit register has bits above its 12')
    }

    private configure(): void {
        const old = this.read(Register.CONF, 2)
        const command = Buffer.alloc(3)
        command[0] = Register.CONF
        command[1] = (old[0] & CONF_KEPT_HIGH) | CONF_HIGH
        command[2] = old[1] & CONF_KEPT_LOW
        if (this.bus.transfer(this.address, command, undefined) !== 0) this.fail('bus', 'CONF not acknowledged')
        const now = this.read(Register.CONF, 2)
        if (now[0] !== command[1] || now[1] !== command[2])
            this.fail('wrong-part', 'CONF does not hold what was written')
    }

    private async checkMagnet(clock: Clock): Promise<void> {
        for (let waited = 0; ; waited++) {
            const status = this.read(Register.STATUS, 1)[0]
            this.magnetDetected = (status & MAGNET_DETECTED) !== 0
            this.magnetTooWeak = (status & MAGNET_TOO_WEAK) !== 0
            this.magnetTooStrong = (status & MAGNET_TOO_STRONG) !== 0
            if (this.magnetDetected) return
            if (waited >= POWER_UP_MS) this.fail('not-ready', 'no magnet detected')
            await clock.sleep(1)
        }
    }

    private read(register: Register, length: number): Buffer {
        const pointer = Buffer.alloc(1)
        pointer[0] = register
        const bytes = Buffer.alloc(length)
        if (this.bus.transfer(this.address, pointer, bytes) !== 0) this.fail('bus', 'read not acknowledged')
        return bytes
    }

    private fail(code: DriverErrorCode, detail: string): never {
        throw new DriverError('AS5600@0x' + Buffer.from([this.address]).toString('hex'), code, detail)
    }
}
