import type { RobotDescription } from '../protocol/description'
import {
    ACTION_NAMES,
    ORIGIN_NAMES,
    PARAMETER_KIND_HEADER,
    PARAMETER_PAGE_HEADER,
    ParameterFlag,
    ParameterResult,
} from '../protocol/parameters'
import { RobotCommand } from '../protocol/service'
import { type Robot, RobotError } from './robot'

/** One of the robot's parameters. */
export interface Parameter {
    /** For example `left_wheel.kp`, `imu.gyro_bias_x` or `command_timeout`. */
    name: string
    /** Empty for a pure number. */
    unit: string
    min: number
    max: number
    default: number
    /** In force. */
    value: number
    /** Only 1 and -1 are allowed. */
    sign: boolean
    /** Of one that chooses: what each value from 0 on is called. */
    names?: readonly string[]
    /** Refused while the robot is armed. */
    disarmedOnly: boolean
    /** Cannot be set: of a recording. */
    readOnly?: boolean
}

/** What the board's flash holds. */
export interface ParameterStorage {
    /**
     * What the board made of its flash when it started: `defaults` (nothing was stored), `restored`, `previous-store` (the
     * newest was damaged), `other-configuration` or `damaged` (ignored), `no-flash`.
     */
    origin: string
    /** Number of the last store; 0: none. */
    sequence: number
    /** A value in force is not the stored one. */
    changed: boolean
}

/** A robot whose board has a table of parameters: one on a link, unlike a recording. */
export interface Parameterised {
    /** Every parameter with its value, in the board's order. Read from the board once, and anew after a reconnection. */
    parameters(): Promise<Parameter[]>
    /** @throws RobotError `unknown-parameter`, naming those there are */
    getParameter(name: string): Promise<Parameter>
    /**
     * Changes a parameter while the robot runs; the output of a control loop does not jump. Lost at the next restart unless
     * it is stored. @throws RobotError `unknown-parameter`, `out-of-range`, `armed`
     */
    setParameter(name: string, value: number): Promise<Parameter>
    /** Writes what is in force to the board's flash. @throws RobotError `armed`, `not-stored` */
    storeParameters(): Promise<void>
    /** Every parameter to its default; what is stored stays until the next store. @throws RobotError `armed` */
    resetParameters(): Promise<void>
    /** What the board's flash holds, and what was made of it at start. */
    parameterStorage(): Promise<ParameterStorage>
    /** Called with each parameter that changes; returns a function that stops it. */
    onParameter(listener: (parameter: Parameter) => void): () => void
}

/** Values in force by name. */
export function valuesByName(parameters: readonly Parameter[]): Record<string, number> {
    return Object.fromEntries(parameters.map(({ name, value }) => [name, value]))
}

export function hasParameters(robot: Robot): robot is Robot & Parameterised {
    return 'parameters' in robot
}

/** @throws RobotError `protocol` when it has none */
export function withParameters<R extends Robot>(robot: R): R & Parameterised {
    if (!hasParameters(robot)) throw new RobotError('protocol', 'this robot has no parameters')
    return robot
}

/** Sends a command and gives its answer. */
type Ask = (code: RobotCommand, payload?: Buffer, accept?: (answer: Buffer) => boolean) => Promise<Buffer>

/** The robot's table of parameters as a host has it: read once, kept up to date by what this host changes. */
export class ParameterTable {
    private parameters: Parameter[] | undefined
    private storageState: ParameterStorage | undefined
    private loading: Promise<void> | undefined
    private readonly listeners = new Set<(parameter: Parameter) => void>()

    private turn: Promise<unknown> = Promise.resolve()

    /** @param pause waits between two commands, so that telemetry has its share of what the board may send */
    constructor(
        private readonly send: Ask,
        private readonly description: () => RobotDescription,
        private readonly pause: () => Promise<unknown> = async () => undefined,
    ) {}

    /** Copies, in the board's order. */
    async list(): Promise<Parameter[]> {
        return (await this.loaded()).map(parameter => ({ ...parameter }))
    }

    /** @throws RobotError `unknown-parameter` */
    async get(name: string): Promise<Parameter> {
        return { ...(await this.find(name)) }
    }

    async storage(): Promise<ParameterStorage> {
        await this.read()
        return { ...(this.storageState as ParameterStorage) }
    }

