import { beforeAll, onTestFinished } from 'vitest'
import { buildFirmware } from '../../src/flash/build'
import { firstPacket, packetCommand } from '../../src/protocol/frame'
import { RobotCommand } from '../../src/protocol/service'
import { SETPOINT_HEADER_BYTES } from '../../src/protocol/setpoint'
import type { Scheduler } from '../../src/host/scheduler'
import type { RobotSession } from '../../src/host/session'
import { Random } from '../../src/sim/random'
import type { SimulatedRobot } from '../../src/sim/simulated-robot'
import { connectSimulated, runFast, schedulerOf, settle, simulate, type SimulationOptions } from '../../src/simulate'

/** Between two setpoints of a planner, ms. */
export const SETPOINT_MS = 20

// Compiling takes seconds, and longer on a busy machine; the result is kept.
beforeAll(() => buildFirmware('rover'), 180_000)

export interface Rig {
    robot: SimulatedRobot
    session: RobotSession
    scheduler: Scheduler
}

/** The rover as it is flashed, on a simulated RP2040, with a session on the same virtual clock. The test's end closes it. */
export async function connectRover(options: Partial<SimulationOptions> & { pacingMs?: number } = {}): Promise<Rig> {
    const { pacingMs, ...simulation } = options
    const robot = await simulate({ robot: 'rover', board: 'rp2040', ...simulation })
    const session = await connectSimulated(robot, pacingMs)
    onTestFinished(() => session.close())
    return { robot, session, scheduler: schedulerOf(robot.clock) }
}

/** Armed, and settled into whatever the robot does then. */
export async function connectArmedRover(
    options: Partial<SimulationOptions> & { pacingMs?: number } = {},
): Promise<Rig> {
    const rig = await connectRover(options)
    await settle(rig.robot, rig.session.arm())
    return rig
}

/** A planner that repeats a velocity from now on. Returns a function that silences it and tells when it last spoke, s. */
export function keepDriving({ robot, session, scheduler }: Rig, linear: number, angular = 0): () => number {
    let last = NaN
    let timer: unknown
    const send = () => {
        last = seconds(robot)
        session.drive({ linear, angular })
        timer = scheduler.setTimeout(send, SETPOINT_MS)
    }
    send()
    return () => {
        scheduler.clearTimeout(timer)
        return last
    }
}

/** Simulated time since power-on, s. */
export function seconds(robot: SimulatedRobot): number {
    return robot.clock.now / 1e6
}

/** Lets simulated time pass, s. */
export async function pass(robot: SimulatedRobot, duration: number): Promise<void> {
    const end = seconds(robot) + duration
    await runFast(robot, () => seconds(robot) >= end, 1)
}

/** What the simulator knows of the wheels, after each step of the plant. */
export interface WheelLog {
    /** s since power-on */
    readonly times: number[]
    /** True speeds, left and right, rad/s. */
    readonly velocities: number[][]
    /** Duty of both motor outputs, as the motor controller gives it. */
    readonly outputs: number[][]
}

/** Keeps a log from now on. */
export function logWheels({ body }: SimulatedRobot): WheelLog {
    const log: WheelLog = { times: [], velocities: [], outputs: [] }
    const state = new Float64Array(64)
    body.onStep = () => {
        body.writeState(state)
        log.times.push(state[0])
        log.velocities.push(body.velocities())
        log.outputs.push(body.outputs())
    }
    return log
}

/** Stops the host's timers for 100 ms at random moments, every quarter of a second on average. */
export function stallAtRandom({ clock, host }: SimulatedRobot, seed: number): void {
    const random = new Random(seed)
    const next = () => {
        clock.at(clock.now + random.uniform(0.05, 0.25) * 1e6, () => {
            host.hold()
            clock.at(clock.now + 100_000, () => {
                host.release()
                next()
            })
        })
    }
    next()
}

/**
 * Times at which the board could see each setpoint, s, from now on: when its frame has arrived, or when the tick ends that
 * was under way then. The command's time counts from there.
 */
export function logSetpoints({ board, clock, usb }: SimulatedRobot): number[] {
    const seen: number[] = []
    let busyUntilUs = 0
    board.onTick = ({ startUs, totalUs }) => (busyUntilUs = startUs + totalUs)
    const receive = usb.onFrame
    usb.onFrame = frame => {
        if (isSetpointFrame(frame)) seen.push(Math.max(clock.now, busyUntilUs) / 1e6)
        receive(frame)
    }
    return seen
}

/** A pacing frame has the same command code and no payload. */
function isSetpointFrame(frame: Uint8Array): boolean {
    const at = firstPacket(frame)
    return packetCommand(frame, at) === RobotCommand.Setpoint && frame[at] >= SETPOINT_HEADER_BYTES
}
