// DRV8830 low-voltage motor driver with serial interface: Texas Instruments SLVSAB2G, revised December 2015. One chip drives one
// motor, so the class drives one to three of them. Read in part: sections 7.3.2, 7.3.3 and 7.5.1; the bits of FAULT and the table
// of section 7.4.1 from public drivers that agree (Zephyr's, Adafruit's).
//
// THE CHIP HOLDS ITS LAST OUTPUT WHEN THE BOARD GOES SILENT. It has no command timeout and no enable pin: after a dead program or a
// cut bus the motor goes on turning until the chip's supply is cut. Where that can hurt, switch the supply by a pin of the board
// with a pull-down, or take a Motoron.
//
// - It is no PWM by duty: it regulates the motor's VOLTAGE, in steps of 80 mV up to 5.06 V, whatever the battery gives (7.3.1).
//   Effort 1 is `voltageMax`. Below 0.48 V there is nothing (codes 0 to 5 are reserved): efforts under half of that brake, those
//   between give 0.48 V.
// - There is no identity register. A part passes as a DRV8830 when FAULT's reserved bits are 0 and CONTROL, written with the
//   lowest voltage and both inputs off, holds that.
// - Over-current switches the bridge off until CLEAR is written: `enable` does.
import type { Clock } from '../../src/hal/clock'
import { DriverError, type DriverErrorCode } from '../../src/hal/driver-error'
import type { I2cBus } from '../../src/hal/i2c-bus'

/** Register map, section 7.6.1. */
export enum Register {
    CONTROL = 0x00,
    FAULT = 0x01,
}

/** Bits of FAULT. */
export enum Fault {
    FAULT = 0x01,
    OCP = 0x02,
    UVLO = 0x04,
    OTS = 0x08,
    ILIMIT = 0x10,
    CLEAR = 0x80,
}

/** Address with A1 and A0 at ground, 8 bits 0xC0 (section 7.5.1); up to 0x68 by these pins. */
export const DRV8830_ADDRESS = 0x60

/** FAULT's reserved bits. */
const RESERVED_FAULT = 0x60
/** Bridge control (section 7.4.1), CONTROL bits 1 (IN2) and 0 (IN1): forward is OUT1 above OUT2. */
const COAST = 0
const FORWARD = 1
const REVERSE = 2
const BRAKE = 3
/**
 * VSET, CONTROL bits 7 to 2: VREF / 16 a step, VREF 1.285 V, from step 6 on. That is table 1 (0x10: 1.29 V, 0x3F: 5.06 V); the
 * formula beside it, 4 × VREF × (VSET + 1) / 64, gives a step more for all of the table's rows.
 */
const VOLTS_PER_STEP = 1.285 / 16
const VSET_MIN = 6
const VSET_MAX = 63
/** What `init` writes to recognise it: the lowest voltage, coasting. */
const PROBE = (VSET_MIN << 2) | COAST

export interface Drv8830Config {
    /** One to three motors, in the order of the efforts. */
    motors: {
        /** 7-bit, 0x60 to 0x68. */
        address: number
        /** Voltage of effort 1, V, 0.48 to 5.06. Above the battery's it is what the battery gives. */
        voltageMax: number
    }[]
}

/** CONTROL for a voltage at the motor, V: the nearest step, brake below half of the lowest. */
export function controlFromVoltage(voltage: number): number {
    const size = voltage < 0 ? -voltage : voltage
    let step = Math.floor(size / VOLTS_PER_STEP + 0.5)
    if (!(2 * step > VSET_MIN)) return BRAKE
    if (step < VSET_MIN) step = VSET_MIN
    else if (step > VSET_MAX) step = VSET_MAX
    return (step << 2) | (voltage < 0 ? REVERSE : FORWARD)
}

