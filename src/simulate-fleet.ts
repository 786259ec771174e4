import { FleetAgent, type AgentOptions, type AgentStatistics } from './fleet/agent'
import { BoardDeployer } from './flash/board-deployer'
import { buildFirmware } from './flash/build'
import { CommandLease, type Commander } from './host/lease'
import { Link } from './host/link'
import { type Scheduler, systemScheduler } from './host/scheduler'
import { RobotSession } from './host/session'
import type { SimulatedRobot } from './sim/simulated-robot'
import { schedulerOf, simulate, streamOf } from './simulate'
import { PACKAGE_VERSION } from './version'

/** Robots take turns: each runs for this much simulated time at once, ms. States are so much later than they could be. */
const SLICE_MS = 20
/** … and for this much while its program is written, ms: each packet waits for the one before. */
const FINE_MS = 2
/** A process that cannot keep up leaves out what is further behind than this, ms, and counts it. */
const MAX_BEHIND_MS = 250

export interface FleetSimulationOptions extends Pick<
    AgentOptions,
    'url' | 'username' | 'password' | 'ca' | 'cert' | 'key' | 'root' | 'stateRate'
> {
    robot: string
    count: number
    board?: string
    seed?: number
    /** Robots are called `<prefix>-001` and so on (default: the robot's name). */
    prefix?: string
}

/** One robot of a simulated fleet. */
interface Member {
    id: string
    simulated: SimulatedRobot
    scheduler: Scheduler
    /** What must be added to simulated time for host time, s since the Unix epoch. */
    epoch: number
    session?: RobotSession
    agent?: FleetAgent
    running: boolean
    /** Its program is being replaced: it has turns of its own. */
    deploying: boolean
}

/**
 * A fleet in one process: each robot has its own board running the firmware's bytecode, its own chips and body, its own
 * session and its own connection to the broker. Shared is what has no state: the compiled firmware, and the loop that
 * gives each a slice of time in turn. Board and session of a robot are both on its own simulated clock, which follows
 * wall time, so that 100 robots need 50 turns a second each instead of timers by the hundred for pacing.
 */
export class FleetSimulation {
    /** Simulated time that was left out because the process could not keep up, s, over all robots. */
    skipped = 0
    private readonly members: Member[] = []
    private timer: NodeJS.Timeout | undefined
    private closed = false

    private constructor() {}

    /** @throws FleetError, BuildError, SimulationError, RobotError */
    static async start(options: FleetSimulationOptions): Promise<FleetSimulation> {
        const fleet = new FleetSimulation()
        try {
            await buildFirmware(options.robot)
            for (let i = 1; i <= options.count; i++) fleet.members.push(await makeMember(options, i))
            const now = systemScheduler.epoch()
            for (const member of fleet.members) member.epoch = now
            fleet.run()
            await Promise.all(fleet.members.map(member => join(member, options, () => fleet.attend(member))))
            return fleet
        } catch (error) {
            await fleet.close()
            throw error
        }
    }

    get ids(): string[] {
        return this.members.map(({ id }) => id)
    }

    statistics(): AgentStatistics[] {
        return this.members.flatMap(({ agent }) => agent?.statistics() ?? [])
    }

    /** The robot itself, to see what became of it. @throws RangeError */
    simulated(id: string): SimulatedRobot {
        return this.member(id).simulated
    }

    /** A robot's host vanishes as if its machine had lost its power. */
    lose(id: string): void {
        const member = this.member(id)
        member.running = false
        member.agent?.vanish()
    }

    /** A robot's host hangs: its connection stays open, and nothing comes from it any more but what TCP does by itself. */
    hang(id: string): void {
        this.member(id).running = false
    }

    async close(): Promise<void> {
        this.closed = true
        clearTimeout(this.timer)
        await Promise.all(this.members.map(({ agent }) => agent?.close()))
        await Promise.all(this.members.map(({ session }) => session?.close()))
    }

    private run(): void {
        for (const member of this.members) if (member.running && !member.deploying) this.catchUp(member)
        if (!this.closed) this.timer = setTimeout(() => this.run(), SLICE_MS)
    }

    private catchUp(member: Member): void {
        const { clock } = member.simulated
        const due = systemScheduler.epoch() - member.epoch
        const behind = due - clock.now / 1e6 - MAX_BEHIND_MS / 1000
        if (behind > 0) {
            this.skipped += behind
            member.epoch += behind
        }
        member.simulated.runUntil(systemScheduler.epoch() - member.epoch)
    }

    /** Until its deploy has ended. Host code has its turn after each bit of time, however far behind this process is. */
    private async attend(member: Member): Promise<void> {
        const { simulated } = member
        while (member.deploying && member.running && !this.closed) {
            const due = systemScheduler.epoch() - member.epoch
            const now = simulated.clock.now / 1e6
            if (due - now > FINE_MS / 1000) {
                simulated.runUntil(now + FINE_MS / 1000)
                await new Promise(setImmediate)
            } else await new Promise(resolve => setTimeout(resolve, FINE_MS))
        }
    }

    private member(id: string): Member {
        const member = this.members.find(member => member.id === id)
        if (!member) throw new RangeError(`there is no robot "${id}" in this simulation`)
        return member
    }
}

async function makeMember(options: FleetSimulationOptions, number: number): Promise<Member> {
    const { robot, prefix = robot, board, seed = 1, count } = options
    const id = `${prefix}-${String(number).padStart(Math.max(3, String(count).length), '0')}`
    const simulated = await simulate({ robot, board, seed: seed + number - 1 })
    const scheduler: Scheduler = {
        ...schedulerOf(simulated.clock),
        epoch: () => member.epoch + simulated.clock.now / 1e6,
    }
    const member: Member = { id, simulated, scheduler, epoch: 0, running: true, deploying: false }
    return member
}

async function join(member: Member, options: FleetSimulationOptions, attend: () => Promise<void>): Promise<void> {
    const { id, simulated, scheduler } = member
    const { url, username, password, ca, cert, key, root, stateRate } = options
    const link = new Link({ open: async () => streamOf(simulated), scheduler })
    const session = (member.session = await RobotSession.open(link, scheduler))
    const commandLease = new CommandLease()
    const deployer = new BoardDeployer(session, scheduler, commandLease)
    const who: Commander = { name: '`tendon fleet deploy`', takenOver: () => undefined }
    const broker = { url, username, password, ca, cert, key, root, stateRate }
    member.agent = await FleetAgent.start(session, {
        ...broker,
        id,
        commandLease,
        deploy: (program, watch) => {
            member.deploying = true
            void attend()
            return deployer
                .deploy(program, { ...watch, refuseArmed: true }, who)
                .finally(() => (member.deploying = false))
        },
        hostVersion: PACKAGE_VERSION,
        scheduler,
    })
}
