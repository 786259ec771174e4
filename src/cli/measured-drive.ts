import { setImmediate, setTimeout } from 'node:timers/promises'
import { connectSimulated, schedulerOf, settle, simulate } from '../simulate'
import type { Fault } from '../sim/faults/fault-plan'
import type { SimulatedRobot } from '../sim/simulated-robot'
import type { Quantiles } from '../host/quantiles'
import { armWhenReady, SETPOINT_MS } from '../host/robot-drive'
import { loadDrive } from './drive'
import { QUIET_SETPOINT_MS, startFixedDrive } from './fixed-drive'
import { type Spread, spread, TickStatistics } from './tick-statistics'

/** Simulated time between two looks at this process's own events, s. */
const SLICE = 0.02

export interface DriveOptions {
    robot: string
    board: string
    seed: number
    /** s, simulated */
    duration: number
    /** Times as fast as wall time, or as fast as it goes. */
    speed: number | 'max'
    /** Whether the link paces the board. */
    pacing: boolean
    inline: boolean
    /** Text of a fault file. */
    faults?: string
    /** Ends the drive before its time. */
    signal?: AbortSignal
    /** Told the part that is done, 0 to 1. */
    onProgress?: (part: number) => void
}

/** What was measured, from the moment the robot was connected and armed. */
export interface DriveReport {
    robot: string
    board: string
    seed: number
    simulatedSeconds: number
    wallSeconds: number
    realTimeFactor: number
    ticks: number
    /** Ticks that started more than half a period after their deadline, as the board counts them. */
    lateTicks: number
    /** Between true starts of ticks. */
    periodMs: Spread
    tickMs: Spread
    /** Samples that the board made, and those of them that the session never got. */
    samplesSent: number
    samplesLost: number
    /** From asking the board to its own answer; and from sending a changed setpoint to the tick that first acts on it, s. */
    roundTrip: Quantiles
    setpointToTick: Quantiles
    heapFreeBytes: number | undefined
    /** Of the robot at the end. */
    mode: string
    /** What was injected, s since power-on. */
    faults: { time: number; fault: Fault; active: boolean }[]
    /** SHA-256 over every bus transaction, every state of the plant and every fault since power-on. */
    traceHash: string
}

/** Runs the robot's drive on simulated time, board and session on one virtual clock. */
export async function measureDrive(options: DriveOptions): Promise<DriveReport> {
    const { robot, board, seed, inline } = options
    const simulated = await simulate({ robot, board, seed, inline, faults: options.faults, trace: true })
    const faults: DriveReport['faults'] = []
    simulated.onFault = (fault, active) => faults.push({ time: simulated.clock.now / 1e6, fault, active })
    const drive = await loadDrive(robot)
    const session = await connectSimulated(simulated, options.pacing ? undefined : 0)
    await settle(simulated, armWhenReady(session, schedulerOf(simulated.host)))

    const statistics = new TickStatistics(simulated.board)
    const before = session.statistics()
    const start = simulated.clock.now / 1e6
    const wallStart = performance.now()
    const stop = startFixedDrive(
        session,
        schedulerOf(simulated.host),
        drive,
        options.pacing ? SETPOINT_MS : QUIET_SETPOINT_MS,
    )
    await run(simulated, options)
    const wallSeconds = (performance.now() - wallStart) / 1000
    stop()

    const simulatedSeconds = simulated.clock.now / 1e6 - start
    const ticks = statistics.ticks()
    const after = session.statistics()
    const samplesLost = after.samplesLost - before.samplesLost
    const quality = session.linkQuality()
    const report = {
        robot,
        board,
        seed,
        simulatedSeconds,
        wallSeconds,
        realTimeFactor: simulatedSeconds / wallSeconds,
        ticks: ticks.length,
        lateTicks: after.lateTicks - before.lateTicks,
        periodMs: statistics.periodMs(),
        tickMs: spread(ticks.map(({ totalUs }) => totalUs / 1000)),
        samplesSent: after.samplesReceived - before.samplesReceived + samplesLost,
        samplesLost,
        roundTrip: quality.roundTrip,
        setpointToTick: quality.actuation,
        heapFreeBytes: simulated.board.heapStatistics()?.freeBytes,
        mode: session.state?.mode ?? 'unknown',
        faults,
        traceHash: simulated.trace!.digest(),
    }
    await session.close()
    return report
}

/** Lets `duration` of simulated time pass, always in the same slices, so that the speed changes nothing in the run. */
async function run(robot: SimulatedRobot, { duration, speed, signal, onProgress }: DriveOptions): Promise<void> {
    const start = robot.clock.now / 1e6
    const wallStart = performance.now()
    for (let slice = 1, passed = 0; passed < duration && !signal?.aborted; slice++) {
        passed = Math.min(slice * SLICE, duration)
        robot.runUntil(start + passed)
        onProgress?.(passed / duration)
        const wait = speed === 'max' ? 0 : wallStart + (passed * 1000) / speed - performance.now()
        await (wait < 1 ? setImmediate() : setTimeout(wait))
    }
}
