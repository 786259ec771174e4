// DRV8830 low-voltage motor driver with serial interface: Texas Instruments SLVSAB2G, revised December 2015. Read in part: sections
// 7.3.2, 7.3.3 and 7.5.1; the bits of FAULT and the bridge's table from public drivers that agree.
import type { I2cDevice } from '../i2c/i2c-device'

/** Registers, section 7.6.1. */
const [CONTROL, FAULT] = [0, 1]
/** Bits of FAULT. */
const [ANY, OCP, UVLO, OTS, ILIMIT, CLEAR] = [0x01, 0x02, 0x04, 0x08, 0x10, 0x80]
/** Table 1, in steps of VREF / 16: 0x10 is 1.29 V, 0x3F 5.06 V. Codes below 6 are reserved. */
const VOLTS_PER_STEP = 1.285 / 16
const VSET_MIN = 6
/** Supply below which it locks out, V: section 6.5, VUVLO, falling. */
const LOCKOUT = 2.5
/** Section 7.3.3: how long the limit must act before it is a fault, s; the limit is where ISENSE has this, V. */
const LIMIT_TIME = 0.275
const LIMIT_VOLTS = 0.2

export interface Drv8830Options {
    /** Simulated time, s */
    now: () => number
    /** Supply VCC, V */
    supply: () => number
    /** Motor's current, A; with {@link senseResistor} it is limited. */
    current?: () => number
    /** Ω, at ISENSE; without it there is no limit. */
    senseResistor?: number
    /** Told of codes that are reserved. */
    warn?: (message: string) => void
    /** For messages; 0x60 by default. */
    address?: number
}

/**
 * One bridge that holds a voltage at its motor, for as long as it was told to: it has no command timeout. Not modelled: the ripple of
 * its PWM, the reduction of the voltage while the current limit acts, pin FAULTn.
 */
export class Drv8830 implements I2cDevice {
    static readonly ADDRESS = 0x60

    private control = 0
    private latched = 0
    private pointer = 0
    private overLimitSince = Infinity

    constructor(private readonly options: Drv8830Options) {}

    /** Power-on: both inputs 0, no fault. */
    reset(): void {
        this.control = this.latched = this.pointer = 0
        this.overLimitSince = Infinity
    }

    /** Voltage at the motor, V; undefined while both outputs are open. Shorted, it is 0. */
    get output(): number | undefined {
        this.watch()
        const supply = this.options.supply()
        const inputs = this.control & 3
        if (supply < LOCKOUT || (this.latched & (OCP | OTS)) !== 0 || inputs === 0) return undefined
        if (inputs === 3) return 0
        const step = this.control >> 2
        const voltage = step < VSET_MIN ? 0 : Math.min(supply, step * VOLTS_PER_STEP)
        return inputs === 1 ? voltage : -voltage
    }

    /** A short at the outputs: the bridge is off until CLEAR is written, or the supply is cut (section 7.3.4). */
    injectOverCurrent(): void {
        this.latched |= OCP
    }

    /** Too hot: the bridge is off until {@link coolDown}. */
    injectOverTemperature(): void {
        this.latched |= OTS
    }

    coolDown(): void {
        this.latched &= ~OTS
    }

    write(bytes: Uint8Array): boolean {
        if (bytes.length === 0) return true
        this.pointer = bytes[0]
        for (let i = 1; i < bytes.length; i++) this.store(this.pointer++, bytes[i])
        return true
    }

    read(into: Uint8Array): boolean {
        this.watch()
        for (let i = 0; i < into.length; i++) into[i] = this.load(this.pointer++)
        return true
    }

    private store(register: number, value: number): void {
        this.watch()
        if (register === CONTROL) {
            const inputs = value & 3
            // Section 7.3.3: off or braking ends a limit fault.
            if (inputs === 0 || inputs === 3) this.latched &= ~ILIMIT
            if ((inputs === 1 || inputs === 2) && value >> 2 < VSET_MIN) this.complain(`drives with VSET ${value >> 2}`)
            this.control = value
        } else if (register === FAULT) {
            if ((value & CLEAR) !== 0) this.latched &= OTS
        } else this.complain(`writes register ${register}`)
    }

    private load(register: number): number {
        if (register === CONTROL) return this.control
        if (register === FAULT) return this.faults
        this.complain(`reads register ${register}`)
        return 0
    }

    private get faults(): number {
        const faults = this.latched | (this.options.supply() < LOCKOUT ? UVLO : 0)
        return faults === 0 ? 0 : faults | ANY
    }

    /** The current limit becomes a fault once it has acted for long enough. */
    private watch(): void {
        const { current, now, senseResistor } = this.options
        if (!current || senseResistor === undefined) return
        const driven = (this.control & 3) === 1 || (this.control & 3) === 2
        const over = driven && Math.abs(current()) * senseResistor >= LIMIT_VOLTS
        if (!over) this.overLimitSince = Infinity
        else if (this.overLimitSince === Infinity) this.overLimitSince = now()
        else if (now() - this.overLimitSince >= LIMIT_TIME) this.latched |= ILIMIT
    }

    private complain(what: string): void {
        const address = (this.options.address ?? Drv8830.ADDRESS).toString(16)
        this.options.warn?.(`DRV8830@0x${address}: the program ${what}`)
    }
}
