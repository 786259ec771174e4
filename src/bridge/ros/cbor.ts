import { CborOutput } from './cbor-output'
import { messageDetails, shortType, type TypeDefinition } from './definitions'

type Write = (value: unknown, out: CborOutput) => void

const output = new CborOutput()

/** rosbridge's `publish` of a message in CBOR, `float64` arrays as typed arrays. Good until the next call. */
export function publishCbor(topic: string, type: string, message: object): Uint8Array {
    envelope(topic)
    writerOf(type)(message, output)
    return output.take()
}

/** The same with the message as its CDR bytes. @param stamp ms since the Unix epoch */
export function publishCborRaw(topic: string, stamp: number, bytes: Uint8Array): Uint8Array {
    const secs = Math.floor(stamp / 1000)
    envelope(topic)
    output.map(3)
    output.text('secs')
    output.number(secs)
    output.text('nsecs')
    output.number(Math.round((stamp - secs * 1000) * 1e6))
    output.text('bytes')
    output.blob(bytes)
    return output.take()
}

function envelope(topic: string): void {
    output.map(3)
    output.text('op')
    output.text('publish')
    output.text('topic')
    output.text(topic)
    output.text('msg')
}

/** By type, in every spelling that was asked for. */
const writers = new Map<string, Write>()

function writerOf(type: string): Write {
    let write = writers.get(type)
    if (write === undefined) {
        write = makeWriter(shortType(type), messageDetails(type))
        writers.set(type, write)
    }
    return write
}

/** The definition made into functions once: a message then costs its bytes, not a walk over its type. */
function makeWriter(type: string, details: TypeDefinition[]): Write {
    const { fieldnames, fieldtypes, fieldarraylen } = details.find(definition => definition.type === type)!
    const writes = fieldtypes.map((fieldType, i) => fieldWriter(fieldType, fieldarraylen[i] >= 0, details))
    const keys = fieldnames.map(name => {
        const key = new CborOutput()
        key.text(name)
        return key.take()
    })
    return (value, out) => {
        const fields = value as Record<string, unknown>
        out.map(fieldnames.length)
        for (let i = 0; i < fieldnames.length; i++) {
            out.raw(keys[i])
            writes[i](fields[fieldnames[i]], out)
        }
    }
}

function fieldWriter(type: string, isArray: boolean, details: TypeDefinition[]): Write {
    if (type === 'float64' && isArray) return (value, out) => out.doubles(value as ArrayLike<number>)
    const one = details.some(definition => definition.type === type) ? makeWriter(type, details) : primitive
    if (!isArray) return one
    return (value, out) => {
        const items = value as unknown[]
        out.array(items.length)
        for (const item of items) one(item, out)
    }
}

function primitive(value: unknown, out: CborOutput): void {
    if (typeof value === 'number') out.number(value)
    else if (typeof value === 'string') out.text(value)
    else if (typeof value === 'boolean') out.boolean(value)
    else out.nothing()
}
