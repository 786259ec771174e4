import { SETPOINT_SCALE, type SetpointEntry } from '../protocol/setpoint'
import { type Quantiles, RecentValues } from './quantiles'
import type { RobotState } from './robot'

/** Setpoints of a joint that are remembered until a tick shows one of them: 0.3 s at 100 a second. */
const REMEMBERED = 32
/** A setpoint that no tick has shown after this was lost, or refused, s. */
const FORGET = 0.5

/** What a joint was told: counts of the wire, and when, s by the host's clock. */
interface Told {
    counts: number
    at: number
}

/**
 * From sending a setpoint to the start of the tick that first acts on it. Every sample carries each joint's setpoint as it came
 * over the wire, so the tick that shows a value which was just sent is the one. A setpoint equal to the one before it shows in no
 * sample, and is not measured. Good to the error bound of the tick's host time.
 */
export class ActuationLatency {
    private readonly values = new RecentValues()
    private readonly told: Told[][]
    private readonly lastTold: number[]
    private readonly shown: number[]

    constructor(joints: number) {
        this.told = Array.from({ length: joints }, () => [])
        this.lastTold = new Array<number>(joints).fill(NaN)
        this.shown = new Array<number>(joints).fill(NaN)
    }

    /** Entries were sent at `now`, s by the host's clock. */
    sent(entries: SetpointEntry[], now: number): void {
        for (const { joint, value } of entries) {
            const counts = Math.round(value / SETPOINT_SCALE)
            if (counts === this.lastTold[joint]) continue
            this.lastTold[joint] = counts
            const told = this.told[joint]
            told.push({ counts, at: now })
            if (told.length > REMEMBERED) told.shift()
        }
    }

    /** A sample, in order. */
    sample({ hostTime, joints }: RobotState): void {
        for (let i = 0; i < joints.length; i++) {
            const told = this.told[i]
            const counts = Math.round(joints[i].setpoint / SETPOINT_SCALE)
            if (counts === this.shown[i] || told.length === 0) continue
            this.shown[i] = counts
            // Those before it were overtaken by it on their way to this tick, or lost.
            const at = told.findIndex(one => one.counts === counts)
            if (at < 0) continue
            const [one] = told.splice(0, at + 1).slice(-1)
            if (hostTime - one.at <= FORGET) this.values.add(Math.max(0, hostTime - one.at))
        }
    }

    /** s */
    quantiles(): Quantiles {
        return this.values.quantiles()
    }
}
