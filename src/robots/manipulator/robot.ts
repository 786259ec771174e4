import type { JointConfig, JointMonitors, RobotConfig } from '../../onboard/robot-config'

/** rad/s at 6 V without load: Hitec HS-645MG, 0.20 s for 60 degrees. Effort 1 asks a servo for as much. */
export const SERVO_SPEED = Math.PI / 3 / 0.2

/** Where the arm is at the beginning and the end of what it does, rad: upright, the forearm level; its gears can hold it there. */
export const HOME = { base: 0, shoulder: 0, elbow: 0 }

const gains = {
    // With the servos sent 70 ms ahead, as far as they follow behind, it does not overshoot (docs/manipulator.md).
    kpPosition: 10,
    // The servo is the velocity loop: effort is speed.
    kp: 0,
    ki: 0,
    ks: 0,
    kv: 1 / SERVO_SPEED,
}

const monitors: JointMonitors = {
    velocity: { limit: 5, delayMs: 40 },
    // Beyond the range of setpoints, still clear of the stops.
    position: { limit: 0.15, delayMs: 40 },
    // It is 0.16 rad from where it should be, which asks for 1.6 rad/s, and does not turn: a bit of the encoder is 0.1 rad/s at times.
    stall: { limit: 0.3, speed: 0.25, delayMs: 500 },
}

function joint(name: string, range: number, zeroOffset: number, direction: 1 | -1): JointConfig {
    return {
        name,
        kind: 'revolute',
        velocityLimit: 3,
        effortLimit: 1,
        positionMin: -range,
        positionMax: range,
        encoder: { direction, zeroOffset, ratio: 1, observerBandwidth: 60, countsPerRevolution: 4096 },
        motor: { direction: 1 },
        gains,
        // Let go, it would drop what it carries.
        stop: { action: 'hold', deceleration: 8 },
        monitors,
    }
}

/**
 * A small arm: base, shoulder and elbow are hobby servos (Hitec HS-645MG) on a PCA9685, with a magnetic encoder on each joint,
 * for a hobby servo does not tell where it is; an INA219 in the servos' supply.
 */
export const manipulator: RobotConfig = {
    name: 'manipulator',
    tickPeriodMs: 20,
    commandTimeoutMs: 100,
    sensorTimeoutMs: 100,
    // Servos are rated from 4.8 V; below some 4 V they twitch.
    supplyMonitor: { limit: 4.5, delayMs: 240 },
    i2c: { frequency: 400_000 },
    joints: [
        joint('base', 1.4, 3.1, 1),
        joint('shoulder', 1.2, 2.95, 1),
        // Mounted the other way round.
        joint('elbow', 1.2, 3.3, -1),
    ],
    power: { part: 'INA219', shunt: 0.02 },
}
