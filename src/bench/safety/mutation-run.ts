import { armWhenReady } from '../../host/robot-drive'
import type { RobotState } from '../../host/robot'
import type { RobotSession } from '../../host/session'
import type { RobotDescription } from '../../protocol/description'
import { firstPacket, FRAME_HEADER, FrameFlag, packetCommand } from '../../protocol/frame'
import { RobotCommand, RobotRegister } from '../../protocol/service'
import { SETPOINT_ENTRY_BYTES, SETPOINT_HEADER_BYTES, SETPOINT_SCALE } from '../../protocol/setpoint'
import { JointMode } from '../../protocol/state'
import { decodeTelemetry } from '../../protocol/telemetry'
import { Random } from '../../sim/random'
import type { SimulatedRobot } from '../../sim/simulated-robot'
import { connectSimulated, runFast, schedulerOf, settle, simulate } from '../../simulate'
import { LeastUsed } from './memory'
import { payloadOf, sealed, withPayload } from './mutate'
import { type MutationCounts, Mutator } from './mutator'

const GET_REGISTER = 0x1000
const SETPOINT_MS = 20
/** Damaged copies of each frame: to the board go many short frames, to the host fewer and longer ones. */
const COPIES = { toBoard: 8, toHost: 16 }
/** Part of the setpoints beside which another command with a wrong payload travels: the board may send 50 answers a second. */
const OTHER = 0.1
/** Commands that change nothing, whatever their payload is. */
const OTHERS = [
    RobotCommand.Describe,
    RobotCommand.Timing,
    RobotCommand.Faults,
    RobotCommand.Probe,
    RobotCommand.Trajectory,
    RobotCommand.Parameters,
]
/** Velocities are drawn up to this, either way, rad/s. */
const FASTEST = 5
/** A report that is shorter by as much lacks a part of some sample, bytes. */
const SAMPLE_AT_LEAST = 32
/** What is under way has arrived, and is in a report, after this, s. */
const UNDER_WAY = 0.08

export interface MutationRun {
    simulatedSeconds: number
    toBoard: MutationCounts
    toHost: MutationCounts
    /** Setpoints of joints that the robot followed, and those of them that nobody had sent. */
    setpoints: number
    setpointsForged: number
    /** States that the session told, and those of them that the board had not sent. */
    states: number
    statesForged: number
    /** Panics and restarts of the program. */
    panics: number
    restarts: number
    /** The mode at the end, and how often the robot was another than armed on its way. */
    mode: string
    disarmed: number
    /** What the program on the board keeps, bytes: in the first tenth, and in the last. */
    boardBytes: [number, number]
}

/**
 * A planner drives the rover by velocities that are drawn anew each time, over a link on which each frame has damaged copies
 * of itself beside it, until `bytes` of these went each way.
 */
export async function mutationRun(bytes: number, seed: number, board = 'rp2040'): Promise<MutationRun> {
    const random = new Random(seed).fork('mutations')
    const robot = await simulate({ robot: 'rover', board, seed })
    const session = await connectSimulated(robot)
    await settle(robot, armWhenReady(session, schedulerOf(robot.host)))
    let restarts = 0
    const onReset = robot.board.onReset
    robot.board.onReset = () => {
        restarts++
        onReset()
    }
    const witness = new ContentWitness(robot, session)
    const toBoard = new Mutator(robot.toBoard, COPIES.toBoard, random.fork('to board'), wrongCommands)
    const toHost = new Mutator(robot.toHost, COPIES.toHost, random.fork('to host'), wrongReports)
    await runFast(robot, passed(robot, UNDER_WAY), 10)
    toBoard.begin()
    toHost.begin()
    const planner = random.fork('planner')
    const heap = new LeastUsed(robot)
    const start = robot.clock.now / 1e6
    const boardBytes: number[] = []
    let disarmed = 0
    for (let part = 1; part <= 10; part++) {
        while (Math.min(toBoard.bytes, toHost.bytes) < (bytes * part) / 10) {
            witness.command(planner)
            await runFast(robot, passed(robot, SETPOINT_MS / 1000), 10)
            heap.look()
            if (session.state?.mode === 'armed') continue
            disarmed++
            await settle(robot, session.disarm(), 10)
            await settle(robot, session.arm(), 10)
        }
        boardBytes.push(heap.take())
    }
    const simulatedSeconds = robot.clock.now / 1e6 - start
    const mode = session.state?.mode ?? 'unknown'
    await runFast(robot, passed(robot, UNDER_WAY), 10)
    const counts = { toBoard: toBoard.stop(), toHost: toHost.stop() }
    await session.close()
    return {
        simulatedSeconds,
        ...counts,
        ...witness.counts,
        panics: robot.board.work.panics,
        restarts,
        mode,
        disarmed,
        boardBytes: [boardBytes[0], boardBytes[9]],
    }
}

