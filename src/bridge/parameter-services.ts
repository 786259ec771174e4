import { hasParameters, type Parameter, type Parameterised } from '../host/parameters'
import type { Robot } from '../host/robot'
import { type Fields, needObject, needText, Refusal, show } from './checks'
import type { Service } from './services'

/** rcl_interfaces/msg/ParameterType */
const NOT_SET = 0
const INTEGER = 2
const DOUBLE = 3

const NOTHING = {
    bool_value: false,
    integer_value: 0,
    double_value: 0,
    string_value: '',
    byte_array_value: [],
    bool_array_value: [],
    integer_array_value: [],
    double_array_value: [],
    string_array_value: [],
}

/** The robot's parameters as a ROS 2 node's: the services of rcl_interfaces, and what other doors need of them. */
export class ParameterServices {
    private readonly robot: Parameterised | undefined
    private readonly node: string
    private readonly listeners = new Set<(parameter: Parameter) => void>()
    private stopListening: (() => void) | undefined

    constructor(robot: Robot) {
        this.robot = hasParameters(robot) ? robot : undefined
        this.node = `/${robot.description.name}`
    }

    /** Whether the robot has parameters at all. */
    get supported(): boolean {
        return this.robot !== undefined
    }

    async list(): Promise<Parameter[]> {
        return this.robot === undefined ? [] : this.robot.parameters()
    }

    /** @throws Refusal when there is no such parameter or the robot does not take the value */
    async set(name: string, value: unknown): Promise<Parameter> {
        const known = (await this.list()).map(parameter => parameter.name)
        if (!known.includes(name)) {
            throw new Refusal(`there is no parameter ${show(name)}; there are: ${known.join(', ')}`)
        }
        if (typeof value !== 'number' || !Number.isFinite(value)) {
            throw new Refusal(`${name} is ${show(value)}; needed: a finite number`)
        }
        return this.robot!.setParameter(name, value)
    }

    /** Called with each parameter that changes; returns a function that ends it. */
    onChange(listener: (parameter: Parameter) => void): () => void {
        this.stopListening ??= this.robot?.onParameter(parameter => {
            for (const each of this.listeners) each(parameter)
        })
        this.listeners.add(listener)
        return () => this.listeners.delete(listener)
    }

    close(): void {
        this.stopListening?.()
        this.stopListening = undefined
    }

    /** Services under the robot's name, as every ROS 2 node has them. */
    services(): Service[] {
        if (this.robot === undefined) return []
        const service = (name: string, type: string, call: (args: Fields) => Promise<object>): Service => ({
            name: `${this.node}/${name}`,
            type: `rcl_interfaces/srv/${type}`,
            call,
        })
        return [
            service('list_parameters', 'ListParameters', async ({ prefixes }) => {
                const wanted = prefixes === undefined ? [] : nameList(prefixes, 'prefixes')
                const names = (await this.list()).map(({ name }) => name)
                const kept = names.filter(
                    name =>
                        wanted.length === 0 || wanted.some(prefix => name === prefix || name.startsWith(`${prefix}.`)),
                )
                const parents = kept
                    .filter(name => name.includes('.'))
                    .map(name => name.slice(0, name.lastIndexOf('.')))
                return { result: { names: kept, prefixes: [...new Set(parents)] } }
            }),
            service('describe_parameters', 'DescribeParameters', async args => ({
                descriptors: (await this.named(args)).map(({ name, parameter }) => descriptor(name, parameter)),
            })),
            service('get_parameter_types', 'GetParameterTypes', async args => ({
                types: (await this.named(args)).map(({ parameter }) => (parameter === undefined ? NOT_SET : DOUBLE)),
            })),
            service('get_parameters', 'GetParameters', async args => ({
                values: (await this.named(args)).map(({ parameter }) =>
                    parameter === undefined
                        ? { type: NOT_SET, ...NOTHING }
                        : { type: DOUBLE, ...NOTHING, double_value: parameter.value },
                ),
            })),
            service('set_parameters', 'SetParameters', async ({ parameters }) => {
                if (!Array.isArray(parameters)) {
                    throw new Refusal(`parameters is ${show(parameters)}; needed: a list of parameters`)
                }
                // All are read before the first is set: a malformed list changes nothing.
                const changes = parameters.map((parameter, i) => readChange(parameter, `parameters[${i}]`))
                const results: object[] = []
                for (const { name, value } of changes) results.push(await this.attempt(name, value))
                return { results }
            }),
        ]
    }

    /** The services of rosapi about parameters, which names them `/node:parameter`. */
    discovery(): {
        names(): Promise<string[]>
        get(name: string): Promise<number | undefined>
        set: ParameterServices['set']
    } {
        const own = (name: string) => (name.startsWith(`${this.node}:`) ? name.slice(this.node.length + 1) : name)
        return {
            names: async () => (await this.list()).map(({ name }) => `${this.node}:${name}`),
            get: async name => (await this.list()).find(parameter => parameter.name === own(name))?.value,
            set: (name, value) => this.set(own(name), value),
        }
    }

    private async attempt(name: string, value: number): Promise<{ successful: boolean; reason: string }> {
        try {
            await this.set(name, value)
            return { successful: true, reason: '' }
        } catch (error) {
            return { successful: false, reason: error instanceof Error ? error.message : String(error) }
        }
    }

    private async named({ names }: Fields): Promise<{ name: string; parameter: Parameter | undefined }[]> {
        const wanted = nameList(names, 'names')
        const parameters = await this.list()
        return wanted.map(name => ({ name, parameter: parameters.find(parameter => parameter.name === name) }))
    }
}

function nameList(value: unknown, name: string): string[] {
    if (Array.isArray(value) && value.every(item => typeof item === 'string')) return value as string[]
    throw new Refusal(`${name} is ${show(value)}; needed: a list of names`)
}

function readChange(parameter: unknown, path: string): { name: string; value: number } {
    const fields = needObject(parameter, path, 'name and value')
    const name = needText(fields, 'name')
    const value = needObject(fields.value, `${path}.value`, 'type and double_value')
    if (value.type !== DOUBLE && value.type !== INTEGER) {
        throw new Refusal(
            `${path}.value.type is ${show(value.type)}; allowed: ${DOUBLE} (double) or ${INTEGER} (integer)`,
        )
    }
    const field = value.type === DOUBLE ? 'double_value' : 'integer_value'
    const number = typeof value[field] === 'bigint' ? Number(value[field]) : value[field]
    if (typeof number === 'number' && Number.isFinite(number)) return { name, value: number }
    throw new Refusal(`${path}.value.${field} is ${show(number)}; needed: a finite number`)
}

function descriptor(name: string, parameter: Parameter | undefined): object {
    const constraints = [
        ...(parameter?.sign ? ['1 or -1 only'] : []),
        ...(parameter?.disarmedOnly ? ['only while disarmed'] : []),
    ]
    return {
        name,
        type: parameter === undefined ? NOT_SET : DOUBLE,
        description: parameter?.unit ?? '',
        additional_constraints: constraints.join(', '),
        read_only: parameter?.readOnly ?? false,
        dynamic_typing: false,
        floating_point_range:
            parameter === undefined ? [] : [{ from_value: parameter.min, to_value: parameter.max, step: 0 }],
        integer_range: [],
    }
}
