import { expect } from 'vitest'
import { type ChipSelect, DESELECTED, SELECTED, type SpiBus } from '../../src/hal/spi-bus'

/** One expected transfer: which chip is selected, the exact bytes out, and the bytes that come back or a refusal. */
interface Step {
    chip: number
    write: number[]
    read: number[] | undefined
}

/** Bus that fails the test unless each transfer is exactly the next one of its script, with only its chip selected. */
export class ScriptedSpi implements SpiBus {
    readonly selects: ChipSelect[] = []
    private readonly steps: Step[] = []
    private readonly selected: boolean[] = []
    /** Transfers since the chip was selected: an LS7366R takes one. */
    private transfers = 0

    constructor(chips: number) {
        for (let i = 0; i < chips; i++) {
            this.selected.push(false)
            this.selects.push({
                setMode: mode => {
                    expect([SELECTED, DESELECTED]).toContain(mode)
                    this.selected[i] = mode === SELECTED
                    this.transfers = 0
                },
            })
        }
    }

    /** Expects `write` and answers `read`; what comes back with the instruction means nothing. */
    expect(chip: number, write: number[], read: number[] = new Array<number>(write.length).fill(0xff)): this {
        this.steps.push({ chip, write, read })
        return this
    }

    /** Expects `write` and throws, as the runtime does. */
    refuse(chip: number, write: number[]): this {
        this.steps.push({ chip, write, read: undefined })
        return this
    }

    finish(): void {
        expect(this.steps, 'transfers that did not come').toEqual([])
        expect(this.selected, 'chips left selected').not.toContain(true)
    }

    async transfer(write: Buffer, read: Buffer): Promise<void> {
        // The fiber waits before anything comes back.
        await Promise.resolve()
        const step = this.steps.shift()
        const chips = this.selected.flatMap((selected, i) => (selected ? [i] : []))
        if (!step) throw new Error(`transfer beyond the script: ${chips} ${[...write]}`)
        expect({ chips, write: [...write], length: read.length }).toEqual({
            chips: [step.chip],
            write: step.write,
            length: step.write.length,
        })
        expect(++this.transfers).toBe(1)
        if (!step.read) throw new RangeError('SPI busy')
        step.read.forEach((byte, i) => (read[i] = byte))
    }
}
