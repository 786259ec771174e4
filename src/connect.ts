import { Link } from './host/link'
import { findPort } from './host/ports'
import type { Robot } from './host/robot'
import { systemScheduler } from './host/scheduler'
import { openSerial } from './host/serial-stream'
import { RobotSession } from './host/session'
import { runRealTime } from './sim/real-time'
import { simulate, streamOf } from './simulate'

/** A robot on a serial port (found by itself when no path is given), or one simulated in this process in real time. */
export type ConnectOptions =
    { port: string | 'auto'; pacingMs?: number } | { sim: string; board?: string; seed?: number; pacingMs?: number }

/** @throws RobotError when there is no such port, nobody answers, or it is no robot */
export async function connect(options: ConnectOptions): Promise<Robot> {
    if ('sim' in options) return connectSimulation(options)
    const path = options.port === 'auto' ? (await findPort()).path : options.port
    const link = new Link({ open: () => openSerial(path), scheduler: systemScheduler, pacingMs: options.pacingMs })
    return RobotSession.open(link, systemScheduler)
}

async function connectSimulation(options: {
    sim: string
    board?: string
    seed?: number
    pacingMs?: number
}): Promise<Robot> {
    const simulated = await simulate({ robot: options.sim, board: options.board, seed: options.seed })
    const stop = runRealTime(simulated, systemScheduler)
    const link = new Link({
        open: async () => streamOf(simulated),
        scheduler: systemScheduler,
        pacingMs: options.pacingMs,
    })
    const session = await RobotSession.open(link, systemScheduler).catch((error: unknown) => {
        stop()
        throw error
    })
    const close = session.close.bind(session)
    session.close = async () => {
        stop()
        await close()
    }
    return session
}
