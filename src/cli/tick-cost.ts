import type { Firmware } from '../flash/build'
import { type MotorStop, motorStop } from '../host/motor-stop'
import { armWhenReady } from '../host/robot-drive'
import type { BoardProfile } from '../sim/board-profile'
import type { TickCost } from '../sim/simulated-board'
import type { SimulatedRobot } from '../sim/simulated-robot'
import type { RobotSession } from '../host/session'
import { connectSimulated, runFast, schedulerOf, settle, simulate } from '../simulate'
import { loadDrive } from './drive'
import { startFixedDrive } from './fixed-drive'
import { TickStatistics } from './tick-statistics'

/** How long the robot is driven, s. */
const SECONDS = 3

/** What a control tick costs on a board, µs, and what it consists of. */
export interface TickReport {
    /** Ticks measured. */
    ticks: number
    medianUs: number
    meanUs: number
    maxUs: number
    /** Means of one tick. `units` is how many there are of it, `us` what they take together. */
    shares: {
        operations: Share
        calls: Share
        builtins: Share
        /** Time on the bus. */
        bus: Share
        /** What a transaction costs beside that. */
        transactions: Share
        collections: Share
        /** Reading the clock. */
        other: Share
    }
}

export interface Share {
    units: number
    us: number
}

/** The program's heap while the robot is driven. */
export interface HeapReport {
    /** Most that was in use, what was not yet collected included, bytes. */
    peakBytes: number
    /** All there is, bytes. */
    totalBytes: number
}

export interface ProgramCost {
    tick: TickReport
    heap: HeapReport
    functions: FunctionCost[]
    /** Of the robot's data, as the board computes it. */
    configHash: string
    /** What becomes of the motors when the board dies, as the board tells. */
    motorStop: MotorStop | undefined
}

/** A function of the firmware and its part of a tick. */
export interface FunctionCost {
    name: string
    /** Operations for each tick, whoever runs them: start-up left out, the rest of the firmware not. */
    operations: number
}

export interface TickCostOptions {
    robot: string
    board: string
    inline: boolean
    firmware: Firmware
}

/** The robot could not be driven: what its ticks took until then may say why. */
export class UndrivenError extends Error {
    override name = 'UndrivenError'

    constructor(
        readonly tick: TickReport,
        override readonly cause: unknown,
    ) {
        super('the robot cannot be driven', { cause })
    }
}

/**
 * Drives the robot in the simulator for a few seconds and takes its ticks apart.
 *
 * @throws UndrivenError when it does not get so far: a board that is always in its tick does not answer
 */
export async function measureProgram(options: TickCostOptions): Promise<ProgramCost> {
    const { robot, board, inline, firmware } = options
    const simulated = await simulate({ robot, board, inline, profileOperations: true })
    const session = await driven(simulated)
    const statistics = new TickStatistics(simulated.board)
    const before = simulated.board.operationProfile()
    const end = simulated.clock.now / 1e6 + SECONDS
    const stop = startFixedDrive(session, schedulerOf(simulated.clock), await loadDrive(robot))
    const heap = { peakBytes: 0, totalBytes: 0 }
    await runFast(simulated, () => {
        const { usedBytes = 0, freeBytes = 0 } = simulated.board.heapStatistics() ?? {}
        heap.peakBytes = Math.max(heap.peakBytes, usedBytes)
        heap.totalBytes = Math.max(heap.totalBytes, usedBytes + freeBytes)
        return simulated.clock.now / 1e6 >= end
    })
    stop()
    const costs = statistics.ticks()
    const functions = byFunction(firmware, before, simulated.board.operationProfile(), costs.length)
    const { description } = session
    await session.close()
    return {
        tick: report(costs, simulated.board.profile),
        heap,
        functions,
        configHash: description.configHash,
        motorStop: motorStop(description),
    }
}

async function driven(simulated: SimulatedRobot): Promise<RobotSession> {
    const statistics = new TickStatistics(simulated.board)
    try {
        const session = await connectSimulated(simulated)
        await settle(simulated, armWhenReady(session, schedulerOf(simulated.host)))
        return session
    } catch (error) {
        throw new UndrivenError(report(statistics.ticks(), simulated.board.profile), error)
    }
}

function report(costs: TickCost[], profile: BoardProfile): TickReport {
    const totals = costs.map(({ totalUs }) => totalUs).sort((a, b) => a - b)
    const mean = (key: keyof TickCost) => costs.reduce((sum, cost) => sum + cost[key], 0) / costs.length
    const share = (units: number, unitUs: number) => ({ units, us: units * unitUs })
    const shares = {
        operations: share(mean('operations'), profile.operationUs),
        calls: share(mean('calls'), profile.callUs),
        builtins: share(mean('builtins'), profile.builtinUs),
        bus: { units: mean('transactions'), us: mean('busUs') },
        transactions: share(mean('transactions'), profile.i2cUs),
        collections: {
            units: costs.filter(({ collectionUs }) => collectionUs > 0).length / costs.length,
            us: mean('collectionUs'),
        },
        other: { units: 0, us: 0 },
    }
    const known = Object.values(shares).reduce((sum, { us }) => sum + us, 0)
    shares.other.us = Math.max(mean('totalUs') - known, 0)
    return {
        ticks: costs.length,
        medianUs: totals[totals.length >> 1],
        meanUs: mean('totalUs'),
        maxUs: totals[totals.length - 1],
        shares,
    }
}

type Profile = { pc: number; operations: number }[]

/** Sums what was executed between two profiles by function, the largest first. */
function byFunction({ debug }: Firmware, before: Profile, after: Profile, ticks: number): FunctionCost[] {
    const earlier = new Map(before.map(({ pc, operations }) => [pc, operations]))
    const sums = new Map<string, number>()
    for (const { pc, operations } of after) {
        const found = debug.functions.find(({ startpc, size }) => startpc <= pc && pc < startpc + size)
        const name = found?.name ?? 'unknown'
        sums.set(name, (sums.get(name) ?? 0) + operations - (earlier.get(pc) ?? 0))
    }
    return [...sums]
        .map(([name, operations]) => ({ name, operations: operations / ticks }))
        .filter(({ operations }) => operations > 0)
        .sort((a, b) => b.operations - a.operations)
}
