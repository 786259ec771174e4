import { JointMode } from '../protocol/state'
import {
    TRAJECTORY_ACCELERATION_SCALE,
    TRAJECTORY_ANSWER_BYTES,
    TRAJECTORY_CAPACITY,
    TRAJECTORY_HEADER_BYTES,
    TRAJECTORY_HORIZON_MS,
    TRAJECTORY_VELOCITY_SCALE,
    TrajectoryFlag,
    TrajectoryResult,
    TrajectoryState,
} from '../protocol/trajectory'
import { SETPOINT_SCALE } from '../protocol/setpoint'
import { type Joints, setJoint } from './joints'

/** Coefficients of a joint's way from one point to the next: position by seconds since the first, powers 0 to 5. */
const TERMS = 6
const NO_JOINT = 255
/** How far ahead the robot's own way to a stop may reach, ms. */
const OWN_HORIZON_MS = 120_000
/** A planner that asks for just the limit shall not be refused for a rounded number. */
const VELOCITY_MARGIN = 1.02

/**
 * Points that joints pass at stated board times, and the curves between them. The host sends them ahead of time, so that its
 * jitter never reaches a joint; the tick takes position and velocity from the curve. Every refusal leaves what is queued as
 * it was, but for the points of the same command that were accepted before.
 */
export class Trajectory {
    state = TrajectoryState.None
    running = false
    /** Board time of the last point, ms. */
    end = 0
    /** Of the last command, so that its repetition is answered and not taken. */
    private readonly answer = Buffer.alloc(TRAJECTORY_ANSWER_BYTES)
    private answered = false

    private mask = 0
    private ends = false
    /** What telemetry says once the last point is reached, and how far ahead a point may be, ms. */
    private reached = TrajectoryState.Done
    private horizonMs = TRAJECTORY_HORIZON_MS
    /** A ring of curves: the one being followed, and how many there are with it. */
    private first = 0
    private count = 0
    private readonly starts: number[] = []
    private readonly stops: number[] = []
    private readonly quintic: boolean[] = []
    private readonly terms: number[] = []
    /** Where the queue ends, by joint: rad, rad/s, rad/s². */
    private readonly lastPosition: number[] = []
    private readonly lastVelocity: number[] = []
    private readonly lastAcceleration: number[] = []

    constructor(private readonly joints: Joints) {
        for (let k = 0; k < TRAJECTORY_CAPACITY; k++) {
            this.starts.push(0)
            this.stops.push(0)
            this.quintic.push(false)
        }
        for (let k = 0; k < TRAJECTORY_CAPACITY * TERMS * joints.count; k++) this.terms.push(0)
        for (let i = 0; i < joints.count; i++) {
            this.lastPosition.push(0)
            this.lastVelocity.push(0)
            this.lastAcceleration.push(0)
        }
    }

    /** Ends what runs; the joints keep the positions that they were to have now. */
    abort(state = TrajectoryState.Aborted): void {
        if (!this.running) return
        this.finish(state)
        for (let i = 0; i < this.joints.count; i++) {
            if ((this.mask & (1 << i)) !== 0) this.joints.velocityAhead[i] = 0
        }
    }

    /**
     * Takes a command (`protocol/trajectory.ts`).
     *
     * @param now board time, ms
     * @param armed whether joints may move
     * @returns the answer; the buffer is used again
     */
    take(payload: Buffer, now: number, armed: boolean): Buffer {
        const { answer } = this
        const long = payload.length > TRAJECTORY_HEADER_BYTES
        const repeated = long && payload[0] === answer[0] && payload[1] === answer[1]
        if (this.answered && repeated) return answer
        answer[4] = 0
        answer[5] = NO_JOINT
        answer[2] = this.result(payload, now, armed)
        answer[3] = TRAJECTORY_CAPACITY - this.count
        answer[0] = payload.length > 0 ? payload[0] : 0
        answer[1] = payload.length > 1 ? payload[1] : 0
        // What was not taken because the robot was not armed may be taken when the same command comes again.
        this.answered = answer[2] !== TrajectoryResult.NotArmed
        return answer
    }

    /**
     * Takes the robot's own way to where its joints are held, in the form of a command whose last point is the end. A host that
     * streams points is told `state`, then and at the end.
     *
     * @returns false when it cannot be followed; nothing runs then
     */
    takeOwn(way: Buffer, now: number, state: TrajectoryState): boolean {
        this.abort(state)
        const mask = way[3]
        this.horizonMs = OWN_HORIZON_MS
        const bytes = (way.length - TRAJECTORY_HEADER_BYTES) / way[4]
        const begun = this.begin(way, mask, false, now) === TrajectoryResult.Accepted
        if (begun) this.addAll(way, 1, way[4], bytes, false, now, true)
        this.horizonMs = TRAJECTORY_HORIZON_MS
        this.ends = true
        this.reached = this.state = state
        // What was answered is no longer so.
        this.answered = false
        return begun
    }

