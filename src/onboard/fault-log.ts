import { FAULT_ENTRIES, FAULT_ENTRY_BYTES, FAULT_LOG_BYTES, FAULT_LOG_HEADER_BYTES } from '../protocol/fault-log'

/** What was found out about each fault when it last began, kept as it is sent (`protocol/fault-log.ts`). */
export class FaultLog {
    private readonly payload = Buffer.alloc(FAULT_LOG_BYTES)

    /**
     * A fault began.
     *
     * @param bit its `Fault` bit
     * @param now board time, ms
     */
    record(bit: number, joint: number, value: number, limit: number, now: number): void {
        let fault = 0
        while (fault < FAULT_ENTRIES - 1 && 1 << fault !== bit) fault++
        const at = FAULT_LOG_HEADER_BYTES + fault * FAULT_ENTRY_BYTES
        const { payload } = this
        payload[at] = joint
        if (payload[at + 1] < 255) payload[at + 1]++
        payload.setAt(at + 2, 'u32', now)
        payload.setAt(at + 6, 'f32', value)
        payload.setAt(at + 10, 'f32', limit)
    }

    /** The answer to `faults`. All are `Fault` bits. */
    answer(holding: number, latched: number, warnings: number): Buffer {
        this.payload.setAt(0, 'u16', holding)
        this.payload.setAt(2, 'u16', latched)
        this.payload.setAt(4, 'u16', warnings)
        return this.payload
    }
}
