import * as ds from '@devicescript/core'
import { Server } from '@devicescript/server'
import { encodeTiming } from '../onboard/timing-report'
import { RobotCommand } from '../protocol/service'
import { Fault, RobotMode } from '../protocol/state'
import { probeBus } from '../onboard/bus-probe'
import { TelemetryWriter } from '../onboard/telemetry-writer'
import type { ParameterSlots } from '../onboard/parameter-slots'
import type { Parameters } from '../onboard/parameters'
import type { Robot } from '../onboard/robot'
import type { TickLoop } from '../onboard/tick-loop'
import { i2c } from './board'
import { startOnlyServer } from './announcer'

/** What the runtime has and its type definitions leave out. */
interface RuntimeServer {
    _onServerPacket(packet: ds.Packet): Promise<void>
    _serverSend(serviceIndex: number, packet: ds.Packet): Promise<void>
}
const runtime = ds as unknown as RuntimeServer

/** Between looks at whether the parameters are stored, ms. */
const WAIT_MS = 5

/** Bytes of the description in one answer: what is left of a packet beside `total` and `offset`. */
const DESCRIPTION_PIECE = 220

/**
 * The robot as a Jacdac service (`services/robot.md`). Telemetry packets are made once and filled in place, because
 * encoding a report costs 1.4 ms. Setpoints are taken before the stock dispatcher, which would cost as much as the tick.
 */
export class RobotServer extends Server implements ds.RobotServerSpec {
    private robot: Robot
    private loop: TickLoop
    private description: Buffer
    private table: Parameters
    private slots: ParameterSlots
    private readonly packets: ds.Packet[] = []
    private writer: TelemetryWriter

    constructor() {
        super(ds.Robot.spec)
    }

    /** Makes the writer that fills this server's telemetry packets. */
    telemetryWriter(joints: number, imu: boolean, samplesPerReport: number, power: boolean): TelemetryWriter {
        const bytes = TelemetryWriter.reportBytes(joints, imu, samplesPerReport, power)
        const register = this.spec.lookup('telemetry')
        const buffers: Buffer[] = []
        for (let i = 0; i < 2; i++) {
            const packet = register.encode(Buffer.alloc(bytes))
            this.packets.push(packet)
            buffers.push(packet.payload)
        }
        // DeviceScript's closures do not capture `this`.
        // eslint-disable-next-line @typescript-eslint/no-this-alias
        const self = this
        const sendFirst = async () => await self.sendTelemetry(0)
        const sendSecond = async () => await self.sendTelemetry(1)
        // Fibers of their own: sending waits for the packet budget, the tick must not.
        this.writer = new TelemetryWriter(buffers, imu, samplesPerReport, index => {
            if (index === 0) sendFirst.start()
            else sendSecond.start()
        })
        return this.writer
    }

    private async sendTelemetry(index: number): Promise<void> {
        await runtime._serverSend(this.serviceIndex, this.packets[index])
        this.writer.sent(index)
    }

    /** Goes on the bus. */
    start(robot: Robot, loop: TickLoop, description: string, parameters: Parameters, slots: ParameterSlots): void {
        this.robot = robot
        this.loop = loop
        this.description = Buffer.from(description)
        this.table = parameters
        this.slots = slots
        startOnlyServer(this)
        const dispatch = runtime._onServerPacket
        const serviceIndex = this.serviceIndex
        const armed = this.spec.lookup('arm').response.encode([0])
        runtime._onServerPacket = async packet => {
            const code = packet.serviceIndex === serviceIndex && packet.isCommand ? packet.serviceCommand : 0
            if (code === RobotCommand.Setpoint) robot.setpoint(packet.payload, ds.millis())
            else if (code === RobotCommand.Arm) {
                // Without the dispatcher, whose calls and objects would make a tick late when the heap is collected just then.
                // At once or not at all: an arming that waited could be overtaken by a disarming or a stop.
                armed.payload.setAt(0, 'u32', slots.storing ? Fault.Startup : robot.arm())
                parameters.forget()
                await runtime._serverSend(serviceIndex, armed)
            } else {
                // At once; what the dispatcher costs only delays the answer.
                if (code === RobotCommand.Stop) robot.stop()
                await dispatch(packet)
            }
        }
    }

    /** Telemetry is streamed, not read. */
    telemetry(): Buffer {
        return undefined
    }

    /** Taken before the dispatcher, as is `arm`. */
    setpoint(): void {}

    arm(): number {
        return 0
    }

    disarm(): number {
        this.robot.disarm()
        return this.robot.mode
    }

    stop(): number {
        this.robot.stop()
        return this.robot.mode
    }

    describe(offset: number): [number, number, Buffer] {
        const total = this.description.length
        const piece = this.description.slice(offset, Math.min(total, offset + DESCRIPTION_PIECE))
        return [total, offset, piece]
    }

    trajectory(payload: Buffer): Buffer {
        return this.robot.takeTrajectory(payload, ds.millis())
    }

    faults(): Buffer {
        const { log, faults, latched } = this.robot
        return log.answer(faults, latched, this.robot.warnings())
    }

    probe(payload: Buffer): Buffer {
        const { mode } = this.robot
        const disarmed = mode === RobotMode.Idle || mode === RobotMode.Unconfigured
        if (!disarmed) return Buffer.alloc(0)
        const answer = probeBus(i2c, payload)
        this.robot.busProbed()
        return answer
    }

    timing(): Buffer {
        const { acceptedSetpoints, rejectedSetpoints, lostSetpoints } = this.robot
        return encodeTiming(this.loop.periodCounts, this.loop.executionCounts, {
            accepted: acceptedSetpoints,
            refused: rejectedSetpoints,
            lost: lostSetpoints,
        })
    }

    async parameters(first: number): Promise<Buffer> {
        // A tick may come between the dispatcher and the page, which takes as long.
        await ds.sleep(1)
        return this.table.page(first)
    }

    setParameter(payload: Buffer): Buffer {
        return this.table.answerSet(payload)
    }

    async storeParameters(): Promise<number> {
        const { slots } = this
        if (!slots.storing) return await slots.store()
        // Asked again, because the answer takes long.
        while (slots.storing) await ds.sleep(WAIT_MS)
        return slots.result
    }

    resetParameters(): number {
        return this.table.reset()
    }
}
