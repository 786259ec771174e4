import { MonitorAction } from '../protocol/parameters'
import { Fault, JointMode } from '../protocol/state'
import type { FaultLog } from './fault-log'
import type { Joints } from './joints'
import { type MonitorSettings, NEVER, Watched } from './monitor-settings'
import type { JointConfig } from './robot-config'

/** What of a joint is out of the ordinary: one bit each, in the order of {@link FAULTS} and `Watched`. */
const [FAST, OUTSIDE, ASTRAY, STUCK, SAME, JERKED] = [1, 2, 4, 8, 16, 32]
const FAULTS = [Fault.Velocity, Fault.Position, Fault.Following, Fault.Stall, Fault.Frozen, Fault.Acceleration]
const KINDS = 6
/** Of what is in order, and of what was passed for its delay. */
const NOT_SINCE = -1
const TRIPPED = -2

/**
 * Watches the joints, one at a look, in turn. In the tick stands only whether anything is out of the
 * ordinary; for how long it was, and what follows, is judged in a function that is called when it is.
 */
export class Monitors {
    /** `Fault` bits whose causes hold: of monitors that stop the robot, and of those that only warn. */
    faults = 0
    warnings = 0
    private turn = 0
    // What the tick makes of the settings: {@link derive}.
    private readonly velocitySquare: number[] = []
    private readonly lowest: number[] = []
    private readonly highest: number[] = []
    private readonly followingSquare: number[] = []
    /** The lesser of the duties with which a joint must turn, and with which its encoder must; and each of them. */
    private readonly loadSquare: number[] = []
    private readonly stallSquare: number[] = []
    private readonly frozenSquare: number[] = []
    private readonly turningSquare: number[] = []
    /** By how much the velocity may change from one look at a joint to the next, rad/s: its limit times the time between. */
    private readonly changeSquare: number[] = []
    private readonly lastVelocity: number[] = []
    /** What was out of the ordinary at the last look. */
    private readonly seen: number[] = []
    private readonly lastReading: number[] = []
    /** Entry kind · joints + joint: board time since which it is so, ms; {@link NOT_SINCE}, {@link TRIPPED}. */
    private readonly since: number[] = []
    /** Likewise: where the monitor's settings are. */
    private readonly place: number[] = []

    /** @param lookS from one look at a joint to the next, s */
    constructor(
        private readonly config: readonly JointConfig[],
        private readonly settings: MonitorSettings,
        private readonly log: FaultLog,
        private readonly lookS: number,
    ) {
        for (let kind = 0; kind < KINDS; kind++) {
            for (let joint = 0; joint < config.length; joint++) {
                this.place.push(settings.at(joint, kind))
                this.since.push(NOT_SINCE)
            }
        }
        for (let i = 0; i < config.length; i++) {
            this.velocitySquare.push(0)
            this.lowest.push(0)
            this.highest.push(0)
            this.followingSquare.push(0)
            this.loadSquare.push(0)
            this.stallSquare.push(0)
            this.frozenSquare.push(0)
            const { monitors } = config[i]
            const turning = monitors && monitors.stall ? monitors.stall.speed : 0
            this.turningSquare.push(turning * turning)
            this.changeSquare.push(0)
            this.lastVelocity.push(0)
            this.seen.push(0)
            this.lastReading.push(0)
        }
    }

    /** Works out what follows from the settings. Called when one has changed. */
    derive(joints: Joints): void {
        for (let i = 0; i < joints.count; i++) {
            const { positionMin, positionMax } = this.config[i]
            const square = this.squares(i)
            const beyond = Math.sqrt(square[Watched.Position])
            const stall = square[Watched.Stall]
            const frozen = square[Watched.Frozen]
            this.velocitySquare[i] = square[Watched.Velocity]
            this.lowest[i] = (positionMin ?? -NEVER) - beyond
            this.highest[i] = (positionMax ?? NEVER) + beyond
            this.followingSquare[i] = square[Watched.Following]
            this.loadSquare[i] = stall < frozen ? stall : frozen
            this.stallSquare[i] = stall
            this.frozenSquare[i] = frozen
            this.changeSquare[i] = square[Watched.Acceleration] * this.lookS * this.lookS
        }
    }

    /** Of a joint's limits, by what is watched. */
    private squares(joint: number): number[] {
        const { place } = this
        const squares: number[] = []
        for (let at = joint; at < place.length; at += place.length / KINDS) {
            const limit = this.settings.limit(place[at])
            squares.push(limit * limit)
        }
        return squares
    }

    /** Looks at the joint whose turn it is. Comparisons are turned round: what is not a number is out of the ordinary. @inline */
    look(joints: Joints, now: number): void {
        const turn = this.turn
        this.turn = turn + 1 < joints.count ? turn + 1 : 0
        // A loop, because written out it indexes by constants, which costs less.
        for (let i = 0; i < joints.count; i++) {
            if (i === turn) {
                const velocity = joints.velocity[i]
                const speed = velocity * velocity
                let seen = 0
                if (!(speed <= this.velocitySquare[i])) seen = FAST
                const position = joints.position[i]
                if (!(position <= this.highest[i]) || position < this.lowest[i]) seen |= OUTSIDE
                if (joints.mode[i] === JointMode.Velocity) {
                    const error = joints.setpoint[i] - velocity
                    if (error * error > this.followingSquare[i]) seen |= ASTRAY
                }
                const effort = joints.effort[i]
                const load = effort * effort
                if (load > this.loadSquare[i]) {
                    if (load > this.stallSquare[i] && speed < this.turningSquare[i]) seen |= STUCK
                    if (load > this.frozenSquare[i] && joints.lastReading[i] === this.lastReading[i]) seen |= SAME
                }
                this.lastReading[i] = joints.lastReading[i]
                const change = velocity - this.lastVelocity[i]
                this.lastVelocity[i] = velocity
                if (change * change > this.changeSquare[i]) seen |= JERKED
                if ((seen | this.seen[i]) !== 0) {
                    this.judge(i, seen, now, velocity, position, joints.setpoint[i] - velocity, effort, change)
                }
            }
        }
    }

    /** Something is out of the ordinary, or was at the last look. */
    private judge(
        i: number,
        seen: number,
        now: number,
        velocity: number,
        position: number,
        error: number,
        effort: number,
        change: number,
    ): void {
        const { since, place } = this
        const { values } = this.settings
        const count = place.length / KINDS
        this.seen[i] = seen
        for (let kind = 0; kind < KINDS; kind++) {
            const at = kind * count + i
            if ((seen & (1 << kind)) === 0) {
                since[at] = NOT_SINCE
            } else if (since[at] !== TRIPPED) {
                if (since[at] === NOT_SINCE) since[at] = now
                if (now - since[at] >= values[place[at] + 1]) {
                    since[at] = TRIPPED
                    // What is compared with the limit, as a person would be told.
                    let value = kind === 0 ? velocity : kind === 1 ? position : kind === 2 ? error : effort
                    if (kind === 5) value = change / this.lookS
                    let limit = values[place[at]]
                    if (kind === 1) limit = position > this.highest[i] ? this.highest[i] : this.lowest[i]
                    this.log.record(FAULTS[kind], i, value, limit, now)
                }
            }
        }
        this.faults = this.warnings = 0
        for (let at = 0; at < since.length; at++) {
            const fault = FAULTS[Math.floor(at / count)]
            if (since[at] === TRIPPED) {
                if (values[place[at] + 2] === MonitorAction.Warn) this.warnings |= fault
                else this.faults |= fault
            }
        }
    }
}
