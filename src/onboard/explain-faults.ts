import { NO_JOINT } from '../protocol/fault-log'
import { Fault } from '../protocol/state'
import type { Robot } from './robot'

/** Of a value or a limit that there is none of. */
const NONE = NaN

/**
 * Puts what is known about faults that have begun into the robot's log: joint, value, limit. Called once for each, after the
 * motors are off. Monitors write theirs themselves.
 *
 * @param faults `Fault` bits
 * @param now board time, ms
 */
export function explainFaults(robot: Robot, faults: number, now: number): void {
    const { log, motors, config } = robot
    const periodMs = config.tickPeriodMs
    if ((faults & Fault.Startup) !== 0) log.record(Fault.Startup, NO_JOINT, NONE, NONE, now)
    if ((faults & Fault.Estop) !== 0) log.record(Fault.Estop, NO_JOINT, NONE, NONE, now)
    if ((faults & Fault.Encoder) !== 0) {
        const limit = robot.sensorTicks * periodMs
        log.record(Fault.Encoder, robot.lostJoint, limit + periodMs, limit, now)
    }
    if ((faults & Fault.Imu) !== 0) {
        const limit = robot.imuTicks * periodMs
        log.record(Fault.Imu, NO_JOINT, limit + periodMs, limit, now)
    }
    if ((faults & Fault.Motor) !== 0) {
        const told = motors.faulting || motors.timedOut || robot.motorsLost
        log.record(Fault.Motor, NO_JOINT, told ? motors.statusFlags : NONE, NONE, now)
    }
    if ((faults & Fault.Supply) !== 0)
        log.record(Fault.Supply, NO_JOINT, motors.supplyVoltage, robot.supplyLimit > 0 ? robot.supplyLimit : NONE, now)
    // Of any other robot the monitor has written it.
    if ((faults & Fault.Tilt) !== 0 && robot.balance) {
        const { balance } = robot
        log.record(Fault.Tilt, NO_JOINT, balance.pitch, config.balance ? config.balance.tiltLimit : NONE, now)
    }
}
