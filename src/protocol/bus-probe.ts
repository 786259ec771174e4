/*
 * The command `probe` looks at the robot's I2C bus; the robot carries it out only while its motors are off and stay off. It reads:
 * of what it writes, the byte before a read (a register's number) and the multiplexer's channels are all.
 *
 * | offset | field                                                                                   |
 * |-------:|-----------------------------------------------------------------------------------------|
 * |      0 | address of a multiplexer to set first, 0: none                                          |
 * |      1 | what it is set to: bit n connects channel n                                             |
 * |      2 | looks, 3 bytes each: address, register, bytes to read, plus {@link READ_ONLY} to write none |
 *
 * The answer holds for each look its address, plus {@link NOT_ACKNOWLEDGED} when nobody acknowledged, and the bytes read, which mean
 * nothing then. It is empty when the robot is not disarmed, the command malformed, or the multiplexer does not answer.
 */

/** Added to a look's address in the answer. */
export const NOT_ACKNOWLEDGED = 0x80

/** Added to a look's number of bytes: no register is written before the read. */
export const READ_ONLY = 0x80
/** Bytes of the head, and of each look. */
export const PROBE_HEAD_BYTES = 2
export const PROBE_LOOK_BYTES = 3
/** Most looks in one command: some 5 ms on an RP2040, half the rover's tick. */
export const PROBE_LOOKS = 8
/** Most bytes that one look reads. */
export const PROBE_BYTES = 8

/** One transaction. */
export interface ProbeLook {
    /** 7 bits. */
    readonly address: number
    /** Its number is written before the read; undefined: nothing is. */
    readonly register?: number
    /** Bytes to read, 1 to {@link PROBE_BYTES}. */
    readonly bytes: number
}

/** A multiplexer to set first: its address and the channel to connect; without one, none is. */
export interface ProbeBehind {
    readonly address: number
    readonly channel?: number
}

/** @throws RangeError when there are too many looks, or one reads too much */
export function encodeProbe(looks: readonly ProbeLook[], behind?: ProbeBehind): Buffer {
    if (looks.length > PROBE_LOOKS) throw new RangeError(looks.length + ' looks, at most ' + PROBE_LOOKS + ' are taken')
    const payload = Buffer.alloc(PROBE_HEAD_BYTES + PROBE_LOOK_BYTES * looks.length)
    if (behind) {
        payload[0] = behind.address
        payload[1] = behind.channel === undefined ? 0 : 1 << behind.channel
    }
    looks.forEach((look, i) => {
        if (!(look.bytes >= 1 && look.bytes <= PROBE_BYTES)) {
            throw new RangeError('a look reads ' + look.bytes + ' bytes, allowed 1 to ' + PROBE_BYTES)
        }
        const at = PROBE_HEAD_BYTES + PROBE_LOOK_BYTES * i
        payload[at] = look.address
        payload[at + 1] = look.register ?? 0
        payload[at + 2] = look.register === undefined ? look.bytes | READ_ONLY : look.bytes
    })
    return payload
}

/** What each look read, undefined where nobody acknowledged; undefined when the robot did not look. */
export function decodeProbe(answer: Buffer, looks: readonly ProbeLook[]): (Buffer | undefined)[] | undefined {
    if (!answersProbe(answer, looks) || answer.length === 0) return undefined
    let at = 0
    return looks.map(look => {
        const found = answer[at] === look.address
        const bytes = answer.slice(at + 1, at + 1 + look.bytes)
        at += 1 + look.bytes
        return found ? bytes : undefined
    })
}

/** Whether this is the answer to these looks, and not to earlier ones: it names their addresses, or it is empty. */
export function answersProbe(answer: Buffer, looks: readonly ProbeLook[]): boolean {
    let at = 0
    for (const { address, bytes } of looks) {
        if (at < answer.length && (answer[at] & ~NOT_ACKNOWLEDGED) !== address) return false
        at += 1 + bytes
    }
    return answer.length === 0 || answer.length === at
}
