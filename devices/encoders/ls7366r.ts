// LS7366R 32-bit quadrature counter with serial interface, LSI Computer Systems, datasheet of June 2014. Read as text in
// public copies: pages 1 to 3 (serial protocol, instruction register, Table 1). Bits of MDR0, MDR1 and STR, which follow
// there, and the timing of SCK are from memory, checked against published header files.
//
// - One instruction for each time SS/ is low: it must go high before the next (page 1). A read of CNTR copies it to OTR
//   first, so its four bytes belong together.
// - The part has no identity register. `init` takes it for an LS7366R when mode registers and counter return what was
//   written to them. Where nothing drives MISO, all bits read the same.
// - The stock runtime's SPI transfers let the fiber wait, so `read` belongs before the tick (`SamplingClock`), and `sample`
//   in the tick takes what it found, once: without a read since the last tick every encoder counts as failed.
// - No answer carries a check sum, and on SPI nothing acknowledges. So a count that is farther from the last one than the
//   shaft can have turned is dropped. Counting begins at 0x20000000, which keeps what a dead line reads (all bits 0 or 1)
//   half a billion counts away; and STR is read now and then, where CEN must be set and PLS clear.
// - After a loss of power its mode registers are gone, and so is what it counted: PLS tells. Its samples fail from then on. A
//   joint's place is lost with them, so they fail until `init`; a wheel's place means nothing, and its counter may be set up anew
//   (`resumeAfterMs`): late enough that the robot has stopped for the fault, and counting on from where the wheel is taken to be.
// - It counts what comes in: a broken wire from the encoder looks like a shaft that stands still.
import type { Clock } from '../../src/hal/clock'
import { DriverError, type DriverErrorCode } from '../../src/hal/driver-error'
import { type ChipSelect, DESELECTED, SELECTED, type SpiBus } from '../../src/hal/spi-bus'

/** Instructions (Table 1): operation in bits 7 and 6, register in bits 5 to 3. */
export enum Instruction {
    CLR_STR = 0x30,
    RD_MDR0 = 0x48,
    RD_MDR1 = 0x50,
    RD_CNTR = 0x60,
    RD_STR = 0x70,
    WR_MDR0 = 0x88,
    WR_MDR1 = 0x90,
    WR_DTR = 0x98,
    LOAD_CNTR = 0xe0,
}

/** It speaks mode 0: in with the rising edge, out with the falling one (page 1). */
export const LS7366R_SPI_MODE = 0
/** SCK at a 3.3 V supply, Hz: 120 ns high and low at least (transient characteristics; from memory). */
export const LS7366R_MAX_FREQUENCY = 4_000_000

/** MDR0: four counts a cycle, free-running, index off, filter clock not divided. */
const MODE = 0x03
/** MDR1: four bytes, no flags; counting off (bit 2), and on. */
const COUNTING_OFF = 0x04
const COUNTING_ON = 0x00
// STR
const COUNT_ENABLED = 0x08
const POWER_LOST = 0x04

/** Where counting begins. */
const START = 0x20000000
/** Written and read back at start: every bit has both values beside it. */
const PATTERN = 0x5aa5c33c
const TWO_31 = 0x80000000
const TWO_32 = 0x100000000
/** Reads in a row that failed, for which a later one may be as many steps farther away. */
const MAX_MISSES = 16

/** An encoder on one of the counters. */
export interface CounterConfig {
    /** The pin at SS/. */
    readonly select: ChipSelect
    /**
     * Counts (four a cycle) for one turn of what the angle is of: of the encoder's shaft, or of the joint behind the gears, which
     * need not be whole. At most half of it may pass between two reads.
     */
    readonly countsPerTurn: number
    /** Counts that may pass between two reads, at most half a turn's; a third of a turn's by default. */
    readonly maxStep?: number
    /**
     * A counter that lost its power is set up anew so long after that was seen, ms, and counts on from where the joint is taken to be;
     * how far it turned meanwhile is not known. Several times the robot's `sensorTimeoutMs`: it has to have stopped for the fault, or
     * the loss would pass unnoticed. For wheels only: a joint with a place of its own would have another one afterwards. Without it,
     * the samples fail until the program starts anew.
     */
    readonly resumeAfterMs?: number
}

/** Signed count of CNTR's bytes, most significant first. */
export function countFromBytes(b3: number, b2: number, b1: number, b0: number): number {
    return (b3 << 24) | (b2 << 16) | (b1 << 8) | b0
}

/**
 * All quadrature counters of a robot. Arrays hold an entry for each, in the order given. Counting begins when the robot starts:
 * the angle there is 0.
 */
export class Ls7366rBank {
    /** Angle, rad in [0, 2π); the last good one when its bit in {@link failed} is set. */
    readonly reading: number[] = []
    /** Encoders whose newest sample failed: bit i for entry i, 0 when all succeeded. */
    failed = 0
    /** Samples dropped: transfer refused, a step that cannot be, power lost, counting off. And counters set up anew. */
    errors = 0

