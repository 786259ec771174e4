import { buildFirmware } from '../../flash/build'
import { deployProgram, type Deployment } from '../../flash/deploy'
import { Link } from '../../host/link'
import type { Scheduler } from '../../host/scheduler'
import { RobotSession } from '../../host/session'
import { Random } from '../../sim/random'
import type { SimulatedRobot } from '../../sim/simulated-robot'
import { openStream, runFast, schedulerOf, settle, simulate } from '../../simulate'

/** What is cut: the board's power, its power while a byte of flash is written, its processor's run, the cable, the command. */
export const CUTS = ['power', 'power in a flash write', 'reset', 'cable', 'command killed'] as const
export type Cut = (typeof CUTS)[number]

/** A deploy takes about this long on the simulated RP2040, s: cuts come somewhere in it, or a little later. */
const DEPLOY_SECONDS = 5
/** Flash writes that the runtime makes while it takes a program in: beginning, pages, end. */
const FLASH_WRITES = 160
/** The power or the cable is gone for up to this long, s. */
const GONE_SECONDS = 3

/** How one deploy that was cut ended. */
export interface CutRun {
    cut: Cut
    /** s after the command was given; of a cut in a flash write when it began to be waited for */
    at: number
    /** What the command that was cut said; undefined when it mended the cut by itself. */
    error: string | undefined
    /** The command was killed, too. */
    killed: boolean
    /** The board had no whole program after the cut. */
    empty: boolean
    /** The runtime's store was damaged, and it formatted it. */
    formatted: boolean
    /** What went wrong afterwards: the board did not answer, or the same command did not mend it. */
    failure: string | undefined
}

/** Rover for balancer and back on one simulated board, with a cut in each deploy, mended by the same command. */
export async function cutRuns(count: number, seed: number, told: (run: CutRun) => void = () => {}): Promise<CutRun[]> {
    const deployments: Deployment[] = []
    for (const robot of ['balancer', 'rover']) {
        const { bytecode, sha256 } = await buildFirmware(robot)
        deployments.push({ robot, program: bytecode, sha256 })
    }
    const log: string[] = []
    const robot = await simulate({ robot: 'rover', board: 'rp2040', seed, onLog: line => log.push(line) })
    const random = new Random(seed).fork('cuts')
    const runs: CutRun[] = []
    for (let i = 0; i < count; i++) {
        log.length = 0
        const run = await cutRun(robot, random, deployments[i % 2], deployments, log)
        runs.push(run)
        told(run)
        // A board that does not answer any more answers to none of the next either.
        if (run.failure !== undefined) break
    }
    return runs
}

async function cutRun(
    robot: SimulatedRobot,
    random: Random,
    deployment: Deployment,
    known: Deployment[],
    log: string[],
): Promise<CutRun> {
    const cut = CUTS[Math.floor(random.uniform() * CUTS.length)]
    const at = random.uniform(0, DEPLOY_SECONDS)
    const gone = random.uniform(0.05, GONE_SECONDS)
    const killed = cut === 'command killed' || random.uniform() < 0.5
    const scheduler = schedulerOf(robot.host)
    const host = new Command(robot, scheduler, deployment, known)
    const first = host.run()
    if (cut === 'power in a flash write') cutInWrite(robot, random)
    await runFor(robot, at)
    if (cut === 'power') robot.board.powerOff()
    if (cut === 'reset') robot.board.restart()
    if (cut === 'power in a flash write') await waitForCut(robot)
    if (cut !== 'reset' && cut !== 'command killed') robot.host.unplug()
    if (killed) await host.kill()
    await runFor(robot, gone)
    if (!robot.board.powered) robot.board.restart()
    robot.host.plug()
    const error = await settle(robot, first)
    const formatted = log.some(line => line.includes('formatting'))
    const empty = robot.flash.program() === undefined
    const failure = await mend(robot, scheduler, deployment, known)
    return { cut, at, killed, error, empty, formatted, failure }
}

/** The board answers, and the same command mends it. Returns what went wrong. */
async function mend(
    robot: SimulatedRobot,
    scheduler: Scheduler,
    deployment: Deployment,
    known: Deployment[],
): Promise<string | undefined> {
    const error = await settle(robot, new Command(robot, scheduler, deployment, known).run())
    if (error !== undefined) return error
    if (!robot.flash.program()?.equals(deployment.program)) return 'the flash does not hold the program'
    return undefined
}

/** `tendon deploy`, on simulated time. */
class Command {
    private session: RobotSession | undefined
    private killed = false

    constructor(
        private readonly robot: SimulatedRobot,
        private readonly scheduler: Scheduler,
        private readonly deployment: Deployment,
        private readonly known: Deployment[],
    ) {}

    /** Returns what it failed of. */
    async run(): Promise<string | undefined> {
        const { robot, scheduler } = this
        const link = new Link({ open: () => openStream(robot), scheduler })
        try {
            this.session = await RobotSession.openBoard(link, scheduler)
            if (this.killed) throw new Error('killed')
            await deployProgram(this.session, scheduler, this.deployment, {
                known: async hash => this.known.find(({ sha256 }) => sha256 === hash)?.program,
                command: 'the same command',
            })
            return undefined
        } catch (error) {
            return (error as Error).message
        } finally {
            await this.session?.close()
        }
    }

    /** As a process dies: its port is closed, and nothing is said to the board. */
    async kill(): Promise<void> {
        this.killed = true
        await this.session?.close()
    }
}

/** The power goes at some byte of some write to the flash, when there is one. */
function cutInWrite({ flash }: SimulatedRobot, random: Random): void {
    // The first writes are the ones that could hurt: erasing, the entry in the store, the program's header.
    let writes = random.uniform() < 0.5 ? Math.floor(random.uniform() * 3) : Math.floor(random.uniform() * FLASH_WRITES)
    const part = random.uniform()
    flash.onWrite = size => {
        if (writes-- > 0) return
        flash.onWrite = undefined
        flash.cutAfter = Math.floor(part * size)
    }
}

async function waitForCut(robot: SimulatedRobot): Promise<void> {
    const end = robot.clock.now + DEPLOY_SECONDS * 1e6
    await runFast(robot, () => !robot.board.powered || robot.clock.now > end)
    robot.flash.onWrite = undefined
    robot.board.powerOff()
}

async function runFor(robot: SimulatedRobot, seconds: number): Promise<void> {
    const end = robot.clock.now + seconds * 1e6
    await runFast(robot, () => robot.clock.now >= end)
}
