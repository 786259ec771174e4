// AS5048B 14-bit magnetic rotary encoder (I²C version of AS5048), ams datasheet [v1-06] 2014-Jun-05.
//
// - A sample is one transaction of the 5 bytes 0xFB to 0xFF: diagnostics, magnitude, angle (about 0.18 ms of bus at 400
//   kHz). The angle alone would be two bytes (0.07 ms less), but "Diagnostic Functions": after a CORDIC overflow the part
//   goes on sending its last valid angle. So no angle is taken without the flags that were read with it.
// - COMP high says that the field is weak and COMP low that it is strong; the angle is still measured, and the datasheet
//   asks to watch the magnitude, which the gain control holds until it is at its end. It names no limit. Here: at start
//   neither flag may be set; from then on COMP high with less than half the magnitude found at start is a lost magnet.
// - A part that stopped goes on sending its last values. Noise (0.06° rms, 2.7 counts: "System Specifications") changes
//   angle or magnitude nearly every time, so `frozenLimit` equal samples in a row count as a failure.
// - The part has no identity register. It is taken for an AS5048B when all blank bits of its output registers read as
//   zero. An INA226 (0x40, too) does not pass: it answers 0x49 where the angle's low six bits are. A PCA9685 (0x40, too)
//   after power-on does, but never reports that its offset compensation finished.
// - The zero position (0x16, 0x17) is left as programmed; a joint's own offset belongs to its configuration.
import type { Clock } from '../../src/hal/clock'
import { DriverError, type DriverErrorCode } from '../../src/hal/driver-error'
import { again, type I2cBus } from '../../src/hal/i2c-bus'

/** Register map, "I²C Register Map". Angle and magnitude: bits 13 to 6 first, then bits 5 to 0. */
export enum Register {
    AGC = 0xfa,
    DIAGNOSTICS = 0xfb,
}

/** "I²C Interface": with pins A1 and A2 low; up to 0x43 by these pins. */
export const AS5048B_ADDRESS = 0x40

// Diagnostics, "Diagnostic Functions" and register 0xFB. Bits 7 to 4 are blank.
const OFFSET_COMPENSATION_FINISHED = 0x01
const CORDIC_OVERFLOW = 0x02
const COMP_LOW = 0x04
const COMP_HIGH = 0x08
const BLANK_DIAGNOSTICS = 0xf0
/** Largest value of a register with bits 5 to 0. */
const SIX_BITS = 0x3f

/** Power-up time, 10 ms at most ("System Specifications"): how long `init` waits for good diagnostics, ms. */
const POWER_UP_MS = 10

/** Angle counts 0 to 16383 are one turn. */
const RADIANS_PER_COUNT = (2 * Math.PI) / 16384

/** Shaft angle in rad, [0, 2π), of an angle count (0 to 16383). */
export function angleFromRaw(raw: number): number {
    return raw * RADIANS_PER_COUNT
}

/** Magnetic shaft encoder. */
export class As5048b {
    /** False until a sample succeeded, and after each one that was dropped. */
    valid = false
    /** Newest angle, 0 to 16383. Keeps the last good value when a sample is dropped. */
    angleRaw = 0
    /** Newest shaft angle, rad, [0, 2π). */
    angle = 0
    /** Newest CORDIC magnitude, counts. */
    magnitudeRaw = 0
    /** Samples dropped: no acknowledge, blank bits set, CORDIC overflow, lost magnet, part reset or stopped. */
    errors = 0
    /** Samples in a row that were equal to the one before. */
    repeats = 0
    /** Diagnostics as last read, good or not. */
    diagnosticsRaw = 0
    /** Automatic gain at `init`: 0 for the strongest field to 255 for the weakest. */
    gainRaw = 0

    private readonly pointer = Buffer.alloc(1)
    private readonly bytes = Buffer.alloc(5)
    /** Upper eight bits of the magnitude below which a weak field is no field. */
    private leastMagnitude = 0

    /**
     * @param frozenLimit equal samples in a row from which on the part counts as stopped, 2 or more
     */
    constructor(
        private readonly bus: I2cBus,
        private readonly address = AS5048B_ADDRESS,
        private readonly frozenLimit = 16,
    ) {
        this.pointer[0] = Register.DIAGNOSTICS
    }

