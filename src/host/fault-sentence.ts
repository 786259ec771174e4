import type { FaultEntry } from '../protocol/fault-report'
import { FAULT_NAMES } from '../protocol/state'

/** What happened, by fault name, and the unit of value and limit. */
const SENTENCES: { [fault: string]: [text: string, unit: string] } = {
    startup: ['a driver did not start', ''],
    encoder: ['its encoder has given no valid sample for %v, the limit is %l', 'ms'],
    imu: ['the IMU has given no valid sample for %v, the limit is %l', 'ms'],
    motor: ['the motor controller does not answer or reports an error (status %v)', ''],
    estop: ['emergency stop', ''],
    supply: ['the motor supply is %v, the limit is %l', 'V'],
    position: ['its position is %v, the limit is %l', 'rad'],
    velocity: ['its velocity is %v, the limit is %l', 'rad/s'],
    acceleration: ['its velocity changes by %v, the limit is %l', 'rad/s²'],
    effort: ['it is driven with a duty of %v, for longer than the limit of %l allows', ''],
    following: ['its velocity is off by %v from what it is to be, the limit is %l', 'rad/s'],
    stall: ['it does not turn with a duty of %v; the limit is %l', ''],
    frozen: ["its encoder's reading does not change with a duty of %v; the limit is %l", ''],
    current: ['the motors take %v, the limit is %l', 'A'],
    tilt: ['the robot is tilted by %v, the limit is %l', 'rad'],
    late: ['%v ticks were late since the last look, the limit is %l', ''],
}

/** One plain sentence. @param joint name of the joint it is about */
export function faultSentence(entry: FaultEntry, joint: string | undefined): string {
    const name = FAULT_NAMES[entry.fault]
    const [text, unit] = SENTENCES[name] ?? [`fault ${entry.fault}: %v, the limit is %l`, '']
    const show = (value: number) => (unit === '' ? rounded(value) : `${rounded(value)} ${unit}`)
    const sentence = text.replace('%v', show(entry.value)).replace('%l', show(entry.limit))
    return `${joint === undefined ? '' : `${joint}: `}${sentence}`
}

function rounded(value: number): string {
    return value !== value ? 'not a number' : String(Number(value.toPrecision(4)))
}
