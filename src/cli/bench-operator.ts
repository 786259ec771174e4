import type { Operator } from '../bench/rig'
import type { SimulatedRobot } from '../sim/simulated-robot'

/** Stands beside a simulated actuator and sees what its shaft truly does, to a quarter turn. */
export class SimulatedOperator implements Operator {
    private last: number

    constructor(
        private readonly robot: SimulatedRobot,
        private readonly joint: number,
    ) {
        this.last = this.angle()
    }

    /** Looks from now on. */
    look(): void {
        this.last = this.angle()
    }

    async turnsSeen(): Promise<number> {
        return Math.round(((this.angle() - this.last) / (2 * Math.PI)) * 4) / 4
    }

    private angle(): number {
        return this.robot.body.angles()[this.joint]
    }
}

/** A person at this terminal. */
export class AskedOperator implements Operator {
    look(): void {}

    async turnsSeen(turns: number): Promise<number | undefined> {
        const { number } = await import('@inquirer/prompts')
        const message = `How many turns did the shaft make (by the encoder ${turns.toFixed(2)}; counter-clockwise positive, empty if you did not look)?`
        return number({ message, required: false, step: 'any' })
    }
}