    /** As the last {@link read} found it; all of them when it was taken already. */
    private found: number
    private readonly all: number
    /** Encoders that lost their power, bit i for entry i: until they are set up anew. */
    private lost = 0
    /** When that was seen, by the clock, ms. */
    private readonly lostAt: number[] = []
    /** Undefined until all counters have started: a start that failed is not made up for one by one. */
    private clock: Clock | undefined
    private readonly last: number[] = []
    /** Counts since the turn's beginning. */
    private readonly counts: number[] = []
    private readonly missed: number[] = []
    private readonly maxStep: number[] = []
    private readonly radiansPerCount: number[] = []
    private readonly command = Buffer.alloc(5)
    private readonly answer = Buffer.alloc(5)
    private readonly statusCommand = Buffer.alloc(2)
    private readonly statusAnswer = Buffer.alloc(2)
    private statusDue = false
    private next = 0

    constructor(
        private readonly spi: SpiBus,
        private readonly encoders: CounterConfig[],
    ) {
        this.command[0] = Instruction.RD_CNTR
        this.statusCommand[0] = Instruction.RD_STR
        this.all = (1 << encoders.length) - 1
        this.found = this.all
        for (const encoder of encoders) {
            this.reading.push(0)
            this.last.push(START)
            this.counts.push(0)
            this.missed.push(0)
            this.lostAt.push(0)
            this.maxStep.push(encoder.maxStep ?? encoder.countsPerTurn / 3)
            this.radiansPerCount.push((2 * Math.PI) / encoder.countsPerTurn)
        }
    }

    /**
     * Identifies and configures every counter, sets it to where counting begins and takes the first sample.
     *
     * @throws DriverError
     */
    async init(clock: Clock): Promise<void> {
        this.failed = this.found = this.all
        this.lost = 0
        this.clock = undefined
        this.checkConfig()
        for (let i = 0; i < this.encoders.length; i++) {
            await this.start(i)
            this.counts[i] = 0
            // The shaft may turn while the others are started.
            this.missed[i] = MAX_MISSES
        }
        // A counter that loses its power when it begins to count would show here.
        await clock.sleep(1)
        for (let i = 0; i < this.encoders.length; i++) await this.checkCounting(i)
        await this.read()
        if (this.found !== 0) this.fail(this.firstFailed(), 'bus', 'first sample failed')
        this.failed = 0
        this.clock = clock
    }

    /**
     * Reads every counter, and the status of one when {@link check} has asked for it. Waits for the bus, so it is called before
     * the tick.
     */
    async read(): Promise<void> {
        const { spi, encoders, command, answer, last, counts, missed, reading } = this
        let found = this.lost
        for (let i = 0; i < encoders.length; i++) {
            const select = encoders[i].select
            let step = TWO_31
            select.setMode(SELECTED)
            try {
                await spi.transfer(command, answer)
                // countFromBytes, without its call.
                step = ((answer[1] << 24) | (answer[2] << 16) | (answer[3] << 8) | answer[4]) - last[i]
                if (step >= TWO_31) step -= TWO_32
                else if (step < -TWO_31) step += TWO_32
            } catch {
                // It keeps the step that cannot be.
            }
            select.setMode(DESELECTED)
            const limit = this.maxStep[i] * (1 + missed[i])
            if (step > limit || step < -limit) {
                found |= 1 << i
                if (missed[i] < MAX_MISSES) missed[i]++
                this.errors++
            } else if ((found & (1 << i)) === 0) {
                const turn = encoders[i].countsPerTurn
                let at = counts[i] + step
                // A read that follows failed ones may be some turns on.
                while (at >= turn) at -= turn
                while (at < 0) at += turn
                counts[i] = at
                last[i] += step
                if (last[i] >= TWO_31) last[i] -= TWO_32
                else if (last[i] < -TWO_31) last[i] += TWO_32
                missed[i] = 0
                reading[i] = at * this.radiansPerCount[i]
            }
        }
        this.found = found
        if (this.statusDue) await this.readStatus()
    }

    /** Takes what the last {@link read} found: once. @inline */
    sample(): void {
        this.failed = this.found
        this.found = this.all
    }

    /**
     * Has the next {@link read} ask one counter for its status, another at each call; or set it up anew, if
     * {@link CounterConfig.resumeAfterMs} have passed since it lost its power. @inline
     */
    check(): void {
        this.statusDue = true
    }

