import type { JointGains, JointMonitors, RobotConfig } from '../../onboard/robot-config'

/** Not used while it balances, and it drives in no other way. */
const wheelGains: JointGains = { kpPosition: 0, kp: 0, ki: 0, ks: 0, kv: 0 }
const observerBandwidth = 100
/**
 * A wheel whose encoder tells nothing of its turning is driven faster and faster while the other keeps the robot upright, and so it
 * spins on the spot. Standing takes a duty below 0.1; a wheel that brakes or catches the body turns.
 */
const monitors: JointMonitors = { stall: { limit: 0.25, speed: 1, delayMs: 300 } }
/** rad/s: 0.68 m/s. The rest of the motors' 34 is for keeping upright. */
const velocityLimit = 15

/**
 * Two wheels and a body above them: 12 V gear motors (Pololu 37D 30:1) on a Motoron, a magnetic encoder on each axle, an IMU
 * 60 mm above the axle.
 */
export const balancer: RobotConfig = {
    name: 'balancer',
    tickPeriodMs: 10,
    commandTimeoutMs: 100,
    // A tenth of a second of coasting, which a rover forgives, is half of a fall.
    sensorTimeoutMs: 30,
    i2c: { frequency: 400_000 },
    joints: [
        {
            name: 'left_wheel',
            kind: 'continuous',
            velocityLimit,
            effortLimit: 1,
            encoder: { direction: 1, zeroOffset: 0, ratio: 1, observerBandwidth },
            motor: { direction: 1 },
            gains: wheelGains,
            monitors,
        },
        {
            name: 'right_wheel',
            kind: 'continuous',
            velocityLimit,
            effortLimit: 1,
            // Mounted the other way round.
            encoder: { direction: -1, zeroOffset: 0, ratio: 1, observerBandwidth },
            motor: { direction: -1 },
            gains: wheelGains,
            monitors,
        },
    ],
    imu: { part: 'LSM6DSOX', outputDataRate: 416, accelerationRange: 4, angularVelocityRange: 500 },
    drive: { left: 'left_wheel', right: 'right_wheel', wheelRadius: 0.045, trackWidth: 0.2 },
    balance: {
        armTilt: 0.1,
        armRate: 0.3,
        tiltLimit: (35 * Math.PI) / 180,
        acceleration: 10,
        travelLimit: 8,
        turnLimit: 0.2,
        // Found by search on the plant, over pushes, commands and delays of 5 to 14 ms (docs/balancer.md). No bench has seen them.
        gains: { kPitch: 8, kRate: 0.48, kSpeed: 0.156, kTravel: 0.1, kpTurn: 0.03, kiTurn: 0.3 },
    },
}
