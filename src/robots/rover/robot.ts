import type { RobotConfig } from '../../onboard/robot-config'

/**
 * Two driven wheels and a caster: 12 V gear motors (Pololu 37D 50:1) on a Motoron, a magnetic encoder on each axle, an
 * IMU above the axle. Gains: docs/rover.md.
 */
export const rover: RobotConfig = {
    name: 'rover',
    tickPeriodMs: 10,
    commandTimeoutMs: 100,
    sensorTimeoutMs: 100,
    i2c: { frequency: 400_000 },
    joints: [
        {
            name: 'left_wheel',
            kind: 'continuous',
            velocityLimit: 15,
            effortLimit: 1,
            encoder: { direction: 1, zeroOffset: 0, ratio: 1, observerBandwidth: 60 },
            motor: { direction: 1 },
            gains: { kpPosition: 4, kp: 0.06, ki: 0.6, ks: 0.02, kv: 0.0477 },
        },
        {
            name: 'right_wheel',
            kind: 'continuous',
            velocityLimit: 15,
            effortLimit: 1,
            // Mounted the other way round.
            encoder: { direction: -1, zeroOffset: 0, ratio: 1, observerBandwidth: 60 },
            motor: { direction: -1 },
            gains: { kpPosition: 4, kp: 0.06, ki: 0.6, ks: 0.02, kv: 0.0477 },
        },
    ],
    imu: { part: 'LSM6DSOX', outputDataRate: 208, accelerationRange: 4, angularVelocityRange: 1000 },
    drive: { left: 'left_wheel', right: 'right_wheel', wheelRadius: 0.04, trackWidth: 0.24 },
}
