import { FAULT_KINDS, type FaultField, type FaultTarget } from './fault-kinds'

/** One fault of a plan, checked, with every default filled in. */
export interface Fault {
    readonly kind: string
    /** s since power-on */
    readonly at: number
    /** s; Infinity: to the end of the run. 0 for what happens at an instant. */
    readonly duration: number
    /** The part's name, of a kind that breaks one. */
    readonly target: string | undefined
    readonly numbers: Readonly<Record<string, number>>
    readonly choices: Readonly<Record<string, string>>
}

/** Names of the parts of a robot that can be broken, by what can happen to them. */
export type PartNames = Readonly<Record<FaultTarget, readonly string[]>>

/** A fault file that says something which is not possible. The text names the fault, key, value and what is allowed. */
export class FaultPlanError extends Error {
    override name = 'FaultPlanError'
}

/** Longest plan, s, as the longest run. */
const LONGEST = 86_400

/** @throws FaultPlanError */
export function parseFaultPlan(text: string, parts: PartNames): Fault[] {
    let json: unknown
    try {
        json = JSON.parse(text)
    } catch (error) {
        throw new FaultPlanError(`not JSON: ${(error as Error).message}`, { cause: error })
    }
    return checkFaultPlan(json, parts)
}

/** @throws FaultPlanError */
export function checkFaultPlan(json: unknown, parts: PartNames): Fault[] {
    if (!isObject(json)) throw new FaultPlanError('needed: an object {"faults": [ … ]}')
    for (const key of Object.keys(json)) {
        if (key !== 'faults') throw new FaultPlanError(`unknown key "${key}"; allowed: "faults"`)
    }
    if (!Array.isArray(json.faults)) throw new FaultPlanError(`"faults" is ${show(json.faults)}; needed: a list`)
    return json.faults.map((fault, index) => {
        try {
            return checkFault(fault, parts)
        } catch (error) {
            if (!(error instanceof FaultPlanError)) throw error
            throw new FaultPlanError(`faults[${index}]: ${error.message}`)
        }
    })
}

function checkFault(json: unknown, parts: PartNames): Fault {
    if (!isObject(json)) throw new FaultPlanError(`is ${show(json)}; needed: an object with "at" and "kind"`)
    const name = json.kind
    if (typeof name !== 'string' || !Object.hasOwn(FAULT_KINDS, name)) {
        throw new FaultPlanError(`"kind" is ${show(name)}; there are: ${Object.keys(FAULT_KINDS).join(', ')}`)
    }
    const kind = FAULT_KINDS[name]
    const known = [
        'kind',
        'at',
        ...(kind.lasts ? ['duration'] : []),
        ...(kind.target ? ['target'] : []),
        ...Object.keys(kind.fields),
    ]
    for (const key of Object.keys(json)) {
        if (!known.includes(key)) {
            throw new FaultPlanError(`${name} has no "${key}"; it has: ${known.map(key => `"${key}"`).join(', ')}`)
        }
    }
    const at = numberOf(json.at, 'at', { unit: 's', min: 0, max: LONGEST })
    const wholeRun = json.duration === undefined
    const duration =
        kind.lasts && !wholeRun ? numberOf(json.duration, 'duration', { unit: 's', min: 0, max: LONGEST }) : 0
    const numbers: Record<string, number> = {}
    const choices: Record<string, string> = {}
    for (const [key, field] of Object.entries(kind.fields)) {
        if ('choices' in field) choices[key] = choiceOf(json[key] ?? field.default, key, field.choices)
        else numbers[key] = numberOf(json[key] ?? field.default, key, field)
    }
    return {
        kind: name,
        at,
        duration: kind.lasts && wholeRun ? Infinity : duration,
        target: kind.target && targetOf(json.target, name, parts[kind.target]),
        numbers,
        choices,
    }
}

function targetOf(value: unknown, kind: string, names: readonly string[]): string {
    if (typeof value === 'string' && names.includes(value)) return value
    const there = names.length === 0 ? 'this robot names nothing that it could hit' : `there are: ${names.join(', ')}`
    throw new FaultPlanError(`"target" of ${kind} is ${show(value)}; ${there} (parts in the robot's plant.ts)`)
}

function numberOf(value: unknown, key: string, { unit, min, max }: Exclude<FaultField, { choices: unknown }>): number {
    if (typeof value === 'number' && value >= min && value <= max) return value
    throw new FaultPlanError(`"${key}" is ${show(value)}; allowed: a number from ${min} to ${max} ${unit}`.trimEnd())
}

function choiceOf(value: unknown, key: string, choices: readonly string[]): string {
    if (typeof value === 'string' && choices.includes(value)) return value
    throw new FaultPlanError(`"${key}" is ${show(value)}; allowed: ${choices.join(', ')}`)
}

function isObject(value: unknown): value is Record<string, unknown> {
    return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function show(value: unknown): string {
    return value === undefined ? 'missing' : JSON.stringify(value).slice(0, 60)
}
