import type { Parameter, Parameterised, ParameterStorage } from '../../host/parameters'
import { RobotError, type RobotState } from '../../host/robot'
import type { RobotDescription } from '../../protocol/description'
import type { RecordedFirmware } from '../firmware-watch'
import { inForce } from '../in-force'
import { recordedFirmware } from '../recorded-firmware'
import {
    type RecordedKinds,
    type RecordedParameters,
    recordedParameterKinds,
    recordedParameters,
} from '../recorded-parameters'
import type { RecordingFile } from '../recording-file'
import { RecordedRobot } from './recorded-robot'
import { recordedDescription } from './recorded-states'

/** The robot of a recording, with parameters if the file tells them. @throws RecordError `incomplete` */
export async function openRecordedRobot(recording: RecordingFile, path: string): Promise<RecordedRobot> {
    const description = await recordedDescription(recording, path)
    const firmware = await recordedFirmware(recording)
    const [kinds, values] = [await recordedParameterKinds(recording), await recordedParameters(recording)]
    return kinds.length === 0 || values.length === 0
        ? new RecordedRobot(description, firmware)
        : new ParameterisedRecordedRobot(description, firmware, kinds, values)
}

/** A recording in the place of a robot with parameters: it tells those of then, and none of them can be set. */
export class ParameterisedRecordedRobot extends RecordedRobot implements Parameterised {
    private readonly parameterListeners = new Set<(parameter: Parameter) => void>()
    /** What was told last. */
    private table: Parameter[]

    constructor(
        description: RobotDescription,
        firmware: readonly RecordedFirmware[],
        private readonly kinds: readonly RecordedKinds[],
        private readonly values: readonly RecordedParameters[],
    ) {
        super(description, firmware)
        this.table = this.tableNow()
    }

    async parameters(): Promise<Parameter[]> {
        return this.table.map(parameter => ({ ...parameter }))
    }

    async getParameter(name: string): Promise<Parameter> {
        const found = this.table.find(parameter => parameter.name === name)
        if (found !== undefined) return { ...found }
        const names = this.table.map(parameter => parameter.name).join(', ')
        throw new RobotError('unknown-parameter', `parameter "${name}" does not exist; there are: ${names}`)
    }

    setParameter = () => this.refuseChange()
    storeParameters = () => this.refuseChange()
    resetParameters = () => this.refuseChange()

    async parameterStorage(): Promise<ParameterStorage> {
        throw new RobotError('closed', "a recording does not tell what its board's flash held")
    }

    onParameter(listener: (parameter: Parameter) => void): () => void {
        this.parameterListeners.add(listener)
        return () => this.parameterListeners.delete(listener)
    }

    protected override say(state: RobotState): void {
        const before = this.table
        this.table = this.tableNow()
        for (const parameter of this.table) {
            const old = before.find(({ name }) => name === parameter.name)
            if (old?.value === parameter.value) continue
            for (const listener of this.parameterListeners) listener({ ...parameter })
        }
        super.say(state)
    }

    private tableNow(): Parameter[] {
        const { kinds } = inForce(this.kinds, this.time)!
        const { values } = inForce(this.values, this.time)!
        return kinds.flatMap(kind => {
            const value = values[kind.name]
            return value === undefined ? [] : [{ ...kind, value, readOnly: true }]
        })
    }

    private async refuseChange(): Promise<never> {
        throw new RobotError('blocked', 'this is a recording: its parameters cannot be set')
    }
}
