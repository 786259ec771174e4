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
import { DriverError, type DriverErrorCode } from '../../src/hal/driver-error'
import type { I2cBus } from '../../src/hal/i2c-bus'

/** Command bytes, section 9. */
export enum Command {
    GET_FIRMWARE_VERSION = 0x87,
    SET_PROTOCOL_OPTIONS = 0x8b,
    REINITIALIZE = 0x96,
    GET_VARIABLES = 0x9a,
    SET_VARIABLE = 0x9c,
    COAST_NOW = 0xa5,
    CLEAR_MOTOR_FAULT = 0xa6,
    CLEAR_LATCHED_STATUS_FLAGS = 0xa9,
    SET_ALL_SPEEDS = 0xe1,
    SET_ALL_SPEEDS_NOW = 0xe2,
}

/** Offsets of variables, section 8: general ones, then those of a motor. Two-byte variables are little-endian. */
export enum Variable {
    STATUS_FLAGS = 1,
    VIN_VOLTAGE = 3,
    COMMAND_TIMEOUT = 5,
    ERROR_RESPONSE = 7,
    ERROR_MASK = 8,
    MAX_ACCEL_FORWARD = 10,
    MAX_ACCEL_REVERSE = 12,
    MAX_DECEL_FORWARD = 14,
    MAX_DECEL_REVERSE = 16,
}

/** Bits of "Status flags", section 8. Latched ones stay until `enable()`. */
export enum StatusFlag {
    PROTOCOL_ERROR = 0x0001,
    CRC_ERROR = 0x0002,
    COMMAND_TIMEOUT_LATCHED = 0x0004,
    MOTOR_FAULT_LATCHED = 0x0008,
    NO_POWER_LATCHED = 0x0010,
    RESET = 0x0200,
    COMMAND_TIMEOUT = 0x0400,
    MOTOR_FAULTING = 0x0800,
    NO_POWER = 0x1000,
    ERROR_ACTIVE = 0x2000,
    MOTOR_OUTPUT_ENABLED = 0x4000,
    MOTOR_DRIVING = 0x8000,
}

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
/** Largest acceleration and deceleration limit, section 8. */
const LIMIT_MAX = 6400
/** "Set protocol options": CRC for commands (bit 0) and for responses (bit 1), no I2C general call (bit 2). */
const PROTOCOL_OPTIONS = 0x03
/** All latched status flags (bits 0 to 9). */
const LATCHED_FLAGS = 0x3ff
/** Wait after the protocol options changed, ms (section 9 asks for 1 ms; the clock's step is 1 ms, so 2). */
const OPTIONS_DELAY_MS = 2

/** VIN's divider, section 8 "VIN voltage": 1047/47, on the 550 class 459/47; then a 10-bit converter. */
const VOLTS_PER_COUNT = 1047 / 47 / 1024
const VOLTS_PER_COUNT_550 = 459 / 47 / 1024

/** Product IDs of the models with I2C, section 9 "Get firmware version", the motors they drive and VIN's scale. */
const PRODUCTS = [
    { id: 0xcc, channels: 3, scale: VOLTS_PER_COUNT }, // M3S256, M3H256
    { id: 0xcd, channels: 2, scale: VOLTS_PER_COUNT }, // M2S, M2H
    { id: 0xce, channels: 2, scale: VOLTS_PER_COUNT }, // M2T256
    { id: 0xd0, channels: 1, scale: VOLTS_PER_COUNT }, // M1T256
    { id: 0xd2, channels: 3, scale: VOLTS_PER_COUNT_550 }, // M3S550, M3H550
    { id: 0xd3, channels: 2, scale: VOLTS_PER_COUNT_550 }, // M2T550
    { id: 0xd5, channels: 1, scale: VOLTS_PER_COUNT_550 }, // M1T550
]

/** CRC-7 of the first `length` bytes (section 11). The tick has it written out, from {@link crcTable}. */
export function crc7(bytes: Buffer, length: number): number {
    let crc = 0
    for (let i = 0; i < length; i++) {
        crc ^= bytes[i]
        for (let bit = 0; bit < 8; bit++) crc = (crc & 1 ? crc ^ 0x91 : crc) >> 1
    }
    return crc
}

