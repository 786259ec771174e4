/** A client's message that is not carried out. Its text goes back to the client in a status message. */
export class Refusal extends Error {}

const SHOWN = 60 // characters of a value that a status message quotes

/** A received value as text that is safe to quote. */
export function show(value: unknown): string {
    if (value === undefined) return 'missing'
    if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
    const text = typeof value === 'string' ? JSON.stringify(value.slice(0, SHOWN)) : String(value)
    return typeof value === 'string' && value.length > SHOWN ? `${text}…` : text
}

export type Fields = Record<string, unknown>

/** @throws Refusal unless `value` is a JSON object */
export function needObject(value: unknown, name: string, fields: string): Fields {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
    throw new Refusal(`${name} is ${show(value)}; needed: an object with ${fields}`)
}

/** @throws Refusal unless the field is a text with something in it */
export function needText(message: Fields, name: string): string {
    const value = message[name]
    if (typeof value === 'string' && value !== '') return value
    throw new Refusal(`${name} is ${show(value)}; needed: a text`)
}

/** A text that may be left out. @throws Refusal when it is there and no text */
export function optionalText(message: Fields, name: string): string | undefined {
    const value = message[name]
    if (value === undefined || value === null || value === '') return undefined
    return needText(message, name)
}

/** A whole number that may be left out. @throws Refusal when it is there and no whole number up to `max` */
export function optionalCount(message: Fields, name: string, unit: string, max: number): number {
    const value = message[name]
    if (value === undefined || value === null) return 0
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max) return value
    throw new Refusal(`${name} is ${show(value)}; needed: a whole number of ${unit} from 0 to ${max}`)
}

/** @throws Refusal naming fields that a message of this type does not have: most often a spelling mistake */
export function onlyFields(message: Fields, name: string, known: readonly string[]): void {
    for (const key of Object.keys(message)) {
        if (!known.includes(key)) {
            throw new Refusal(`${name} has the unknown field ${show(key)}; it has: ${known.join(', ')}`)
        }
    }
}
