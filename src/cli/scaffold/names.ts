import { UsageError } from '../failure'

/** A robot's name is a directory, a constant of its `robot.ts`, and what the robot calls itself. */
const ROBOT = /^[a-z][a-z0-9_]{0,31}$/
const CHIP = /^[a-z][a-z0-9]{1,31}$/
const GROUP = /^[a-z][a-z0-9-]{0,31}$/
/** What no constant of a module can be called: ECMAScript 2022, 12.7.2 (reserved and strict-mode words), and `undefined`. */
const RESERVED = (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends ' +
    'false finally for function if implements import in instanceof interface let new null package private protected ' +
    'public return static super switch this throw true try typeof undefined var void while with yield'
).split(' ')

/** @throws UsageError saying what is allowed */
export function checkRobotName(name: string): void {
    const rule = 'a lower-case letter, then up to 31 lower-case letters, digits and underscores, for example crawler'
    if (!ROBOT.test(name)) throw new UsageError(`robot name "${name}"; allowed: ${rule}`)
    if (RESERVED.includes(name)) throw new UsageError(`robot name "${name}" is a reserved word; allowed: ${rule}`)
}

/** @throws UsageError saying what is allowed */
export function checkChipName(name: string): void {
    if (CHIP.test(name)) return
    throw new UsageError(
        `--driver ${name}; allowed: a lower-case letter, then 1 to 31 lower-case letters and digits, for example bme280`,
    )
}

/** @throws UsageError saying what is allowed */
export function checkGroupName(name: string): void {
    if (GROUP.test(name)) return
    throw new UsageError(
        `--group ${name}; allowed: a lower-case letter, then up to 31 lower-case letters, digits and hyphens, for example sensors`,
    )
}
