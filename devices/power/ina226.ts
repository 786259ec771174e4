// INA226 36-V, 16-bit, I2C output current, voltage and power monitor: Texas Instruments SBOS547A, revised August 2015.
//
// - Registers are 16 bits, most significant byte first; a read needs the pointer set (section 7.5.4), and the pointer
//   stays where it is, but two registers are read in turn here, so each read sets it.
// - It sits in the motor supply's line, so it measures what the motor driver takes: of one motor on a bridge that shorts it
//   between pulses, the motor's current times the duty.
import { signed16 } from '../../src/hal/bytes'
import { again, type I2cBus } from '../../src/hal/i2c-bus'
import { DeviceRegisters } from '../device-registers'

/** Register map, table 4. */
export enum Register {
    CONFIGURATION = 0x00,
    SHUNT_VOLTAGE = 0x01,
    BUS_VOLTAGE = 0x02,
    MANUFACTURER_ID = 0xfe,
    DIE_ID = 0xff,
}

/** Address with A1 and A0 at ground (table 2). */
export const INA226_ADDRESS = 0x40
/** "TI" and the INA226 (section 7.6.9, 7.6.10). */
export const MANUFACTURER = 0x5449
export const DIE = 0x2260

/** Shunt voltage, V a bit (section 7.6.2). */
const SHUNT_VOLTS_PER_COUNT = 2.5e-6
/** Bus voltage, V a bit (section 7.6.3). */
const BUS_VOLTS_PER_COUNT = 1.25e-3

/**
 * Table 5: fixed bits 0x4000; no averaging; bus voltage converted in 332 µs (010), shunt voltage in 1.1 ms (100); both,
 * continuously (111). One value of each in 1.43 ms, so a tick always finds new ones, and 1.1 ms are many periods of the PWM.
 */
const CONFIGURATION = 0x4000 | (2 << 6) | (4 << 3) | 7

/** Current and voltage of a supply line. */
export class Ina226 {
    /** Signed, {@link amperePerCount} each. */
    currentRaw = 0
    /** {@link voltPerCount} each. */
    supplyRaw = 0
    /** Samples that failed. */
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
     * @param shunt Ω; ±81.92 mV across it are full scale
     * @param address 7-bit, 0x40 to 0x4f
     */
    constructor(
        private readonly bus: I2cBus,
        private readonly shunt: number,
        private readonly address = INA226_ADDRESS,
    ) {
        this.amperePerCount = SHUNT_VOLTS_PER_COUNT / shunt
        this.shuntPointer[0] = Register.SHUNT_VOLTAGE
        this.busPointer[0] = Register.BUS_VOLTAGE
    }

    /**
     * Identifies the part, configures it and reads the configuration back.
     *
     * @throws DriverError
     */
    async init(): Promise<void> {
        const part = new DeviceRegisters(this.bus, 'INA226', this.address)
        if (!(this.shunt > 0)) part.fail('config', 'shunt ' + this.shunt + ' ohm, allowed above 0')
        if (part.readWord(Register.MANUFACTURER_ID, 'not-found') !== MANUFACTURER) {
            part.fail('wrong-part', 'manufacturer ID is not 0x5449')
        }
        if (part.readWord(Register.DIE_ID) !== DIE) part.fail('wrong-part', 'die ID is not 0x2260')
        part.setWord(Register.CONFIGURATION, CONFIGURATION)
    }

    /**
     * Reads current and voltage: two transactions.
     *
     * @returns false when one failed; the fields then keep what they had
     *
     * @inline
     */
    sample(): boolean {
        const { shuntBytes, busBytes, address } = this
        if (
            (this.bus.transfer(address, this.shuntPointer, shuntBytes) !== 0 &&
                again(this.bus, address, this.shuntPointer, shuntBytes) !== 0) ||
            (this.bus.transfer(address, this.busPointer, busBytes) !== 0 &&
                again(this.bus, address, this.busPointer, busBytes) !== 0)
        ) {
            this.errors++
            return false
        }
        this.currentRaw = signed16(shuntBytes[0], shuntBytes[1])
        this.supplyRaw = (busBytes[0] << 8) | busBytes[1]
        return true
    }
}
