import { Drv8830 } from '../chips/drv8830'
import { Motoron } from '../chips/motoron'
import type { I2cDevice } from '../i2c/i2c-device'
import type { I2cSegment } from '../i2c/i2c-segment'
import type { SimulatedSpiBus } from '../spi/simulated-spi-bus'
import type { SpiDevice } from '../spi/spi-device'
import type { PartNames } from './fault-plan'

/** A chip and the piece of wire that it is on. */
export type ChipPart = I2cPart | SpiPart

export interface I2cPart {
    readonly segment: I2cSegment
    readonly address: number
    readonly device: I2cDevice
}

/** A chip on SPI, and the GPIO that selects it. */
export interface SpiPart {
    readonly spi: SimulatedSpiBus
    readonly select: number
    readonly device: SpiDevice
}

/** A motor as faults see it; `DcGearMotor` is one. */
export interface MotorPart {
    /** Locked: it does not turn. */
    jammed: boolean
    /** Dry friction of something that rubs on its shaft, N·m. */
    drag: number
    /** What it gives stalled and fully driven by a supply of so many V, N·m. */
    stallTorque(supplyVoltage: number): number
    /** False: its circuit is open. */
    connected: boolean
}

/** A contact between an input of the board and ground, closed while all is well. */
export interface ContactPart {
    /** The board's name of the pin. */
    readonly pin: string
    open: boolean
}

/** What of a body can be broken, by name: given by the robot's `plant.ts`. Joints have the names of the robot's data. */
export interface BodyParts {
    readonly chips: Readonly<Record<string, ChipPart>>
    /** What the encoders' magnets do, by joint. */
    readonly encoders: Readonly<Record<string, ValueTap>>
    readonly motors: Readonly<Record<string, MotorPart>>
    readonly contacts?: Readonly<Record<string, ContactPart>>
    /** Of the motors when nothing sags, V. */
    readonly supplyVolts: number
    /** IMUs: the chip's name among `chips`, and what its motion goes through. */
    readonly imus: Readonly<
        Record<string, { readonly chip: string; readonly motion: { frozen: boolean; tilt: number } }>
    >
}

/** Between a quantity of the plant and the chip that measures it: passes it on, until it is frozen or offset. */
export class ValueTap {
    /** Added to the quantity, in its unit. */
    offset = 0
    private last = 0
    private standsStill = false

    constructor(private readonly value: () => number) {}

    set frozen(frozen: boolean) {
        if (frozen && !this.standsStill) this.last = this.value()
        this.standsStill = frozen
    }

    read(): number {
        return (this.standsStill ? this.last : this.value()) + this.offset
    }
}

/** The same for the motion that an IMU feels. */
export class MotionTap<T extends { specificForce: ArrayLike<number>; angularVelocity: ArrayLike<number> }> {
    /** How far the robot leans forward beside what its plant does, rad: gravity is felt from there. */
    tilt = 0
    private last: T | undefined

    constructor(private readonly motion: () => T) {}

    set frozen(frozen: boolean) {
        if (!frozen) this.last = undefined
        else if (!this.last) this.last = structuredClone(this.motion())
    }

    read(): T {
        const motion = this.last ?? this.motion()
        if (this.tilt === 0) return motion
        const leaning = structuredClone(motion)
        const [x, , z] = Array.from(motion.specificForce)
        const [sine, cosine] = [Math.sin(this.tilt), Math.cos(this.tilt)]
        Object.assign(leaning.specificForce, { 0: x * cosine - z * sine, 2: x * sine + z * cosine })
        return leaning
    }
}

/** The parts' names, by what can happen to them. */
export function partNames(parts: BodyParts | undefined): PartNames {
    const chips = Object.entries(parts?.chips ?? {})
    const chip = chips.map(([name]) => name)
    const spi = chips.flatMap(([name, part]) => ('spi' in part ? [name] : []))
    const motor = Object.keys(parts?.motors ?? {})
    return {
        chip,
        i2c: chip.filter(name => !spi.includes(name)),
        spi,
        encoder: Object.keys(parts?.encoders ?? {}),
        imu: Object.keys(parts?.imus ?? {}),
        motor,
        controller: chips.flatMap(([name, { device }]) =>
            device instanceof Motoron || device instanceof Drv8830 ? [name] : [],
        ),
        contact: Object.keys(parts?.contacts ?? {}),
        wire: [...motor, ...chip],
    }
}
