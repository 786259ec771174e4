// The DeviceScript runtime's own quadrature encoders (`startRotaryEncoder`): jacdac-c services/rotaryencoder.c. It looks at the pins about
// once a millisecond and reports its count each 20 ms at most.
//
// IT LOSES COUNTS WITHOUT NOTICING from 200 edges a second on (measured with these reports, docs/timing.md), and a step of two edges
// always counts as one direction. So it is for knobs and for gears behind slow shafts; what turns faster takes an LS7366R or a magnet.
// Building refuses a robot whose velocity limit is beyond that (src/flash/entry-check.ts).
import type { Clock } from '../../src/hal/clock'
import { DriverError } from '../../src/hal/driver-error'
import type { NativeEncoder } from '../../src/hal/native-services'

/** Between two reports, ms: jacdac-c takes no less. */
export const NATIVE_ENCODER_REPORT_MS = 20
/** More are lost. */
export const NATIVE_ENCODER_EDGES_PER_SECOND = 200
/** Edges of both channels for one count: a "click"; `dense` has two, and twice the counts. */
export const NATIVE_ENCODER_EDGES_PER_COUNT = 4

/** How long `init` waits for the first report, ms, and how often it looks. */
const FIRST_MS = 1000
const LOOK_MS = 10
const TWO_PI = 2 * Math.PI

/** Encoders of the runtime itself, one a joint. Counts start at 0 where the shaft stands at power-on: the joint's zero is there. */
export class NativeEncoders {
    /** rad in [0, 2π) */
    readonly reading: number[] = []
    /** Bit i: encoder i reported nothing since the last {@link sample}. */
    failed = 0

    private readonly count: number
    private readonly seen: number[] = []
    private readonly radiansPerCount: number[] = []

    /** @param countsPerTurn of each encoder: `clicksPerTurn`, or twice that when it is `dense` */
    constructor(
        private readonly encoders: NativeEncoder[],
        private readonly countsPerTurn: number[],
    ) {
        this.count = encoders.length
        for (const counts of countsPerTurn) {
            this.reading.push(0)
            this.seen.push(0)
            this.radiansPerCount.push(TWO_PI / counts)
        }
    }

    /** Waits until every encoder has reported. @throws DriverError */
    async init(clock: Clock): Promise<void> {
        const { count, countsPerTurn } = this
        if (!(count >= 1 && count === countsPerTurn.length)) {
            this.fail('config', 'countsPerTurn of ' + countsPerTurn.length + ' encoders, allowed ' + count)
        }
        for (let i = 0; i < count; i++) {
            if (!(countsPerTurn[i] >= 1 && countsPerTurn[i] <= 65535)) {
                this.fail('config', 'countsPerTurn ' + countsPerTurn[i] + ' of encoder ' + i + ', allowed 1 to 65535')
            }
            const encoder = this.encoders[i]
            const before = encoder.reports
            await encoder.start()
            for (let waited = 0; encoder.reports === before; waited += LOOK_MS) {
                if (waited >= FIRST_MS) this.fail('not-found', 'encoder ' + i + ' reports nothing')
                await clock.sleep(LOOK_MS)
            }
        }
    }

    /** Takes what was reported since the last call. @inline */
    sample(): void {
        const { count, countsPerTurn, encoders, radiansPerCount, reading, seen } = this
        let failed = 0
        for (let i = 0; i < count; i++) {
            const encoder = encoders[i]
            if (encoder.reports === seen[i]) failed |= 1 << i
            else {
                seen[i] = encoder.reports
                const turns = Math.floor(encoder.count / countsPerTurn[i])
                reading[i] = (encoder.count - turns * countsPerTurn[i]) * radiansPerCount[i]
            }
        }
        this.failed = failed
    }

    /** There is nothing to look after. @inline */
    check(): void {}

    private fail(code: 'config' | 'not-found', detail: string): never {
        throw new DriverError('startRotaryEncoder', code, detail)
    }
}
