import type { I2cBus } from '../hal/i2c-bus'
import {
    NOT_ACKNOWLEDGED,
    PROBE_BYTES,
    PROBE_HEAD_BYTES,
    PROBE_LOOK_BYTES,
    PROBE_LOOKS,
    READ_ONLY,
} from '../protocol/bus-probe'

/**
 * Carries out the command `probe` (`protocol/bus-probe.ts`). Blocks for some 0.6 ms a look on an RP2040: for a robot that is
 * disarmed. The caller has asked that.
 */
export function probeBus(bus: I2cBus, payload: Buffer): Buffer {
    const looks = (payload.length - PROBE_HEAD_BYTES) / PROBE_LOOK_BYTES
    const nothing = Buffer.alloc(0)
    if (!(looks >= 1 && looks <= PROBE_LOOKS) || looks !== Math.floor(looks)) return nothing
    let size = 0
    for (let at = PROBE_HEAD_BYTES; at < payload.length; at += PROBE_LOOK_BYTES) {
        const bytes = payload[at + 2] & ~READ_ONLY
        // The runtime throws at an address that does not exist.
        if (payload[at] < 1 || payload[at] > 127 || bytes < 1 || bytes > PROBE_BYTES) return nothing
        size += 1 + bytes
    }
    const byte = Buffer.alloc(1)
    byte[0] = payload[1]
    if (payload[0] > 127 || (payload[0] !== 0 && bus.transfer(payload[0], byte, undefined) !== 0)) return nothing
    const answer = Buffer.alloc(size)
    let end = 0
    for (let at = PROBE_HEAD_BYTES; at < payload.length; at += PROBE_LOOK_BYTES) {
        const read = Buffer.alloc(payload[at + 2] & ~READ_ONLY)
        byte[0] = payload[at + 1]
        const result = bus.transfer(payload[at], payload[at + 2] & READ_ONLY ? undefined : byte, read)
        answer[end] = result === 0 ? payload[at] : payload[at] | NOT_ACKNOWLEDGED
        for (let i = 0; i < read.length; i++) answer[end + 1 + i] = read[i]
        end += 1 + read.length
    }
    return answer
}
