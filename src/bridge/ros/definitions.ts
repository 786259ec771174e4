import { MESSAGES } from './message-types'
import { ACTIONS, SERVICES } from './service-types'

/** One level of a type, as `rosapi_msgs/TypeDef` tells it. */
export interface TypeDefinition {
    type: string
    fieldnames: string[]
    fieldtypes: string[]
    /** -1: not an array; 0: any length; otherwise the fixed length. */
    fieldarraylen: number[]
    examples: string[]
    constnames: string[]
    constvalues: string[]
}

/** Which part of an action is meant. */
export type ActionPart = 'Goal' | 'Result' | 'Feedback'
const ACTION_PARTS: readonly ActionPart[] = ['Goal', 'Result', 'Feedback']

/** `pkg/Name` of a type in ROS 1 spelling (`pkg/Name`) or ROS 2 spelling (`pkg/msg/Name`, `pkg/srv/Name`, `pkg/action/Name`). */
export function shortType(type: string): string {
    return type.replace(/^(\w+)\/(?:msg|srv|action)\/(\w+)$/, '$1/$2')
}

/** True when both spellings name one type. */
export function sameType(a: string, b: string): boolean {
    return shortType(a) === shortType(b)
}

/** Names of all message and service types that the bridge knows, in ROS 2 spelling. */
export function interfaces(): string[] {
    const long = (kind: string) => (name: string) => name.replace('/', `/${kind}/`)
    return [
        ...[...MESSAGES.keys()].map(long('msg')),
        ...[...SERVICES.keys()].map(long('srv')),
        ...[...ACTIONS.keys()].map(long('action')),
    ]
}

/** Definition of a message type and, after it, of every type in it. Empty when the bridge does not know the type. */
export function messageDetails(type: string): TypeDefinition[] {
    return details(shortType(type), MESSAGES.get(shortType(type)))
}

/** Same for the request (0) or the response (1) of a service type. */
export function serviceDetails(type: string, part: 0 | 1): TypeDefinition[] {
    return details(`${shortType(type)}_${part ? 'Response' : 'Request'}`, SERVICES.get(shortType(type))?.[part])
}

/** Same for a part of an action type. */
export function actionDetails(type: string, part: ActionPart): TypeDefinition[] {
    return details(`${shortType(type)}_${part}`, ACTIONS.get(shortType(type))?.[ACTION_PARTS.indexOf(part)])
}

/** Names of a service's request fields, in order. */
export function requestFields(type: string): string[] {
    return parse('', SERVICES.get(shortType(type))?.[0] ?? '').fieldnames
}

/** Definition of a message type as text, its dependencies after lines of 80 `=`: the encoding `ros2msg`. */
export function definitionText(type: string): string {
    return withDependencyTexts(MESSAGES.get(shortType(type)) ?? '', messageDetails(type))
}

/** Same for the request (0) or the response (1) of a service type. */
export function serviceText(type: string, part: 0 | 1): string {
    return withDependencyTexts(SERVICES.get(shortType(type))?.[part] ?? '', serviceDetails(type, part))
}

function withDependencyTexts(fields: string, [, ...rest]: TypeDefinition[]): string {
    const sections = rest.map(({ type }) => `${'='.repeat(80)}\nMSG: ${type}\n${MESSAGES.get(type)}\n`)
    return [`${fields}\n`, ...sections].join('')
}

function details(type: string, fields: string | undefined): TypeDefinition[] {
    if (fields === undefined) return []
    const found = [parse(type, fields)]
    for (const definition of found) {
        for (const fieldType of definition.fieldtypes) {
            const inner = MESSAGES.get(fieldType)
            if (inner !== undefined && !found.some(({ type }) => type === fieldType)) {
                found.push(parse(fieldType, inner))
            }
        }
    }
    return found
}

function parse(type: string, fields: string): TypeDefinition {
    const definition: TypeDefinition = {
        type,
        fieldnames: [],
        fieldtypes: [],
        fieldarraylen: [],
        examples: [],
        constnames: [],
        constvalues: [],
    }
    for (const line of fields.split('\n').filter(line => line !== '')) {
        const [, base, array, name, constant] = /^([\w/]+)(\[\d*\])? (\w+)(?:=(.+))?$/.exec(line)!
        if (constant !== undefined) {
            definition.constnames.push(name)
            definition.constvalues.push(constant)
            continue
        }
        definition.fieldnames.push(name)
        definition.fieldtypes.push(base)
        definition.fieldarraylen.push(array === undefined ? -1 : Number(array.slice(1, -1)))
        definition.examples.push(array !== undefined ? '[]' : example(base))
    }
    return definition
}

function example(type: string): string {
    if (type.includes('/')) return '{}'
    if (type === 'string') return ''
    if (type === 'bool') return 'False'
    return type.startsWith('float') ? '0.0' : '0'
}