/** CRC-7 of each byte: the CRC of a message goes on as `table[crc ^ byte]`. */
export function crcTable(): Buffer {
    const table = Buffer.alloc(256)
    const byte = Buffer.alloc(1)
    for (let i = 1; i < 256; i++) {
        const rest = i & (i - 1)
        byte[0] = i
        // The CRC is linear, so only single bits need the long way: calls are dear on the board.
        table[i] = rest === 0 ? crc7(byte, 1) : table[rest] ^ table[i ^ rest]
    }
    return table
}

/** Speed command, -800 to 800, of an effort (-1 to 1, clamped; NaN gives 0), its fraction cut off. */
export function speedFromEffort(effort: number): number {
    const limited = effort > 1 ? 1 : effort < -1 ? -1 : effort
    return (limited * SPEED_MAX) | 0
}

/**
 * Motor supply in V.
 *
 * @param raw "VIN voltage", 0 to 1023
 * @param logicVoltage reference of the converter, V
 * @param is550 whether the model is of the 550 class
 */
export function supplyVoltageFromRaw(raw: number, logicVoltage: number, is550: boolean): number {
    return raw * (logicVoltage * (is550 ? VOLTS_PER_COUNT_550 : VOLTS_PER_COUNT))
}

/** Controller of one to three brushed motors. */
export class Motoron {
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
    private readonly coastNow: Buffer
    private readonly clearMotorFault: Buffer
    private readonly clearLatchedFlags: Buffer
    private readonly statusCommand: Buffer
    private readonly statusBytes = Buffer.alloc(5)

