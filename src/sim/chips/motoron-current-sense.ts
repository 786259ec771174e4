// Pololu Motoron M2S and M2H: "Current limit" to "Current sense minimum divisor" of the Motoron Motor Controller User's Guide
// (docs 0J84), section 8. Read only in part; offsets and formulas as Pololu's own library has them (motoron-arduino,
// src/Motoron.h and src/motoron_protocol.h). That no offset and no divisor are set after a reset is an assumption.
import { MAX_SPEED } from './motoron-protocol'

/** Offsets of the variables (motoron_protocol.h). */
const [LIMIT, RAW, SPEED, PROCESSED, OFFSET, MINIMUM_DIVISOR] = [26, 28, 30, 32, 34, 35]
const END = 36
/** Largest limit (calculateCurrentLimit). */
const LIMIT_MAX = 1000
/** The sensor's output without current, V: typical (calculateCurrentLimit). */
const OFFSET_VOLTS = 50e-3

export interface CurrentSenseOptions {
    /** Through motor 1, 2, …, A; its sign does not matter. */
    current: (motor: number) => number
    /** V for an ampere: 20 mV (18v18, 24v14) or 10 mV (18v20, 24v16). */
    voltsPerAmpere: number
    /** The sensor's output without current, V; 50 mV by default, "but it can vary widely". */
    offsetVolts?: number
}

/** What a high-power model measures of its motors. Values are of the moment at which they are read. */
export class MotoronCurrentSense {
    private readonly limit: Uint16Array
    private readonly offset: Uint8Array
    private readonly divisor: Uint8Array

    constructor(
        motors: number,
        private readonly reference: number,
        private readonly options: CurrentSenseOptions | undefined,
    ) {
        this.limit = new Uint16Array(motors)
        this.offset = new Uint8Array(motors)
        this.divisor = new Uint8Array(motors)
    }

    /** Settings to their defaults. */
    reset(): void {
        for (const settings of [this.limit, this.offset, this.divisor]) settings.fill(0)
    }

    /** @returns false when no such variable can be set */
    set(motor: number, offset: number, value: number): boolean {
        if (offset === LIMIT) this.limit[motor - 1] = Math.min(value, LIMIT_MAX)
        else if (offset === OFFSET) this.offset[motor - 1] = Math.min(value, 255)
        else if (offset === MINIMUM_DIVISOR) this.divisor[motor - 1] = Math.min(value, 255)
        else return false
        return true
    }

    /** Byte `offset` of the motor's variables, little-endian; undefined where it is none of these. @param drive -1 to 1 */
    byte(motor: number, offset: number, drive: number): number | undefined {
        if (offset < LIMIT || offset >= END) return undefined
        if (offset === OFFSET) return this.offset[motor - 1]
        if (offset === MINIMUM_DIVISOR) return this.divisor[motor - 1]
        return (this.word(motor, offset & ~1, drive) >> (8 * (offset & 1))) & 0xff
    }

    private word(motor: number, offset: number, drive: number): number {
        const speed = Math.trunc(drive * MAX_SPEED)
        if (offset === LIMIT) return this.limit[motor - 1]
        if (offset === SPEED) return speed
        const raw = this.raw(motor, Math.abs(drive))
        if (offset === RAW) return raw
        // The mean over the PWM's period, over the part of it that the motor is driven for.
        const above = Math.max(0, raw - this.offset[motor - 1])
        const divisor = Math.max(Math.abs(speed), this.divisor[motor - 1] * 4, 1)
        return offset === PROCESSED ? Math.min(0xffff, Math.floor((above * MAX_SPEED) / divisor)) : 0
    }

    /** The driver shows the current while it drives: 10 bits of the mean. */
    private raw(motor: number, duty: number): number {
        const { current, voltsPerAmpere = 0, offsetVolts = OFFSET_VOLTS } = this.options ?? {}
        const volts = offsetVolts + Math.abs(current?.(motor) ?? 0) * duty * voltsPerAmpere
        return Math.max(0, Math.min(1023, Math.floor((volts / this.reference) * 1024)))
    }
}
