import type { RobotState } from '../../host/robot'
import type { RobotSession } from '../../host/session'
import { firstPacket, PACKET_HEADER, packetCommand, setFrameCrc } from '../../protocol/frame'
import { encodeFrame, FrameDecoder } from '../../protocol/usb-framing'
import { connectSimulated, runFast, settle, simulate } from '../../simulate'

const TELEMETRY_REPORT = 0x1180
/** s of driving that are recorded */
const RECORDED = 10

/** A session with a rover that stands still in time, and what that rover would have gone on to say. */
export interface Replay {
    session: RobotSession
    /** Recorded states. */
    states: RobotState[]
    /** The bytes of the next telemetry report: four samples. */
    nextReport: () => Buffer
    /** Gives the session what came from the serial port. */
    feed: (bytes: Buffer) => void
}

/**
 * Connects a simulated rover, drives it and records. Its clock then stops, and with it everything that the link and the
 * session do by timers (pacing, clock queries): what is fed afterwards costs what decoding it costs.
 */
export async function replaySession(): Promise<Replay> {
    const robot = await simulate({ robot: 'rover', board: 'ideal' })
    const session = await connectSimulated(robot)
    const states: RobotState[] = []
    const reports: Buffer[] = []
    const stop = session.onState(state => states.push(state))
    const decoder = new FrameDecoder()
    decoder.onFrame = (frame, length) => {
        if (packetCommand(frame, firstPacket(frame)) === TELEMETRY_REPORT)
            reports.push(Buffer.from(frame.subarray(0, length)))
    }
    const receive = robot.onBytes
    robot.onBytes = chunk => {
        decoder.push(chunk)
        receive(chunk)
    }
    await settle(robot, session.arm())
    const end = robot.clock.now + RECORDED * 1e6
    await runFast(robot, () => {
        session.drive({ linear: 0.25, angular: 0.5 })
        return robot.clock.now > end
    })
    stop()

    return { session, states, nextReport: continued(reports), feed: receive }
}

/** Gives the reports again and again, as they travel, with ticks and times that go on from the last. */
function continued(reports: Buffer[]): () => Buffer {
    const payload = firstPacket(reports[0]) + PACKET_HEADER
    const last = reports[reports.length - 1]
    let tick = last.readUInt32LE(payload)
    let boardTimeMs = last.readUInt32LE(payload + 4)
    let next = 0
    return () => {
        const report = reports[next++ % reports.length]
        const samples = report[payload + 8]
        tick += samples
        boardTimeMs += samples * 10
        report.writeUInt32LE(tick, payload)
        report.writeUInt32LE(boardTimeMs, payload + 4)
        setFrameCrc(report)
        return encodeFrame(report)
    }
}
