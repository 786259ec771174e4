// INA219 zero-drift, bidirectional current and power monitor with I2C: Texas Instruments SBOS448G, revised December 2015.
//
// - The same to use as the INA226 beside this file, with less resolution: 10 µV and 4 mV a bit. Registers are 16 bits, most
//   significant byte first; a read needs the pointer set (section 8.5.6).
// - There is no identity register, and INA226 and PCA9685 have the same addresses. Its configuration register holds 399Fh
//   from power-on (table 2; an INA226's 4127h), or what this driver left in it. With anything else nothing is written: what
//   resets an INA219 wakes a PCA9685.
// - Of its registers current and power are not used: they are the shunt voltage again, times a calibration that the chip
//   forgets with its supply (section 8.5.3). All else that is used is at its default or near, so that a dip of its supply
//   does not change what a count means.
// - It sits in the motor supply's line, so it measures what the motor driver takes.
import { signed16 } from '../../src/hal/bytes'
import { again, type I2cBus } from '../../src/hal/i2c-bus'
import { DeviceRegisters } from '../device-registers'

/** Register map, table 2. */
export enum Register {
    CONFIGURATION = 0x00,
    SHUNT_VOLTAGE = 0x01,
    BUS_VOLTAGE = 0x02,
}

/** Address with A1 and A0 at ground (table 1). */
export const INA219_ADDRESS = 0x40
/** Shunt voltage, V a bit, whatever the PGA is set to (section 8.6.3.1). */
const SHUNT_VOLTS_PER_COUNT = 10e-6
/** Bus voltage, V a bit, above three bits of which CNVR is bit 1 (section 8.6.3.2). */
const BUS_VOLTS_PER_COUNT = 4e-3
const CNVR = 0x02
/** Power-on value, section 8.6.2.1. */
const POWER_ON_CONFIGURATION = 0x399f

/**
 * Section 8.6.2.1: bus range 32 V (BRNG 1; at most 26 V may be applied), shunt range ±320 mV (PG 11), bus voltage once with
 * 12 bits in 532 µs (BADC 0011), shunt voltage the mean of two in 1.06 ms (SADC 1001), both continuously (MODE 111). One
 * value of each in 1.6 ms, at most 1.8, so a tick of 2 ms or more always finds new ones.
 */
const CONFIGURATION = (1 << 13) | (3 << 11) | (3 << 7) | (9 << 3) | 7

/** Current and voltage of a supply line. The interface is that of `Ina226`. */
export class Ina219 {
    /** Signed, {@link amperePerCount} each. */
    currentRaw = 0
    /** {@link voltPerCount} each. */
    supplyRaw = 0
    /** Samples that failed: not acknowledged, or nothing measured yet. */
    errors = 0
    /** A a count */
    readonly amperePerCount: number
    /** V a count */
    readonly voltPerCount: number = BUS_VOLTS_PER_COUNT

    private readonly shuntPointer = Buffer.alloc(1)
    private readonly busPointer = Buffer.alloc(1)
    private readonly shuntBytes = Buffer.alloc(2)
    private readonly busBytes = Buffer.alloc(2)

    /**
     * @param shunt Ω; ±320 mV across it are full scale, 3.2 A with the 0.1 Ω that most modules have
     * @param address 7-bit, 0x40 to 0x4f
     */
    constructor(
        private readonly bus: I2cBus,
        private readonly shunt: number,
        private readonly address = INA219_ADDRESS,
    ) {
        this.amperePerCount = SHUNT_VOLTS_PER_COUNT / shunt
        this.shuntPointer[0] = Register.SHUNT_VOLTAGE
        this.busPointer[0] = Register.BUS_VOLTAGE
    }

    /**
     * Identifies the part by its configuration, configures it and reads the configuration back. It has a first value 1.8 ms
     * later; samples before are dropped.
     *
     * @throws DriverError
     */
    async init(): Promise<void> {
        const part = new DeviceRegisters(this.bus, 'INA219', this.address)
        if (!(this.shunt > 0)) part.fail('config', 'shunt ' + this.shunt + ' ohm, allowed above 0')
        const held = part.readWord(Register.CONFIGURATION, 'not-found')
        if (held !== POWER_ON_CONFIGURATION && held !== CONFIGURATION) {
            const allowed = POWER_ON_CONFIGURATION + ' or ' + CONFIGURATION
            part.fail(
                'wrong-part',
                'configuration ' + held + ', expected ' + allowed + ': another part, or power-cycle it',
            )
        }
        part.setWord(Register.CONFIGURATION, CONFIGURATION)
    }

    /**
     * Reads current and voltage: two transactions.
     *
     * @returns false when one failed, or when nothing was measured since the part was configured; the fields then keep what
     *   they had
     *
     * @inline
     */
    sample(): boolean {
        const { shuntBytes, busBytes, address } = this
        // The bus voltage first: when CNVR is set with it, the shunt voltage read after it is measured, too.
        if (
            (this.bus.transfer(address, this.busPointer, busBytes) !== 0 &&
                again(this.bus, address, this.busPointer, busBytes) !== 0) ||
            (busBytes[1] & CNVR) === 0 ||
            (this.bus.transfer(address, this.shuntPointer, shuntBytes) !== 0 &&
                again(this.bus, address, this.shuntPointer, shuntBytes) !== 0)
        ) {
            this.errors++
            return false
        }
        this.currentRaw = signed16(shuntBytes[0], shuntBytes[1])
        this.supplyRaw = (busBytes[0] << 5) | (busBytes[1] >> 3)
        return true
    }
}
