// Pololu Motoron motor controllers on I2C (M1T, M2T, M2S, M2H, M3S, M3H): "Pololu Motoron Motor Controller User's
// Guide", pololu.com/docs/0J84, web edition with the 550 class (sections 6 I²C interface, 8 variables, 9 commands, 11
// CRC; the 2022 edition counts the first and last of them 7 and 10).
//
// What stops the motors when the board goes silent
// - Command timeout (8): when no valid command arrived for `commandTimeoutMs`, the Motoron stops its motors by itself,
//   in the way `errorResponse` says. It starts them again with the next valid command, unless `latchTimeout` is set:
//   then they stay off until `enable()`. Worst case: `commandTimeoutMs`, rounded up to 4 ms.
// - EVERY valid command feeds that timeout (8, "Command timeout" flag), a status read as much as a speed. So only the
//   code that commands the motors may talk to the Motoron: `readStatus` from a loop of its own would keep a motor
//   turning whose controller is dead. Commands with a wrong CRC or invalid bytes are ignored and do not feed it.
// - Reset flag (8): set when the Motoron powers on, is reset or reinitialized, and an error in the mask that `init`
//   sets. It forgets all settings then, and its motors stay off until `enable()`. `init` configures it while the flag
//   is set; `enable()` clears it, so nothing moves with settings half made.
//
// CRC (11): a 7-bit CRC (polynomial 0x91, lowest bit first) ends each command and each response. A read when there is
// nothing to read gives 0xAA (6), which is no valid CRC byte. Command and response are two transactions, as in
// Pololu's own libraries; the Motoron stretches the clock until its response is ready (6).
import type { Clock } from '../../src/hal/clock'
import type { I2cBus } from '../../src/hal/i2c-bus'
import { Command, command, crcTable, StatusFlag, Variable } from './motoron-protocol'
import { MotoronSetup } from './motoron-setup'

/** How the Motoron stops its motors by itself ("Error response", section 8). */
export enum ErrorResponse {
    /** Ramps down within `maxDecelerationRaw`, then lets the motors run out. */
    COAST = 0,
    /** Ramps down within `maxDecelerationRaw`, then shorts the motors. */
    BRAKE = 1,
    /** Lets the motors run out at once. */
    COAST_NOW = 2,
    /** Shorts the motors at once. */
    BRAKE_NOW = 3,
}

/** Default address, section 6. */
export const MOTORON_ADDRESS = 16

export interface MotoronConfig {
    /** Motors of the model, 1 to 3. With CRC, "Set all speeds" must carry exactly that many (section 9). */
    channels: number
    /** 7-bit I2C address, 16 by default. */
    address?: number
    /** Silence after which the motors stop, ms, 4 to 65000, rounded up to 4 ms; 100 by default. */
    commandTimeoutMs?: number
    /** Keeps the motors off after a command timeout until `enable()`; by default the next valid command starts them. */
    latchTimeout?: boolean
    /** {@link ErrorResponse.BRAKE} by default. */
    errorResponse?: ErrorResponse
    /** Limit of a growing speed, in the unit of "Max acceleration" (section 8), 0 to 6400; 0, the default: no limit. */
    maxAccelerationRaw?: number
    /** Limit of a falling speed, in the unit of "Max deceleration" (section 8), 0 to 6400; 0, the default: no limit. */
    maxDecelerationRaw?: number
    /**
     * Voltage of the Motoron's logic supply (IOREF, VDD or 3V3), V, the reference of VIN's measurement; 3.3 by default.
     */
    logicVoltage?: number
    /** Motor supply below which `init` refuses, V; 0 by default. */
    supplyVoltageMin?: number
}

/** Speed command of full duty, section 9 "Set speed". */
const SPEED_MAX = 800
/** Unit of "Command timeout", ms, section 8. */
const TIMEOUT_UNIT_MS = 4
/** Not the chip's own default of 1500 ms. */
const TIMEOUT_DEFAULT_MS = 100
/** Largest acceleration and deceleration limit, section 8. */
const LIMIT_MAX = 6400
/** "Set protocol options": CRC for commands (bit 0) and for responses (bit 1), no I2C general call (bit 2). */
const PROTOCOL_OPTIONS = 0x03
/** All latched status flags (bits 0 to 9). */
const LATCHED_FLAGS = 0x3ff
/** Wait after the protocol options changed, ms (section 9 asks for 1 ms; the clock's step is 1 ms, so 2). */
const OPTIONS_DELAY_MS = 2

/** Speed command, -800 to 800, of an effort (-1 to 1, clamped; NaN gives 0), its fraction cut off. */
export function speedFromEffort(effort: number): number {
    const limited = effort > 1 ? 1 : effort < -1 ? -1 : effort
    return (limited * SPEED_MAX) | 0
}