    /**
     * The tick's part: setpoints of the joints that move. Called while {@link running}.
     *
     * @param time board time of the tick's deadline, ms: lateness does not shake the setpoint
     * @returns false when the points ran out
     */
    follow(time: number): boolean {
        const { joints, terms, mask } = this
        const count = joints.count
        while (time >= this.stops[this.first]) {
            if (this.count === 1) {
                this.finish(this.ends ? this.reached : TrajectoryState.Underrun)
                if (!this.ends) return false
                for (let i = 0; i < count; i++) {
                    if ((mask & (1 << i)) !== 0) this.stay(i)
                }
                return true
            }
            this.count--
            this.first = this.first + 1 < TRAJECTORY_CAPACITY ? this.first + 1 : 0
        }
        const t = (time - this.starts[this.first]) * 0.001
        const quintic = this.quintic[this.first]
        let at = this.first * count * TERMS
        for (let i = 0; i < count; i++) {
            if ((mask & (1 << i)) !== 0) {
                let cubic = terms[at + 3]
                let slope = 3 * cubic
                if (quintic) {
                    const c4 = terms[at + 4]
                    const c5 = terms[at + 5]
                    cubic += t * (c4 + t * c5)
                    slope += t * (4 * c4 + 5 * t * c5)
                }
                const c1 = terms[at + 1]
                const c2 = terms[at + 2]
                const position = terms[at] + t * (c1 + t * (c2 + t * cubic))
                joints.setpoint[i] = position
                joints.velocityAhead[i] = c1 + t * (2 * c2 + t * slope)
                joints.wireSetpoint[i] = position / SETPOINT_SCALE
            }
            at += TERMS
        }
        return true
    }

    private result(payload: Buffer, now: number, armed: boolean): TrajectoryResult {
        const { joints } = this
        const length = payload.length
        if (length < TRAJECTORY_HEADER_BYTES) return TrajectoryResult.Malformed
        const flags = payload[2]
        const mask = payload[3]
        const points = payload[4]
        const accelerated = (flags & TrajectoryFlag.Acceleration) !== 0
        let moving = 0
        for (let i = 0; i < joints.count; i++) if ((mask & (1 << i)) !== 0) moving++
        const pointBytes = 4 + moving * (accelerated ? 8 : 6)
        if (moving === 0 || mask >> joints.count !== 0 || points === 0) return TrajectoryResult.Malformed
        if (length !== TRAJECTORY_HEADER_BYTES + points * pointBytes) return TrajectoryResult.Malformed
        if (!armed) return TrajectoryResult.NotArmed
        const ends = (flags & TrajectoryFlag.End) !== 0
        if ((flags & TrajectoryFlag.Start) !== 0) {
            const refused = this.begin(payload, mask, accelerated, now)
            if (refused !== TrajectoryResult.Accepted) return refused
            return this.addAll(payload, 1, points, pointBytes, accelerated, now, ends)
        }
        if (!this.running || this.ends) return TrajectoryResult.NotRunning
        if (mask !== this.mask) return TrajectoryResult.Malformed
        return this.addAll(payload, 0, points, pointBytes, accelerated, now, ends)
    }

    private addAll(
        payload: Buffer,
        from: number,
        points: number,
        pointBytes: number,
        accelerated: boolean,
        now: number,
        ends: boolean,
    ): TrajectoryResult {
        for (let k = from; k < points; k++) {
            const refused = this.add(payload, TRAJECTORY_HEADER_BYTES + k * pointBytes, accelerated, now)
            if (refused !== TrajectoryResult.Accepted) {
                this.answer[4] = k
                return refused
            }
        }
        this.ends = ends
        return TrajectoryResult.Accepted
    }

