import { loadDrive } from '../../cli/drive'
import { startFixedDrive } from '../../cli/fixed-drive'
import { Link, type LinkStatistics } from '../../host/link'
import { armWhenReady } from '../../host/robot-drive'
import { RobotSession } from '../../host/session'
import type { SimulatedRobot } from '../../sim/simulated-robot'
import { openStream, runFast, schedulerOf, settle, simulate } from '../../simulate'
import { hostBytes, LeastUsed } from './memory'

export interface SteadyOptions {
    robot: string
    board: string
    seed: number
    /** s, simulated */
    seconds: number
    /** Told the part that is done, 0 to 1. */
    onProgress?: (part: number) => void
}

/** A tick that began more than half a period after its deadline. */
export interface LateTick {
    /** Simulated, s since power-on. */
    at: number
    lateness: number
    /** What the board did in the 30 ms before, one stretch of a fiber each: when it began and how long it took, s. */
    before: { start: number; seconds: number; collection: number }[]
}

export interface SteadyRun {
    seconds: number
    /** The mode at the end, and how often it was another one than `armed` meanwhile. */
    mode: string
    disarmed: number
    lateTicks: number
    /** Of those, what the samples tell: the first few. */
    late: LateTick[]
    /** Ticks that must be one: by the board's clock, by its histogram, by the samples that came and those that are known to miss. */
    ticks: { clock: number; board: number; host: number }
    samplesLost: number
    /** Frames that one end sent, and the other received, since power-on. */
    toBoard: { sent: number; received: number }
    toHost: { sent: number; received: number }
    /** Everything that either end counts as lost or broken: all of it must be 0. */
    losses: Record<string, number>
    /** What the host process and the program on the board keep, bytes: in the first tenth of the time, and in the last. */
    hostBytes: [number, number]
    boardBytes: [number, number]
    panics: number
    /** Largest lean of a body that balances, rad. */
    tilt: number | undefined
}

/** Between two words about progress, s; and how many late ticks are looked into. */
const STEP = 0.1
const LATE_KEPT = 5
/** After arming, before anything is measured, s. */
const SETTLED = 2
/** What is under way in the link has arrived after this, s. */
const UNDER_WAY = 0.02

/** The robot's drive for a long time on a paced link, nothing going wrong; then both ends are asked what they counted. */
export async function steadyRun({ robot: name, board, seed, seconds, onProgress }: SteadyOptions): Promise<SteadyRun> {
    const robot = await simulate({ robot: name, board, seed })
    const scheduler = schedulerOf(robot.host)
    const link = new Link({ open: () => openStream(robot), scheduler })
    const session = await settle(robot, RobotSession.open(link, scheduler))
    await settle(robot, armWhenReady(session, scheduler))
    const { tickPeriodMs } = session.description
    const heap = new LeastUsed(robot)
    const late = watchTicks(robot, session, tickPeriodMs / 1000, heap)
    let disarmed = 0
    session.onState(({ mode }) => {
        if (mode !== 'armed') disarmed++
    })
    // Whoever held a body that balances has let go of it.
    await runFast(robot, passed(robot, SETTLED))
    let tilt = robot.body.tilt ? 0 : undefined
    if (tilt !== undefined) robot.body.onStep = () => (tilt = Math.max(tilt!, Math.abs(robot.body.tilt!())))
    const begin = await counted(robot, session)
    const now = () => robot.clock.now / 1e6
    const end = now() + seconds
    const stop = startFixedDrive(session, scheduler, await loadDrive(name))
    const host: number[] = []
    const program: number[] = []
    for (let part = 1; part <= 10; part++) {
        const until = end - seconds * (1 - part / 10)
        while (now() < until) {
            await runFast(robot, passed(robot, STEP), 100)
            onProgress?.(1 - (end - now()) / seconds)
        }
        host.push(hostBytes())
        program.push(heap.take())
    }
    const mode = session.state?.mode ?? 'unknown'
    const finish = await counted(robot, session)
    stop()
    // First nothing more comes from the board, then nothing from the host: what is under way arrives.
    robot.board.hold()
    await runFast(robot, passed(robot, UNDER_WAY), 1)
    const usb = robot.usb.statistics
    const toHost = { sent: usb.framesSent, received: link.stats.decoder.frames }
    const losses = {
        ...linkLosses(link.stats),
        echoesLost: finish.echoesLost - begin.echoesLost,
        stalls: finish.stalls - begin.stalls,
        setpointsLost: finish.setpointsLost - begin.setpointsLost,
        setpointsRefused: finish.setpointsRefused - begin.setpointsRefused,
        framesDropped: usb.framesDropped,
        boardCrcErrors: usb.crcErrors,
        boardFramingErrors: usb.framingErrors,
        boardBytesDiscarded: usb.bytesDiscarded,
        logBytesDropped: usb.logBytesDropped,
    }
    await session.close()
    await runFast(robot, passed(robot, UNDER_WAY), 1)
    const { framesReceived, commandsReceived } = robot.usb.statistics
    return {
        seconds,
        mode,
        disarmed,
        lateTicks: finish.lateTicks - begin.lateTicks,
        late,
        ticks: {
            clock: Math.round((finish.boardTime - begin.boardTime) / (tickPeriodMs / 1000)),
            board: finish.board - begin.board,
            host: finish.host - begin.host,
        },
        samplesLost: finish.samplesLost - begin.samplesLost,
        toBoard: { sent: link.stats.framesOut, received: framesReceived + commandsReceived },
        toHost,
        losses,
        hostBytes: [host[0], host[9]],
        boardBytes: [program[0], program[9]],
        panics: robot.board.work.panics,
        tilt,
    }
}

