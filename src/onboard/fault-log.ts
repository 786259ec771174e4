import { FAULT_ENTRY_BYTES, NO_JOINT, writeFaultEntry } from '../protocol/fault-report'
import { FAULT_NAMES } from '../protocol/state'

/** What was found out about each fault when it last began: one entry for each `Fault` bit, made once. */
export class FaultLog {
    /** `Fault` bits that have an entry. */
    known = 0
    private readonly joint: number[] = []
    private readonly boardTimeMs: number[] = []
    private readonly value: number[] = []
    private readonly limit: number[] = []

    constructor() {
        for (let i = 0; i < FAULT_NAMES.length; i++) {
            this.joint.push(NO_JOINT)
            this.boardTimeMs.push(0)
            this.value.push(NaN)
            this.limit.push(NaN)
        }
    }

    /** A fault began. @param fault number of its bit */
    record(fault: number, joint: number, value: number, limit: number, now: number): void {
        this.known |= 1 << fault
        this.joint[fault] = joint
        this.boardTimeMs[fault] = now
        this.value[fault] = value
        this.limit[fault] = limit
    }

    /** Forgets all faults but these. */
    keep(faults: number): void {
        this.known &= faults
    }

    /** The answer to `faults` (`protocol/fault-report.ts`). @param holding bits whose causes hold now */
    encode(holding: number): Buffer {
        let count = 0
        for (let i = 0; i < FAULT_NAMES.length; i++) if ((this.known & (1 << i)) !== 0) count++
        const payload = Buffer.alloc(count * FAULT_ENTRY_BYTES)
        let at = 0
        for (let fault = 0; fault < FAULT_NAMES.length; fault++) {
            if ((this.known & (1 << fault)) === 0) continue
            writeFaultEntry(payload, at, {
                fault,
                joint: this.joint[fault],
                boardTimeMs: this.boardTimeMs[fault],
                value: this.value[fault],
                limit: this.limit[fault],
                holds: (holding & (1 << fault)) !== 0,
            })
            at += FAULT_ENTRY_BYTES
        }
        return payload
    }
}
