// Currents of a Motoron's motors, for the models that measure them: M2S and M2H, which Pololu calls high-power ("Pololu
// Motoron Motor Controller User's Guide", pololu.com/docs/0J84, section 8, "Current limit" to "Current sense minimum
// divisor"). The guide's page could be read only in part: offsets, units and formulas were checked against Pololu's own library
// (github.com/pololu/motoron-arduino, src/Motoron.h: currentSenseUnitsMilliamps, calculateCurrentLimit), which belongs to it.
//
// - All M2S and M2H have one product ID, so the driver cannot know its scale: 18v18 and 24v14 give 20 mV for an ampere, 18v20
//   and 24v16 give 10 mV. A wrong one is wrong by a factor of two, and so is the limit.
// - What the Motoron measures is the mean over its PWM period, less an offset, over the duty: the motor's current, without its
//   sign, which is the duty's. Below the minimum divisor (an eighth of full duty here) it reads low in proportion.
// - The offset is typically 50 mV, "but it can vary widely" (the library): calibrate it while the motors are braked and stand.
// - Reading feeds the command timeout, as every command does (motoron.ts): only the code that commands the motors may do it.
import type { Clock } from '../../src/hal/clock'
import type { I2cBus } from '../../src/hal/i2c-bus'
import { Command, command, crcTable, StatusFlag, Variable } from './motoron-protocol'
import { HIGH_POWER, MotoronSetup } from './motoron-setup'

/** V for an ampere of an M2S or M2H 18v18 or 24v14. */
export const VOLTS_PER_AMPERE_18V18_24V14 = 20e-3
/** V for an ampere of an M2S or M2H 18v20 or 24v16. */
export const VOLTS_PER_AMPERE_18V20_24V16 = 10e-3

/** Both high-power models drive two. */
const MOTORS = 2
/** Converter's counts for the logic voltage. */
const COUNTS = 1024
/** The sensor's output without current, V: typical (the library). */
const OFFSET_VOLTS = 50e-3
/** "Current limit" has 125 steps where the converter has 128, and 1000 at most; 0 is none. */
const LIMIT_STEPS = 125 / 128
const LIMIT_MAX = 1000
/** "Current sense minimum divisor", a speed of 100, in steps of four speeds. */
const MINIMUM_DIVISOR = 100 >> 2
/** "Current sense processed" when the calculation overflowed. */
const OVERFLOW = 0xffff
/** Readings for an offset, and how often one is taken, ms: at least as far apart as the Motoron's own updates. */
const OFFSET_SAMPLES = 32
const OFFSET_SAMPLE_MS = 10

export interface MotoronCurrentConfig {
    /** V for an ampere: {@link VOLTS_PER_AMPERE_18V18_24V14} or {@link VOLTS_PER_AMPERE_18V20_24V16}. */
    voltsPerAmpere: number
    /** As the Motoron's, 16 by default. */
    address?: number
    /** Voltage of the logic supply, V, the converter's reference; 3.3 by default. */
    logicVoltage?: number
    /** Current of each motor from which on the Motoron reduces the duty, A; none by default. */
    limit?: number
}

/** A of a count of "Current sense processed": a converter's count at the sensor. */
export function amperePerCount(logicVoltage: number, voltsPerAmpere: number): number {
    return logicVoltage / COUNTS / voltsPerAmpere
}

/** "Current limit" of a current in A, with the sensor's offset in counts. */
export function limitFromCurrent(
    current: number,
    offset: number,
    logicVoltage: number,
    voltsPerAmpere: number,
): number {
    return Math.round((offset + current / amperePerCount(logicVoltage, voltsPerAmpere)) * LIMIT_STEPS)
}

/** What the two motors of a Motoron M2S or M2H draw. Start it after the Motoron. */
export class MotoronCurrent {
    /** Signed, A: positive when the motor is driven forward. The last good one where a read failed. */
    readonly current: number[] = [0, 0]
    /** Whether the newest {@link read} succeeded. */
    valid = false
    /** Reads that failed, or whose value the Motoron could not calculate. */
    errors = 0
    /** The sensors' outputs without current, counts. */
    readonly offsetRaw: number[] = [0, 0]
    /** A of a count. */
    readonly amperePerCount: number

    private readonly address: number
    private readonly logicVoltage: number
    private readonly table = crcTable()
    private readonly commands: Buffer[] = []
    private readonly bytes = Buffer.alloc(5)

    constructor(
        private readonly bus: I2cBus,
        private readonly config: MotoronCurrentConfig,
    ) {
        this.address = config.address ?? 16
        this.logicVoltage = config.logicVoltage ?? 3.3
        this.amperePerCount = amperePerCount(this.logicVoltage, config.voltsPerAmpere)
        for (let motor = 1; motor <= MOTORS; motor++) {
            this.commands.push(command([Command.GET_VARIABLES, motor, Variable.CURRENT_SENSE_SPEED, 4]))
        }
    }

