import type { Clock } from '../hal/clock'
import type { Joints } from './joints'

/** The encoders of all joints, absolute over one turn. Entry i belongs to joint i. */
export interface JointEncoders {
    /** rad in [0, 2π); means nothing where {@link failed} has a bit */
    readonly reading: number[]
    /** Encoders whose newest sample failed, bit i for joint i. */
    readonly failed: number
    /** Reads every encoder. Called once a tick. */
    sample(): void
    /** Looks after an encoder's health. Called once in several ticks. */
    check(): void
    /** Takes nothing for granted of the encoders any more, such as where their pointers stand: somebody else spoke to them. */
    forget?(): void
}

/** A six-axis IMU. */
export interface ImuSensor {
    /** The last sample's bytes, little-endian i16: gyroscope x, y, z, accelerometer x, y, z. */
    readonly frame: Buffer
    /** One transaction; false when the sample was dropped. Called once a tick. */
    sample(): boolean
}

/** A digital input: the runtime's own pin, because a function of ours around it would cost a call. */
export interface DigitalInput {
    readonly value: number
}

/** Measures the motor supply. Raw values are counts, whose scale the description tells. */
export interface PowerSensor {
    /** Signed. */
    readonly currentRaw: number
    readonly amperePerCount: number
    readonly supplyRaw: number
    /** False when the sample failed. Called once a tick. */
    sample(): boolean
}

/** Keeps a robot upright on its wheels: `Balance`. An interface, so that the firmware of others does without. */
export interface BalanceStage {
    /** It leans too far, or otherwise cannot be caught. */
    readonly tilted: boolean
    /** How far it leans forward, rad. */
    readonly pitch: number
    /** Whether its estimate may be trusted by now. */
    settled(): boolean
    /** Whether the robot stands near upright and still. */
    upright(): boolean
    /** The motors are on from now on, or off. */
    start(): void
    rest(): void
    /** Once a tick, with the IMU's sample. */
    estimate(frame: Buffer, valid: boolean, dt: number): void
    /** Once a tick while the motors are on: every wheel's effort. */
    control(joints: Joints, dt: number): void
}

/** A motor controller with up to three outputs: output i drives joint i. */
export interface MotorController {
    /** As it is bought. */
    readonly part: string
    /**
     * Its outputs are off at most this long after the last command, ms, whatever becomes of the board: by its own command timeout, or
     * a pin that the board must hold. 0: never; they go on as they were told last.
     */
    readonly selfStopMs: number
    /** What it says of itself, for people: as the chip's document has it. */
    readonly statusFlags: number
    /** Motor supply as the last {@link readStatus} found it, V; NaN when it does not measure it. */
    readonly supplyVoltage: number
    /** As the last {@link readStatus} found it. */
    readonly noPower: boolean
    readonly faulting: boolean
    /** It was reset: it holds the motors off and has forgotten its settings. */
    readonly resetSeen: boolean
    /** It stopped the motors because it heard nothing, and holds them off until {@link enable}. */
    readonly timedOut: boolean
    /**
     * One transaction: duty of every output, -1 to 1; what is beyond its outputs is ignored. False when it was not
     * acknowledged. Called once a tick.
     */
    write(effort0: number, effort1: number, effort2: number): boolean
    /** Lets the motors run; called when arming. False when it was not acknowledged. */
    enable(): boolean
    /** Every output off at once, whatever limits or schedule duties otherwise follow. False when it was not acknowledged. */
    stop(): boolean
    /** Lets every output run out until the next {@link write}. Absent when it can only brake. */
    coast?(): boolean
    /** Asks the controller how it is. False when it did not answer. */
    readStatus(): boolean
    /** Configures it anew; the motors stay off until {@link enable}. @throws DriverError */
    init(clock: Clock): Promise<void>
}
