// LS7366R 32-bit quadrature counter with serial interface, LSI Computer Systems, datasheet of June 2014. What could not be
// read in a primary source is named in devices/encoders/ls7366r.ts.
import type { SpiDevice } from '../spi/spi-device'

/** Operations, bits 7 and 6 of an instruction (page 3). */
enum Operation {
    CLR = 0,
    RD = 1,
    WR = 2,
    LOAD = 3,
}

/** Registers, bits 5 to 3 (page 3). 0 and 7 select none. */
enum Selected {
    MDR0 = 1,
    MDR1 = 2,
    DTR = 3,
    CNTR = 4,
    OTR = 5,
    STR = 6,
}

/** Status, STR. */
export enum Ls7366rStatus {
    SIGN = 0x01,
    UP = 0x02,
    PLS = 0x04,
    CEN = 0x08,
    IDX = 0x10,
    CMP = 0x20,
    BW = 0x40,
    CY = 0x80,
}

/** MDR0: quadrature cycles are counted 0 (no quadrature), 1, 2 or 4 times by its bits 1 and 0. */
const COUNTS_PER_CYCLE = [0, 1, 2, 4]
/** Other bits of MDR0 that change how it counts: count mode, index. The filter's clock and the index's edge change nothing. */
const NOT_MODELLED_MODE = 0x3c
/** MDR1: bytes of the counter less four by bits 1 and 0; counting off; flags on LFLAG/ and DFLAG/. */
const WIDTH = 0x03
const COUNTING_OFF = 0x04

export interface Ls7366rOptions {
    /** Phase of the encoder's signals in quarter cycles: any real number, growing when A leads B. */
    quarters: () => number
    /** Level at CNT_EN; pulled up inside. Default high. */
    countEnable?: () => boolean
    /** For messages. */
    name?: string
    /** Told of accesses that the datasheet does not allow, and of functions that are not modelled. */
    warn?: (message: string) => void
}

/**
 * Counts quadrature signals. Inputs are looked at when the bus asks, so what is counted is the difference of two phases: signals
 * too fast for the part, and those between two looks that go back and forth, are not told apart. Not modelled: non-quadrature
 * counting, index, the flag outputs, the filter, count modes other than free-running.
 */
export class Ls7366r implements SpiDevice {
    readonly modes = [0]
    /** At a 3.3 V supply. */
    readonly maxFrequency = 4_000_000
    private readonly quarters: () => number
    private readonly countEnable: () => boolean
    private readonly name: string
    private readonly warn: (message: string) => void

    private mode = 0
    private width = 0
    private data = 0
    private counter = 0
    private output = 0
    private status = 0
    /** Phase when it was last looked at, in counts. */
    private phase = 0
    private instruction = -1
    private position = 0

    constructor(options: Ls7366rOptions) {
        this.quarters = options.quarters
        this.countEnable = options.countEnable ?? (() => true)
        this.name = options.name ?? 'LS7366R'
        this.warn = options.warn ?? (() => {})
        this.reset()
    }

    /** Power-on: mode registers zero, PLS set. The counter holds anything; here zero. */
    reset(): void {
        this.mode = this.width = this.data = this.counter = this.output = 0
        this.status = Ls7366rStatus.PLS
        this.instruction = -1
        this.position = 0
    }

    select(): void {
        this.instruction = -1
        this.position = 0
    }

    deselect(): void {
        this.instruction = -1
    }

    /** The first byte is the instruction, the others are data, most significant first (page 1). */
    exchange(byte: number): number {
        if (this.instruction < 0) {
            this.instruction = byte
            this.begin()
            return 0xff
        }
        return this.transferByte(byte)
    }

    /** The counter's content, 0 to 2^32 - 1. */
    get count(): number {
        this.look()
        return this.counter
    }

    private get operation(): Operation {
        return this.instruction >> 6
    }

    private get register(): Selected {
        return (this.instruction >> 3) & 7
    }

    private get bytes(): number {
        return 4 - (this.width & WIDTH)
    }

    /** What an instruction does without data (Table 1). */
    private begin(): void {
        this.look()
        const { operation, register } = this
        if (operation === Operation.CLR) {
            if (register === Selected.MDR0) this.setMode(0)
            else if (register === Selected.MDR1) this.width = 0
            else if (register === Selected.CNTR) this.counter = 0
            else if (register === Selected.STR) this.status = 0
        } else if (operation === Operation.LOAD) {
            if (register === Selected.CNTR) this.counter = this.data
            else if (register === Selected.OTR) this.output = this.counter
        } else if (operation === Operation.RD && register === Selected.CNTR) {
            this.output = this.counter
        }
    }

    private transferByte(byte: number): number {
        const { operation, register } = this
        const at = this.position++
        if (operation === Operation.RD) return this.readByte(register, at)
        if (operation !== Operation.WR) {
            this.complain(`takes no data with instruction 0x${this.instruction.toString(16)}`)
            return 0xff
        }
        if (register === Selected.DTR && at < this.bytes) {
            if (at === 0) this.data = 0
            this.data = this.data * 256 + byte
        } else if (register === Selected.MDR0 && at === 0) this.setMode(byte)
        else if (register === Selected.MDR1 && at === 0) {
            if ((byte & 0xf0) !== 0) this.complain('has no flag outputs in this model')
            this.width = byte
        } else this.complain(`takes no byte ${at + 1} with instruction 0x${this.instruction.toString(16)}`)
        return 0xff
    }

    private readByte(register: Selected, at: number): number {
        const wide = register === Selected.CNTR || register === Selected.OTR
        if (at >= (wide ? this.bytes : 1)) {
            this.complain(`has no byte ${at + 1} of this register`)
            return 0xff
        }
        if (wide) return Math.floor(this.output / 256 ** (this.bytes - 1 - at)) & 0xff
        if (register === Selected.MDR0) return this.mode
        if (register === Selected.MDR1) return this.width
        if (register === Selected.STR) return this.statusNow()
        return 0xff
    }

    private statusNow(): number {
        const sign = this.counter >= 2 ** (8 * this.bytes - 1) ? Ls7366rStatus.SIGN : 0
        return (this.status & ~Ls7366rStatus.SIGN) | (this.counting ? Ls7366rStatus.CEN : 0) | sign
    }

    private get counting(): boolean {
        return (this.width & COUNTING_OFF) === 0 && this.countEnable()
    }

    private setMode(mode: number): void {
        this.mode = mode
        if ((mode & NOT_MODELLED_MODE) !== 0) this.complain('counts free-running and without index in this model')
        this.phase = this.phaseNow()
    }

    private phaseNow(): number {
        const perCycle = COUNTS_PER_CYCLE[this.mode & 3]
        return Math.floor((this.quarters() * perCycle) / 4)
    }

    /** Counts what came in since it last looked. */
    private look(): void {
        const phase = this.phaseNow()
        const step = phase - this.phase
        this.phase = phase
        if (step === 0 || !this.counting) return
        const size = 2 ** (8 * this.bytes)
        const next = this.counter + step
        this.status &= ~Ls7366rStatus.UP
        if (step > 0) this.status |= Ls7366rStatus.UP
        if (next >= size) this.status |= Ls7366rStatus.CY
        if (next < 0) this.status |= Ls7366rStatus.BW
        this.counter = ((next % size) + size) % size
        if (this.counter === this.data) this.status |= Ls7366rStatus.CMP
    }

    private complain(what: string): void {
        this.warn(`${this.name} ${what}`)
    }
}
