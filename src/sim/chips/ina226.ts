// INA226 current and voltage monitor: Texas Instruments SBOS547A, revised August 2015.
import type { I2cDevice } from '../i2c/i2c-device'
import type { Random } from '../random'

/** Register map, table 4. */
enum Register {
    CONFIGURATION = 0x00,
    SHUNT_VOLTAGE = 0x01,
    BUS_VOLTAGE = 0x02,
    MANUFACTURER_ID = 0xfe,
    DIE_ID = 0xff,
}

const POWER_ON_CONFIGURATION = 0x4127
const RESET_BIT = 0x8000
/** Table 7, 8: conversion times, s; table 6: averages. */
const CONVERSION = [140e-6, 204e-6, 332e-6, 588e-6, 1.1e-3, 2.116e-3, 4.156e-3, 8.244e-3]
const AVERAGES = [1, 4, 16, 64, 128, 256, 512, 1024]
const SHUNT_VOLTS_PER_COUNT = 2.5e-6
const BUS_VOLTS_PER_COUNT = 1.25e-3
/** "Shunt offset voltage" typically ±2.5 µV, at most ±10 µV; taken as the deviation of a normal distribution. */
const SHUNT_OFFSET = 2.5e-6
/** Gain error typically 0.02 %, both channels, at most 0.1 %; likewise. */
const GAIN_ERROR = 2e-4
/** Noise of one conversion, counts. The datasheet gives none; half a count to one is seen at 1.1 ms. */
const NOISE_COUNTS = 0.7

export interface Ina226Options {
    /** Through the shunt, A */
    current: () => number
    /** At the bus pin, V */
    voltage: () => number
    /** Ω */
    shunt: number
    /** Simulated time, s */
    now: () => number
    /** Offset, gain and noise; without it the chip is perfect. */
    random?: Random
    /** Told of accesses to registers that there are not. */
    warn?: (message: string) => void
}

/**
 * Measures a shunt's and a bus voltage by turns. A read gives what the last finished cycle measured; each value is taken at
 * the cycle's end, where the chip averages over the conversion. Not modelled: current, power and alert registers.
 */
export class Ina226 implements I2cDevice {
    static readonly ADDRESS = 0x40

    private readonly offset: number
    private readonly shuntGain: number
    private readonly busGain: number
    private configuration = POWER_ON_CONFIGURATION
    private pointer = 0
    private cycle = -1
    private shuntCounts = 0
    private busCounts = 0

    constructor(private readonly options: Ina226Options) {
        const { random } = options
        this.offset = random?.gaussian(0, SHUNT_OFFSET) ?? 0
        this.shuntGain = 1 + (random?.gaussian(0, GAIN_ERROR) ?? 0)
        this.busGain = 1 + (random?.gaussian(0, GAIN_ERROR) ?? 0)
    }

    /** Power-on. */
    reset(): void {
        this.configuration = POWER_ON_CONFIGURATION
        this.pointer = 0
        this.cycle = -1
        this.shuntCounts = this.busCounts = 0
    }

    /** The first byte sets the pointer, two more write the register (section 7.5.4). */
    write(bytes: Uint8Array): boolean {
        if (bytes.length > 0) this.pointer = bytes[0]
        if (bytes.length === 3) this.writeRegister((bytes[1] << 8) | bytes[2])
        return true
    }

    read(into: Uint8Array): boolean {
        this.measure()
        const value = this.register()
        for (let i = 0; i < into.length; i++) into[i] = i % 2 === 0 ? value >> 8 : value & 0xff
        return true
    }

    private writeRegister(value: number): void {
        if (this.pointer !== Register.CONFIGURATION) this.complain('writes')
        else if ((value & RESET_BIT) !== 0) this.reset()
        else this.configuration = value
    }

    private register(): number {
        switch (this.pointer) {
            case Register.CONFIGURATION:
                return this.configuration
            case Register.SHUNT_VOLTAGE:
                return this.shuntCounts & 0xffff
            case Register.BUS_VOLTAGE:
                return this.busCounts
            case Register.MANUFACTURER_ID:
                return 0x5449
            case Register.DIE_ID:
                return 0x2260
        }
        this.complain('reads')
        return 0
    }

    private measure(): void {
        const { configuration, options } = this
        const bus = CONVERSION[(configuration >> 6) & 7]
        const shunt = CONVERSION[(configuration >> 3) & 7]
        const index = Math.floor(options.now() / ((bus + shunt) * AVERAGES[(configuration >> 9) & 7]))
        if (index === this.cycle) return
        this.cycle = index
        const volts = options.current() * options.shunt * this.shuntGain + this.offset
        this.shuntCounts = clamp(volts / SHUNT_VOLTS_PER_COUNT + this.noise(), -0x8000, 0x7fff)
        this.busCounts = clamp((options.voltage() * this.busGain) / BUS_VOLTS_PER_COUNT + this.noise(), 0, 0x7fff)
    }

    private noise(): number {
        return this.options.random?.gaussian(0, NOISE_COUNTS) ?? 0
    }

    private complain(verb: string): void {
        this.options.warn?.(`INA226@0x40: the program ${verb} register 0x${this.pointer.toString(16).padStart(2, '0')}`)
    }
}

function clamp(value: number, low: number, high: number): number {
    return Math.max(low, Math.min(high, Math.round(value)))
}