    /** Takes a trajectory's first point. When it is refused, what runs goes on. */
    private begin(payload: Buffer, mask: number, accelerated: boolean, now: number): TrajectoryResult {
        const { first, count, end, ends } = this
        const oldMask = this.mask
        if (count === TRAJECTORY_CAPACITY) return TrajectoryResult.Full
        this.startFromJoints(mask)
        this.mask = mask
        // Behind the curves of the one that runs.
        this.first = first + count < TRAJECTORY_CAPACITY ? first + count : first + count - TRAJECTORY_CAPACITY
        this.count = 0
        this.end = now
        const refused = this.add(payload, TRAJECTORY_HEADER_BYTES, accelerated, now)
        if (refused !== TrajectoryResult.Accepted) {
            this.mask = oldMask
            this.first = first
            this.count = count
            this.end = end
            this.ends = ends
            if (this.running) this.endFromCurve()
            return refused
        }
        const { joints } = this
        for (let i = 0; i < joints.count; i++) {
            // A joint that moved with the trajectory before, and does not with this one, stays where it is now.
            joints.velocityAhead[i] = 0
            if ((mask & (1 << i)) !== 0 && joints.mode[i] !== JointMode.Position) {
                setJoint(joints, i, JointMode.Position, Math.round(joints.position[i] / SETPOINT_SCALE))
            }
        }
        this.running = true
        this.ends = false
        this.reached = TrajectoryState.Done
        this.state = TrajectoryState.Running
        return TrajectoryResult.Accepted
    }

    /** From where each joint is: from its setpoint when it follows one of position, else from what was measured. @inline */
    private startFromJoints(mask: number): void {
        const { joints } = this
        for (let i = 0; i < joints.count; i++) {
            if ((mask & (1 << i)) !== 0) {
                const held = joints.mode[i] === JointMode.Position
                this.lastPosition[i] = held ? joints.setpoint[i] : joints.position[i]
                this.lastVelocity[i] = held ? joints.velocityAhead[i] : joints.velocity[i]
                this.lastAcceleration[i] = 0
            }
        }
    }

    /** The queue's end again, from its last curve. */
    private endFromCurve(): void {
        const { joints, terms } = this
        let slot = this.first + this.count - 1
        if (slot >= TRAJECTORY_CAPACITY) slot -= TRAJECTORY_CAPACITY
        const h = (this.stops[slot] - this.starts[slot]) * 0.001
        let at = slot * joints.count * TERMS
        for (let i = 0; i < joints.count; i++) {
            const c2 = terms[at + 2]
            const c3 = terms[at + 3]
            const c4 = this.quintic[slot] ? terms[at + 4] : 0
            const c5 = this.quintic[slot] ? terms[at + 5] : 0
            this.lastPosition[i] = terms[at] + h * (terms[at + 1] + h * (c2 + h * (c3 + h * (c4 + h * c5))))
            this.lastVelocity[i] = terms[at + 1] + h * (2 * c2 + h * (3 * c3 + h * (4 * c4 + h * 5 * c5)))
            this.lastAcceleration[i] = this.quintic[slot] ? 2 * c2 + h * (6 * c3 + h * (12 * c4 + h * 20 * c5)) : 0
            at += TERMS
        }
    }

    private add(payload: Buffer, start: number, accelerated: boolean, now: number): TrajectoryResult {
        const { joints, terms } = this
        const time = payload.getAt(start, 'u32')
        if (this.count === TRAJECTORY_CAPACITY) return TrajectoryResult.Full
        if (time <= now) return TrajectoryResult.Late
        if (time <= this.end) return TrajectoryResult.OutOfOrder
        if (time > now + this.horizonMs) return TrajectoryResult.TooFar
        let slot = this.first + this.count
        if (slot >= TRAJECTORY_CAPACITY) slot -= TRAJECTORY_CAPACITY
        const duration = (time - this.end) * 0.001
        let at = start + 4
        let term = slot * joints.count * TERMS
        for (let i = 0; i < joints.count; i++) {
            if ((this.mask & (1 << i)) !== 0) {
                const position = payload.getAt(at, 'i32') * SETPOINT_SCALE
                const velocity = payload.getAt(at + 4, 'i16') * TRAJECTORY_VELOCITY_SCALE
                terms[term] = this.lastPosition[i]
                terms[term + 1] = this.lastVelocity[i]
                let refused = TrajectoryResult.Accepted
                if (accelerated) {
                    const acceleration = payload.getAt(at + 6, 'i16') * TRAJECTORY_ACCELERATION_SCALE
                    refused = this.fitQuintic(i, term, position, velocity, acceleration, duration)
                    at += 8
                } else {
                    refused = this.fitCubic(i, term, position, velocity, duration)
                    at += 6
                }
                if (refused !== TrajectoryResult.Accepted) {
                    this.answer[5] = i
                    return refused
                }
            }
            term += TERMS
        }
        this.advance(payload, start + 4, accelerated)
        this.starts[slot] = this.end
        this.stops[slot] = time
        this.quintic[slot] = accelerated
        this.end = time
        this.count++
        return TrajectoryResult.Accepted
    }

