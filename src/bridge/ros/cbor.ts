import { encode, Token, Type } from 'cborg'
import { messageDetails, shortType, type TypeDefinition } from './definitions'

// RFC 8746: an array of float64, little-endian. rosbridge sends number arrays so, and roslib reads them so.
const FLOAT64_ARRAY = 86

const typeEncoders = {
    Float64Array: (array: Float64Array) => [
        new Token(Type.tag, FLOAT64_ARRAY),
        new Token(Type.bytes, new Uint8Array(array.buffer, array.byteOffset, array.byteLength)),
    ],
}

/** A value as CBOR, `Float64Array` as a typed array. */
export function toCbor(value: object): Uint8Array {
    return encode(value, { typeEncoders })
}

type Convert = (message: Record<string, unknown>) => object

/** A message of this type with every `float64` array as a `Float64Array`. The message itself stays as it is. */
export function withTypedArrays(type: string, message: object): object {
    const convert = converters.get(type) ?? converter(shortType(type), messageDetails(type))
    converters.set(type, convert)
    return convert(message as Record<string, unknown>)
}

/** By type, in every spelling that was asked for. */
const converters = new Map<string, Convert>()

function converter(type: string, details: TypeDefinition[]): Convert {
    let convert = converters.get(type)
    if (convert === undefined) {
        convert = makeConverter(type, details)
        converters.set(type, convert)
    }
    return convert
}

function makeConverter(type: string, details: TypeDefinition[]): Convert {
    const { fieldnames, fieldtypes, fieldarraylen } = details.find(definition => definition.type === type)!
    const fields = fieldnames.map((name, i) => {
        const isArray = fieldarraylen[i] >= 0
        if (fieldtypes[i] === 'float64' && isArray) {
            return { name, convert: (value: unknown) => Float64Array.from(value as number[]) }
        }
        if (!details.some(definition => definition.type === fieldtypes[i])) return { name }
        const inner = converter(fieldtypes[i], details)
        const each = (value: unknown) => inner(value as Record<string, unknown>)
        return { name, convert: isArray ? (value: unknown) => (value as unknown[]).map(each) : each }
    })
    return message =>
        Object.fromEntries(fields.map(({ name, convert }) => [name, convert ? convert(message[name]) : message[name]]))
}
