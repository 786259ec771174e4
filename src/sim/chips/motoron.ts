// Pololu Motoron M2T256 dual I2C motor controller: Pololu Motoron Motor Controller User's Guide (docs 0J84), sections 6
// "I2C interface", 8 "Variable reference", 9 "Command reference". Command bytes, flags and limits: motoron-protocol.ts.
import type { I2cDevice } from '../i2c/i2c-device'
import type { Random } from '../random'
import { MotoronChannel } from './motoron-channel'
import { MotoronReceiver } from './motoron-receiver'
import {
    COMMAND_TIMEOUT_UNIT,
    Command,
    DEFAULT_COMMAND_TIMEOUT,
    DEFAULT_ERROR_MASK,
    LATCHED_FLAGS,
    MAX_COMMAND_TIMEOUT,
    MAX_ERROR_MASK,
    MAX_SPEED,
    NO_RESPONSE,
    Option,
    Status,
    Variable,
    crc7,
    speed14,
    unsigned14,
} from './motoron-protocol'

/** Period of the speed updates, s: the unit of "Direction change delay". */
const UPDATE_PERIOD = 0.01
/** How long the controller does not answer after a "Reset" command, s: the wait that the command's description asks for. */
const RESET_TIME = 0.005
/** Product ID of the M2T256, and firmware 1.00 ("Get firmware version"). */
const PRODUCT_ID = 0x00ce
const FIRMWARE_VERSION = 0x0100
/** "VIN voltage": 10-bit reading of VIN / (1047 / 47) with IOREF as reference. */
const VIN_DIVIDER = 1047 / 47
/** "No power" is set below this reading of VIN (M3S256 and M3H256 in the guide; the same drivers). */
const NO_POWER_READING = 27
const LONGEST_RESPONSE = 32

/** What a channel does to its motor. */
export interface MotoronOutput {
    /** -1 to 1 of the supply. Between pulses the outputs brake. */
    drive: number
    /** 0 coasting to 1 braking; means nothing while `drive` is not 0. */
    braking: number
}

export interface MotoronOptions {
    /** Simulated time, s */
    now: () => number
    /** Motor supply VIN, V */
    supply: () => number
    /** Number of motors, 1 to 3. Default 2. */
    channels?: number
    /** Logic voltage IOREF or VDD, V. Default 3.3. */
    reference?: number
    /** Sets the phase of the speed updates; without it they fall on multiples of 10 ms from power-on. */
    random?: Random
    /** JMP1 shorted to ground: the EEPROM can be written. Default false. */
    jumper?: boolean
    productId?: number
    /** 7-bit address, for messages only. Default 16. */
    address?: number
    /** Told of commands that the controller refuses. */
    warn?: (message: string) => void
}

/**
 * Motor controller with command check sums, latched errors and a command timeout: it stops its motors by itself when no
 * valid command came for as long as "Command timeout" says (1.5 s unless changed), and after a reset until the Reset flag
 * is cleared.
 *
 * Where the guide leaves room: "normal" speeds take effect at the next 10 ms update; acceleration limits are eighths of a
 * speed unit per update (their largest value, 6400, is then the whole range in one update); commands that arrive while an
 * error is active do not outlast it; a timeout of 0 switches the feature off. Not modelled: clock stretching, the general
 * call address, current sensing and limits (M2S, M2H), serial.
 */
export class Motoron implements I2cDevice {
    static readonly ADDRESS = 16

    private readonly now: () => number
    private readonly supply: () => number
    private readonly reference: number
    private readonly jumper: boolean
    private readonly productId: number
    private readonly phase: number
    private readonly warn: (message: string) => void
    private readonly name: string
    private readonly channels: MotoronChannel[] = []
    private readonly outputs: MotoronOutput[] = []
    private readonly eeprom = new Uint8Array(128)

    private options = 0
    private latched = 0
    private commandTimeout = 0
    private errorResponse = 0
    private errorMask = 0
    private timedOut = false
    private faulting = false
    private lastCommand = 0
    private readyAt = -Infinity
    private firstUpdate = 0
    private updates = 0
    private nextUpdate = 0

    private readonly receiver: MotoronReceiver
    private readonly response = new Uint8Array(LONGEST_RESPONSE + 1)
    private responseLength = 0
    private responseRead = 0