function passed(robot: SimulatedRobot, seconds: number): () => boolean {
    const end = robot.clock.now / 1e6 + seconds
    return () => robot.clock.now / 1e6 >= end
}

/** Knows what was sent at either end, and compares what the other end made of it. */
class ContentWitness {
    readonly counts = { setpoints: 0, setpointsForged: 0, states: 0, statesForged: 0 }
    /** Velocities that were ever sent, as they travel; of each joint. */
    private readonly velocities: Set<number>[]
    private readonly last: number[]
    /** Samples that the board has made and not yet told, by tick. */
    private readonly samples = new Map<number, string>()
    private readonly description: RobotDescription

    constructor(
        robot: SimulatedRobot,
        private readonly session: RobotSession,
    ) {
        this.description = session.description
        this.velocities = this.description.joints.map(() => new Set<number>())
        this.last = this.velocities.map(() => 0)
        const send = robot.usb.sendFrame.bind(robot.usb)
        robot.usb.sendFrame = frame => {
            this.board(frame)
            return send(frame)
        }
        session.onState(state => this.host(state))
    }

    command(random: Random): void {
        const setpoints = this.description.joints.map(({ name }, i) => {
            const raw = Math.round(random.uniform(-FASTEST, FASTEST) / SETPOINT_SCALE)
            this.velocities[i].add(raw)
            return [name, { velocity: raw * SETPOINT_SCALE }] as const
        })
        this.session.command(Object.fromEntries(setpoints))
    }

    private board(frame: Uint8Array): void {
        if (!isTelemetry(frame)) return
        const payload = payloadOf(Buffer.from(frame))
        const { joints, imu, power } = this.description
        const report = decodeTelemetry(payload, joints.length, imu !== undefined, power !== undefined)
        if (!report) return
        report.samples.forEach((sample, k) => {
            this.samples.set(report.tick + k, JSON.stringify(sample.joints))
            sample.joints.forEach(({ setpoint }, i) => this.follows(i, setpoint))
        })
    }

    private follows(joint: number, setpoint: number): void {
        const raw = Number.isNaN(setpoint) ? NaN : Math.round(setpoint / SETPOINT_SCALE)
        if (Object.is(raw, this.last[joint])) return
        this.last[joint] = raw
        if (Number.isNaN(raw)) return
        this.counts.setpoints++
        if (!this.velocities[joint].has(raw)) this.counts.setpointsForged++
    }

    private host({ tick, joints }: RobotState): void {
        this.counts.states++
        const told = joints.map(({ valid, position, velocity, effort, setpoint }) => {
            return { valid, position, velocity, effort, setpoint }
        })
        if (this.samples.get(tick) !== JSON.stringify(told)) this.counts.statesForged++
        this.samples.delete(tick)
    }
}

/** Beside a setpoint: one that is none, and now and then another command with a payload that it does not have. */
function wrongCommands(frame: Buffer, random: Random): Buffer[] {
    const at = firstPacket(frame)
    if (packetCommand(frame, at) !== RobotCommand.Setpoint || frame[at] < SETPOINT_HEADER_BYTES) return []
    const wrong: Buffer[] = []
    const setpoint = sealed(frame, random)
    if (!isSetpoint(payloadOf(setpoint))) wrong.push(setpoint)
    if (random.uniform() < OTHER) {
        const other = Buffer.from(frame)
        other[at + 2] = OTHERS[Math.floor(random.uniform() * OTHERS.length)]
        wrong.push(sealed(other, random))
    }
    return wrong
}

/** Whether a rover must take it, but for its sequence number: the table of `protocol/setpoint.ts` once more. */
function isSetpoint(payload: Uint8Array): boolean {
    const count = payload[SETPOINT_HEADER_BYTES - 1]
    if (payload.length < SETPOINT_HEADER_BYTES || count === 0) return false
    if (payload.length !== SETPOINT_HEADER_BYTES + count * SETPOINT_ENTRY_BYTES) return false
    for (let at = SETPOINT_HEADER_BYTES; at < payload.length; at += SETPOINT_ENTRY_BYTES) {
        if (payload[at] > 1 || payload[at + 1] > JointMode.Position) return false
    }
    return true
}

/** Beside a report of the robot: the same from a device that nobody knows, and one cut short. */
function wrongReports(frame: Buffer, random: Random): Buffer[] {
    if (!isTelemetry(frame)) return []
    const payload = payloadOf(frame)
    const stranger = Buffer.from(frame)
    for (let i = 4; i < FRAME_HEADER; i++) stranger[i] ^= 0x5a
    return [
        withPayload(stranger, payload),
        withPayload(frame, payload.subarray(0, Math.floor(random.uniform() * (payload.length - SAMPLE_AT_LEAST)))),
    ]
}

function isTelemetry(frame: Uint8Array): boolean {
    const report = (frame[3] & FrameFlag.Command) === 0
    return report && packetCommand(frame, firstPacket(frame)) === (GET_REGISTER | RobotRegister.Telemetry)
}