    constructor(
        private readonly bus: I2cBus,
        private readonly config: MotoronConfig,
    ) {
        this.address = config.address ?? MOTORON_ADDRESS
        this.channels = config.channels
        const motors = config.channels === 1 ? 1 : config.channels === 2 ? 2 : 3
        this.speeds = Buffer.alloc(2 + 2 * motors)
        this.speeds[0] = Command.SET_ALL_SPEEDS
        this.speedCrcStart = this.table[Command.SET_ALL_SPEEDS]
        const zeros = [Command.SET_ALL_SPEEDS_NOW as number]
        for (let i = 0; i < 2 * motors; i++) zeros.push(0)
        this.zeroSpeedsNow = command(zeros)
        this.coastNow = command([Command.COAST_NOW])
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
        this.checkConfig()
        this.valid = false
        const options = command([Command.SET_PROTOCOL_OPTIONS, PROTOCOL_OPTIONS, ~PROTOCOL_OPTIONS & 0x7f])
        // First, because without CRC for commands the CRC byte of the next command would discard its response.
        if (this.bus.transfer(this.address, options, undefined) !== 0) this.fail('not-found', 'no acknowledge')
        await clock.sleep(OPTIONS_DELAY_MS)
        this.identify()
        this.send(command([Command.REINITIALIZE]))
        // Reinitialize put the protocol options back to their default.
        this.send(options)
        await clock.sleep(OPTIONS_DELAY_MS)
        this.configure()
        if (!this.readStatus()) this.fail('bus', 'status cannot be read')
        if ((this.statusFlags & (StatusFlag.PROTOCOL_ERROR | StatusFlag.CRC_ERROR)) !== 0) {
            this.fail('bus', 'it rejected a command, status ' + this.statusFlags)
        }
        if (!this.resetSeen) this.fail('wrong-part', 'reset flag not set after reinitialize')
        if (this.noPower || this.supplyVoltage < (this.config.supplyVoltageMin ?? 0)) {
            this.fail('not-ready', 'motor supply ' + this.supplyVoltage + ' V')
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
        return this.attempt(this.coastNow)
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

    private checkConfig(): void {
        const config = this.config
        this.checkRange('channels', config.channels, 1, 3)
        this.checkRange('commandTimeoutMs', config.commandTimeoutMs, TIMEOUT_UNIT_MS, 65000)
        this.checkRange('maxAccelerationRaw', config.maxAccelerationRaw, 0, LIMIT_MAX)
        this.checkRange('maxDecelerationRaw', config.maxDecelerationRaw, 0, LIMIT_MAX)
        this.checkRange('errorResponse', config.errorResponse, ErrorResponse.COAST, ErrorResponse.BRAKE_NOW)
    }

    private checkRange(key: string, value: number | undefined, least: number, most: number): void {
        if (value === undefined || (value >= least && value <= most && Math.floor(value) === value)) return
        this.fail('config', key + ' ' + value + ', allowed ' + least + ' to ' + most + ', whole')
    }

    private identify(): void {
        const answer = this.query(command([Command.GET_FIRMWARE_VERSION]), 4)
        this.productId = answer[0] | (answer[1] << 8)
        this.firmwareVersion = answer[2] | (answer[3] << 8)
        for (const product of PRODUCTS) {
            if (product.id !== this.productId) continue
            if (product.channels !== this.channels) {
                this.fail('config', 'channels ' + this.channels + ', but the model drives ' + product.channels)
            }
            this.voltsPerCount = (this.config.logicVoltage ?? 3.3) * product.scale
            return
        }
        this.fail('wrong-part', 'product ID ' + this.productId + ' is no Motoron with I2C')
    }

    private configure(): void {
        const config = this.config
        const timeout = Math.floor(((config.commandTimeoutMs ?? 100) + TIMEOUT_UNIT_MS - 1) / TIMEOUT_UNIT_MS)
        const response = config.errorResponse ?? ErrorResponse.BRAKE
        const latch = config.latchTimeout ? StatusFlag.COMMAND_TIMEOUT_LATCHED : 0
        const mask = StatusFlag.RESET | StatusFlag.COMMAND_TIMEOUT | latch
        this.set(0, Variable.COMMAND_TIMEOUT, timeout)
        this.set(0, Variable.ERROR_RESPONSE, response)
        this.set(0, Variable.ERROR_MASK, mask)
        const general = this.query(command([Command.GET_VARIABLES, 0, Variable.COMMAND_TIMEOUT, 5]), 5)
        this.verify(general, 0, timeout)
        if (general[2] !== response) this.fail('bus', 'settings not taken')
        this.verify(general, 3, mask)
        const acceleration = config.maxAccelerationRaw ?? 0
        const deceleration = config.maxDecelerationRaw ?? 0
        for (let motor = 1; motor <= this.channels; motor++) {
            this.set(motor, Variable.MAX_ACCEL_FORWARD, acceleration)
            this.set(motor, Variable.MAX_ACCEL_REVERSE, acceleration)
            this.set(motor, Variable.MAX_DECEL_FORWARD, deceleration)
            this.set(motor, Variable.MAX_DECEL_REVERSE, deceleration)
            const limits = this.query(command([Command.GET_VARIABLES, motor, Variable.MAX_ACCEL_FORWARD, 8]), 8)
            this.verify(limits, 0, acceleration)
            this.verify(limits, 2, acceleration)
            this.verify(limits, 4, deceleration)
            this.verify(limits, 6, deceleration)
        }
    }

    private set(motor: number, offset: Variable, value: number): void {
        this.send(command([Command.SET_VARIABLE, motor, offset, value & 0x7f, (value >> 7) & 0x7f]))
    }

    private verify(answer: Buffer, offset: number, expected: number): void {
        if ((answer[offset] | (answer[offset + 1] << 8)) !== expected) this.fail('bus', 'settings not taken')
    }

    private send(bytes: Buffer): void {
        if (this.bus.transfer(this.address, bytes, undefined) !== 0) this.fail('bus', 'command not acknowledged')
    }

    private query(bytes: Buffer, length: number): Buffer {
        this.send(bytes)
        const answer = Buffer.alloc(length + 1)
        if (this.bus.transfer(this.address, undefined, answer) !== 0) this.fail('bus', 'response not acknowledged')
        if (crc7(answer, length) !== answer[length]) this.fail('bus', 'wrong CRC in a response')
        return answer
    }

    private fail(code: DriverErrorCode, detail: string): never {
        throw new DriverError('Motoron@0x' + Buffer.from([this.address]).toString('hex'), code, detail)
    }
}

/** Bytes of a command, with their CRC appended. */
function command(bytes: number[]): Buffer {
    const result = Buffer.alloc(bytes.length + 1)
    for (let i = 0; i < bytes.length; i++) result[i] = bytes[i]
    result[bytes.length] = crc7(result, bytes.length)
    return result
}