    constructor(options: MotoronOptions) {
        this.now = options.now
        this.supply = options.supply
        this.reference = options.reference ?? 3.3
        this.jumper = options.jumper ?? false
        this.productId = options.productId ?? PRODUCT_ID
        this.phase = options.random?.uniform(0, UPDATE_PERIOD) ?? 0
        this.warn = options.warn ?? (() => {})
        const address = options.address ?? Motoron.ADDRESS
        this.name = `Motoron@0x${address.toString(16)}`
        this.eeprom[1] = address // "Device number", section 10
        const motors = options.channels ?? 2
        this.receiver = new MotoronReceiver(motors, {
            onCommand: () => this.execute(),
            onProtocolError: () => this.protocolError(),
            onCrcError: () => this.crcError(),
        })
        for (let i = 0; i < motors; i++) {
            this.channels.push(new MotoronChannel())
            this.outputs.push({ drive: 0, braking: 0 })
        }
        this.reset()
    }

    /** Power-on: outputs off, settings default, Reset flag set. */
    reset(): void {
        const now = this.now()
        for (const channel of this.channels) {
            channel.initialize()
            channel.jump(0)
        }
        this.initialize(now)
        this.receiver.reset()
        this.faulting = false
        this.readyAt = -Infinity
        this.firstUpdate = now + this.phase
        this.nextUpdate = this.firstUpdate
        this.updates = 0
    }

    /**
     * What channel 1, 2, … does at this moment. The object is kept and overwritten by the next call.
     *
     * "Target brake amount": the drivers of the 256 family can coast only all together, so a stopped motor brakes while
     * any other is driven or is to brake.
     */
    output(channel: number): MotoronOutput {
        const output = this.outputs[channel - 1]
        this.advance()
        if (this.faulting || this.noPower()) {
            output.drive = 0
            output.braking = 0
        } else {
            output.drive = this.channels[channel - 1].drive
            output.braking = this.enabled() ? 1 : 0
        }
        return output
    }

    /** "Status flags" as they are now; see {@link Status}. */
    get statusFlags(): number {
        this.advance()
        let flags = this.latched
        if (this.timedOut) flags |= Status.COMMAND_TIMEOUT
        if (this.faulting) flags |= Status.MOTOR_FAULTING
        if (this.noPower()) flags |= Status.NO_POWER
        if (this.errorActive()) flags |= Status.ERROR_ACTIVE
        if (this.enabled()) flags |= Status.MOTOR_OUTPUT_ENABLED
        if (this.driving()) flags |= Status.MOTOR_DRIVING
        return flags
    }

    /** A driver's over-current or over-temperature fault: its outputs are off until they coast or the fault is cleared. */
    injectMotorFault(): void {
        this.faulting = true
        this.latched |= Status.MOTOR_FAULT_LATCHED
    }

    /** Brings timeout and speeds up to the present. Every other call does so first. */
    advance(): void {
        const now = this.now()
        while (this.nextUpdate <= now) {
            this.watch(this.nextUpdate)
            for (let i = 0; i < this.channels.length; i++) this.channels[i].update()
            this.updates++
            this.nextUpdate = this.firstUpdate + this.updates * UPDATE_PERIOD
        }
        this.watch(now)
        if (this.noPower()) this.latched |= Status.NO_POWER_LATCHED
        if (this.faulting && !this.enabled()) this.faulting = false
    }

    /** Every byte is acknowledged, valid or not, and drops a response that was waiting (section 6). */
    write(bytes: Uint8Array): boolean {
        this.advance()
        if (this.now() < this.readyAt) return false
        for (let i = 0; i < bytes.length; i++) {
            this.responseLength = this.responseRead = 0
            this.receiver.receive(bytes[i], (this.options & Option.CRC_FOR_COMMANDS) !== 0)
        }
        return true
    }

    read(into: Uint8Array): boolean {
        this.advance()
        if (this.now() < this.readyAt) return false
        for (let i = 0; i < into.length; i++) {
            into[i] = this.responseRead < this.responseLength ? this.response[this.responseRead++] : NO_RESPONSE
        }
        return true
    }

    /** Every valid command starts the timeout anew, before it acts: what it reads shows the flag cleared. */
    private execute(): void {
        const timedOut = this.timedOut
        const lastCommand = this.lastCommand
        this.timedOut = false
        this.lastCommand = this.now()
        if (!this.apply(this.receiver.command)) {
            this.timedOut = timedOut
            this.lastCommand = lastCommand
            this.protocolError()
        } else if (this.errorActive()) this.respond()
    }