/** One to three motors, each on a DRV8830. A robot's motor controller. */
export class Drv8830Motors {
    readonly part = 'DRV8830'
    /** It goes on with its last output for ever. */
    readonly selfStopMs = 0
    /** Writes and reads that failed. */
    errors = 0
    /** The newest {@link readStatus} found a driver that is too hot, or over its current. */
    faulting = false
    /** The newest {@link readStatus} found a supply that is too low. */
    noPower = false
    /** A driver does not hold what it was told: it was reset, and coasts until {@link init}. */
    resetSeen = false
    /** Bits of {@link Fault} of all motors together, as {@link readStatus} found them. */
    statusFlags = 0
    /** Not measured. */
    readonly supplyVoltage = NaN
    /** The chip has no command timeout. */
    readonly timedOut = false
    /** FAULT of each motor, bits of {@link Fault}, as last read. */
    readonly faults = [0, 0, 0]

    private readonly count: number
    private readonly address: number[] = []
    /** Steps of VSET for effort 1. */
    private readonly steps: number[] = []
    private readonly effort = [0, 0, 0]
    /** CONTROL as last acknowledged; -1 when unknown. */
    private readonly told = [-1, -1, -1]
    private readonly control = Buffer.alloc(2)
    private readonly clear = Buffer.alloc(2)
    private readonly pointer = Buffer.alloc(1)
    private readonly state = Buffer.alloc(2)

    constructor(
        private readonly bus: I2cBus,
        private readonly config: Drv8830Config,
    ) {
        this.count = config.motors.length
        for (const motor of config.motors) {
            this.address.push(motor.address)
            this.steps.push(motor.voltageMax / VOLTS_PER_STEP)
        }
        this.clear[0] = Register.FAULT
        this.clear[1] = Fault.CLEAR
    }

    /**
     * Recognises every part, leaves it coasting and looks at its faults. The motors coast until {@link enable}.
     *
     * @throws DriverError
     */
    async init(clock: Clock): Promise<void> {
        this.checkConfig()
        for (let i = 0; i < this.count; i++) {
            if ((this.read(i, Register.FAULT, 'not-found') & RESERVED_FAULT) !== 0) {
                this.fail(i, 'wrong-part', 'FAULT has reserved bits set')
            }
            this.control[1] = PROBE
            if (this.bus.transfer(this.address[i], this.control, undefined) !== 0) {
                this.fail(i, 'bus', 'CONTROL not acknowledged')
            }
            this.told[i] = PROBE
            if (this.read(i, Register.CONTROL, 'bus') !== PROBE) {
                this.fail(i, 'wrong-part', 'CONTROL does not hold what was written')
            }
            if (this.bus.transfer(this.address[i], this.clear, undefined) !== 0) {
                this.fail(i, 'bus', 'FAULT not acknowledged')
            }
        }
        await clock.sleep(1)
        for (let i = 0; i < this.count; i++) {
            const fault = this.read(i, Register.FAULT, 'bus')
            if ((fault & Fault.UVLO) !== 0) this.fail(i, 'not-ready', 'motor supply too low')
            if ((fault & (Fault.OTS | Fault.OCP)) !== 0) this.fail(i, 'not-ready', 'FAULT ' + fault)
        }
        this.resetSeen = this.faulting = this.noPower = false
    }

    /** Clears latched faults and brakes. @returns whether all was acknowledged */
    enable(): boolean {
        for (let i = 0; i < this.count; i++) {
            if (this.bus.transfer(this.address[i], this.clear, undefined) !== 0) {
                this.errors++
                return false
            }
        }
        return this.write(0, 0, 0)
    }