/** Controller of one to three brushed motors. */
export class Motoron {
    readonly part = 'Motoron'
    /** Its command timeout, ms: "Command timeout" (8), in its steps. */
    readonly selfStopMs: number
    /** Commands that were not acknowledged and responses with a wrong CRC. */
    errors = 0
    /** Whether the newest {@link readStatus} succeeded; the fields below keep the last good values. */
    valid = false
    /** Bits of {@link StatusFlag}. */
    statusFlags = 0
    /** The motor supply is missing. */
    noPower = false
    /** A motor driver reports a fault now (too hot, over current, …). */
    faulting = false
    /** The Motoron was reset or powered on: motors off until {@link init} and {@link enable}. */
    resetSeen = false
    /** The command timeout stopped the motors since {@link enable}. Latched, because reading it is itself a command. */
    timedOut = false
    /** Since {@link enable}, a command arrived with a wrong CRC or an invalid byte and was ignored. */
    commandRejected = false
    /** Motor supply, V. */
    supplyVoltage = 0
    /** Product ID, from `init`. */
    productId = 0
    /** Firmware version as the Motoron writes it: two digits (BCD) after the point, 0x0103 is 1.03. From `init`. */
    firmwareVersion = 0

    private readonly address: number
    private readonly channels: number
    private voltsPerCount = 0
    private readonly table = crcTable()
    private readonly speeds: Buffer
    private readonly speedCrcStart: number
    private readonly zeroSpeedsNow: Buffer
    private readonly clearMotorFault: Buffer
    private readonly clearLatchedFlags: Buffer
    private readonly statusCommand: Buffer
    private readonly statusBytes = Buffer.alloc(5)

    constructor(
        private readonly bus: I2cBus,
        private readonly config: MotoronConfig,
    ) {
        const timeoutMs = config.commandTimeoutMs ?? TIMEOUT_DEFAULT_MS
        this.selfStopMs = Math.ceil(timeoutMs / TIMEOUT_UNIT_MS) * TIMEOUT_UNIT_MS
        this.address = config.address ?? MOTORON_ADDRESS
        this.channels = config.channels
        const motors = config.channels === 1 ? 1 : config.channels === 2 ? 2 : 3
        this.speeds = Buffer.alloc(2 + 2 * motors)
        this.speeds[0] = Command.SET_ALL_SPEEDS
        this.speedCrcStart = this.table[Command.SET_ALL_SPEEDS]
        const zeros = [Command.SET_ALL_SPEEDS_NOW as number]
        for (let i = 0; i < 2 * motors; i++) zeros.push(0)
        this.zeroSpeedsNow = command(zeros)
        this.clearMotorFault = command([Command.CLEAR_MOTOR_FAULT, 0])
        this.clearLatchedFlags = command([Command.CLEAR_LATCHED_STATUS_FLAGS, LATCHED_FLAGS & 0x7f, LATCHED_FLAGS >> 7])
        this.statusCommand = command([Command.GET_VARIABLES, 0, Variable.STATUS_FLAGS, 4])
    }

    /**
     * Identifies the model, resets its settings, configures it and reads the settings back. The motors stay off, held
     * by the reset flag, until {@link enable}.
     *
     * @throws DriverError
     */
    async init(clock: Clock): Promise<void> {
        const config = this.config
        const setup = new MotoronSetup(this.bus, this.address)
        this.checkConfig(setup)
        this.valid = false
        const options = [Command.SET_PROTOCOL_OPTIONS, PROTOCOL_OPTIONS, ~PROTOCOL_OPTIONS & 0x7f]
        // First, because without CRC for commands the CRC byte of the next command would discard its response.
        setup.send(options, 'not-found')
        await clock.sleep(OPTIONS_DELAY_MS)
        setup.identify(this.channels)
        this.productId = setup.productId
        this.firmwareVersion = setup.firmwareVersion
        this.voltsPerCount = (config.logicVoltage ?? 3.3) * setup.supplyScale
        setup.send([Command.REINITIALIZE])
        // Reinitialize put the protocol options back to their default.
        setup.send(options)
        await clock.sleep(OPTIONS_DELAY_MS)
        const latch = config.latchTimeout ? StatusFlag.COMMAND_TIMEOUT_LATCHED : 0
        setup.configure(
            this.selfStopMs / TIMEOUT_UNIT_MS,
            config.errorResponse ?? ErrorResponse.BRAKE,
            StatusFlag.RESET | StatusFlag.COMMAND_TIMEOUT | latch,
        )
        for (let motor = 1; motor <= this.channels; motor++) {
            setup.limit(motor, config.maxAccelerationRaw ?? 0, config.maxDecelerationRaw ?? 0)
        }
        if (!this.readStatus()) setup.fail('bus', 'status cannot be read')
        if ((this.statusFlags & (StatusFlag.PROTOCOL_ERROR | StatusFlag.CRC_ERROR)) !== 0) {
            setup.fail('bus', 'it rejected a command, status ' + this.statusFlags)
        }
        if (!this.resetSeen) setup.fail('wrong-part', 'reset flag not set after reinitialize')
        if (this.noPower || this.supplyVoltage < (config.supplyVoltageMin ?? 0)) {
            setup.fail('not-ready', 'motor supply ' + this.supplyVoltage + ' V')
        }
    }