    private async readStatus(): Promise<void> {
        this.statusDue = false
        const i = this.next
        this.next = i + 1 < this.encoders.length ? i + 1 : 0
        if ((this.lost & (1 << i)) !== 0) {
            await this.resume(i)
            return
        }
        let status = 0
        try {
            await this.exchange(i, this.statusCommand, this.statusAnswer)
            status = this.statusAnswer[1]
        } catch {
            // A status of 0 is none.
        }
        if ((status & (COUNT_ENABLED | POWER_LOST)) !== COUNT_ENABLED) {
            this.found |= 1 << i
            this.errors++
            // A line that reads all bits as 1 says so too; its count fails by itself.
            if ((status & POWER_LOST) !== 0 && status !== 0xff) {
                this.lost |= 1 << i
                if (this.clock) this.lostAt[i] = this.clock.millis()
            }
        }
    }

    /** Sets a counter up that lost its power; its next sample is the first good one. Takes some twelve transfers. */
    private async resume(i: number): Promise<void> {
        const { clock } = this
        const { resumeAfterMs } = this.encoders[i]
        if (!clock || resumeAfterMs === undefined || clock.millis() - this.lostAt[i] < resumeAfterMs) return
        this.errors++
        try {
            await this.start(i)
            await this.checkCounting(i)
            // From where the robot takes the joint to be: it writes that into `reading` while samples fail (`coastJoint`).
            this.counts[i] = this.reading[i] / this.radiansPerCount[i]
            this.missed[i] = 0
            this.lost &= ~(1 << i)
        } catch {
            // It is tried again when its turn comes.
        }
    }

    private checkConfig(): void {
        for (let i = 0; i < this.encoders.length; i++) {
            const turn = this.encoders[i].countsPerTurn
            if (!(turn >= 4)) this.fail(i, 'config', 'countsPerTurn ' + turn + ', allowed 4 or more')
            const step = this.maxStep[i]
            if (!(step > 0 && step <= turn / 2)) {
                this.fail(i, 'config', 'maxStep ' + step + ', allowed above 0 to ' + turn / 2 + ' (half a turn)')
            }
        }
    }

    private async start(i: number): Promise<void> {
        await this.instruct(i, Instruction.WR_MDR1, COUNTING_OFF)
        await this.instruct(i, Instruction.WR_MDR0, MODE)
        const mode = await this.ask(i, Instruction.RD_MDR0)
        const width = await this.ask(i, Instruction.RD_MDR1)
        if (mode === width && (mode === 0 || mode === 0xff)) this.fail(i, 'not-found', 'nothing drives MISO')
        if (mode !== MODE || width !== COUNTING_OFF) {
            this.fail(i, 'wrong-part', 'mode registers do not hold what was written')
        }
        await this.load(i, PATTERN)
        await this.load(i, START)
        this.last[i] = START
        await this.run(i, [Instruction.CLR_STR])
        await this.instruct(i, Instruction.WR_MDR1, COUNTING_ON)
    }

    /** Sets the counter and reads it back. */
    private async load(i: number, count: number): Promise<void> {
        await this.run(i, [
            Instruction.WR_DTR,
            (count >> 24) & 0xff,
            (count >> 16) & 0xff,
            (count >> 8) & 0xff,
            count & 0xff,
        ])
        await this.run(i, [Instruction.LOAD_CNTR])
        const held = await this.run(i, [Instruction.RD_CNTR, 0, 0, 0, 0])
        if (countFromBytes(held[1], held[2], held[3], held[4]) !== count) {
            this.fail(i, 'wrong-part', 'the counter does not hold what was loaded')
        }
    }

    private async checkCounting(i: number): Promise<void> {
        const status = await this.ask(i, Instruction.RD_STR)
        if ((status & POWER_LOST) !== 0) this.fail(i, 'not-ready', 'it lost its power since it was configured')
        if ((status & COUNT_ENABLED) === 0) this.fail(i, 'not-ready', 'counting is off; is CNT_EN low?')
    }

    private async instruct(i: number, instruction: Instruction, value: number): Promise<void> {
        await this.run(i, [instruction, value])
    }

    private async ask(i: number, instruction: Instruction): Promise<number> {
        const answer = await this.run(i, [instruction, 0])
        return answer[1]
    }

    /** Bytes out and in within one time that the chip is selected. */
    private async run(i: number, bytes: number[]): Promise<Buffer> {
        const write = Buffer.alloc(bytes.length)
        for (let k = 0; k < bytes.length; k++) write[k] = bytes[k]
        const read = Buffer.alloc(bytes.length)
        try {
            await this.exchange(i, write, read)
        } catch {
            this.fail(i, 'bus', 'the runtime refused a transfer')
        }
        return read
    }

    private async exchange(i: number, write: Buffer, read: Buffer): Promise<void> {
        const select = this.encoders[i].select
        select.setMode(SELECTED)
        try {
            await this.spi.transfer(write, read)
        } finally {
            select.setMode(DESELECTED)
        }
    }

    private firstFailed(): number {
        let i = 0
        while ((this.found & (1 << i)) === 0) i++
        return i
    }

    private fail(i: number, code: DriverErrorCode, detail: string): never {
        throw new DriverError('LS7366R ' + i, code, detail)
    }
}
