import type { RobotConfig } from '../../onboard/robot-config'

/**
 * A motor on a bench: what `tendon bench` tests actuators with, and a robot to copy for a rig of one's own. One Pololu 37D 50:1
 * on a Motoron, an AS5600 on its shaft, an INA226 in the motor supply. The gains are the rover's, whose wheels carry more.
 */
export const actuator: RobotConfig = {
    name: 'actuator',
    tickPeriodMs: 10,
    commandTimeoutMs: 100,
    sensorTimeoutMs: 100,
    i2c: { frequency: 400_000 },
    joints: [
        {
            name: 'motor',
            kind: 'continuous',
            velocityLimit: 25,
            effortLimit: 1,
            encoder: { direction: 1, zeroOffset: 0, ratio: 1, observerBandwidth: 100, countsPerRevolution: 4096 },
            motor: {
                direction: 1,
                // Pololu 37D 50:1, 12 V: 200 rpm and 0.2 A free, 5.5 A stalled ("37D Metal Gearmotors", Rev 1.2).
                rated: { voltage: 12, freeSpeed: 20.94, freeCurrent: 0.2, stallCurrent: 5.5 },
            },
            gains: { kpPosition: 4, kp: 0.058, ki: 0.8, ks: 0.029, kv: 0 },
        },
    ],
    power: { part: 'INA226', shunt: 0.01 },
    // Stalled, the motor takes 5.5 A; tests of stall torque take that for seconds.
    monitors: { current: { limit: 7, delayMs: 240 } },
}
