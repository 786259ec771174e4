import { JointMode } from '../protocol/state'
import type { FaultLog } from './fault-log'
import type { Joints } from './joints'
import type { JointConfig, JointMonitors, Monitor, RobotConfig } from './robot-config'
import { Watch } from './watch'

/** Numbers of the `Fault` bits that joints' monitors raise. */
const [POSITION, VELOCITY, ACCELERATION, EFFORT, FOLLOWING, STALL, FROZEN] = [6, 7, 8, 9, 10, 11, 12]
/** Half of the range of a joint that has none, rad. */
const UNLIMITED = 1e9
/** What of a joint's motion is to be judged, and what of its loop. */
const [SPEED, PLACE] = [1, 2]
const [JERKED, LOADED, SAME, ASTRAY] = [1, 2, 4, 8]

const NOTHING: JointMonitors = {}

// The board's runtime throws in `joint.monitors?.stall?.speed` when there are no monitors.
function watched(joint: JointConfig): JointMonitors {
    return joint.monitors ?? NOTHING
}

/**
 * Watches the joints, one a tick in turn: first where each is and how fast, then each one's loop. So a joint's monitors are
 * looked at once in `2 · joints` ticks. In the tick stands only whether anything is out of the ordinary; what that means is
 * judged in functions that are called when it is.
 */
export class Monitors {
    /** `Fault` bits that hold now: of monitors that stop, and of those that warn. */
    faults = 0
    warnings = 0
    readonly position: Watch
    readonly velocity: Watch
    readonly acceleration: Watch
    readonly effort: Watch
    readonly following: Watch
    readonly stall: Watch
    readonly frozen: Watch
    /** Slower than this is not turning, rad/s. */
    readonly stallSpeed: number[] = []

    /** Middle of each joint's range, and its half, rad. */
    private readonly middle: number[] = []
    private readonly half: number[] = []
    /** Squares of the limits, for the tick. */
    private readonly reachSquare: number[] = []
    private readonly velocitySquare: number[] = []
    private readonly changeSquare: number[] = []
    private readonly loadSquare: number[] = []
    private readonly frozenSquare: number[] = []
    private readonly followingSquare: number[] = []
    /** What counts or has tripped at each joint, and must be judged again whatever the tick sees: bits as above. */
    private readonly motionPending: number[] = []
    private readonly loopPending: number[] = []
    /** At the last look: velocity, rad/s, and reading, rad. */
    private readonly lastVelocity: number[] = []
    private readonly lastReading: number[] = []
    private readonly all: Watch[]
    private readonly lookS: number
    /** Between the velocity that the loop of the joint at hand wants and the measured one, rad/s. */
    private error = 0
    private turn = 0
    private readonly turns: number

    constructor(config: RobotConfig, log: FaultLog) {
        const joints = config.joints
        this.turns = 2 * joints.length
        const lookMs = this.turns * config.tickPeriodMs
        this.lookS = lookMs / 1000
        const watch = (fault: number, monitors: (Monitor | undefined)[]) => new Watch(fault, monitors, lookMs, log)
        this.position = watch(
            POSITION,
            joints.map(joint => watched(joint).position),
        )
        this.velocity = watch(
            VELOCITY,
            joints.map(joint => watched(joint).velocity),
        )
        this.acceleration = watch(
            ACCELERATION,
            joints.map(joint => watched(joint).acceleration),
        )
        this.effort = watch(
            EFFORT,
            joints.map(joint => watched(joint).effort),
        )
        this.following = watch(
            FOLLOWING,
            joints.map(joint => watched(joint).following),
        )
        this.stall = watch(
            STALL,
            joints.map(joint => watched(joint).stall),
        )
        this.frozen = watch(
            FROZEN,
            joints.map(joint => watched(joint).frozen),
        )
        this.all = [
            this.position,
            this.velocity,
            this.acceleration,
            this.effort,
            this.following,
            this.stall,
            this.frozen,
        ]
        for (const joint of joints) {
            const lowest = joint.positionMin ?? -UNLIMITED
            const highest = joint.positionMax ?? UNLIMITED
            this.middle.push((lowest + highest) / 2)
            this.half.push((highest - lowest) / 2)
            const stall = watched(joint).stall
            this.stallSpeed.push(stall ? stall.speed : 0)
            this.motionPending.push(0)
            this.loopPending.push(0)
            this.lastVelocity.push(0)
            this.lastReading.push(NaN)
        }
        this.apply()
    }

