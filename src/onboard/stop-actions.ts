import { SETPOINT_SCALE } from '../protocol/setpoint'
import { TRAJECTORY_HEADER_BYTES } from '../protocol/trajectory'
import type { JointConfig, JointStop, RobotConfig } from './robot-config'
import type { MotorController } from './parts'

const BRAKE: JointStop = { action: 'brake' }
/** Shortest way between two points, s: some ticks. */
const SHORTEST = 0.05
/** Bytes of a point beside its joints, and of a joint in it, without acceleration (`protocol/trajectory.ts`). */
const TIME_BYTES = 4
const POINT_BYTES = 6

/** Whether the joint's motor is driven after a missed deadline. */
function isDriven({ action }: JointStop): boolean {
    return action === 'hold' || action === 'park'
}

/** Why the robot cannot stop as its data says; undefined when it can. */
export function refusedStop(config: RobotConfig, motors: MotorController): string | undefined {
    let coasting = 0
    for (const joint of config.joints) {
        const stop = joint.stop ?? BRAKE
        const { action } = stop
        const deceleration = stop.deceleration ?? 0
        const position = stop.position ?? NaN
        const speed = stop.speed ?? 0
        const name = joint.name + ': stop.'
        if (action === 'coast') coasting++
        if (isDriven(stop)) {
            if (config.balance) return name + 'action "' + action + '" on a robot that balances; allowed: brake'
            if (!(deceleration > 0)) return name + 'deceleration is ' + deceleration + ' rad/s²; needed: above 0'
        }
        if (action === 'park') {
            if (!(speed > 0 && speed <= joint.velocityLimit))
                return name + 'speed is ' + speed + ' rad/s; needed: above 0 to ' + joint.velocityLimit
            if (!(position >= (joint.positionMin ?? -Infinity) && position <= (joint.positionMax ?? Infinity)))
                return name + 'position is ' + position + ' rad; needed: within its range'
        }
    }
    if (coasting === 0) return undefined
    if (!motors.coast) return 'stop.action "coast", but the ' + motors.part + ' can only brake'
    if (coasting < config.joints.length) return 'stop.action "coast" of some joints; allowed: of all or none'
    return undefined
}

/** Whether the joints coast when they are stopped: all do, or none. */
export function coasts({ joints }: RobotConfig): boolean {
    return (joints[0].stop ?? BRAKE).action === 'coast'
}

/** The joints whose motors are driven after a missed deadline, bit i for joint i. */
export function drivenAfter(config: readonly JointConfig[]): number {
    let mask = 0
    for (let i = 0; i < config.length; i++) if (isDriven(config[i].stop ?? BRAKE)) mask |= 1 << i
    return mask
}

/**
 * The way of these joints to where they are held, in the form of a trajectory command: one point at which all of them stand, having
 * slowed down evenly, and, when some are to be parked, one with those at their places. All take as long as the slowest.
 *
 * @param position where the joints are, rad
 * @param velocity rad/s
 * @param mask bit i: joint i
 * @param now board time, ms
 */
export function wayToStop(
    position: number[],
    velocity: number[],
    config: readonly JointConfig[],
    mask: number,
    now: number,
): Buffer {
    let slowing = SHORTEST
    let parking = 0
    let moving = 0
    const stands: number[] = []
    for (let i = 0; i < config.length; i++) {
        stands.push(0)
        if ((mask & (1 << i)) === 0) continue
        moving++
        const time = Math.abs(velocity[i]) / ((config[i].stop ?? BRAKE).deceleration ?? 1)
        if (time > slowing) slowing = time
    }
    for (let i = 0; i < config.length; i++) {
        const stop = config[i].stop ?? BRAKE
        const low = config[i].positionMin ?? -Infinity
        const high = config[i].positionMax ?? Infinity
        stands[i] = Math.max(low, Math.min(high, position[i] + (velocity[i] * slowing) / 2))
        if (stop.action !== 'park' || (mask & (1 << i)) === 0) continue
        // A cubic from rest to rest is at its fastest half as fast again as on average.
        const time = (1.5 * Math.abs((stop.position ?? 0) - stands[i])) / (stop.speed ?? 1)
        parking = Math.max(parking, time, SHORTEST)
    }
    const points = parking > 0 ? 2 : 1
    const way = Buffer.alloc(TRAJECTORY_HEADER_BYTES + points * (TIME_BYTES + moving * POINT_BYTES))
    way[3] = mask
    way[4] = points
    let at = TRAJECTORY_HEADER_BYTES
    for (let point = 0; point < points; point++) {
        way.setAt(at, 'u32', now + (slowing + point * parking) * 1000)
        at += TIME_BYTES
        for (let i = 0; i < config.length; i++) {
            if ((mask & (1 << i)) === 0) continue
            const stop = config[i].stop ?? BRAKE
            const parked = point === 1 && stop.action === 'park'
            way.setAt(at, 'i32', (parked ? (stop.position ?? 0) : stands[i]) / SETPOINT_SCALE)
            at += POINT_BYTES
        }
    }
    return way
}
