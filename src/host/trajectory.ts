import type { JointDescription, RobotDescription } from '../protocol/description'
import { TRAJECTORY_ACCELERATION_SCALE, type WirePoint } from '../protocol/trajectory'
import { RobotError } from './robot'

/** Where joints are to be at a time. Arrays in the order of {@link JointTrajectory.joints}. */
export interface TrajectoryPoint {
    /** Since the trajectory's start, s. Later than the point before. */
    time: number
    /** rad */
    positions: number[]
    /** rad/s. Without them, joints pass smoothly through the points and rest at the ends. */
    velocities?: number[]
    /** rad/s². With them, joints move on quintics instead of cubics; then every point has them, and velocities. */
    accelerations?: number[]
}

/** A way for some or all joints, through points at stated times. */
export interface JointTrajectory {
    /** Names. */
    joints: string[]
    points: TrajectoryPoint[]
}

/** What a point's acceleration may be, rad/s²: what fits its 16 bits. */
export const MAX_ACCELERATION = 0x7fff * TRAJECTORY_ACCELERATION_SCALE

/** Longest piece that is sent, s. */
const PIECE = 0.1

/** A trajectory in the robot's joint order, every point complete. */
export interface PlannedTrajectory {
    /** Bit i: joint i moves. */
    mask: number
    /** Joint indices, ascending. */
    joints: number[]
    points: Required<Pick<TrajectoryPoint, 'time' | 'positions' | 'velocities'>>[]
    accelerations: number[][] | undefined
}

/**
 * Checks a trajectory against the robot and completes it.
 *
 * @throws RobotError `unknown-joint`, or `trajectory` naming the point, the joint, the value and what is allowed
 */
export function planTrajectory({ joints, points }: JointTrajectory, robot: RobotDescription): PlannedTrajectory {
    const known = robot.joints.map(({ name }) => name)
    const indices = joints.map(name => {
        const index = known.indexOf(name)
        if (index < 0) {
            throw new RobotError('unknown-joint', `joint "${name}" does not exist; there are: ${known.join(', ')}`)
        }
        return index
    })
    if (joints.length === 0) refuse('joints is empty, allowed one or more of ' + known.join(', '))
    if (new Set(joints).size < joints.length) refuse(`joints names one twice: ${joints.join(', ')}`)
    if (points.length === 0) refuse('points is empty, allowed one or more')
    const order = indices.map((_, k) => k).sort((a, b) => indices[a] - indices[b])
    const sorted = order.map(k => indices[k])
    const accelerated = points[0].accelerations !== undefined
    const planned = points.map((point, k) => {
        const times = k === 0 ? 0 : points[k - 1].time
        const late = k === 0 ? point.time >= 0 : point.time > times
        if (!late || !Number.isFinite(point.time)) {
            refuse(`points[${k}].time is ${point.time} s, allowed ${k === 0 ? '0 or more' : `more than ${times}`}`)
        }
        if ((point.accelerations !== undefined) !== accelerated) {
            refuse(`points[${k}].accelerations: either every point has them, or none`)
        }
        if (accelerated && !point.velocities) refuse(`points[${k}].velocities is missing beside accelerations`)
        const pick = (key: 'positions' | 'velocities' | 'accelerations') => {
            const values = point[key]
            if (values === undefined) return undefined
            if (values.length !== joints.length) {
                refuse(`points[${k}].${key} has ${values.length} values, allowed ${joints.length}, one for each joint`)
            }
            values.forEach((value, j) => checkValue(`points[${k}].${key}`, key, value, robot.joints[indices[j]]))
            return order.map(j => values[j])
        }
        return {
            time: point.time,
            positions: pick('positions') as number[],
            velocities: pick('velocities'),
            accelerations: pick('accelerations'),
        }
    })
    const velocities = planned.map((point, k) => point.velocities ?? sorted.map((_, j) => smooth(planned, k, j)))
    return {
        mask: sorted.reduce((mask, index) => mask | (1 << index), 0),
        joints: sorted,
        points: planned.map(({ time, positions }, k) => ({ time, positions, velocities: velocities[k] })),
        accelerations: accelerated ? planned.map(({ accelerations }) => accelerations as number[]) : undefined,
    }
}

