import type { JointSetpoint, RobotState } from '../host/robot'
import type { RobotDescription } from '../protocol/description'

// Payloads are JSON in UTF-8. SI units; times are seconds since the Unix epoch. A number that is not finite is null.

/** Whether a robot's host is there. `lost` is what the broker says in its name when it vanishes (last will). */
export interface Presence {
    status: 'online' | 'unlinked' | 'closed' | 'lost'
    /** Grows with each start of the robot's host: what has a smaller one is from before. */
    session: number
}

/** What a robot is. Sent once a session. */
export interface About {
    session: number
    description: RobotDescription
    versions: Versions
    /** States a second. */
    stateRate: number
    /** Whether its bridge takes programs over the broker. */
    deploys?: boolean
}

/** Everything in a robot that has a version. */
export interface Versions {
    /** Of this package on the robot's host. */
    host: string
    /** Protocol between board and host. */
    protocol: number
    /** Hash of the robot's data (hex). */
    configHash: string
    /** SHA-256 of the program on the board (hex), where it is known. */
    firmware: string | null
}

/** One sample of a robot. */
export interface StateMessage {
    session: number
    /** Counts states of a session from 0 on. A gap means lost ones. */
    sequence: number
    tick: number
    /** When the tick started, and how far that may be off by the robot's host, s. */
    time: number
    timeBound: number | null
    mode: string
    faults: string[]
    joints: {
        name: string
        position: number
        velocity: number
        effort: number
        setpoint: number | null
        valid: boolean
    }[]
    odometry?: { x: number; y: number; heading: number; linear: number; angular: number }
    /** V and A of the motor supply. Absent on robots that do not measure it. */
    battery?: { voltage: number; current: number }
    /** Counters since the session's start. */
    loop: { ticks: number; lateTicks: number; samplesLost: number; reconnects: number }
    /** States that the host threw away because the broker did not take them in time. */
    dropped: number
}

/** Who may command a robot. `holder` is null when nobody does. */
export interface LeaseMessage {
    session: number
    holder: string | null
    /** By the robot host's clock. */
    until: number
}

/** What a planner may ask of a robot. All but `ping`, `lease` and `stop` need the lease. */
export type Order =
    | { op: 'ping' }
    /** Takes the lease, or holds on to it, for so many seconds; 0 gives it back. */
    | { op: 'lease'; seconds: number }
    | { op: 'arm' }
    | { op: 'disarm' }
    | { op: 'stop' }
    | { op: 'drive'; linear: number; angular: number }
    | { op: 'joint'; joint: string; quantity: 'position' | 'velocity' | 'effort'; value: number }
    /** All of them from the same tick on, or none when one is refused; joints that are not named stay as they are. */
    | { op: 'joints'; setpoints: Record<string, JointSetpoint> }
    /** Replace the board's program. Goes to `program`, not to `command`: the program comes behind it. */
    | { op: 'deploy'; robot: string; bytes: number; sha256: string }

/** An order, with what keeps it from doing harm late. */
export type Command = Order & {
    /** Of the answer. */
    id: string
    /** Name of the planner: its answers go there, its lease is under it. */
    from: string
    /** Grows with each command of a planner; one that does not is thrown away. */
    sequence: number
    /** By the robot host's clock (each answer tells it): the robot refuses the command afterwards. */
    expires: number
}

export interface Answer {
    id: string
    ok: boolean
    /** When not `ok`: what is wrong and what is allowed. */
    error?: string
    code?: string
    /** The robot host's clock. */
    time: number
    /** Of the lease, when the command was about it. */
    until?: number
    /** What became of a deploy. */
    deployed?: DeployResult
}

/** A program that is on the board, whose robot answers. */
export interface DeployResult {
    outcome: 'deployed' | 'unchanged'
    /** SHA-256 of the program before; null when there was none. */
    before: string | null
    /** Times that the program was sent to the board. */
    attempts: number
    seconds: number
}

/** How far a deploy is: sent on each step, and once a second so that the planner sees that somebody is there. */
export interface Progress {
    id: string
    /** What is done now. */
    step: string
    /** Bytes of the program that are on the board, and of all. */
    written: number
    total: number
}

/** @param sequence this state's number */
export function stateMessage(
    state: RobotState,
    rest: Pick<StateMessage, 'session' | 'sequence' | 'loop' | 'dropped'>,
): StateMessage {
    const { tick, hostTime, hostTimeBound, mode, faults, joints, odometry, power } = state
    return {
        session: rest.session,
        sequence: rest.sequence,
        tick,
        time: hostTime,
        timeBound: finite(hostTimeBound),
        mode,
        faults,
        joints: joints.map(joint => ({ ...joint, setpoint: finite(joint.setpoint) })),
        odometry,
        battery: power && { voltage: power.voltage, current: power.current },
        loop: rest.loop,
        dropped: rest.dropped,
    }
}

function finite(value: number): number | null {
    return Number.isFinite(value) ? value : null
}
