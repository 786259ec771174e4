import { ParameterOrigin, ParameterResult, storedSequence } from '../protocol/parameters'
import { RobotMode } from '../protocol/state'
import type { Parameters } from './parameters'
import type { Robot } from './robot'

/** Two places in the board's flash. */
export interface ParameterFlash {
    /** Content of slot 0 or 1, empty when it was never written; undefined when the flash does not answer. */
    read(slot: number): Promise<Buffer | undefined>
    /** Replaces a slot's content. */
    write(slot: number, content: Buffer): Promise<void>
}

/**
 * Restores parameters from the newer of two slots that is whole, and stores them in the other one: a store that is cut short
 * leaves the one before.
 */
export class ParameterSlots {
    /** A store is under way, for which the board stands still a while: it must not be armed. */
    storing = false
    /** Of the last store. */
    result = ParameterResult.Ok
    /** Where the next store goes. */
    private next = 0

    constructor(
        private readonly flash: ParameterFlash,
        private readonly parameters: Parameters,
        private readonly robot: Robot,
        private readonly hash: string,
    ) {}

    /** At start, before the robot can be armed. Sets {@link Parameters.origin}. */
    async restore(): Promise<void> {
        const { flash, parameters } = this
        const first = await flash.read(0)
        const second = first ? await flash.read(1) : undefined
        if (!first || !second) {
            parameters.origin = ParameterOrigin.NoFlash
            return
        }
        const sequences = [storedSequence(first), storedSequence(second)]
        // Of the one that holds, the other is written next.
        const newer = sequences[1] > sequences[0] ? 1 : 0
        this.next = 1 - newer
        const sequence = sequences[newer]
        if (sequence < 0) {
            this.next = 0
            parameters.origin =
                sequences[0] === -1 && sequences[1] === -1 ? ParameterOrigin.Defaults : ParameterOrigin.Damaged
            return
        }
        parameters.sequence = sequence
        if (!parameters.unpack(newer === 0 ? first : second, this.hash)) {
            parameters.origin = ParameterOrigin.OtherConfiguration
        } else {
            parameters.origin = sequences[1 - newer] === -2 ? ParameterOrigin.Previous : ParameterOrigin.Restored
        }
    }

    /**
     * Writes what is in force, and reads it again to see whether the flash has it. Nothing is written when the flash has it
     * already.
     */
    async store(): Promise<ParameterResult> {
        this.result = await this.write()
        return this.result
    }

    private async write(): Promise<ParameterResult> {
        const { flash, parameters, next } = this
        // The board stands still while it writes.
        if (this.robot.mode === RobotMode.Armed) return ParameterResult.Armed
        // Without knowing what is there, a store might number itself below it.
        if (this.storing || parameters.origin === ParameterOrigin.NoFlash) return ParameterResult.Flash
        if (!parameters.changed && parameters.origin === ParameterOrigin.Restored) return ParameterResult.Ok
        const sequence = parameters.sequence + 1
        const content = parameters.pack(this.hash, sequence)
        if (!content) return ParameterResult.Full
        this.storing = true
        await flash.write(next, content)
        const read = await flash.read(next)
        this.storing = false
        if (!read || storedSequence(read) !== sequence || read.length !== content.length) return ParameterResult.Flash
        this.next = 1 - next
        parameters.sequence = sequence
        parameters.origin = ParameterOrigin.Restored
        parameters.changed = false
        return ParameterResult.Ok
    }
}
