// Pololu Motoron motor controllers with I2C, an M2T256 unless said otherwise: Pololu Motoron Motor Controller User's Guide
// (docs 0J84), sections 6 "I2C interface", 8 "Variable reference", 9 "Command reference". Command bytes, flags and limits:
// motoron-protocol.ts; what becomes of the motors: motoron-motors.ts.
import type { I2cDevice } from '../i2c/i2c-device'
import type { Random } from '../random'
import { type CurrentSenseOptions, MotoronCurrentSense } from './motoron-current-sense'
import { Mode, MotoronMotors, type MotoronOutput } from './motoron-motors'
import { Command, crc7, NO_RESPONSE, Option, speed14, Status, unsigned14, Variable } from './motoron-protocol'
import { MotoronReceiver } from './motoron-receiver'

export type { MotoronOutput } from './motoron-motors'

/** How long the controller does not answer after a "Reset" command, s: the wait that the command's description asks for. */
const RESET_TIME = 0.005
/** Product ID of the M2T256, and firmware 1.00 ("Get firmware version"). */
const PRODUCT_ID = 0x00ce
const FIRMWARE_VERSION = 0x0100
/** Product IDs of the high-power models, and of the 550 class. */
const HIGH_POWER = 0x00cd
const CLASS_550 = [0x00d2, 0x00d3, 0x00d5]
const LONGEST_RESPONSE = 32

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
    /** Which model, by its product ID: 0xce, the M2T256, by default. */
    productId?: number
    /** Currents of the motors, for a model that measures them (0xcd). */
    currentSense?: CurrentSenseOptions
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
 * call address, the limiting of current (its variable is kept), serial.
 */
export class Motoron implements I2cDevice {
    static readonly ADDRESS = 16

    private readonly name: string
    private readonly product: number
    private readonly motors: MotoronMotors
    private readonly currentSense: MotoronCurrentSense | undefined
    private readonly eeprom = new Uint8Array(128)
    /** "Protocol options" */
    private protocol = 0
    private readyAt = -Infinity
    private readonly receiver: MotoronReceiver
    private readonly response = new Uint8Array(LONGEST_RESPONSE + 1)
    private responseLength = 0
    private responseRead = 0

    constructor(private readonly options: MotoronOptions) {
        const address = options.address ?? Motoron.ADDRESS
        const channels = options.channels ?? 2
        this.name = `Motoron@0x${address.toString(16)}`
        this.eeprom[1] = address // "Device number", section 10
        this.product = options.productId ?? PRODUCT_ID
        const reference = options.reference ?? 3.3
        this.motors = new MotoronMotors({
            now: options.now,
            supply: options.supply,
            channels,
            reference,
            is550: CLASS_550.includes(this.product),
            phase: options.random?.uniform(0, 0.01) ?? 0,
        })
        if (this.product === HIGH_POWER) {
            this.currentSense = new MotoronCurrentSense(channels, reference, options.currentSense)
        }
        this.receiver = new MotoronReceiver(channels, {
            onCommand: () => this.execute(),
            onProtocolError: () => this.protocolError(),
            onCrcError: () => this.crcError(),
        })
        this.reset()
    }

    /** Power-on: outputs off, settings default, Reset flag set. */
    reset(): void {
        this.motors.reset()
        this.initialize()
        this.receiver.reset()
        this.readyAt = -Infinity
    }

    /** What channel 1, 2, … does at this moment. The object is kept and overwritten by the next call. */
    output(channel: number): MotoronOutput {
        return this.motors.output(channel)
    }

    /** "Status flags" as they are now; see {@link Status}. */
    get statusFlags(): number {
        return this.motors.statusFlags
    }

    /** A driver's over-current or over-temperature fault: its outputs are off until they coast or the fault is cleared. */
    injectMotorFault(): void {
        this.motors.injectMotorFault()
    }

    /** Brings timeout and speeds up to the present. Every other call does so first. */
    advance(): void {
        this.motors.advance()
    }

    /** Every byte is acknowledged, valid or not, and drops a response that was waiting (section 6). */
    write(bytes: Uint8Array): boolean {
        this.advance()
        if (this.options.now() < this.readyAt) return false
        for (let i = 0; i < bytes.length; i++) {
            this.responseLength = this.responseRead = 0
            this.receiver.receive(bytes[i], (this.protocol & Option.CRC_FOR_COMMANDS) !== 0)
        }
        return true
    }

    read(into: Uint8Array): boolean {
        this.advance()
        if (this.options.now() < this.readyAt) return false
        for (let i = 0; i < into.length; i++) {
            into[i] = this.responseRead < this.responseLength ? this.response[this.responseRead++] : NO_RESPONSE
        }
        return true
    }

    private execute(): void {
        this.motors.feed()
        if (!this.apply(this.receiver.command)) {
            this.motors.unfeed()
            this.protocolError()
        } else this.motors.enforce()
    }