    /** The queue ends at the point just accepted. */
    private advance(payload: Buffer, at: number, accelerated: boolean): void {
        for (let i = 0; i < this.joints.count; i++) {
            if ((this.mask & (1 << i)) === 0) continue
            this.lastPosition[i] = payload.getAt(at, 'i32') * SETPOINT_SCALE
            this.lastVelocity[i] = payload.getAt(at + 4, 'i16') * TRAJECTORY_VELOCITY_SCALE
            at += 6
            this.lastAcceleration[i] = 0
            if (!accelerated) continue
            this.lastAcceleration[i] = payload.getAt(at, 'i16') * TRAJECTORY_ACCELERATION_SCALE
            at += 2
        }
    }

    /** The cubic through both ends' position and velocity, and whether the joint can follow it: its fastest is known. */
    private fitCubic(i: number, term: number, position: number, velocity: number, h: number): TrajectoryResult {
        const { terms } = this
        const p0 = this.lastPosition[i]
        const v0 = this.lastVelocity[i]
        const mean = (position - p0) / h
        const c2 = (3 * mean - 2 * v0 - velocity) / h
        const c3 = (v0 + velocity - 2 * mean) / (h * h)
        terms[term + 2] = c2
        terms[term + 3] = c3
        let fastest = velocity < 0 ? -velocity : velocity
        const turn = c3 !== 0 ? -c2 / (3 * c3) : -1
        if (turn > 0 && turn < h) {
            const peak = v0 + turn * c2
            if (peak > fastest) fastest = peak
            else if (-peak > fastest) fastest = -peak
        }
        // The curve stays between its control points.
        return this.check(i, position, p0 + (v0 * h) / 3, position - (velocity * h) / 3, fastest)
    }

    /**
     * The quintic through both ends' position, velocity and acceleration. The control points of its velocity bound it; they
     * are wider than the curve, the more so the longer it lasts.
     */
    private fitQuintic(
        i: number,
        term: number,
        position: number,
        velocity: number,
        acceleration: number,
        h: number,
    ): TrajectoryResult {
        const { terms } = this
        const p0 = this.lastPosition[i]
        const v0 = this.lastVelocity[i]
        const a0 = this.lastAcceleration[i]
        const mean = (position - p0) / h
        // With what is left of position, velocity and acceleration after the first three terms, scaled to a duration of 1.
        const dp = mean - v0 - (a0 * h) / 2
        const dv = velocity - v0 - a0 * h
        const da = (acceleration - a0) * h
        const square = h * h
        terms[term + 2] = a0 / 2
        terms[term + 3] = (10 * dp - 4 * dv + da / 2) / square
        terms[term + 4] = (-15 * dp + 7 * dv - da) / (square * h)
        terms[term + 5] = (6 * dp - 3 * dv + da / 2) / (square * square)
        let fastest = velocity < 0 ? -velocity : velocity
        let middle = v0 + (a0 * h) / 4
        for (let k = 0; k < 3; k++) {
            if (middle > fastest) fastest = middle
            else if (-middle > fastest) fastest = -middle
            middle = k === 0 ? velocity - (acceleration * h) / 4 : 5 * mean - 2 * (v0 + velocity) + da / 4
        }
        const second = p0 + 0.4 * v0 * h + (a0 * square) / 20
        const third = position - 0.4 * velocity * h + (acceleration * square) / 20
        return this.check(i, position, second, third, fastest)
    }

    private check(i: number, end: number, second: number, third: number, fastest: number): TrajectoryResult {
        const { joints } = this
        const entry = JointMode.Position * joints.count + i
        const low = joints.lowest[entry]
        const high = joints.highest[entry]
        if (end < low || end > high || second < low || second > high || third < low || third > high) {
            return TrajectoryResult.Position
        }
        return fastest > joints.highest[JointMode.Velocity * joints.count + i] * VELOCITY_MARGIN
            ? TrajectoryResult.Velocity
            : TrajectoryResult.Accepted
    }

    /** The joint stands at the last point. @inline */
    private stay(i: number): void {
        const { joints } = this
        joints.setpoint[i] = this.lastPosition[i]
        joints.velocityAhead[i] = 0
        joints.wireSetpoint[i] = this.lastPosition[i] / SETPOINT_SCALE
    }

    private finish(state: TrajectoryState): void {
        this.running = false
        this.count = 0
        this.state = state
    }
}
