import type { SimulatedI2cBus } from './i2c/simulated-i2c-bus'
import type { Random } from './random'

/** What a simulated body is built into. */
export interface BodyContext {
    /** Simulated time, s. The body sets it while it advances; chips read it. */
    readonly time: { now: number }
    /** The board's bus, for the body's chips. */
    readonly bus: SimulatedI2cBus
    readonly random: Random
    /** Told of accesses that a chip's datasheet does not allow. */
    readonly warn: (message: string) => void
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
    /** True speed of each joint, rad/s. */
    velocities(): number[]
    /** Changes the motor supply, V. */
    setSupply(volts: number): void
}

export type MakeBody = (context: BodyContext) => RobotBody
