// What the DeviceScript runtime's own motors and servos (`startMotor`, `startServo` of @devicescript/servers, 2.16.4) can do:
// jacdac-c services/motor.c and servo.c, and devicescript's THROTTLE_COST_MS.

/**
 * Packets a second that user code may send in all, telemetry included: each command is one. So two motors take at most 25 updates
 * a second each, from a robot that tells nothing.
 */
export const NATIVE_PACKETS_PER_SECOND = 50
/** Duty rises by a 32nd of full each 9 ms, so full duty takes this long, s; it falls at once. */
export const NATIVE_MOTOR_RAMP = 32 * 9e-3
/** Steps of duty from 0 to full (9 bits). */
export const NATIVE_MOTOR_STEPS = 512
/** A servo's frequency, Hz: a new pulse is used from the next period on, in steps of 1 µs. */
export const NATIVE_SERVO_FREQUENCY = 50

/** Least time between two updates of all of so many motors or servos together, ms. */
export function leastUpdateMs(count: number): number {
    return (count * 1000) / NATIVE_PACKETS_PER_SECOND
}