function checkValue(place: string, key: string, value: number, joint: JointDescription): void {
    if (!Number.isFinite(value)) refuse(`${place} of ${joint.name} is ${value}, allowed a finite number`)
    if (key === 'positions') {
        const { positionMin = -200_000, positionMax = 200_000 } = joint
        if (value < positionMin || value > positionMax) {
            refuse(`${place} of ${joint.name} is ${value} rad, allowed ${positionMin} to ${positionMax}`)
        }
    }
    if (key === 'accelerations' && Math.abs(value) > MAX_ACCELERATION) {
        refuse(`${place} of ${joint.name} is ${value} rad/s², allowed ±${MAX_ACCELERATION}`)
    }
    if (key === 'velocities' && Math.abs(value) > joint.velocityLimit) {
        refuse(`${place} of ${joint.name} is ${value} rad/s, allowed ±${joint.velocityLimit}`)
    }
}

/** Velocity through point k: the mean slope, or 0 at the ends and where the joint turns back. */
function smooth(points: readonly { time: number; positions: number[] }[], k: number, j: number): number {
    if (k === 0 || k === points.length - 1) return 0
    const before = points[k].positions[j] - points[k - 1].positions[j]
    const after = points[k + 1].positions[j] - points[k].positions[j]
    return before * after > 0 ? (before + after) / (points[k + 1].time - points[k - 1].time) : 0
}

/**
 * The points as they are sent: long ways are cut, on the same curve, so that what the board has queued stays short.
 *
 * @param startMs board time of the trajectory's start, ms
 * @param from where the joints are then
 */
export function cutTrajectory(
    { points, accelerations, joints }: PlannedTrajectory,
    startMs: number,
    from: number[],
): WirePoint[] {
    const rest = joints.map(() => 0)
    let last = { time: 0, positions: from, velocities: rest, accelerations: accelerations && rest }
    const cut: WirePoint[] = []
    points.forEach((point, k) => {
        const next = { ...point, accelerations: accelerations?.[k] }
        const duration = next.time - last.time
        // A first point at the start is where the joints are to be when it begins.
        const pieces = Math.max(1, Math.ceil(duration / PIECE))
        for (let n = 1; n <= pieces; n++) {
            const at = (duration * n) / pieces
            const curves = joints.map((_, j) => along(last, next, j, duration, at))
            cut.push({
                timeMs: Math.round(startMs + (last.time + at) * 1000),
                positions: curves.map(({ position }) => position),
                velocities: curves.map(({ velocity }) => velocity),
                ...(accelerations && { accelerations: curves.map(({ acceleration }) => acceleration) }),
            })
        }
        last = next as typeof last
    })
    return cut
}

interface Knot {
    positions: number[]
    velocities: number[]
    accelerations?: number[] | undefined
}

/** The cubic, or with accelerations the quintic, between two points. */
function along(from: Knot, to: Knot, j: number, h: number, t: number) {
    const [p0, v0, a0] = [from.positions[j], from.velocities[j], from.accelerations?.[j] ?? 0]
    const [p1, v1, a1] = [to.positions[j], to.velocities[j], to.accelerations?.[j] ?? 0]
    if (!(t < h)) return { position: p1, velocity: v1, acceleration: a1 }
    let c: number[]
    if (from.accelerations) {
        const dp = (p1 - p0) / h - v0 - (a0 * h) / 2
        const dv = v1 - v0 - a0 * h
        const da = (a1 - a0) * h
        c = [
            p0,
            v0,
            a0 / 2,
            (10 * dp - 4 * dv + da / 2) / h ** 2,
            (-15 * dp + 7 * dv - da) / h ** 3,
            (6 * dp - 3 * dv + da / 2) / h ** 4,
        ]
    } else {
        const mean = (p1 - p0) / h
        c = [p0, v0, (3 * mean - 2 * v0 - v1) / h, (v0 + v1 - 2 * mean) / h ** 2, 0, 0]
    }
    return {
        position: c.reduceRight((sum, term) => sum * t + term, 0),
        velocity: c.slice(1).reduceRight((sum, term, k) => sum * t + term * (k + 1), 0),
        acceleration: c.slice(2).reduceRight((sum, term, k) => sum * t + term * (k + 1) * (k + 2), 0),
    }
}

function refuse(text: string): never {
    throw new RobotError('trajectory', `trajectory: ${text}`)
}