function passed(robot: SimulatedRobot, seconds: number): () => boolean {
    const end = robot.clock.now / 1e6 + seconds
    return () => robot.clock.now / 1e6 >= end
}

/** Ticks since the program started, by each count, and the board's time of the newest sample. */
async function counted(robot: SimulatedRobot, session: RobotSession) {
    const { periodCounts, setpoints = { refused: NaN, lost: NaN } } = await settle(robot, session.timing(), 1)
    const { samplesReceived, samplesLost, lateTicks } = session.statistics()
    const { boardTime = NaN } = session.state ?? {}
    const { stalls, echoesLost } = session.linkQuality()
    return {
        board: sum(periodCounts),
        host: samplesReceived + samplesLost,
        boardTime,
        lateTicks,
        samplesLost,
        stalls,
        echoesLost,
        setpointsLost: setpoints.lost,
        setpointsRefused: setpoints.refused,
    }
}

const sum = (counts: number[]) => counts.reduce((total, count) => total + count, 0)

function linkLosses({ reconnects, openFailures, pacingMissed, writesDropped, decoder }: LinkStatistics) {
    const { crcErrors, framingErrors, bytesDiscarded, frameGaps, logGaps } = decoder
    const hostErrors = { crcErrors, framingErrors, bytesDiscarded, frameGaps, logGaps }
    return { reconnects, openFailures, pacingMissed, writesDropped, ...hostErrors }
}

/** Gathers the late ticks from now on, with what the board did just before each; looks at the heap after each collection. */
function watchTicks(robot: SimulatedRobot, session: RobotSession, period: number, heap: LeastUsed): LateTick[] {
    const late: LateTick[] = []
    const stretches: LateTick['before'] = []
    let seen = robot.board.work.collections
    robot.board.onTick = ({ startUs, totalUs, collectionUs }) => {
        const { collections } = robot.board.work
        if (collections !== seen) heap.look()
        seen = collections
        if (stretches.length === 32) stretches.shift()
        stretches.push({ start: startUs / 1e6, seconds: totalUs / 1e6, collection: collectionUs / 1e6 })
    }
    session.onState(({ boardTime: at, lateness }) => {
        if (lateness <= period / 2 || late.length === LATE_KEPT) return
        late.push({ at, lateness, before: stretches.filter(({ start }) => start > at - 0.03 && start < at + 0.01) })
    })
    return late
}