    /**
     * Lets the motors run: speeds to 0, motor faults and latched flags (reset, timeout, …) cleared. Call it when
     * arming, then {@link write} in every tick.
     *
     * @returns whether all was acknowledged
     */
    enable(): boolean {
        return (
            this.attempt(this.zeroSpeedsNow) &&
            this.attempt(this.clearMotorFault) &&
            this.attempt(this.clearLatchedFlags)
        )
    }

    /**
     * Sets all motors' efforts: -1 to 1 of the supply voltage, clamped, NaN as 0; 0 brakes. Arguments beyond the
     * model's channels are ignored. One transaction, no allocation, no call but the bus.
     *
     * @returns whether it was acknowledged
     *
     * @inline
     */
    write(effort0: number, effort1 = 0, effort2 = 0): boolean {
        const bytes = this.speeds
        const table = this.table
        if (effort0 > 1) effort0 = 1
        else if (effort0 < -1) effort0 = -1
        let speed = (effort0 * SPEED_MAX) | 0
        let low = speed & 0x7f
        let high = (speed >> 7) & 0x7f
        bytes[1] = low
        bytes[2] = high
        let crc = table[table[this.speedCrcStart ^ low] ^ high]
        const channels = this.channels
        if (channels > 1) {
            if (effort1 > 1) effort1 = 1
            else if (effort1 < -1) effort1 = -1
            speed = (effort1 * SPEED_MAX) | 0
            low = speed & 0x7f
            high = (speed >> 7) & 0x7f
            bytes[3] = low
            bytes[4] = high
            crc = table[table[crc ^ low] ^ high]
            if (channels > 2) {
                if (effort2 > 1) effort2 = 1
                else if (effort2 < -1) effort2 = -1
                speed = (effort2 * SPEED_MAX) | 0
                low = speed & 0x7f
                high = (speed >> 7) & 0x7f
                bytes[5] = low
                bytes[6] = high
                crc = table[table[crc ^ low] ^ high]
            }
        }
        bytes[channels + channels + 1] = crc
        if (this.bus.transfer(this.address, bytes, undefined) !== 0) {
            this.errors++
            return false
        }
        return true
    }

    /**
     * Reads status flags and motor supply: two transactions (about 0.3 ms of bus at 400 kHz), for one tick in many. It
     * feeds the command timeout, so it belongs in the tick, beside {@link write}.
     *
     * @returns {@link valid}
     *
     * @inline
     */
    readStatus(): boolean {
        const bytes = this.statusBytes
        const table = this.table
        if (
            this.bus.transfer(this.address, this.statusCommand, undefined) !== 0 ||
            this.bus.transfer(this.address, undefined, bytes) !== 0 ||
            table[table[table[table[bytes[0]] ^ bytes[1]] ^ bytes[2]] ^ bytes[3]] !== bytes[4]
        ) {
            this.errors++
            this.valid = false
            return false
        }
        const flags = bytes[0] | (bytes[1] << 8)
        this.statusFlags = flags
        this.noPower = (flags & StatusFlag.NO_POWER) !== 0
        this.faulting = (flags & StatusFlag.MOTOR_FAULTING) !== 0
        this.resetSeen = (flags & StatusFlag.RESET) !== 0
        this.timedOut = (flags & StatusFlag.COMMAND_TIMEOUT_LATCHED) !== 0
        this.commandRejected = (flags & (StatusFlag.PROTOCOL_ERROR | StatusFlag.CRC_ERROR)) !== 0
        this.supplyVoltage = (bytes[2] | (bytes[3] << 8)) * this.voltsPerCount
        this.valid = true
        return true
    }

    /** Lets all motors run out at once, until the next {@link write}. */
    coast(): boolean {
        // Made when it is wanted: what lies on the board's heap makes each of its collections longer, 9 µs an object.
        return this.attempt(command([Command.COAST_NOW]))
    }

    /** Brakes all motors at once, ignoring the deceleration limit, until the next {@link write}. */
    stop(): boolean {
        return this.attempt(this.zeroSpeedsNow)
    }

    /** @inline */
    private attempt(bytes: Buffer): boolean {
        if (this.bus.transfer(this.address, bytes, undefined) === 0) return true
        this.errors++
        return false
    }

    private checkConfig(setup: MotoronSetup): void {
        const config = this.config
        setup.checkRange('channels', config.channels, 1, 3)
        setup.checkRange('commandTimeoutMs', config.commandTimeoutMs, TIMEOUT_UNIT_MS, 65000)
        setup.checkRange('maxAccelerationRaw', config.maxAccelerationRaw, 0, LIMIT_MAX)
        setup.checkRange('maxDecelerationRaw', config.maxDecelerationRaw, 0, LIMIT_MAX)
        setup.checkRange('errorResponse', config.errorResponse, ErrorResponse.COAST, ErrorResponse.BRAKE_NOW)
    }
}
