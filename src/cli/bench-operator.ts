import { BenchStop, type Operator } from '../bench/rig'
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
    /** @param signal ends a question that nobody answers */
    constructor(private readonly signal: AbortSignal) {}

    look(): void {}

    async turnsSeen(turns: number): Promise<number | undefined> {
        const { number } = await import('@inquirer/prompts')
        const message = `How many turns did the shaft make (by the encoder ${turns.toFixed(2)}; counter-clockwise positive, empty if you did not look)?`
        return answered(number({ message, required: false, step: 'any' }, { signal: this.signal }))
    }
}

/** The answer to a question. @throws BenchStop `interrupted` when Ctrl-C, or the signal it was asked with, ends it */
export async function answered<T>(question: Promise<T>): Promise<T> {
    try {
        return await question
    } catch (error) {
        if (!['ExitPromptError', 'AbortPromptError'].includes((error as Error).name)) throw error
        throw new BenchStop('interrupted', 'interrupted at a question')
    }
}
