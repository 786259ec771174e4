import { type ParameterFlash, ParameterSlots } from '../../src/onboard/parameter-slots'
import { hash } from '../../src/onboard/describe'
import { Parameters } from '../../src/onboard/parameters'
import { Robot } from '../../src/onboard/robot'
import type { RobotConfig } from '../../src/onboard/robot-config'
import { TelemetryWriter } from '../../src/onboard/telemetry-writer'
import { RobotCommand } from '../../src/protocol/service'
import { rover } from '../../src/robots/rover/robot'
import '../../src/sim/device-script-buffer'
import { FakeEncoders, FakeImu, FakeMotors } from '../portable/fake-parts'

/** The rover with gains of its own, which tests count on. */
const gains = { kpPosition: 4, kp: 0.058, ki: 0.8, ks: 0.029, kv: 0 }
const steady: RobotConfig = { ...rover, joints: rover.joints.map(joint => ({ ...joint, gains })) }

/** Two slots in memory. */
export class MemoryFlash implements ParameterFlash {
    readonly slots = [Buffer.alloc(0), Buffer.alloc(0)]

    async read(slot: number): Promise<Buffer | undefined> {
        return this.slots[slot]
    }

    async write(slot: number, content: Buffer): Promise<void> {
        this.slots[slot] = Buffer.from(content)
    }
}

/** The on-board parameters between fake parts in this process, answering commands as the firmware's server does. */
export class ParameterBoard {
    readonly robot: Robot
    readonly parameters: Parameters
    readonly slots: ParameterSlots
    /** Commands that were answered. */
    readonly asked: number[] = []

    constructor(
        readonly config: RobotConfig = steady,
        readonly flash: ParameterFlash = new MemoryFlash(),
    ) {
        const joints = config.joints.length
        const bytes = TelemetryWriter.reportBytes(joints, true, 1)
        const buffers = [Buffer.alloc(bytes), Buffer.alloc(bytes)]
        const writer: TelemetryWriter = new TelemetryWriter(buffers, true, 1, index => writer.sent(index))
        this.robot = new Robot(config, new FakeEncoders(joints), new FakeImu(), new FakeMotors(), writer)
        this.parameters = new Parameters(this.robot)
        this.slots = new ParameterSlots(
            flash,
            this.parameters,
            this.robot,
            this.parameters.hashWith(hash(JSON.stringify(config))),
        )
    }

    /** The board's start: parameters restored, ready to be armed. */
    async boot(): Promise<this> {
        await this.slots.restore()
        this.robot.started()
        return this
    }

    readonly ask = async (code: RobotCommand, payload: Buffer = Buffer.alloc(0)): Promise<Buffer> => {
        this.asked.push(code)
        if (code === RobotCommand.Parameters) return this.parameters.page(payload[0])
        if (code === RobotCommand.SetParameter) return this.parameters.answerSet(payload)
        if (code === RobotCommand.StoreParameters) return Buffer.from([await this.slots.store()])
        if (code === RobotCommand.ResetParameters) return Buffer.from([this.parameters.reset()])
        throw new Error(`no command about parameters: ${code}`)
    }
}
