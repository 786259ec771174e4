import type { BodyParts } from './faults/body-parts'
import type { SimulatedI2cBus } from './i2c/simulated-i2c-bus'
import type { Defect } from './plants/motor-draw'
import type { Random } from './random'
import type { SimulatedSpiBus } from './spi/simulated-spi-bus'

/** What a simulated body is built into. */
export interface BodyContext {
    /** Simulated time, s. The body sets it while it advances; chips read it. */
    readonly time: { now: number }
    /** The board's bus, for the body's chips. */
    readonly bus: SimulatedI2cBus
    /** The board's SPI bus, likewise. */
    readonly spi: SimulatedSpiBus
    /** GPIO numbers of the board's pins, by name. */
    readonly pins: Readonly<Record<string, number>>
    readonly random: Random
    /** Told of accesses that a chip's datasheet does not allow. */
    readonly warn: (message: string) => void
    readonly options?: BodyOptions
}

/** How a body differs from the nominal one. */
export interface BodyOptions {
    /** Motors and rig are drawn from what their type may be, by the seed. */
    readonly draw?: boolean
    /** What is wrong with the (first) actuator. */
    readonly defect?: Defect
    /** The robot stands on a stand with its wheels in the air. */
    readonly lifted?: boolean
}

/** What an actuator of a simulated body truly is, at the joint's shaft, in SI units: what the bench should find. */
export interface ActuatorTruth {
    /** V·s/rad, and N·m/A before what the gears lose */
    readonly motorConstant: number
    /** Ω */
    readonly resistance: number
    /** Motor and load, kg·m² */
    readonly inertia: number
    /** The same over the motor's torque, while the motor drives the load, and while the load drives the motor: the gears' loss
     * η makes the load's part 1/η and η of itself. */
    readonly drivingInertia: number
    readonly brakingInertia: number
    /** N·m */
    readonly coulombFriction: number
    /** N·m */
    readonly staticFriction: number
    /** N·m·s/rad */
    readonly viscousFriction: number
    /** rad */
    readonly backlash: number
    /** V, unloaded */
    readonly supplyVoltage: number
    /** Ω */
    readonly supplyResistance: number
}

/** The physical part of a robot: its chips, motors and mechanics. Made by the robot's `plant.ts`. */
export interface RobotBody {
    /** Moves on to `time`, s. */
    advanceTo(time: number): void
    /** Called after each step of the plant. */
    onStep: (() => void) | undefined
    /** Writes every state of the plant. @returns how many values */
    writeState(target: Float64Array): number
    /** True pose of a robot that drives: m, m, rad. */
    pose(): { x: number; y: number; heading: number }
    /** What each motor output does now, read from the motor controller: duty -1 to 1. */
    outputs(): number[]
    /** Of servos: length of each one's pulse, read from their driver, s; 0 without. */
    pulses?(): number[]
    /** True speed of each joint, rad/s. */
    velocities(): number[]
    /** True angle of each joint, rad: what an operator would see. */
    angles(): number[]
    /** Of each joint's actuator, where the body knows them. */
    truths?(): ActuatorTruth[]
    /** True pitch of a robot that can fall, rad: positive leaning forward. */
    tilt?(): number
    /** A blow against its centre of mass, forward when positive, N·s: of a robot that can fall. */
    push?(impulse: number): void
    /** Changes the motor supply, V. */
    setSupply(volts: number): void
    /** What of it faults can break. Without it the link and the board alone can be. */
    readonly parts?: BodyParts
}

export type MakeBody = (context: BodyContext) => RobotBody
