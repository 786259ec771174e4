import { checkout } from '../../src/cli/checkout'
import { type ExamineOptions, type Examination, examine } from '../../src/doctor/examine'
import { Link } from '../../src/host/link'
import type { Scheduler } from '../../src/host/scheduler'
import { DEVICE_SCRIPT_MANAGER_CLASS, FrameFlag, firstPacket, makeFrame, PACKET_HEADER } from '../../src/protocol/frame'
import type { BodyContext, RobotBody } from '../../src/sim/robot-body'
import { boardProfiles } from '../../src/sim/board-profile'
import { SimulatedRobot } from '../../src/sim/simulated-robot'
import { buildFirmware } from '../../src/flash/build'
import { boardWith, loadRobot, openStream, runFast, schedulerOf, settle } from '../../src/simulate'

/** A bench on which something is wrong: a simulated robot, on simulated time. */
export interface Bench {
    readonly robot: SimulatedRobot
    readonly scheduler: Scheduler
}

export interface BenchOptions {
    robot?: string
    program?: Buffer
    /** Builds the body into the context instead of the robot's own way. */
    body?: (make: (context: BodyContext) => RobotBody, context: BodyContext) => RobotBody
    faults?: object[]
    seconds?: number
}

/** Powers on and lets some seconds pass, as long as the runtime takes to start a program and the drivers to give up. */
export async function bench({
    robot: name = 'rover',
    program,
    body,
    faults,
    seconds = 2,
}: BenchOptions = {}): Promise<Bench> {
    const { config, makeBody } = await loadRobot(name)
    const robot = new SimulatedRobot({
        program: program ?? (await buildFirmware(name)).bytecode,
        makeBody: context => (body ? body(makeBody, context) : makeBody(context)),
        profile: boardProfiles.rp2040,
        busFrequency: config.i2c.frequency,
        seed: 1,
        board: boardWith(config),
        faults: faults && JSON.stringify({ faults }),
    })
    await pass(robot, seconds)
    return { robot, scheduler: schedulerOf(robot.host) }
}

export async function pass(robot: SimulatedRobot, seconds: number): Promise<void> {
    const end = robot.clock.now / 1e6 + seconds
    await runFast(robot, () => robot.clock.now / 1e6 >= end)
}

/** The doctor on the bench, with this checkout. */
export async function examined(
    { robot, scheduler }: Bench,
    asked: { robot?: string; board?: string } = {},
    changes: Partial<ExamineOptions> = {},
): Promise<Examination> {
    const port = { port: '/dev/ttyACM0', ports: [{ path: '/dev/ttyACM0', vendorId: '2e8a', productId: '420a' }] }
    const options = { ...(await checkout(asked)), ...port, folders: [], labels: '/none', sys: '/none' }
    return settle(robot, examine({ ...options, open: () => openStream(robot), scheduler, ...changes }))
}

/** Sends the board's DeviceScript manager one command, as Jacdac's own tools do. */
export async function tellManager({ robot, scheduler }: Bench, command: number, payload: Buffer): Promise<void> {
    const link = new Link({ open: () => openStream(robot), scheduler })
    const told = new Promise<void>(resolve => {
        link.onFrame = frame => {
            const at = firstPacket(frame)
            if (frame[3] & FrameFlag.Command || frame[at + 1] !== 0 || frame[at + 2] !== 0) return
            const classes = Buffer.from(frame.subarray(at + PACKET_HEADER, at + PACKET_HEADER + frame[at]))
            for (let i = 1; 4 * i + 4 <= classes.length; i++) {
                if (classes.readUInt32LE(4 * i) !== DEVICE_SCRIPT_MANAGER_CLASS) continue
                link.send(makeFrame(frame.subarray(4, 12), i, command, payload))
                resolve()
            }
        }
    })
    await settle(robot, link.start())
    await settle(robot, told)
    await pass(robot, 1)
    await settle(robot, link.close())
}