    /**
     * Sets offsets (the typical one), minimum divisors and limits, and reads them back. The Motoron was started before, and
     * this again whenever it is started anew: it has forgotten these, too.
     *
     * @throws DriverError
     */
    init(): void {
        const setup = new MotoronSetup(this.bus, this.address)
        const { voltsPerAmpere, limit } = this.config
        if (voltsPerAmpere !== VOLTS_PER_AMPERE_18V18_24V14 && voltsPerAmpere !== VOLTS_PER_AMPERE_18V20_24V16) {
            setup.fail(
                'config',
                'voltsPerAmpere ' + voltsPerAmpere + ', allowed 0.02 (18v18, 24v14) and 0.01 (18v20, 24v16)',
            )
        }
        setup.identify(MOTORS)
        if (setup.productId !== HIGH_POWER) {
            setup.fail('wrong-part', 'product ID ' + setup.productId + ' measures no current: only M2S and M2H do')
        }
        const offset = Math.round((OFFSET_VOLTS * COUNTS) / this.logicVoltage)
        if (limit !== undefined) {
            const most = (LIMIT_MAX / LIMIT_STEPS - offset) * this.amperePerCount
            if (!(limit > 0 && limit <= most)) {
                setup.fail('config', 'limit ' + limit + ' A, allowed above 0 up to ' + Math.floor(most))
            }
        }
        for (let motor = 1; motor <= MOTORS; motor++) this.configure(setup, motor, offset)
    }

    /**
     * Measures the sensors' offsets, and sets limits by them: 0.3 s. The motors are braked and stand: as after the Motoron's
     * `init` when its error response brakes, or after a write of zeros.
     *
     * @throws DriverError `not-ready` when its outputs are not on, or a motor is driven
     */
    async calibrate(clock: Clock): Promise<void> {
        const setup = new MotoronSetup(this.bus, this.address)
        const sums = [0, 0]
        for (let i = 0; i < OFFSET_SAMPLES; i++) {
            await clock.sleep(OFFSET_SAMPLE_MS)
            const status = setup.query([Command.GET_VARIABLES, 0, Variable.STATUS_FLAGS, 2], 2)
            const flags = status[0] | (status[1] << 8)
            const told = StatusFlag.MOTOR_OUTPUT_ENABLED | StatusFlag.MOTOR_DRIVING | StatusFlag.MOTOR_FAULTING
            if ((flags & (told | StatusFlag.NO_POWER)) !== StatusFlag.MOTOR_OUTPUT_ENABLED) {
                setup.fail('not-ready', 'motors not braked and standing, status ' + flags)
            }
            for (let motor = 1; motor <= MOTORS; motor++) {
                const raw = setup.query([Command.GET_VARIABLES, motor, Variable.CURRENT_SENSE_RAW, 2], 2)
                sums[motor - 1] += raw[0] | (raw[1] << 8)
            }
        }
        for (let motor = 1; motor <= MOTORS; motor++) {
            const offset = Math.round(sums[motor - 1] / OFFSET_SAMPLES)
            if (offset > 255) setup.fail('not-ready', 'offset ' + offset + ' of motor ' + motor + ', allowed 0 to 255')
            this.configure(setup, motor, offset)
        }
    }

    /**
     * Reads one motor's current: two transactions, for one tick in several.
     *
     * @param motor 0 or 1: index into {@link current}
     * @returns {@link valid}
     *
     * @inline
     */
    read(motor: number): boolean {
        const { bytes, table } = this
        const processed =
            this.bus.transfer(this.address, this.commands[motor], undefined) === 0 &&
            this.bus.transfer(this.address, undefined, bytes) === 0
                ? bytes[2] | (bytes[3] << 8)
                : OVERFLOW
        if (
            processed === OVERFLOW ||
            table[table[table[table[bytes[0]] ^ bytes[1]] ^ bytes[2]] ^ bytes[3]] !== bytes[4]
        ) {
            this.errors++
            this.valid = false
            return false
        }
        // The speed's sign is in its highest bit.
        const magnitude = processed * this.amperePerCount
        this.current[motor] = (bytes[1] & 0x80) !== 0 ? -magnitude : magnitude
        this.valid = true
        return true
    }

    private configure(setup: MotoronSetup, motor: number, offset: number): void {
        const { limit, voltsPerAmpere } = this.config
        const limitRaw = limit === undefined ? 0 : limitFromCurrent(limit, offset, this.logicVoltage, voltsPerAmpere)
        this.offsetRaw[motor - 1] = offset
        setup.set(motor, Variable.CURRENT_LIMIT, limitRaw)
        setup.set(motor, Variable.CURRENT_SENSE_OFFSET, offset)
        setup.set(motor, Variable.CURRENT_SENSE_MINIMUM_DIVISOR, MINIMUM_DIVISOR)
        setup.verify(setup.query([Command.GET_VARIABLES, motor, Variable.CURRENT_LIMIT, 2], 2), 0, limitRaw)
        const sense = setup.query([Command.GET_VARIABLES, motor, Variable.CURRENT_SENSE_OFFSET, 2], 2)
        setup.verify(sense, 0, offset | (MINIMUM_DIVISOR << 8))
    }
}