    /** @returns false when an argument is invalid; nothing has happened then */
    private apply(data: Uint8Array): boolean {
        const command = data[0]
        switch (command) {
            case Command.GET_FIRMWARE_VERSION:
                return this.answerVersion()
            case Command.SET_PROTOCOL_OPTIONS:
                if (data[2] !== (~data[1] & 0x7f)) return false
                this.options = data[1]
                return true
            case Command.READ_EEPROM:
                return this.answerEeprom(data[1], data[2])
            case Command.WRITE_EEPROM:
                return this.writeEeprom(data)
            case Command.REINITIALIZE:
                for (const channel of this.channels) channel.initialize()
                this.initialize(this.now())
                return true
            case Command.RESET:
                this.reset()
                this.readyAt = this.now() + RESET_TIME
                return true
            case Command.GET_VARIABLES:
                return this.answerVariables(data[1], data[2], data[3])
            case Command.SET_VARIABLE:
                return this.setVariable(data[1], data[2], unsigned14(data[3], data[4]))
            case Command.COAST_NOW:
                for (let motor = 1; motor <= this.channels.length; motor++) this.setBraking(motor, 0, true)
                return true
            case Command.CLEAR_MOTOR_FAULT:
                this.faulting = false
                return true
            case Command.CLEAR_LATCHED_STATUS_FLAGS:
                this.latched &= ~(unsigned14(data[1], data[2]) & LATCHED_FLAGS)
                return true
            case Command.SET_LATCHED_STATUS_FLAGS:
                this.latched |= unsigned14(data[1], data[2]) & LATCHED_FLAGS
                return true
            case Command.SET_BRAKING:
            case Command.SET_BRAKING_NOW:
                return this.setBraking(data[1], unsigned14(data[2], data[3]), command === Command.SET_BRAKING_NOW)
            case Command.SET_SPEED:
            case Command.SET_SPEED_NOW:
            case Command.SET_BUFFERED_SPEED:
                return this.setSpeed(data[1], speed14(data[2], data[3]), command & 0x0f)
            case Command.SET_ALL_SPEEDS:
            case Command.SET_ALL_SPEEDS_NOW:
            case Command.SET_ALL_BUFFERED_SPEEDS:
                for (let i = 0; i < this.channels.length; i++) {
                    this.setSpeed(i + 1, speed14(data[1 + 2 * i], data[2 + 2 * i]), command & 0x0f)
                }
                return true
            case Command.SET_ALL_SPEEDS_USING_BUFFERS:
            case Command.SET_ALL_SPEEDS_NOW_USING_BUFFERS:
                for (let i = 0; i < this.channels.length; i++) {
                    const mode = command === Command.SET_ALL_SPEEDS_USING_BUFFERS ? NORMAL : NOW
                    this.setSpeed(i + 1, this.channels[i].buffered, mode)
                }
                return true
        }
        return command === Command.RESET_COMMAND_TIMEOUT
    }

    /** "Set speed" in normal and now mode also sets the target brake amount to 800. */
    private setSpeed(motor: number, speed: number, mode: number): boolean {
        const channel = this.channels[motor - 1]
        if (channel === undefined) return false
        if (mode === BUFFERED) channel.buffered = speed
        else if (!this.errorActive()) {
            channel.target = speed
            channel.brake = MAX_SPEED
            if (mode === NOW) channel.jump(speed)
        }
        return true
    }

    private setBraking(motor: number, amount: number, now: boolean): boolean {
        const channel = this.channels[motor - 1]
        if (channel === undefined) return false
        channel.target = 0
        channel.brake = Math.min(amount, MAX_SPEED)
        if (now) channel.jump(0)
        return true
    }

    /** Values out of range become the nearest allowed one; offsets that cannot be set are a protocol error. */
    private setVariable(motor: number, offset: number, value: number): boolean {
        if (motor > 0) return this.channels[motor - 1]?.set(offset, value) ?? false
        if (offset === Variable.COMMAND_TIMEOUT) this.commandTimeout = Math.min(value, MAX_COMMAND_TIMEOUT)
        else if (offset === Variable.ERROR_RESPONSE) this.errorResponse = Math.min(value, 3)
        else if (offset === Variable.ERROR_MASK) this.errorMask = Math.min(value, MAX_ERROR_MASK)
        else return false
        return true
    }

    private answerVersion(): boolean {
        this.response[0] = this.productId & 0xff
        this.response[1] = this.productId >> 8
        this.response[2] = FIRMWARE_VERSION & 0xff
        this.response[3] = FIRMWARE_VERSION >> 8
        return this.answer(4)
    }

    private answerEeprom(offset: number, length: number): boolean {
        if (length < 1 || length > LONGEST_RESPONSE) return false
        for (let i = 0; i < length; i++) this.response[i] = this.eeprom[offset + i] ?? 0
        return this.answer(length)
    }

    /** Reading past the last variable gives zeros ("Get variables"). */
    private answerVariables(motor: number, offset: number, length: number): boolean {
        if (motor > this.channels.length || length < 1 || length > LONGEST_RESPONSE) return false
        for (let i = 0; i < length; i++) {
            this.response[i] = motor === 0 ? this.generalByte(offset + i) : this.channels[motor - 1].byte(offset + i)
        }
        return this.answer(length)
    }

