import { expect, onTestFinished, test } from 'vitest'
import type { ByteStream } from '../../src/host/byte-stream'
import { Link } from '../../src/host/link'
import type { RobotState } from '../../src/host/robot'
import { RobotSession } from '../../src/host/session'
import { firstPacket, PACKET_HEADER, packetCommand } from '../../src/protocol/frame'
import { decodeTelemetry, type TelemetrySample } from '../../src/protocol/telemetry'
import { MAGIC, Sequence } from '../../src/protocol/usb-framing'
import { Random } from '../../src/sim/random'
import { schedulerOf, settle, simulate, streamOf } from '../../src/simulate'
import { makeNoisy } from './noise'
import { keepDriving, pass } from './rig'

/** The telemetry register's report; bit 12 says that it is one. */
const TELEMETRY = 0x1180
/** s of driving through the noise */
const DURATION = 20
/** Frames that may be under way when a test looks. */
const UNDER_WAY = 4

/** The frame in a chunk that holds one as it travels (usbbridge.md); undefined for log text and marks. */
function frameIn(chunk: Uint8Array): string | undefined {
    if (chunk[0] !== MAGIC || chunk[1] !== Sequence.FrameStart) return undefined
    const inner = Buffer.from(chunk).toString('latin1').slice(2, -2)
    return Buffer.from(inner.replaceAll('\xfe\xf8', '\xfe'), 'latin1').toString('hex')
}

/** Frames that go into one end of the line, in `sent`, and the stream with which they do. */
function tap(inner: ByteStream, direction: 'in' | 'out') {
    const sent: string[] = []
    const note = (chunk: Uint8Array) => {
        const frame = frameIn(chunk)
        if (frame !== undefined) sent.push(frame)
    }
    const stream: ByteStream = {
        write: chunk => {
            if (direction === 'out') note(chunk)
            inner.write(chunk)
        },
        onData: () => {},
        onClose: () => {},
        close: () => inner.close(),
    }
    inner.onData = chunk => {
        if (direction === 'in') note(chunk)
        stream.onData(chunk)
    }
    return { stream, sent }
}

/** The rover, armed and driving at the far end of a bad line for a while; and what went into the line and came out. */
async function driveThroughNoise(seed: number, damage: number) {
    const robot = await simulate({ robot: 'rover', board: 'rp2040', seed })
    const scheduler = schedulerOf(robot.clock)
    const board = tap(streamOf(robot), 'in')
    const noise = makeNoisy(board.stream, new Random(seed).fork('noise'), damage)
    const host = tap(noise.stream, 'out')
    const boardTook: string[] = []
    const receive = robot.usb.onFrame
    robot.usb.onFrame = frame => {
        boardTook.push(Buffer.from(frame).toString('hex'))
        receive(frame)
    }
    const link = new Link({ open: async () => host.stream, scheduler })
    const session = await settle(robot, RobotSession.open(link, scheduler))
    onTestFinished(() => session.close())

    const hostTook: string[] = []
    const deliver = link.onFrame
    link.onFrame = frame => {
        hostTook.push(Buffer.from(frame).toString('hex'))
        deliver(frame)
    }
    const before = { lost: session.statistics().samplesLost, tick: session.state?.tick, frames: board.sent.length }
    const states: RobotState[] = []
    session.onState(state => states.push(state))
    await settle(robot, session.arm())
    keepDriving({ robot, session, scheduler }, 0.2)
    await pass(robot, DURATION)
    return {
        robot,
        link,
        session,
        noise,
        boardSent: board.sent,
        boardTook,
        hostSent: host.sent,
        hostTook,
        states,
        before,
    }
}

/** What differs first, short enough to read. */
function firstDifference(taken: string[], sent: string[]): object | undefined {
    const index = taken.findIndex((frame, i) => frame !== sent[i])
    return index < 0 ? undefined : { index, taken: taken[index], sent: sent[index] }
}

