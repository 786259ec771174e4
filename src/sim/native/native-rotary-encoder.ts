// The runtime's own quadrature encoder: jacdac-c, services/rotaryencoder.c.
import type { VirtualClock } from '../virtual-clock'
import type { NativeService } from './native-device'

/** Jacdac's sensors: streaming samples u8, streaming interval u32 (ms), reading; rotary encoder: i32, clicks per turn u16. */
const STREAMING_SAMPLES = 0x03
const STREAMING_INTERVAL = 0x04
const READING = 0x101
const CLICKS_PER_TURN = 0x180
const DEFAULT_INTERVAL_MS = 100
const LEAST_INTERVAL_MS = 20

/** Between two looks at the pins, µs; and after a report, which keeps the main loop: as measured (docs/timing.md). */
const LOOK_US = 1000
const AFTER_REPORT_US = 10_000

/** Channels A (bit 0) and B (bit 1) at each quarter of a cycle, in the direction that counts up. */
const CHANNELS = [0b00, 0b10, 0b11, 0b01]

export interface NativeRotaryEncoderOptions {
    /** Where the disc is, quarters of a cycle: four edges. */
    quarters: () => number
    clicksPerTurn: number
    dense?: boolean
    inverted?: boolean
}

/** An encoder on two pins of the board. */
export class NativeRotaryEncoderService implements NativeService {
    readonly serviceClass = 0x10fa29c9
    private edges = 0
    private quarter: number
    private samples = 0
    private intervalMs = DEFAULT_INTERVAL_MS
    private nextReport = 0

    constructor(private readonly options: NativeRotaryEncoderOptions) {
        this.quarter = this.look()
    }

    start(clock: VirtualClock, report: (register: number, value: Buffer) => void): void {
        const turn = () => {
            this.count()
            const reports = this.samples > 0 && clock.now >= this.nextReport
            if (reports) {
                this.samples--
                this.nextReport = clock.now + 1000 * this.intervalMs
                report(READING, this.reading())
            }
            clock.at(clock.now + (reports ? AFTER_REPORT_US : LOOK_US), turn)
        }
        turn()
    }

    set(register: number, value: Buffer): void {
        if (register === STREAMING_SAMPLES) this.samples = value[0]
        if (register === STREAMING_INTERVAL) this.intervalMs = Math.max(value.readUInt32LE(0), LEAST_INTERVAL_MS)
    }

    get(register: number): Buffer | undefined {
        if (register === READING) return this.reading()
        if (register === STREAMING_SAMPLES) return Buffer.from([this.samples])
        const value = Buffer.alloc(register === CLICKS_PER_TURN ? 2 : 4)
        if (register === CLICKS_PER_TURN) value.writeUInt16LE(this.options.clicksPerTurn)
        else if (register === STREAMING_INTERVAL) value.writeUInt32LE(this.intervalMs)
        else return undefined
        return value
    }

    private look(): number {
        return Math.floor(this.options.quarters()) & 3
    }

    /** What changed since the last look. Two edges at once look the same in both directions; the source then goes by the pins. */
    private count(): void {
        const now = this.look()
        const moved = (now - this.quarter) & 3
        if (moved === 1) this.edges++
        else if (moved === 3) this.edges--
        else if (moved === 2) this.edges += CHANNELS[this.quarter] === 0b00 || CHANNELS[this.quarter] === 0b11 ? 2 : -2
        this.quarter = now
    }

    private reading(): Buffer {
        const { dense, inverted } = this.options
        const clicks = this.edges >> (dense ? 1 : 2)
        const reading = Buffer.alloc(4)
        reading.writeInt32LE(inverted ? -clicks : clicks)
        return reading
    }
}
