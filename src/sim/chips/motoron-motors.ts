// Pololu Motoron Motor Controller User's Guide (docs 0J84), section 8 "Variable reference": what a Motoron does with its motors
// and when it stops them. The chip on the bus is motoron.ts beside this file.
import { MotoronChannel } from './motoron-channel'
import {
    COMMAND_TIMEOUT_UNIT,
    DEFAULT_COMMAND_TIMEOUT,
    DEFAULT_ERROR_MASK,
    LATCHED_FLAGS,
    MAX_COMMAND_TIMEOUT,
    MAX_ERROR_MASK,
    MAX_SPEED,
    Status,
    Variable,
} from './motoron-protocol'

/** Period of the speed updates, s: the unit of "Direction change delay". */
const UPDATE_PERIOD = 0.01
/** "VIN voltage": 10-bit reading of VIN / (1047 / 47), on the 550 class VIN / (459 / 47), with IOREF as reference. */
const VIN_DIVIDER = 1047 / 47
const VIN_DIVIDER_550 = 459 / 47
/** "No power" is set below this reading of VIN (M3S256 and M3H256 in the guide; the same drivers). */
const NO_POWER_READING = 27

/** What a channel does to its motor. */
export interface MotoronOutput {
    /** -1 to 1 of the supply. Between pulses the outputs brake. */
    drive: number
    /** 0 coasting to 1 braking; means nothing while `drive` is not 0. */
    braking: number
}

export interface MotoronMotorsOptions {
    /** Simulated time, s */
    now: () => number
    /** Motor supply VIN, V */
    supply: () => number
    channels: number
    /** Logic voltage, V */
    reference: number
    is550: boolean
    /** Of the speed updates, s */
    phase: number
}

/** How "Set speed" and "Set all speeds" apply a speed: the command's low bits. */
export enum Mode {
    NORMAL = 1,
    NOW = 2,
    BUFFERED = 4,
}

/** Motors, settings, latched errors and the command timeout. */
export class MotoronMotors {
    readonly channels: MotoronChannel[] = []
    private readonly outputs: MotoronOutput[] = []
    private latched = 0
    private commandTimeout = 0
    private errorResponse = 0
    private errorMask = 0
    private timedOut = false
    private faulting = false
    private lastCommand = 0
    private readonly before = { timedOut: false, lastCommand: 0 }
    private firstUpdate = 0
    private updates = 0
    private nextUpdate = 0

    constructor(private readonly options: MotoronMotorsOptions) {
        for (let i = 0; i < options.channels; i++) {
            this.channels.push(new MotoronChannel())
            this.outputs.push({ drive: 0, braking: 0 })
        }
    }

    /** Power-on: outputs off, settings default, Reset flag set. */
    reset(): void {
        const now = this.options.now()
        for (const channel of this.channels) channel.jump(0)
        this.initialize()
        this.faulting = false
        this.firstUpdate = now + this.options.phase
        this.nextUpdate = this.firstUpdate
        this.updates = 0
    }

    /** "Reinitialize": settings to their defaults, the Reset flag set. */
    initialize(): void {
        for (const channel of this.channels) channel.initialize()
        this.latched = Status.RESET
        this.commandTimeout = DEFAULT_COMMAND_TIMEOUT
        this.errorResponse = 0
        this.errorMask = DEFAULT_ERROR_MASK
        this.timedOut = false
        this.lastCommand = this.options.now()
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
        const now = this.options.now()
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

    /** A valid command starts the timeout anew, before it acts: what it reads shows the flag cleared. */
    feed(): void {
        this.before.timedOut = this.timedOut
        this.before.lastCommand = this.lastCommand
        this.timedOut = false
        this.lastCommand = this.options.now()
    }

    /** The command that fed the timeout turned out to be invalid. */
    unfeed(): void {
        this.timedOut = this.before.timedOut
        this.lastCommand = this.before.lastCommand
    }

    /** Stops the motors while an error is active. Called after everything that may have set or cleared one. */
    enforce(): void {
        if (this.errorActive()) this.respond()
    }

    latch(flags: number): void {
        this.latched |= flags & LATCHED_FLAGS
    }

    clearLatched(flags: number): void {
        this.latched &= ~(flags & LATCHED_FLAGS)
    }

    clearFault(): void {
        this.faulting = false
    }

    /** Sets a general variable; values out of range become the nearest allowed one. @returns whether it can be set */
    set(offset: number, value: number): boolean {
        if (offset === Variable.COMMAND_TIMEOUT) this.commandTimeout = Math.min(value, MAX_COMMAND_TIMEOUT)
        else if (offset === Variable.ERROR_RESPONSE) this.errorResponse = Math.min(value, 3)
        else if (offset === Variable.ERROR_MASK) this.errorMask = Math.min(value, MAX_ERROR_MASK)
        else return false
        return true
    }

    /** Byte `offset` of the general variables that this knows, little-endian; 0 for others. */
    byte(offset: number): number {
        switch (offset) {
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
        }
        return 0
    }

    /** "Set speed" in normal and now mode also sets the target brake amount to 800. */
    setSpeed(motor: number, speed: number, mode: Mode): boolean {
        const channel = this.channels[motor - 1]
        if (channel === undefined) return false
        if (mode === Mode.BUFFERED) channel.buffered = speed
        else if (!this.errorActive()) {
            channel.target = speed
            channel.brake = MAX_SPEED
            if (mode === Mode.NOW) channel.jump(speed)
        }
        return true
    }

    setBraking(motor: number, amount: number, now: boolean): boolean {
        const channel = this.channels[motor - 1]
        if (channel === undefined) return false
        channel.target = 0
        channel.brake = Math.min(amount, MAX_SPEED)
        if (now) channel.jump(0)
        return true
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
        const { is550, reference, supply } = this.options
        const divided = supply() / (is550 ? VIN_DIVIDER_550 : VIN_DIVIDER)
        return Math.max(0, Math.min(1023, Math.floor((divided / reference) * 1024)))
    }

    private noPower(): boolean {
        return this.supplyReading() < NO_POWER_READING
    }
}
