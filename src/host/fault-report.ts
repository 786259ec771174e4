import { readU16, readU32 } from '../protocol/bytes'
import { FAULT_ENTRY_BYTES, FAULT_LOG_BYTES, FAULT_LOG_HEADER_BYTES } from '../protocol/fault-log'
import type { RobotDescription } from '../protocol/description'
import { FAULT_NAMES } from '../protocol/state'
import { motorStatus } from './motor-status'

/** What is known about a fault that holds or is latched. */
export interface FaultReport {
    /** Its name, as in `RobotState.faults`. */
    fault: string
    /** What happened, in one plain sentence. */
    sentence: string
    /** Name of the joint that it is about. */
    joint?: string
    /** What was measured when it began, and what it must not pass, in the unit that the sentence names. */
    value?: number
    limit?: number
    /** When it began, by the board's clock, s. */
    boardTime: number
    /** How often it began since the firmware started, 255 for that many or more. */
    count: number
    /** Its cause holds now. Without, a latched fault is cleared by `disarm`. */
    holds: boolean
    /** It stopped the robot, and was not cleared since. */
    latched: boolean
    /** Its monitor only warns: nothing was stopped. */
    warns: boolean
}

/** What happened, with value (%v) and limit (%l); their unit; and what to say instead without a value. */
const SENTENCES: { [fault: string]: { text: string; unit?: string; without?: string } } = {
    startup: { text: 'a driver did not start: the log of the board says which' },
    estop: { text: 'the emergency stop input is active: its button is pressed, its wire broken, or none is connected' },
    encoder: { text: 'its encoder gave no valid sample for %v, allowed are %l', unit: 'ms' },
    imu: { text: 'the IMU gave no valid sample for %v, allowed are %l', unit: 'ms' },
    motor: {
        text: 'the motor controller reports an error or a reset: status %v',
        without: 'the motor controller does not acknowledge its commands',
    },
    supply: { text: 'the motor supply is missing or too low: %v, needed are %l', unit: 'V' },
    position: { text: 'its position is %v, its range and tolerance end at %l', unit: 'rad' },
    velocity: { text: 'its velocity is %v, allowed are %l', unit: 'rad/s' },
    following: { text: 'its velocity is off by %v from its setpoint, allowed are %l', unit: 'rad/s' },
    stall: { text: 'it does not turn with a duty of %v, it must from %l on' },
    frozen: { text: "its encoder's reading does not change with a duty of %v, it must from %l on" },
    acceleration: { text: 'its speed changes by %v, allowed are %l', unit: 'rad/s²' },
    current: { text: 'the motors take %v, allowed are %l', unit: 'A' },
    late: { text: '%v ticks were late from one look to the next, allowed are %l' },
    tilt: { text: 'it leans by %v, allowed are %l, or full effort does not catch it', unit: 'rad' },
}

/** Of all faults that hold or are latched, and of warnings, lowest bit first. Undefined when the answer is too short. */
export function faultReports(answer: Buffer, { joints, motors }: RobotDescription): FaultReport[] | undefined {
    if (answer.length < FAULT_LOG_BYTES) return undefined
    const holding = readU16(answer, 0)
    const latched = readU16(answer, 2)
    const warnings = readU16(answer, 4)
    return FAULT_NAMES.flatMap((fault, bit) => {
        const mask = 1 << bit
        if (((holding | latched | warnings) & mask) === 0) return []
        const warns = ((holding | latched) & mask) === 0
        const at = FAULT_LOG_HEADER_BYTES + bit * FAULT_ENTRY_BYTES
        const joint = joints[answer[at]]?.name
        const value = answer.readFloatLE(at + 6)
        const limit = answer.readFloatLE(at + 10)
        return {
            fault,
            sentence:
                (joint === undefined ? '' : `${joint}: `) +
                sentence(fault, value, limit, motors?.part) +
                (warns ? ' (a warning)' : (holding & mask) === 0 ? '; that is over: disarm clears it' : ''),
            joint,
            value: known(value),
            limit: known(limit),
            boardTime: readU32(answer, at + 2) / 1000,
            count: answer[at + 1],
            holds: ((holding | warnings) & mask) !== 0,
            latched: (latched & mask) !== 0,
            warns,
        }
    })
}

function known(value: number): number | undefined {
    return Number.isNaN(value) ? undefined : value
}

/** @param part of the motor controller: what its status word means */
function sentence(fault: string, value: number, limit: number, part: string | undefined): string {
    const { text, unit, without } = SENTENCES[fault] ?? { text: `${fault}: %v, allowed are %l` }
    if (without !== undefined && Number.isNaN(value)) return without
    const show = (number: number) => {
        if (Number.isNaN(number)) return 'unknown'
        // A word of flags is read in hexadecimal.
        if (fault === 'motor') return `0x${number.toString(16)}`
        return `${Number(number.toPrecision(4))}${unit === undefined ? '' : ` ${unit}`}`
    }
    const status = fault === 'motor' ? motorStatus(part, value) : undefined
    if (status !== undefined) return `the motor controller says: ${status} (status ${show(value)})`
    return text.replace('%v', show(value)).replace('%l', show(limit))
}