    /** @returns false when an argument is invalid; nothing has happened then */
    private apply(data: Uint8Array): boolean {
        const { motors } = this
        const count = motors.channels.length
        const command = data[0]
        switch (command) {
            case Command.GET_FIRMWARE_VERSION:
                return this.answerVersion()
            case Command.SET_PROTOCOL_OPTIONS:
                if (data[2] !== (~data[1] & 0x7f)) return false
                this.protocol = data[1]
                return true
            case Command.READ_EEPROM:
                return this.answerEeprom(data[1], data[2])
            case Command.WRITE_EEPROM:
                return this.writeEeprom(data)
            case Command.REINITIALIZE:
                motors.initialize()
                this.initialize()
                return true
            case Command.RESET:
                this.reset()
                this.readyAt = this.options.now() + RESET_TIME
                return true
            case Command.GET_VARIABLES:
                return this.answerVariables(data[1], data[2], data[3])
            case Command.SET_VARIABLE:
                return this.setVariable(data[1], data[2], unsigned14(data[3], data[4]))
            case Command.COAST_NOW:
                for (let motor = 1; motor <= count; motor++) motors.setBraking(motor, 0, true)
                return true
            case Command.CLEAR_MOTOR_FAULT:
                motors.clearFault()
                return true
            case Command.CLEAR_LATCHED_STATUS_FLAGS:
                motors.clearLatched(unsigned14(data[1], data[2]))
                return true
            case Command.SET_LATCHED_STATUS_FLAGS:
                motors.latch(unsigned14(data[1], data[2]))
                return true
            case Command.SET_BRAKING:
            case Command.SET_BRAKING_NOW:
                return motors.setBraking(data[1], unsigned14(data[2], data[3]), command === Command.SET_BRAKING_NOW)
            case Command.SET_SPEED:
            case Command.SET_SPEED_NOW:
            case Command.SET_BUFFERED_SPEED:
                return motors.setSpeed(data[1], speed14(data[2], data[3]), command & 0x0f)
            case Command.SET_ALL_SPEEDS:
            case Command.SET_ALL_SPEEDS_NOW:
            case Command.SET_ALL_BUFFERED_SPEEDS:
                for (let i = 0; i < count; i++) {
                    motors.setSpeed(i + 1, speed14(data[1 + 2 * i], data[2 + 2 * i]), command & 0x0f)
                }
                return true
            case Command.SET_ALL_SPEEDS_USING_BUFFERS:
            case Command.SET_ALL_SPEEDS_NOW_USING_BUFFERS:
                for (let i = 0; i < count; i++) {
                    const mode = command === Command.SET_ALL_SPEEDS_USING_BUFFERS ? Mode.NORMAL : Mode.NOW
                    motors.setSpeed(i + 1, motors.channels[i].buffered, mode)
                }
                return true
        }
        return command === Command.RESET_COMMAND_TIMEOUT
    }

    /** Offsets that cannot be set are a protocol error. */
    private setVariable(motor: number, offset: number, value: number): boolean {
        if (motor === 0) return this.motors.set(offset, value)
        const channel = this.motors.channels[motor - 1]
        if (channel === undefined) return false
        return channel.set(offset, value) || (this.currentSense?.set(motor, offset, value) ?? false)
    }

    private answerVersion(): boolean {
        this.response[0] = this.product & 0xff
        this.response[1] = this.product >> 8
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
        if (motor > this.motors.channels.length || length < 1 || length > LONGEST_RESPONSE) return false
        for (let i = 0; i < length; i++) {
            this.response[i] = motor === 0 ? this.generalByte(offset + i) : this.motorByte(motor, offset + i)
        }
        return this.answer(length)
    }

    private answer(length: number): boolean {
        this.responseLength = length
        if ((this.protocol & Option.CRC_FOR_RESPONSES) !== 0) {
            this.response[length] = crc7(this.response, length)
            this.responseLength++
        }
        return true
    }

    private generalByte(offset: number): number {
        if (offset === Variable.PROTOCOL_OPTIONS) return this.protocol
        if (offset === Variable.JUMPER_STATE) return this.options.jumper ? 0 : 1
        return this.motors.byte(offset)
    }

    private motorByte(motor: number, offset: number): number {
        const channel = this.motors.channels[motor - 1]
        return this.currentSense?.byte(motor, offset, channel.drive) ?? channel.byte(offset)
    }

    /** Each of offset, low seven bits and high bit is sent again inverted; only with JMP1 shorted does it do anything. */
    private writeEeprom(data: Uint8Array): boolean {
        for (let i = 1; i <= 3; i++) if (data[i + 3] !== (~data[i] & 0x7f)) return false
        if (this.options.jumper) this.eeprom[data[1]] = data[2] | ((data[3] & 1) << 7)
        return true
    }

    private initialize(): void {
        this.protocol = Option.CRC_FOR_COMMANDS | Option.CRC_FOR_RESPONSES | Option.GENERAL_CALL
        this.currentSense?.reset()
        this.responseLength = this.responseRead = 0
    }

    private crcError(): void {
        this.refuse(Status.CRC_ERROR, 'bad CRC after')
    }

    private protocolError(): void {
        this.refuse(Status.PROTOCOL_ERROR, 'protocol error in')
    }

    private refuse(flag: Status, what: string): void {
        this.motors.latch(flag)
        this.motors.enforce()
        this.options.warn?.(`${this.name}: ${what} command 0x${this.receiver.command[0].toString(16)}`)
    }
}
