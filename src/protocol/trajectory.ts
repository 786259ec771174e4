import { writeU16, writeU32 } from './bytes'

/*
 * A trajectory command: points that joints pass at stated times of the board's clock. Little-endian.
 *
 * | offset | field    | type | unit, range                                                                           |
 * |-------:|----------|------|---------------------------------------------------------------------------------------|
 * |      0 | sequence | u16  | a command with the number of the one before is a repetition: its answer is said again   |
 * |      2 | flags    | u8   | `TrajectoryFlag`                                                                        |
 * |      3 | joints   | u8   | bit i: joint i moves. The same in every command of a trajectory                         |
 * |      4 | count    | u8   | points, 1 or more                                                                      |
 *
 * A point: time (u32, board clock, ms); for each joint that moves, lowest index first, position (i32, 0.1 mrad), velocity
 * (i16, mrad/s) and, with `TrajectoryFlag.Acceleration`, acceleration (i16, 10 mrad/s²). Without it a joint passes from point
 * to point on a cubic, with it on a quintic.
 *
 * The answer:
 *
 * | offset | field    | type | unit, range                                                                           |
 * |-------:|----------|------|---------------------------------------------------------------------------------------|
 * |      0 | sequence | u16  | of the command                                                                         |
 * |      2 | result   | u8   | `TrajectoryResult`                                                                      |
 * |      3 | free     | u8   | points that may still be queued                                                         |
 * |      4 | point    | u8   | index of the point that was refused; those before it are queued                         |
 * |      5 | joint    | u8   | joint that was refused, 255: none                                                       |
 */

export const TRAJECTORY_HEADER_BYTES = 5
export const TRAJECTORY_ANSWER_BYTES = 6
/** rad/s a bit */
export const TRAJECTORY_VELOCITY_SCALE = 1e-3
/** rad/s² a bit */
export const TRAJECTORY_ACCELERATION_SCALE = 1e-2
/** Points that the board queues. */
export const TRAJECTORY_CAPACITY = 16
/** A point may lie this far ahead, ms: what the robot does without a word from the host is bounded. */
export const TRAJECTORY_HORIZON_MS = 2000

export enum TrajectoryFlag {
    /** The first command of a trajectory: it begins where the joints are, and replaces one that runs. */
    Start = 1,
    /** The last point is the end: the joints stay there. Without it, running out of points is a fault. */
    End = 2,
    /** Points carry accelerations. */
    Acceleration = 4,
}

export enum TrajectoryResult {
    Accepted = 0,
    Malformed = 1,
    NotArmed = 2,
    /** More points of a trajectory that does not run: it was replaced, ended, or ran out of points. */
    NotRunning = 3,
    /** The point's time has passed. */
    Late = 4,
    /** The point's time is not after the one before. */
    OutOfOrder = 5,
    Full = 6,
    /** The point lies more than {@link TRAJECTORY_HORIZON_MS} ahead. */
    TooFar = 7,
    /** The way to the point leaves the joint's range. */
    Position = 8,
    /** The way to the point asks for more than the joint's velocity limit. */
    Velocity = 9,
}

/** Names of {@link TrajectoryResult}, by value. */
export const TRAJECTORY_RESULT_NAMES = [
    'accepted',
    'malformed',
    'not-armed',
    'not-running',
    'late',
    'out-of-order',
    'full',
    'too-far',
    'position',
    'velocity',
]

/** What became of the last trajectory (u8 in telemetry). */
export enum TrajectoryState {
    None = 0,
    Running = 1,
    /** The end was reached. */
    Done = 2,
    /** No point came in time: the robot stopped as at a missed deadline. */
    Underrun = 3,
    /** A setpoint, another trajectory, disarming, a fault or a stop ended it. */
    Aborted = 4,
}

/** Names of {@link TrajectoryState}, by value. */
export const TRAJECTORY_STATE_NAMES = ['none', 'running', 'done', 'underrun', 'aborted']

export interface WirePoint {
    /** Board clock, ms, whole. */
    timeMs: number
    /** rad, rad/s, rad/s²: one for each joint that moves */
    positions: number[]
    velocities: number[]
    accelerations?: number[]
}

export interface TrajectoryAnswer {
    sequence: number
    result: TrajectoryResult
    free: number
    point: number
    /** Index of the joint, undefined when the refusal is about none. */
    joint: number | undefined
}

/** Bytes of one point. */
export function pointBytes(joints: number, acceleration: boolean): number {
    return 4 + joints * (acceleration ? 8 : 6)
}

/**
 * Encodes a command. All points have accelerations, or none.
 *
 * @param joints bit mask
 * @throws RangeError when a velocity or an acceleration does not fit
 */
export function encodeTrajectory(
    sequence: number,
    flags: number,
    joints: number,
    points: readonly WirePoint[],
): Buffer {
    const acceleration = points[0].accelerations !== undefined
    const size = pointBytes(points[0].positions.length, acceleration)
    const payload = Buffer.alloc(TRAJECTORY_HEADER_BYTES + points.length * size)
    writeU16(payload, 0, sequence)
    payload[2] = flags | (acceleration ? TrajectoryFlag.Acceleration : 0)
    payload[3] = joints
    payload[4] = points.length
    for (let k = 0; k < points.length; k++) {
        let at = TRAJECTORY_HEADER_BYTES + k * size
        const point = points[k]
        writeU32(payload, at, point.timeMs)
        at += 4
        for (let i = 0; i < point.positions.length; i++) {
            writeU32(payload, at, Math.round(point.positions[i] / 1e-4))
            writeU16(payload, at + 4, step('velocity', point.velocities[i], TRAJECTORY_VELOCITY_SCALE))
            at += 6
            if (point.accelerations) {
                writeU16(payload, at, step('acceleration', point.accelerations[i], TRAJECTORY_ACCELERATION_SCALE))
                at += 2
            }
        }
    }
    return payload
}

function step(name: string, value: number, scale: number): number {
    const steps = Math.round(value / scale)
    if (!(Math.abs(steps) < 0x8000)) {
        throw new RangeError(name + ' ' + value + ' does not fit a trajectory, allowed ±' + 0x7fff * scale)
    }
    return steps
}

/** Returns undefined when the length is wrong. */
export function decodeTrajectoryAnswer(payload: Buffer): TrajectoryAnswer | undefined {
    if (payload.length !== TRAJECTORY_ANSWER_BYTES) return undefined
    return {
        sequence: payload[0] | (payload[1] << 8),
        result: payload[2],
        free: payload[3],
        point: payload[4],
        joint: payload[5] === 255 ? undefined : payload[5],
    }
}
