import type { MessageDefinitions } from '../recording-file'

/** What a column holds. */
export type ColumnType = 'number' | 'integer' | 'boolean' | 'text'
export type Cell = number | bigint | boolean | string
/** Told each value of a message: the column that it belongs to, what that holds, the value. */
export type Emit = (column: string, type: ColumnType, value: Cell) => unknown
/** Takes a message apart. */
export type Flatten = (message: Record<string, unknown>, emit: Emit) => void

type Definition = MessageDefinitions[number]
type Field = Definition['definitions'][number]
type Fields = Record<string, unknown>
type Walk = (value: unknown, path: string, emit: Emit, siblings: Fields) => void

/** Fields that tell the members of a list apart, best first. */
const KEYS = ['name', 'child_frame_id', 'key']
/** Fields with the names of what the message's other lists hold, in the same order. */
const NAME_LISTS = ['name', 'joint_names']

/**
 * Makes the function that turns messages of a type into the cells of a table's row: `pose.position.x`, a list's members by
 * their name where they have one (`joints.left_wheel.velocity`, `position.left_wheel`), else by number. Times are ns.
 */
export function flattener(definitions: MessageDefinitions): Flatten {
    const walk = walkFields(definitions[0], definitions)
    return (message, emit) => walk(message, '', emit, {})
}

function walkFields({ definitions: fields }: Definition, all: MessageDefinitions): Walk {
    const walks = fields
        .filter(({ isConstant }) => isConstant !== true)
        .map(field => ({ name: field.name, walk: walkField(field, all) }))
    return (value, path, emit) => {
        const members = value as Fields
        for (const { name, walk } of walks) {
            walk(members[name], path === '' ? name : `${path}.${name}`, emit, members)
        }
    }
}

function walkField(field: Field, all: MessageDefinitions): Walk {
    const one = walkOne(field, all)
    if (field.isArray !== true) return one
    if (field.type === 'string') {
        const isNames = NAME_LISTS.includes(field.name)
        return (value, path, emit) => {
            if (!isNames) emit(path, 'text', (value as string[]).join('; '))
        }
    }
    return (value, path, emit, siblings) => {
        const items = value as ArrayLike<unknown>
        const names = listNames(siblings, items.length)
        for (let i = 0; i < items.length; i++) {
            const name = names?.[i]
            const key = name === undefined ? keyOf(items[i]) : undefined
            const at = name ?? (key && (items[i] as Fields)[key])
            const place = at === undefined ? `${path}[${i}]` : `${path}.${at as string}`
            // A member's name is in the column's.
            const named = `${place}.${key}`
            one(items[i], place, (column, type, value) => column !== named && emit(column, type, value), siblings)
        }
    }
}

function walkOne({ type, isComplex }: Field, all: MessageDefinitions): Walk {
    if (type === 'time' || type === 'duration') {
        return (value, path, emit) => emit(`${path}_ns`, 'integer', nanosecondsOf(value as Fields))
    }
    if (isComplex === true) {
        const definition = all.find(({ name }) => name === type)
        if (definition === undefined) throw new RangeError(`the recording does not define ${type}`)
        return walkFields(definition, all)
    }
    if (type === 'string' || type === 'wstring') return (value, path, emit) => emit(path, 'text', value as string)
    if (type === 'bool') return (value, path, emit) => emit(path, 'boolean', value as boolean)
    if (type.startsWith('float')) return (value, path, emit) => emit(path, 'number', value as number)
    return (value, path, emit) => emit(path, 'integer', BigInt(value as number | bigint))
}

function listNames(siblings: Fields, length: number): string[] | undefined {
    const key = NAME_LISTS.find(name => Array.isArray(siblings[name]))
    const names = key === undefined ? undefined : (siblings[key] as string[])
    return names?.length === length ? names : undefined
}

function keyOf(item: unknown): string | undefined {
    if (typeof item !== 'object' || item === null) return undefined
    return KEYS.find(name => typeof (item as Fields)[name] === 'string')
}

function nanosecondsOf({ sec, nsec, nanosec }: Fields): bigint {
    return BigInt(sec as number) * 1_000_000_000n + BigInt((nanosec ?? nsec) as number)
}