    /** @throws RobotError `unknown-parameter`, `out-of-range`, `armed` */
    async set(name: string, value: number): Promise<Parameter> {
        const parameter = await this.find(name)
        checkValue(parameter, value)
        const number = (this.parameters as Parameter[]).indexOf(parameter)
        const payload = Buffer.alloc(5)
        payload[0] = number
        payload.writeFloatLE(value, 1)
        const sent = payload.readFloatLE(1)
        const isAnswer = (answer: Buffer) =>
            answer.length === 6 &&
            answer[0] === number &&
            (answer[1] !== ParameterResult.Ok || answer.readFloatLE(2) === sent)
        const answer = await this.ask(RobotCommand.SetParameter, payload, isAnswer)
        checkResult(answer[1], `parameter ${name} = ${value}`)
        this.take(parameter, decimal(answer.readFloatLE(2)))
        return { ...parameter }
    }

    /** @throws RobotError `armed`, `not-stored` */
    async store(): Promise<void> {
        const answer = await this.ask(RobotCommand.StoreParameters)
        checkResult(answer[0], 'store of the parameters')
    }

    /** @throws RobotError `armed` */
    async reset(): Promise<void> {
        const answer = await this.ask(RobotCommand.ResetParameters)
        checkResult(answer[0], 'reset of the parameters')
        await this.read()
    }

    onChange(listener: (parameter: Parameter) => void): () => void {
        this.listeners.add(listener)
        return () => this.listeners.delete(listener)
    }

    /** The board is there again, perhaps with other values: a table that was read is read anew. */
    reconnected(): void {
        if (this.parameters) void this.read().catch(() => (this.parameters = undefined))
    }

    private ask(...command: Parameters<Ask>): Promise<Buffer> {
        const answer = this.turn.then(() => this.send(...command))
        this.turn = answer.then(this.pause, () => undefined)
        return answer
    }

    private async loaded(): Promise<Parameter[]> {
        if (!this.parameters || this.loading) await this.read()
        return this.parameters as Parameter[]
    }

    private async find(name: string): Promise<Parameter> {
        const all = await this.loaded()
        const found = all.find(parameter => parameter.name === name)
        if (found) return found
        const part = name.slice(name.lastIndexOf('.') + 1)
        const alike = all.filter(parameter => parameter.name.includes(part))
        const names = (alike.length > 0 ? alike : all).map(parameter => parameter.name).join(', ')
        throw new RobotError('unknown-parameter', `parameter "${name}" does not exist; there are: ${names}`)
    }

    /** Reads every page. */
    private read(): Promise<void> {
        this.loading ??= this.readPages().finally(() => (this.loading = undefined))
        return this.loading
    }

    private async readPages(): Promise<void> {
        const read: Parameter[] = []
        let kinds = 1
        for (let first = 0; first < kinds;) {
            const page = await this.ask(RobotCommand.Parameters, Buffer.from([first]), answer => answer[1] === first)
            const content = decodePage(page, this.description().joints)
            if (content.kinds === 0) throw new RobotError('protocol', 'the robot sent an empty page of parameters')
            kinds = page[0]
            first += content.kinds
            read.push(...content.parameters)
            this.storageState = content.storage
        }
        const before = this.parameters
        this.parameters = read
        for (const parameter of read) {
            const old = before?.find(({ name }) => name === parameter.name)
            if (old && old.value !== parameter.value) this.changed(parameter)
        }
    }

    private take(parameter: Parameter, value: number): void {
        if (parameter.value === value) return
        parameter.value = value
        this.changed(parameter)
    }

    private changed(parameter: Parameter): void {
        updateDescription(this.description(), parameter)
        for (const listener of this.listeners) listener({ ...parameter })
    }
}

/** Refuses on this side what the board would refuse too. @throws RobotError `out-of-range` */
export function checkValue(parameter: Parameter, value: number): void {
    const { name, unit, min, max, sign, names } = parameter
    const inside = value >= min && value <= max && (!sign || Math.abs(value) === 1)
    if (inside && (!names || Number.isInteger(value))) return
    const allowed = allowedValues(parameter) + (unit && ` ${unit}`)
    throw new RobotError('out-of-range', `parameter ${name} = ${value}, allowed ${allowed}`)
}

