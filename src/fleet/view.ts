import type { About, LeaseMessage, Presence, StateMessage } from './messages'

/** Without a state for this long, s, a robot counts as silent; slower ones get five of their periods. */
const SILENCE = 1
const PERIODS = 5

/** How a robot looks from a planner's side. `silent`: said to be there, but no state has come for a while. */
export type RobotStatus = Presence['status'] | 'silent' | 'unknown'

/** What is known of one robot. */
export interface FleetRobot {
    readonly id: string
    readonly status: RobotStatus
    readonly about?: About
    readonly state?: StateMessage
    readonly lease?: LeaseMessage
    /** States that came, that never came (gaps in their numbers), and that came behind newer ones and were thrown away. */
    readonly received: number
    readonly missed: number
    readonly outOfOrder: number
    /** Seconds since its last state came; undefined before. */
    readonly age?: number
}

/** What happened to a robot. */
export interface FleetEvent {
    robot: string
    status: RobotStatus
    was: RobotStatus
}

interface Entry {
    id: string
    presence?: Presence
    about?: About
    state?: StateMessage
    lease?: LeaseMessage
    received: number
    missed: number
    outOfOrder: number
    /** s, monotonic */
    heardAt: number
    stateAt?: number
    status: RobotStatus
}

/** All robots of a fleet, out of what they publish. Reads no clock of its own. */
export class FleetView {
    private readonly entries = new Map<string, Entry>()

    /** @param now s, monotonic */
    constructor(
        private readonly now: () => number,
        private readonly onEvent: (event: FleetEvent) => void = () => {},
    ) {}

    get robots(): FleetRobot[] {
        return [...this.entries.values()].sort((a, b) => (a.id < b.id ? -1 : 1)).map(entry => this.robotOf(entry))
    }

    robot(id: string): FleetRobot | undefined {
        const entry = this.entries.get(id)
        return entry && this.robotOf(entry)
    }

    presence(id: string, presence: Presence): void {
        const entry = this.entry(id)
        // The last will of a host that was started anew since: it is about the one before.
        if (entry.presence && presence.session < entry.presence.session) return
        entry.presence = presence
        entry.heardAt = this.now()
        this.update(entry)
    }

    about(id: string, about: About): void {
        const entry = this.entry(id)
        if (!entry.about || about.session >= entry.about.session) entry.about = about
    }

    lease(id: string, lease: LeaseMessage): void {
        const entry = this.entry(id)
        if (!entry.lease || lease.session >= entry.lease.session) entry.lease = lease
    }

    /** @returns whether the state is newer than all before it */
    state(id: string, state: StateMessage, retained: boolean): boolean {
        const entry = this.entry(id)
        const last = entry.state
        if (
            last &&
            (state.session < last.session || (state.session === last.session && state.sequence <= last.sequence))
        ) {
            entry.outOfOrder++
            return false
        }
        if (last?.session === state.session) entry.missed += state.sequence - last.sequence - 1
        entry.state = state
        // A retained state may be of any age: it says how the robot was, not that it is there.
        if (retained) return true
        entry.received++
        entry.stateAt = entry.heardAt = this.now()
        this.update(entry)
        return true
    }

    /** Looks for robots that fell silent. To be called several times a second. */
    check(): void {
        for (const entry of this.entries.values()) this.update(entry)
    }

    private entry(id: string): Entry {
        let entry = this.entries.get(id)
        if (!entry) {
            entry = { id, received: 0, missed: 0, outOfOrder: 0, heardAt: this.now(), status: 'unknown' }
            this.entries.set(id, entry)
        }
        return entry
    }

    private update(entry: Entry): void {
        const status = this.statusOf(entry)
        if (status === entry.status) return
        const was = entry.status
        entry.status = status
        this.onEvent({ robot: entry.id, status, was })
    }

    private statusOf({ presence, about, heardAt }: Entry): RobotStatus {
        if (!presence) return 'unknown'
        if (presence.status !== 'online') return presence.status
        const patience = Math.max(SILENCE, PERIODS / (about?.stateRate ?? Infinity))
        return this.now() - heardAt > patience ? 'silent' : 'online'
    }

    private robotOf({ id, status, about, state, lease, received, missed, outOfOrder, stateAt }: Entry): FleetRobot {
        const age = stateAt === undefined ? undefined : this.now() - stateAt
        return { id, status, about, state, lease, received, missed, outOfOrder, age }
    }
}