    /**
     * Identifies the part, checks its magnet and takes the first sample.
     *
     * @throws DriverError
     */
    async init(clock: Clock): Promise<void> {
        this.valid = false
        if (!(this.frozenLimit >= 2)) this.fail('config', 'frozenLimit ' + this.frozenLimit + ', allowed 2 or more')
        const pointer = Buffer.alloc(1)
        pointer[0] = Register.AGC
        const bytes = Buffer.alloc(6)
        if (this.bus.transfer(this.address, pointer, bytes) !== 0) this.fail('not-found', 'no acknowledge')
        this.identify(bytes)
        for (let waited = 0; bytes[1] !== OFFSET_COMPENSATION_FINISHED; waited++) {
            this.diagnosticsRaw = bytes[1]
            if (waited >= POWER_UP_MS) this.fail('not-ready', trouble(bytes[1]))
            await clock.sleep(1)
            if (this.bus.transfer(this.address, pointer, bytes) !== 0) this.fail('bus', 'read not acknowledged')
            this.identify(bytes)
        }
        this.gainRaw = bytes[0]
        this.leastMagnitude = bytes[2] >> 1
        this.repeats = 0
        if (!this.sample()) this.fail('bus', 'first sample failed')
    }

    /**
     * Reads the angle, with the flags that tell whether it is one. One transaction.
     *
     * @returns {@link valid}
     *
     * @inline
     */
    sample(): boolean {
        const b = this.bytes
        if (this.bus.transfer(this.address, this.pointer, b) !== 0) {
            if (again(this.bus, this.address, this.pointer, b) !== 0) {
                this.errors++
                this.valid = false
                return false
            }
        }
        const diagnostics = b[0]
        const magnitude = (b[1] << 6) | b[2]
        const raw = (b[3] << 6) | b[4]
        this.diagnosticsRaw = diagnostics
        if (raw !== this.angleRaw || magnitude !== this.magnitudeRaw) this.repeats = 0
        else this.repeats++
        if (
            (b[2] | b[4]) > SIX_BITS ||
            // The first of the equal samples was not a repetition.
            this.repeats + 1 >= this.frozenLimit ||
            // Nearly always the flags are exactly this.
            (diagnostics !== OFFSET_COMPENSATION_FINISHED &&
                ((diagnostics & ~(COMP_LOW | COMP_HIGH)) !== OFFSET_COMPENSATION_FINISHED ||
                    ((diagnostics & COMP_HIGH) !== 0 && b[1] < this.leastMagnitude)))
        ) {
            this.errors++
            this.valid = false
            return false
        }
        this.magnitudeRaw = magnitude
        this.angleRaw = raw
        this.angle = raw * RADIANS_PER_COUNT
        this.valid = true
        return true
    }

    /** Whether the field was weak at the last reading. A warning: the angle is still measured. */
    magnetTooWeak(): boolean {
        return (this.diagnosticsRaw & COMP_HIGH) !== 0
    }

    /** Whether the field was strong at the last reading. A warning: the angle is still measured. */
    magnetTooStrong(): boolean {
        return (this.diagnosticsRaw & COMP_LOW) !== 0
    }

    /** @param bytes registers 0xFA to 0xFF */
    private identify(bytes: Buffer): void {
        if ((bytes[1] & BLANK_DIAGNOSTICS) !== 0 || bytes[3] > SIX_BITS || bytes[5] > SIX_BITS) {
            this.fail('wrong-part', 'blank bits of its output registers are set')
        }
    }

    private fail(code: DriverErrorCode, detail: string): never {
        throw new DriverError('AS5048B@0x' + Buffer.from([this.address]).toString('hex'), code, detail)
    }
}

/** Why these diagnostics are not good. */
function trouble(diagnostics: number): string {
    if ((diagnostics & OFFSET_COMPENSATION_FINISHED) === 0) {
        return 'offset compensation does not finish; is it another part?'
    }
    if ((diagnostics & CORDIC_OVERFLOW) !== 0) return 'CORDIC overflow; bring the magnet within its limits'
    if ((diagnostics & COMP_HIGH) !== 0) return 'magnetic field too weak; bring the magnet nearer'
    return 'magnetic field too strong; move the magnet away'
}