/** `0 to 10`, `1 or -1`, `1 (warn) or 2 (stop)`. */
export function allowedValues({ min, max, sign, names }: Parameter): string {
    if (sign) return '1 or -1'
    if (!names) return `${min} to ${max}`
    const named = names.map((name, value) => `${value} (${name})`)
    return named.slice(min, max + 1).join(' or ')
}

function checkResult(result: ParameterResult, what: string): void {
    if (result === ParameterResult.Ok) return
    if (result === ParameterResult.Armed) {
        throw new RobotError('armed', `${what}: refused while the robot is armed; disarm it first`)
    }
    if (result === ParameterResult.Full) {
        throw new RobotError(
            'not-stored',
            `${what}: more values differ from their defaults than the flash has room for`,
        )
    }
    if (result === ParameterResult.Flash) {
        throw new RobotError('not-stored', `${what}: the board's flash did not keep it; the store before still holds`)
    }
    if (result === ParameterResult.Order) {
        throw new RobotError('out-of-range', `${what}: position_min must stay below position_max`)
    }
    throw new RobotError('out-of-range', `${what}: refused by the robot (${ParameterResult[result] ?? result})`)
}

/** The parameters of a page, and how many kinds they are of. */
export function decodePage(
    page: Buffer,
    joints: readonly { name: string }[],
): { kinds: number; parameters: Parameter[]; storage: ParameterStorage } {
    const parameters: Parameter[] = []
    let kinds = 0
    for (let at = PARAMETER_PAGE_HEADER; at < page.length; kinds++) {
        const begin = parameters.length
        const [flags, instances] = [page[at], page[at + 1]]
        const [min, max] = [decimal(page.readFloatLE(at + 2)), decimal(page.readFloatLE(at + 6))]
        const unitAt = at + PARAMETER_KIND_HEADER + page[at + 10]
        const kind = page.toString('utf8', at + PARAMETER_KIND_HEADER, unitAt)
        at = unitAt + page[at + 11]
        const unit = page.toString('utf8', unitAt, at)
        for (let i = 0; i < instances; i++, at += 8) {
            let name = kind
            if (flags & ParameterFlag.Joint) name = `${joints[i].name}.${kind}`
            if (flags & ParameterFlag.Axis) name = `${kind}_${'xyz'[i]}`
            parameters.push({
                name,
                unit,
                min,
                max,
                default: decimal(page.readFloatLE(at)),
                value: decimal(page.readFloatLE(at + 4)),
                sign: (flags & ParameterFlag.Sign) !== 0,
                disarmedOnly: (flags & ParameterFlag.Disarmed) !== 0,
            })
        }
        if (flags & ParameterFlag.Monitor) {
            const [limit, delay, action] = parameters.slice(begin)
            limit.name += '.limit'
            const range = (at: number) => ({
                min: decimal(page.readFloatLE(at)),
                max: decimal(page.readFloatLE(at + 4)),
            })
            Object.assign(delay, { name: `${kind}.delay`, unit: 'ms', ...range(at) })
            Object.assign(action, { name: `${kind}.action`, unit: '', names: ACTION_NAMES, ...range(at + 8) })
            at += 16
        }
    }
    const storage = {
        origin: ORIGIN_NAMES[page[2]] ?? `unknown (${page[2]})`,
        sequence: page.readUInt32LE(4),
        changed: page[3] !== 0,
    }
    return { kinds, parameters, storage }
}

/** The shortest decimal number that is the same f32. */
export function decimal(value: number): number {
    for (let digits = 6; digits < 9; digits++) {
        const shorter = Number(value.toPrecision(digits))
        if (Math.fround(shorter) === value) return shorter
    }
    return value
}

/** Setpoints are checked, and the gyroscope is corrected, by the description. */
function updateDescription({ joints, imu }: RobotDescription, { name, value }: Parameter): void {
    for (const joint of joints) {
        if (name === `${joint.name}.velocity_limit`) joint.velocityLimit = value
        if (name === `${joint.name}.effort_limit`) joint.effortLimit = value
        if (joint.kind === 'revolute' && name === `${joint.name}.position_min`) joint.positionMin = value
        if (joint.kind === 'revolute' && name === `${joint.name}.position_max`) joint.positionMax = value
    }
    const axis = ['imu.gyro_bias_x', 'imu.gyro_bias_y', 'imu.gyro_bias_z'].indexOf(name)
    if (imu && axis >= 0) {
        imu.gyroBias ??= [0, 0, 0]
        imu.gyroBias[axis] = value
    }
}
