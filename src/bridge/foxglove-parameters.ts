import { type Fields, needObject, needText, Refusal, show } from './checks'
import type { Parameter } from '../host/parameters'
import type { ParameterServices } from './parameter-services'

/** One Foxglove client's view of the robot's parameters. */
export class FoxgloveParameters {
    /** Names that the client watches. */
    private readonly watched = new Set<string>()
    private stopListening: (() => void) | undefined

    constructor(
        private readonly parameters: ParameterServices,
        private readonly answer: (message: object) => void,
    ) {}

    /** Tells the values of these, or of all when none is named. Names that there are not are left out. */
    async get(message: Fields): Promise<void> {
        const names = nameList(message)
        this.tell(await this.parameters.list(), names, message.id)
    }

    /** Sets each. The client is told what is in force afterwards, and why when that is not what it wanted. */
    async set(message: Fields): Promise<void> {
        const list = message.parameters
        if (!Array.isArray(list)) throw new Refusal(`parameters is ${show(list)}; needed: a list`)
        const changes = list.map(item => needObject(item, 'a parameter', 'name and value'))
        const names = changes.map(fields => needText(fields, 'name'))
        const refusals: string[] = []
        for (const [i, { value }] of changes.entries()) {
            await this.parameters
                .set(names[i], value)
                .catch((error: unknown) => refusals.push(error instanceof Error ? error.message : String(error)))
        }
        this.tell(await this.parameters.list(), names, message.id)
        if (refusals.length > 0) throw new Refusal(refusals.join('; '))
    }

    async subscribe(message: Fields): Promise<void> {
        const names = nameList(message)
        const known = await this.parameters.list()
        for (const { name } of known) if (names.length === 0 || names.includes(name)) this.watched.add(name)
        this.stopListening ??= this.parameters.onChange(parameter => {
            if (this.watched.has(parameter.name)) this.tell([parameter], [])
        })
    }

    unsubscribe(message: Fields): void {
        const names = nameList(message)
        for (const name of names) this.watched.delete(name)
        if (names.length === 0) this.watched.clear()
    }

    close(): void {
        this.stopListening?.()
    }

    private tell(parameters: Parameter[], names: string[], id?: unknown): void {
        const wanted = parameters.filter(({ name }) => names.length === 0 || names.includes(name))
        this.answer({
            op: 'parameterValues',
            parameters: wanted.map(({ name, value }) => ({ name, value, type: 'float64' })),
            ...(typeof id === 'string' ? { id } : {}),
        })
    }
}

function nameList({ parameterNames }: Fields): string[] {
    if (Array.isArray(parameterNames) && parameterNames.every(name => typeof name === 'string')) return parameterNames
    throw new Refusal(`parameterNames is ${show(parameterNames)}; needed: a list of names`)
}
