import { parse } from '@foxglove/rosmsg'
import { MessageReader, MessageWriter } from '@foxglove/rosmsg2-serialization'
import {
    definitionText,
    messageDetails,
    serviceDetails,
    serviceText,
    shortType,
    type TypeDefinition,
} from './definitions'

/**
 * Messages of one type to CDR and back. Text outside ASCII loses its end: the library counts characters where CDR counts
 * bytes, so what the bridge sends keeps to ASCII.
 */
export interface CdrCodec {
    /** ROS 2 spelling: `pkg/msg/Name` */
    readonly schemaName: string
    /** Definition of the type with its dependencies, encoding `ros2msg`. */
    readonly schema: string
    encode(message: unknown): Uint8Array
    /** @throws RangeError when there are fewer bytes than the type has */
    decode(bytes: Uint8Array): unknown
}

export const MESSAGE_ENCODING = 'cdr'
export const SCHEMA_ENCODING = 'ros2msg'

const codecs = new Map<string, CdrCodec>()

/** The codec of a message type that the bridge knows, in either spelling. @throws RangeError for any other */
export function messageCodec(type: string): CdrCodec {
    return kept(type, () => {
        const short = shortType(type)
        return { details: messageDetails(short), name: short.replace('/', '/msg/'), text: definitionText(short) }
    })
}

/** The codec of a service's request (0) or response (1). @throws RangeError for a type that the bridge does not know */
export function serviceCodec(type: string, part: 0 | 1): CdrCodec {
    const name = `${shortType(type).replace('/', '/srv/')}_${part === 0 ? 'Request' : 'Response'}`
    return kept(name, () => ({ details: serviceDetails(type, part), name, text: serviceText(type, part) }))
}

function kept(key: string, define: () => { details: TypeDefinition[]; name: string; text: string }): CdrCodec {
    let codec = codecs.get(key)
    if (codec === undefined) {
        const { details, name, text } = define()
        if (details.length === 0) throw new RangeError(`type "${name}" is not known`)
        codec = makeCodec(name, text)
        codecs.set(key, codec)
    }
    return codec
}

function makeCodec(schemaName: string, schema: string): CdrCodec {
    const definitions = parse(schema, { ros2: true })
    const writer = new MessageWriter(definitions)
    const reader = new MessageReader(definitions)
    return {
        schemaName,
        schema,
        encode: message => writer.writeMessage(message),
        decode: bytes => reader.readMessage(bytes),
    }
}