    /**
     * Sets all motors' efforts: -1 to 1 of `voltageMax`, clamped, NaN as 0; 0 brakes. Those beyond the motors are ignored. A
     * transaction a motor, no allocation, no call but the bus.
     *
     * @returns whether all were acknowledged; one that was not goes on as it was
     *
     * @inline
     */
    write(effort0: number, effort1 = 0, effort2 = 0): boolean {
        const { control, count, effort, steps, told } = this
        effort[0] = effort0
        effort[1] = effort1
        effort[2] = effort2
        let failed = 0
        for (let i = 0; i < count; i++) {
            let wanted = effort[i]
            if (wanted > 1) wanted = 1
            else if (wanted < -1) wanted = -1
            // As controlFromVoltage; a test holds them equal. NaN: 0.
            const scaled = wanted * steps[i]
            let step = ((scaled < 0 ? -scaled : scaled) + 0.5) | 0
            let value = BRAKE
            if (step > VSET_MIN >> 1) {
                if (step < VSET_MIN) step = VSET_MIN
                value = (step << 2) | (wanted < 0 ? REVERSE : FORWARD)
            }
            control[1] = value
            if (this.bus.transfer(this.address[i], control, undefined) === 0) told[i] = value
            else failed++
        }
        this.errors += failed
        return failed === 0
    }

    /** Brakes all motors at once. */
    stop(): boolean {
        return this.write(0, 0, 0)
    }

    /** Lets all motors run out until the next {@link write}. @returns whether all were acknowledged */
    coast(): boolean {
        let acknowledged = true
        this.control[1] = COAST
        for (let i = 0; i < this.count; i++) {
            if (this.bus.transfer(this.address[i], this.control, undefined) === 0) this.told[i] = COAST
            else acknowledged = false
        }
        if (!acknowledged) this.errors++
        return acknowledged
    }

    /**
     * Reads every driver's CONTROL and FAULT: a transaction a motor, for one tick in several.
     *
     * @returns whether all answered
     *
     * @inline
     */
    readStatus(): boolean {
        const { count, faults, state, told } = this
        let all = 0
        let lost = 0
        let failed = 0
        for (let i = 0; i < count; i++) {
            // The address goes on by itself, section 7.5.1: CONTROL, then FAULT.
            if (this.bus.transfer(this.address[i], this.pointer, state) === 0) {
                faults[i] = state[1]
                all |= state[1]
                if (told[i] >= 0 && state[0] !== told[i]) lost++
            } else failed++
        }
        this.errors += failed
        this.statusFlags = all
        this.faulting = (all & (Fault.OCP | Fault.OTS | Fault.ILIMIT)) !== 0
        this.noPower = (all & Fault.UVLO) !== 0
        if (lost > 0) this.resetSeen = true
        return failed === 0
    }

    private checkConfig(): void {
        const motors = this.config.motors
        if (!(motors.length >= 1 && motors.length <= 3)) {
            this.fail(0, 'config', 'number of motors ' + motors.length + ', allowed 1 to 3')
        }
        for (let i = 0; i < motors.length; i++) {
            const { address, voltageMax } = motors[i]
            if (!(address >= DRV8830_ADDRESS && address <= 0x68 && Math.floor(address) === address)) {
                this.fail(i, 'config', 'address ' + address + ', allowed 96 to 104')
            }
            for (let j = 0; j < i; j++) {
                if (motors[j].address === address) this.fail(i, 'config', 'address ' + address + ' used twice')
            }
            if (!(voltageMax >= 0.48 && voltageMax <= 5.06)) {
                this.fail(i, 'config', 'voltageMax ' + voltageMax + ' V, allowed 0.48 to 5.06')
            }
        }
    }

    private read(motor: number, register: Register, code: DriverErrorCode): number {
        const pointer = Buffer.alloc(1)
        pointer[0] = register
        const byte = Buffer.alloc(1)
        if (this.bus.transfer(this.address[motor], pointer, byte) !== 0) this.fail(motor, code, 'no acknowledge')
        return byte[0]
    }

    private fail(motor: number, code: DriverErrorCode, detail: string): never {
        const address = motor < this.address.length ? this.address[motor] : DRV8830_ADDRESS
        throw new DriverError('DRV8830@0x' + Buffer.from([address]).toString('hex'), code, detail)
    }
}