    /** Takes over limits that have changed. */
    apply(): void {
        for (let i = 0; i < this.middle.length; i++) {
            const reach = this.half[i] + this.position.limit[i]
            const change = this.acceleration.limit[i] * this.lookS
            const load = Math.min(this.effort.limit[i], this.stall.limit[i])
            this.reachSquare[i] = reach * reach
            this.velocitySquare[i] = this.velocity.limit[i] * this.velocity.limit[i]
            this.changeSquare[i] = change * change
            this.loadSquare[i] = load * load
            this.frozenSquare[i] = this.frozen.limit[i] * this.frozen.limit[i]
            this.followingSquare[i] = this.following.limit[i] * this.following.limit[i]
        }
    }

    /** Looks at what is due at this tick. Comparisons are turned round: what is not a number is out of the ordinary. @inline */
    step(joints: Joints, now: number): void {
        const turn = this.turn
        const count = joints.count
        this.turn = turn + 1 < this.turns ? turn + 1 : 0
        if (turn < count) {
            const velocity = joints.velocity[turn]
            const off = joints.position[turn] - this.middle[turn]
            let look = this.motionPending[turn]
            if (!(velocity * velocity <= this.velocitySquare[turn])) look |= SPEED
            if (!(off * off <= this.reachSquare[turn])) look |= PLACE
            if (look !== 0) this.judgeMotion(joints, turn, look, now)
        } else {
            const i = turn - count
            const velocity = joints.velocity[i]
            const change = velocity - this.lastVelocity[i]
            let look = this.loopPending[i]
            if (!(change * change <= this.changeSquare[i])) look |= JERKED
            const mode = joints.mode[i]
            if (mode !== JointMode.Off) {
                const effort = joints.effort[i]
                const load = effort * effort
                if (!(load <= this.loadSquare[i])) look |= LOADED
                if (load > this.frozenSquare[i]) {
                    if (joints.lastReading[i] === this.lastReading[i]) look |= SAME
                }
                if (mode !== JointMode.Effort) {
                    let goal = joints.setpoint[i]
                    if (mode === JointMode.Position) {
                        goal = joints.kpPosition[i] * (goal - joints.position[i])
                        const fastest = joints.velocityLimit[i]
                        if (goal > fastest) goal = fastest
                        else if (goal < -fastest) goal = -fastest
                    }
                    this.error = goal - velocity
                    if (!(this.error * this.error <= this.followingSquare[i])) look |= ASTRAY
                }
            }
            if (look !== 0) this.judgeLoop(joints, i, look, change, now)
            this.lastVelocity[i] = velocity
            this.lastReading[i] = joints.lastReading[i]
        }
    }

    private judgeMotion(joints: Joints, i: number, look: number, now: number): void {
        let pending = 0
        if ((look & SPEED) !== 0) {
            const velocity = Math.abs(joints.velocity[i])
            if (this.judge(this.velocity, i, velocity, now)) pending |= SPEED
        }
        if ((look & PLACE) !== 0) {
            const beyond = Math.abs(joints.position[i] - this.middle[i]) - this.half[i]
            if (this.judge(this.position, i, beyond, now)) pending |= PLACE
        }
        this.motionPending[i] = pending
    }

    private judgeLoop(joints: Joints, i: number, look: number, change: number, now: number): void {
        const mode = joints.mode[i]
        const effort = mode === JointMode.Off ? 0 : Math.abs(joints.effort[i])
        let pending = 0
        if ((look & JERKED) !== 0) {
            const acceleration = Math.abs(change) / this.lookS
            if (this.judge(this.acceleration, i, acceleration, now)) pending |= JERKED
        }
        if ((look & LOADED) !== 0) {
            if (this.judge(this.effort, i, effort, now)) pending |= LOADED
            const slow = Math.abs(joints.velocity[i]) < this.stallSpeed[i]
            if (this.judge(this.stall, i, slow ? effort : 0, now)) pending |= LOADED
        }
        if ((look & SAME) !== 0) {
            const same = joints.lastReading[i] === this.lastReading[i]
            if (this.judge(this.frozen, i, same ? effort : 0, now)) pending |= SAME
        }
        if ((look & ASTRAY) !== 0) {
            const error = mode < JointMode.Velocity ? 0 : Math.abs(this.error)
            if (this.judge(this.following, i, error, now)) pending |= ASTRAY
        }
        this.loopPending[i] = pending
    }

    private judge(watch: Watch, i: number, value: number, now: number): boolean {
        const before = watch.stopping | watch.warning
        const pending = watch.judge(i, i, value, !(value <= watch.limit[i]), !(value <= watch.hard[i]), now)
        if ((watch.stopping | watch.warning) !== before) this.summarise()
        return pending
    }

    private summarise(): void {
        let faults = 0
        let warnings = 0
        for (const watch of this.all) {
            if (watch.stopping !== 0) faults |= 1 << watch.fault
            if (watch.warning !== 0) warnings |= 1 << watch.fault
        }
        this.faults = faults
        this.warnings = warnings
    }
}