    private answer(length: number): boolean {
        this.responseLength = length
        if ((this.options & Option.CRC_FOR_RESPONSES) !== 0) {
            this.response[length] = crc7(this.response, length)
            this.responseLength++
        }
        return true
    }

    private generalByte(offset: number): number {
        switch (offset) {
            case Variable.PROTOCOL_OPTIONS:
                return this.options
            case Variable.STATUS_FLAGS:
                return this.statusFlags & 0xff
            case Variable.STATUS_FLAGS + 1:
                return this.statusFlags >> 8
            case Variable.VIN_VOLTAGE:
                return this.supplyReading() & 0xff
            case Variable.VIN_VOLTAGE + 1:
                return this.supplyReading() >> 8
            case Variable.COMMAND_TIMEOUT:
                return this.commandTimeout & 0xff
            case Variable.COMMAND_TIMEOUT + 1:
                return this.commandTimeout >> 8
            case Variable.ERROR_RESPONSE:
                return this.errorResponse
            case Variable.ERROR_MASK:
                return this.errorMask & 0xff
            case Variable.ERROR_MASK + 1:
                return this.errorMask >> 8
            case Variable.JUMPER_STATE:
                return this.jumper ? 0 : 1
        }
        return 0
    }

    /** Each of offset, low seven bits and high bit is sent again inverted; only with JMP1 shorted does it do anything. */
    private writeEeprom(data: Uint8Array): boolean {
        for (let i = 1; i <= 3; i++) if (data[i + 3] !== (~data[i] & 0x7f)) return false
        if (this.jumper) this.eeprom[data[1]] = data[2] | ((data[3] & 1) << 7)
        return true
    }

    private initialize(now: number): void {
        this.options = Option.CRC_FOR_COMMANDS | Option.CRC_FOR_RESPONSES | Option.GENERAL_CALL
        this.latched = Status.RESET
        this.commandTimeout = DEFAULT_COMMAND_TIMEOUT
        this.errorResponse = 0
        this.errorMask = DEFAULT_ERROR_MASK
        this.timedOut = false
        this.lastCommand = now
        this.responseLength = this.responseRead = 0
    }

    /** Sets the timeout flags when the time has come, and keeps the motors to the error response while an error is active. */
    private watch(time: number): void {
        const limit = this.commandTimeout * COMMAND_TIMEOUT_UNIT
        if (!this.timedOut && limit > 0 && time - this.lastCommand >= limit) {
            this.timedOut = true
            this.latched |= Status.COMMAND_TIMEOUT_LATCHED
        }
        if (this.errorActive()) this.respond()
    }

    /** "Error response": 0 coast, 1 brake, both along the deceleration limit; 2 coast now, 3 brake now. */
    private respond(): void {
        const brake = (this.errorResponse & 1) === 0 ? 0 : MAX_SPEED
        for (let i = 0; i < this.channels.length; i++) {
            const channel = this.channels[i]
            channel.target = 0
            channel.brake = brake
            if (this.errorResponse >= 2 && !channel.stopped) channel.jump(0)
        }
    }

    private errorActive(): boolean {
        return ((this.latched | (this.timedOut ? Status.COMMAND_TIMEOUT : 0)) & this.errorMask) !== 0
    }

    private enabled(): boolean {
        for (let i = 0; i < this.channels.length; i++) {
            if (!this.channels[i].stopped || this.channels[i].brake !== 0) return true
        }
        return false
    }

    private driving(): boolean {
        for (let i = 0; i < this.channels.length; i++) if (!this.channels[i].stopped) return true
        return false
    }

    private supplyReading(): number {
        return Math.max(0, Math.min(1023, Math.floor((this.supply() / VIN_DIVIDER / this.reference) * 1024)))
    }

    private noPower(): boolean {
        return this.supplyReading() < NO_POWER_READING
    }

    private crcError(): void {
        this.refuse(Status.CRC_ERROR, 'bad CRC after')
    }

    private protocolError(): void {
        this.refuse(Status.PROTOCOL_ERROR, 'protocol error in')
    }

    private refuse(flag: Status, what: string): void {
        this.latched |= flag
        if (this.errorActive()) this.respond()
        this.warn(`${this.name}: ${what} command 0x${this.receiver.command[0].toString(16)}`)
    }
}

/** The mode of "Set speed" and "Set all speeds" is in the command's low bits. */
const NORMAL = 1
const NOW = 2
const BUFFERED = 4