/** Every sample in the frames that the board sent, by tick. */
function samplesIn(frames: string[], joints: number): Map<number, TelemetrySample> {
    const samples = new Map<number, TelemetrySample>()
    for (const hex of frames) {
        const frame = Buffer.from(hex, 'hex')
        const at = firstPacket(frame)
        if (packetCommand(frame, at) !== TELEMETRY) continue
        const payload = frame.subarray(at + PACKET_HEADER, at + PACKET_HEADER + frame[at])
        const report = decodeTelemetry(payload, joints, true)!
        report.samples.forEach((sample, k) => samples.set(report.tick + k, sample))
    }
    return samples
}

/** Holds every state against the board's sample of that tick. */
function expectStatesAsSent(states: RobotState[], samples: Map<number, TelemetrySample>): void {
    for (const { tick, joints, lateness } of states) {
        const sample = samples.get(tick)!
        expect({ tick, lateness, joints }).toEqual({
            tick,
            lateness: sample.latenessMs / 1000,
            joints: sample.joints.map((joint, i) => ({ name: ['left_wheel', 'right_wheel'][i], ...joint })),
        })
    }
}

test.each([1, 2])('noise between frames costs no frame either way, and each kind is counted (seed %i)', async seed => {
    const run = await driveThroughNoise(seed, 0)
    const { boardSent, boardTook, hostSent, hostTook, states, noise, link, robot } = run
    expect(noise.toHost.cut).toBeGreaterThan(20)
    expect(noise.toBoard.badCrc).toBeGreaterThan(500)

    // All that was sent since then arrived, in order, but for what is under way.
    const first = boardSent.indexOf(hostTook[0], run.before.frames - UNDER_WAY)
    expect(firstDifference(hostTook, boardSent.slice(first))).toBeUndefined()
    expect(boardSent.length - first - hostTook.length).toBeLessThan(UNDER_WAY)
    // The board's USB bridge keeps the host's first commands for itself.
    const forBoard = hostSent.slice(hostSent.indexOf(boardTook[0]))
    expect(firstDifference(boardTook, forBoard.slice(0, boardTook.length))).toBeUndefined()
    const { framesReceived, commandsReceived } = robot.usb.statistics
    expect(hostSent.length - framesReceived - commandsReceived).toBeLessThan(UNDER_WAY)

    expect(states.length).toBeGreaterThan(DURATION * 99)
    expectStatesAsSent(states, samplesIn(boardSent, 2))
    expect(run.session.statistics().samplesLost).toBe(0)
    expect(states.at(-1)!.mode).toBe('armed')

    expect(link.stats.decoder.crcErrors).toBe(noise.toHost.badCrc)
    expect(link.stats.decoder.framingErrors).toBeGreaterThanOrEqual(noise.toHost.cut)
    expect(robot.usb.statistics.crcErrors).toBe(noise.toBoard.badCrc)
    expect(robot.usb.statistics.framingErrors).toBeGreaterThanOrEqual(noise.toBoard.cut)
})

test.each([3, 4])('damaged frames are dropped and counted, none is taken for another (seed %i)', async seed => {
    const run = await driveThroughNoise(seed, 0.03)
    const { boardSent, boardTook, hostSent, hostTook, states, session, before } = run
    const fromBoard = new Set(boardSent)
    const fromHost = new Set(hostSent)
    expect(hostTook.filter(frame => !fromBoard.has(frame))).toEqual([])
    expect(boardTook.filter(frame => !fromHost.has(frame))).toEqual([])

    const samples = samplesIn(boardSent, 2)
    expectStatesAsSent(states, samples)
    const taken = new Set(states.map(state => state.tick))
    const from = before.tick ?? states[0].tick
    const missing = [...samples.keys()].filter(tick => tick > from && tick < states.at(-1)!.tick && !taken.has(tick))
    expect(missing.length).toBeGreaterThan(0)
    expect(session.statistics().samplesLost - before.lost).toBe(missing.length)
    expect(taken.size).toBe(states.length)
    expect(states.at(-1)!.mode).toBe('armed')
    expect(run.robot.body.velocities()[0]).toBeGreaterThan(4.5)
})
