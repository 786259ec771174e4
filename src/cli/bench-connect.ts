import { Link } from '../host/link'
import { findPort } from '../host/ports'
import { type Scheduler, systemScheduler } from '../host/scheduler'
import { openSerial } from '../host/serial-stream'
import { RobotSession } from '../host/session'
import type { Defect } from '../sim/plants/motor-draw'
import { runRealTime } from '../sim/real-time'
import type { SimulatedRobot } from '../sim/simulated-robot'
import { connectSimulated, schedulerOf, settle, simulate, streamOf } from '../simulate'

/** Simulated time passes in steps of this while host code decides, ms: half a tick. */
const SLICE_MS = 5

/** What to test. */
export interface BenchTarget {
    port?: string
    sim?: string
    board: string
    seed: number
    /** Whether simulated time passes as fast as it goes, or beside wall time. */
    fast: boolean
    simDraw?: boolean
    simDefect?: Defect
    simLifted?: boolean
}

/** A robot on the bench. */
export interface BenchConnection {
    session: RobotSession
    scheduler: Scheduler
    /** Runs host code to its end, and simulated time with it where it passes as fast as it goes. */
    run<T>(work: Promise<T>): Promise<T>
    simulated?: SimulatedRobot
    /** How it was reached, for reports. */
    link: string
    close(): Promise<void>
}

export async function connectBench(target: BenchTarget): Promise<BenchConnection> {
    if (target.sim !== undefined) return connectSimulation(target, target.sim)
    const path = target.port === 'auto' ? (await findPort()).path : target.port!
    const link = new Link({ open: () => openSerial(path), scheduler: systemScheduler })
    const session = await RobotSession.open(link, systemScheduler)
    return {
        session,
        scheduler: systemScheduler,
        run: work => work,
        link: path,
        close: () => session.close(),
    }
}

async function connectSimulation(target: BenchTarget, sim: string): Promise<BenchConnection> {
    const { board, seed, fast, simDraw, simDefect, simLifted } = target
    const body = { draw: simDraw, defect: simDefect, lifted: simLifted }
    const simulated = await simulate({ robot: sim, board, seed, body })
    const how = [simDraw && 'drawn', simDefect, simLifted && 'lifted'].filter(Boolean).join(', ')
    const link = `simulated ${sim} on ${board}, seed ${seed}${how ? `, ${how}` : ''}`
    if (fast) {
        const session = await connectSimulated(simulated)
        const run = <T>(work: Promise<T>) => settle(simulated, work, SLICE_MS)
        const close = () => session.close()
        return { session, scheduler: schedulerOf(simulated.clock), run, simulated, link, close }
    }
    const stop = runRealTime(simulated, systemScheduler)
    const wire = new Link({ open: async () => streamOf(simulated), scheduler: systemScheduler })
    const session = await RobotSession.open(wire, systemScheduler).catch((error: unknown) => {
        stop()
        throw error
    })
    const close = async () => {
        stop()
        await session.close()
    }
    return { session, scheduler: systemScheduler, run: work => work, simulated, link, close }
}
