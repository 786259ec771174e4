import { InvalidArgumentError, Option } from 'commander'
import { listRobots } from '../flash/build'
import { boardProfiles } from '../sim/board-profile'
import { UsageError } from './failure'

/** Longest run, s. */
const LONGEST = 86_400

/** What an option's number may be. */
export interface NumberRange {
    min: number
    max: number
    /** Whether `min` itself is excluded. */
    above?: boolean
    /** Whether it must be whole. */
    whole?: boolean
}

/** A parser for an option's number; its error says what is allowed. */
export function number(range: NumberRange): (text: string) => number {
    return text => {
        const value = text.trim() === '' ? NaN : Number(text)
        const low = range.above ? value > range.min : value >= range.min
        if (low && value <= range.max && (!range.whole || Number.isInteger(value))) return value
        const kind = range.whole ? 'a whole number' : 'a number'
        throw new InvalidArgumentError(
            `Allowed: ${kind} ${range.above ? 'above' : 'from'} ${range.min} to ${range.max}.`,
        )
    }
}

/** `max`, or how many times as fast as wall time. */
export function speed(text: string): number | 'max' {
    if (text === 'max') return 'max'
    try {
        return number({ min: 0, above: true, max: 1000 })(text)
    } catch {
        throw new InvalidArgumentError('Allowed: max, or a number above 0 to 1000 (times as fast as wall time).')
    }
}

export const boardOption = () =>
    new Option('--board <profile>', 'board whose timing is simulated')
        .choices(Object.keys(boardProfiles))
        .default('rp2040')

export const durationOption = (text: string) =>
    new Option('--duration <s>', text).argParser(number({ min: 0, above: true, max: LONGEST }))

export const seedOption = () =>
    new Option('--seed <n>', 'of all noise').argParser(number({ min: 0, max: 0xffff_ffff, whole: true })).default(1)

export const inlineOption = () => new Option('--no-inline', "build without inlining the tick's calls")

export const jsonOption = (text = 'print one JSON object') => new Option('--json', text)

export const bridgePortOption = () =>
    new Option('--bridge-port <port>', 'TCP port of the bridge, 0 for a free one')
        .argParser(number({ min: 0, max: 65_535, whole: true }))
        .default(9090)

/** @throws UsageError naming the robots there are; BuildError when its files say what cannot be built */
export async function checkRobot(name: string): Promise<void> {
    const robots = await listRobots()
    if (!robots.includes(name)) {
        throw new UsageError(`robot "${name}" does not exist; there are: ${robots.join(', ')} (src/robots)`)
    }
    const { checkRobotFiles } = await import('./robot-check')
    await checkRobotFiles(name)
}
